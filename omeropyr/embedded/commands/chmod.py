"""``omero.cmd.Chmod2``: the permission level of groups."""

from __future__ import annotations

import omero

from omeropyr.embedded import groups
from omeropyr.embedded.commands.graph_job import GraphJob
from omeropyr.embedded.commands.handle import CommandFailed, Progress
from omeropyr.embedded.graphs import delete, privacy
from omeropyr.embedded.graphs.files import Leftovers
from omeropyr.embedded.graphs.names import as_response
from omeropyr.embedded.graphs.targets import GraphRefused, target_rows
from omeropyr.embedded.permissions import Level, level
from omeropyr.embedded.store import Transaction


class Chmod(GraphJob):
    """Gives groups another level; what a private group cannot have is deleted."""

    steps = 3
    _files: tuple[Leftovers, ...] = ()

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Plan and, unless it is a dry run, delete and change."""
        wanted = self._level()
        targets = target_rows(tx, "Chmod2", self.request.targetObjects)
        for row in targets:
            if not (tx.actor.may("ModifyGroup") or row.id in tx.actor.leader_of):
                raise GraphRefused(f"user is not an owner of group {row.id}")
        progress.step(1)
        deletions = [
            privacy.plan(tx, row.id, progress.check)
            for row in targets
            if not wanted.read and level(tx.groups[row.id]).read
        ]
        progress.step(2)
        if self.writes:
            for deletion in deletions:
                delete.carry_out(deletion)
            self._files = tuple(deletion.files for deletion in deletions)
            self._change(tx, [row.id for row in targets], wanted)
        gone = as_response((node.row.kind, node.row.id) for one in deletions for node in one.walk.each())
        return omero.cmd.Chmod2Response(as_response((row.kind, row.id) for row in targets), gone)

    def settle(self) -> None:
        """Remove the files of what was deleted."""
        for files in self._files:
            self.clear(files)

    def _level(self) -> Level:
        try:
            given = omero.model.PermissionsI(self.request.permissions)
        except Exception as error:
            # omero-py raises whatever the text leads to.
            raise CommandFailed(f"bad permissions: {self.request.permissions!r}", "bad-permissions") from error
        return level(int(given.perm1))

    @staticmethod
    def _change(tx: Transaction, group_ids: list[int], wanted: Level) -> None:
        for group_id in group_ids:
            try:
                groups.change_level(tx, group_id, wanted)
            except (omero.SecurityViolation, omero.ValidationException) as refused:
                raise GraphRefused(refused.message) from None
