"""``omero.cmd.FindParents``, ``FindChildren`` and ``LegalGraphTargets``."""

from __future__ import annotations

import omero

from omeropyr.embedded.commands.graph_job import GraphJob
from omeropyr.embedded.commands.handle import Progress
from omeropyr.embedded.graphs import reach
from omeropyr.embedded.graphs.names import as_response, full_name
from omeropyr.embedded.graphs.options import class_names
from omeropyr.embedded.graphs.rules import TARGETS
from omeropyr.embedded.graphs.targets import GraphRefused, is_legal, target_rows
from omeropyr.embedded.model import model
from omeropyr.embedded.store import Transaction


class FindParents(GraphJob):
    """Finds what objects are in, whatever number of steps above."""

    changes = False

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Search upwards."""
        request = self.request
        targets = target_rows(tx, "FindParents", request.targetObjects)
        wanted, excluded = class_names(request.typesOfParents), class_names(request.stopBefore)
        found = reach.parents(tx, targets, wanted, excluded, progress.check)
        return omero.cmd.FoundParents(as_response((row.kind, row.id) for row in found))


class FindChildren(GraphJob):
    """Finds what is in objects, whatever number of steps below."""

    changes = False

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Search downwards."""
        request = self.request
        targets = target_rows(tx, "FindChildren", request.targetObjects)
        wanted, excluded = class_names(request.typesOfChildren), class_names(request.stopBefore)
        found = reach.children(tx, targets, wanted, excluded, progress.check)
        return omero.cmd.FoundChildren(as_response((row.kind, row.id) for row in found))


class LegalTargets(GraphJob):
    """Tells at which classes a request can be pointed."""

    changes = False

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Full names of all such classes that there are objects of."""
        asked = self.request.request
        name = type(asked).__name__
        if name == "SkipHead":
            name = type(asked.request).__name__
        if name not in TARGETS:
            raise GraphRefused(f"{name} is not a request on graphs")
        legal = [full_name(kind.name) for kind in model() if not kind.abstract and is_legal(name, kind)]
        return omero.cmd.LegalGraphTargetsResponse(sorted(legal))
