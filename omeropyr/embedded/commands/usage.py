"""``omero.cmd.DiskUsage2``."""

from __future__ import annotations

import omero

from omeropyr.embedded.commands.graph_job import GraphJob
from omeropyr.embedded.commands.handle import Progress
from omeropyr.embedded.graphs import usage
from omeropyr.embedded.graphs.rows import Row, Rows
from omeropyr.embedded.graphs.targets import target_kind, target_rows
from omeropyr.embedded.store import Transaction


class DiskUsage(GraphJob):
    """Adds up the bytes of objects with what is in them."""

    changes = False

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Find the files and add them up."""
        request = self.request
        targets = target_rows(tx, "DiskUsage2", request.targetObjects)
        for name in request.targetClasses or ():
            targets += target_rows(
                tx, "DiskUsage2", {name: Rows(tx.connection).all_ids(target_kind(name))}, strict=False
            )
        found = usage.measure(tx, self.call.server.data, self._expanded(tx, targets), progress.check)
        by_referrer = {omero.api.LongPair(*place): counts for place, counts in found.by_referrer.items()}
        total = {omero.api.LongPair(*place): pair for place, pair in found.total.items()}
        return omero.cmd.DiskUsage2Response(
            fileCountByReferer={
                place: {n: pair[1] for n, pair in counts.items()} for place, counts in by_referrer.items()
            },
            bytesUsedByReferer={
                place: {n: pair[0] for n, pair in counts.items()} for place, counts in by_referrer.items()
            },
            totalFileCount={place: pair[1] for place, pair in total.items()},
            totalBytesUsed={place: pair[0] for place, pair in total.items()},
        )

    @staticmethod
    def _expanded(tx: Transaction, targets: list[Row]) -> list[Row]:
        """Users and groups stand for all that they have."""
        found = [row for row in targets if row.kind not in usage.COLUMNS]
        for kind, column in usage.COLUMNS.items():
            found += usage.everything_of(tx, column, [row.id for row in targets if row.kind == kind])
        return found
