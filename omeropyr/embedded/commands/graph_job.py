"""What the commands on graphs have in common: one transaction, steps, and refusals in OMERO's words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import omero

from omeropyr.embedded.commands.handle import CommandFailed, Handle, Job, Progress
from omeropyr.embedded.graphs.files import Leftovers
from omeropyr.embedded.graphs.options import Options
from omeropyr.embedded.graphs.policy import Policy
from omeropyr.embedded.graphs.rows import Rows
from omeropyr.embedded.graphs.targets import GraphRefused, target_rows
from omeropyr.embedded.graphs.walk import Walk
from omeropyr.embedded.permissions import ALL_GROUPS, Actor
from omeropyr.embedded.store import Transaction


class GraphJob(Job):
    """A job in two halves: :meth:`do` within a transaction, :meth:`settle` when that is kept.

    Several jobs can share one transaction (``DoAll``). A dry run does the first half in a transaction that keeps
    nothing.
    """

    changes = True
    """Whether the store is written to."""

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Do the work, or find out what it would be; answer the response."""
        raise NotImplementedError

    def policy(self, tx: Transaction) -> Policy | None:
        """What becomes of things that the request reaches; None for one that reaches nothing."""
        return None

    def walk(
        self,
        tx: Transaction,
        objects: Mapping[str, Sequence[int]] | None,
        options: Sequence[Any] | None,
        stop: Collection[str],
        check: Callable[[], None],
    ) -> Walk | None:
        """What the request would take along from *objects*, as far as classes to *stop* at."""
        policy = self.policy(tx)
        if policy is None:
            return None
        walk = Walk(Rows(tx.connection), policy, Options(options), check=check, stop=stop)
        walk.run(target_rows(tx, type(self.request).__name__, objects))
        return walk

    def settle(self) -> None:
        """What has to follow once the transaction is kept, such as removing files."""

    def abandon(self) -> None:
        """What has to be undone outside the store when the transaction is not kept."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Do and keep it."""
        try:
            with transaction(self) as tx:
                response = guarded(self, tx, handle)
                handle.commit()
        except BaseException:
            self.abandon()
            raise
        self.settle()
        return response

    def clear(self, files: Leftovers) -> None:
        """Close what is open of deleted Pixels and remove the files."""
        server = self.call.server
        for pixels_id in files.pixels:
            server.pixels.forget(pixels_id)
            server.pixels.pyramids.remove(pixels_id)
        files.remove(server.data)

    @property
    def actor(self) -> Actor:
        """The caller. As in OMERO, the group of the call does not limit what a graph command reaches."""
        return replace(self.call.actor, group_id=ALL_GROUPS, only_user=None)

    @property
    def writes(self) -> bool:
        """Whether this request changes anything."""
        return self.changes and not getattr(self.request, "dryRun", False)


def guarded(job: GraphJob, tx: Transaction, progress: Progress) -> omero.cmd.Response:
    """Do a job's work; a refusal becomes an ``omero.cmd.GraphException``."""
    try:
        return job.do(tx, progress)
    except GraphRefused as refused:
        raise CommandFailed(str(refused), "graph-fail", omero.cmd.GraphException) from None


@contextmanager
def transaction(job: GraphJob) -> Iterator[Transaction]:
    """A transaction of the job's caller: one that writes only where something is to be kept."""
    store = job.call.server.store
    opened: Callable[[Actor], Any] = store.write if job.writes else store.read
    with opened(job.actor) as tx:
        yield tx
