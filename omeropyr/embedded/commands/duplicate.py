"""``omero.cmd.Duplicate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import omero

from omeropyr.embedded.commands.graph_job import GraphJob
from omeropyr.embedded.commands.handle import Progress
from omeropyr.embedded.dispatch import Call
from omeropyr.embedded.graphs import duplicate
from omeropyr.embedded.graphs.names import as_response
from omeropyr.embedded.graphs.policy import Policy
from omeropyr.embedded.graphs.targets import rights_in, target_rows
from omeropyr.embedded.importer import staging
from omeropyr.embedded.permissions import Actor
from omeropyr.embedded.store import Transaction


class Duplicate(GraphJob):
    """Copies objects with what is in them, planes and files included; the copies are the caller's."""

    steps = 4

    def __init__(self, call: Call, request: Any) -> None:
        super().__init__(call, request)
        self._made: list[Path] = []

    @property
    def actor(self) -> Actor:
        """The caller in the group of the call: copies are made within it."""
        return self.call.actor

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Plan and, unless it is a dry run, copy."""
        request = self.request
        targets = target_rows(tx, "Duplicate", request.targetObjects)
        duplicate.check_groups(tx, targets)
        types = duplicate.Types(request.typesToDuplicate, request.typesToReference, request.typesToIgnore)
        plan = duplicate.plan(tx, targets, types, request.childOptions, progress.check)
        progress.step(1)
        if not self.writes:
            return omero.cmd.DuplicateResponse(as_response(plan.originals))
        plan.carry_out()
        progress.step(2)
        self._copy_files(plan.files, progress)
        progress.step(3)
        return omero.cmd.DuplicateResponse(as_response(plan.copies))

    def _copy_files(self, files: list[tuple[str, str, str]], progress: Progress) -> None:
        data = self.call.server.data
        for folder, old, new in files:
            progress.check()
            source, target = data / folder / old, data / folder / new
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                self._made.append(target)
                # Nobody writes to imported files, so two names for the same bytes do.
                staging.copy(source, target, link=folder == staging.MANAGED and not source.is_symlink())

    def abandon(self) -> None:
        """Remove the files of copies that are not kept."""
        for path in self._made:
            path.unlink(missing_ok=True)

    def policy(self, tx: Transaction) -> Policy | None:
        """That of copying."""
        return duplicate.CopyPolicy(rights_in(tx))
