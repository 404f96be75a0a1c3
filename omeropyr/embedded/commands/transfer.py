"""``omero.cmd.Chgrp2`` and ``omero.cmd.Chown2``."""

from __future__ import annotations

import omero

from omeropyr.embedded import accounts
from omeropyr.embedded.commands.graph_job import GraphJob
from omeropyr.embedded.commands.handle import CommandFailed, Progress
from omeropyr.embedded.graphs import transfer
from omeropyr.embedded.graphs.files import Leftovers
from omeropyr.embedded.graphs.policy import GivePolicy, MovePolicy, Policy
from omeropyr.embedded.graphs.rehome import Rehoming, rehome
from omeropyr.embedded.graphs.rows import Row
from omeropyr.embedded.graphs.targets import GraphRefused, level_in, named, owned_rows, rights_in, target_rows
from omeropyr.embedded.permissions import SYSTEM, level
from omeropyr.embedded.store import Transaction


class Move(GraphJob):
    """Moves objects with what hangs on them to another group."""

    steps = 3
    _files = Leftovers()

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Plan and, unless it is a dry run, move."""
        request, group_id = self.request, int(self.request.groupId)
        if not (tx.actor.may("Chgrp") or group_id in tx.actor.member_of):
            raise CommandFailed("not a member of the chgrp destination group", "not-in-group")
        if group_id not in tx.groups:
            raise GraphRefused(f"there is no ExperimenterGroup[{group_id}]")
        targets = target_rows(tx, "Chgrp2", request.targetObjects)
        plan = transfer.move(tx, targets, group_id, request.childOptions, progress.check)
        progress.step(1)
        if self.writes:
            plan.carry_out()
            self._files = plan.files
        progress.step(2)
        return omero.cmd.Chgrp2Response(plan.included, plan.lost)

    def policy(self, tx: Transaction) -> Policy | None:
        """That of moving to the group."""
        return MovePolicy(rights_in(tx), level(tx.groups.get(int(self.request.groupId), 0)))

    def settle(self) -> None:
        """Remove the files of what could not go along."""
        self.clear(self._files)


class Give(GraphJob):
    """Gives objects with what hangs on them, or all that some users have, to another user."""

    steps = 4
    _files = Leftovers()
    _homes: Rehoming | None = None
    _pixels: tuple[int, ...] = ()

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Plan and, unless it is a dry run, give."""
        request, user_id = self.request, int(self.request.userId)
        targets = self._targets(tx, user_id)
        progress.step(1)
        plan = transfer.give(tx, targets, user_id, request.childOptions, progress.check)
        progress.step(2)
        if self.writes:
            files, filesets = ([row.id for row in plan.going.get(name, ())] for name in ("OriginalFile", "Fileset"))
            self._homes = rehome(tx, self.call.server.data, files, filesets, user_id)
            self._homes.prepare()
            plan.carry_out()
            self._files = plan.files
            self._pixels = tuple(row.id for row in plan.going.get("Pixels", ()))
        progress.step(3)
        return omero.cmd.Chown2Response(plan.included, plan.lost)

    def policy(self, tx: Transaction) -> Policy | None:
        """That of giving."""
        return GivePolicy(rights_in(tx), level_in(tx))

    def settle(self) -> None:
        """Let the files go to their new home, and remove those of what could not be given."""
        for pixels_id in self._pixels:
            self.call.server.pixels.forget(pixels_id)
        if self._homes is not None:
            self._homes.finish()
        self.clear(self._files)

    def abandon(self) -> None:
        """Leave the files where they were."""
        if self._homes is not None:
            self._homes.abandon()

    def _targets(self, tx: Transaction, user_id: int) -> list[Row]:
        request = self.request
        with self.call.server.store.read(SYSTEM) as system:
            if not system.values("select e.id from Experimenter e where e.id = :id", {"id": user_id}):
                raise GraphRefused(f"there is no Experimenter[{user_id}]")
        within = None if tx.actor.may("Chown") else tx.actor.leader_of
        if within is not None and not within:
            raise GraphRefused("not an owner of any group")
        targets = target_rows(tx, "Chown2", request.targetObjects)
        targets += owned_rows(tx, "Chown2", list(request.targetUsers or ()), within)
        if within is not None:
            allowed = accounts.actor(self.call.server.store, user_id).member_of
            for row in targets:
                if row.group not in allowed:
                    raise GraphRefused(f"Experimenter[{user_id}] is not a member of the group of {named(row)}")
        return targets
