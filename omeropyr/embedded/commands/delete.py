"""``omero.cmd.Delete2``."""

from __future__ import annotations

import omero

from omeropyr.embedded.commands.graph_job import GraphJob
from omeropyr.embedded.commands.handle import Progress
from omeropyr.embedded.graphs import delete
from omeropyr.embedded.graphs.files import Leftovers
from omeropyr.embedded.graphs.policy import Policy
from omeropyr.embedded.graphs.targets import rights_in
from omeropyr.embedded.store import Transaction


class Delete(GraphJob):
    """Deletes objects with all that hangs on them, and then their files."""

    steps = 3
    _files = Leftovers()

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Plan and, unless it is a dry run, delete."""
        request = self.request
        plan = delete.plan(tx, request.targetObjects, request.childOptions, request.typesToIgnore, progress.check)
        progress.step(1)
        if self.writes:
            delete.carry_out(plan)
            self._files = plan.files
        progress.step(2)
        return omero.cmd.Delete2Response(plan.objects)

    def policy(self, tx: Transaction) -> Policy | None:
        """That of deleting."""
        return Policy(rights_in(tx))

    def settle(self) -> None:
        """Remove the files."""
        self.clear(self._files)
