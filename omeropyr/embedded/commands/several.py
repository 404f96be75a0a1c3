"""``omero.cmd.DoAll``, ``omero.cmd.SkipHead`` and ``omero.api.Save``: requests made of requests, and what goes in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import omero

from omeropyr.embedded import accounts
from omeropyr.embedded.commands.graph_job import GraphJob, guarded
from omeropyr.embedded.commands.handle import CommandFailed, Progress, request_name
from omeropyr.embedded.dispatch import Call, actor_of
from omeropyr.embedded.graph import ACCOUNTS
from omeropyr.embedded.graphs.options import class_names
from omeropyr.embedded.graphs.targets import GraphRefused
from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import Actor
from omeropyr.embedded.store import Transaction


class DoAll(GraphJob):
    """Does requests one after the other in one transaction: all of them, or none."""

    def __init__(self, call: Call, request: Any) -> None:
        super().__init__(call, request)
        contexts = list(request.contexts or ())
        contexts += [None] * (len(request.requests or ()) - len(contexts))
        self._jobs = [self._job(one, context) for one, context in zip(request.requests or (), contexts, strict=False)]
        self.steps = max(1, sum(job.steps for job in self._jobs))

    def _job(self, request: Any, context: dict[str, str] | None) -> GraphJob:
        from omeropyr.embedded.commands import job_for

        call = self.call
        if isinstance(request, omero.cmd.DoAll):
            raise CommandFailed("DoAll cannot be one of several requests", "bad-request")
        if context:
            store = call.server.store
            actor = actor_of(call.session, context, lambda name: accounts.group_id(store, name))
            call = replace(call, actor=actor)
        job = job_for(call, request)
        if not isinstance(job, GraphJob):
            raise CommandFailed(f"{request_name(request)} cannot be one of several requests", "bad-request")
        return job

    @property
    def writes(self) -> bool:
        """Whether any of them does."""
        return any(job.writes for job in self._jobs)

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Do them in turn; the first failure is that of all."""
        responses, statuses, done = [], [], 0
        for job in self._jobs:
            part = Part(progress, done)
            try:
                responses.append(guarded(job, tx.of(job.actor), part))
            except CommandFailed as failed:
                failed.category = failed.category or str(job.request.ice_id())
                raise
            done += job.steps
            progress.step(done)
            statuses.append(omero.cmd.Status(flags=[], parameters={}, steps=job.steps, currentStep=job.steps))
        return omero.cmd.DoAllRsp(responses, statuses)

    def settle(self) -> None:
        """What each of them has to do afterwards."""
        for job in self._jobs:
            job.settle()

    def abandon(self) -> None:
        """What each of them has to undo."""
        for job in self._jobs:
            job.abandon()


class Part(Progress):
    """The progress of one request of several, as part of that of all."""

    def __init__(self, whole: Progress, before: int) -> None:
        super().__init__()
        self._whole = whole
        self._before = before

    def check(self) -> None:
        """Stop when the whole is to stop."""
        self._whole.check()

    def step(self, number: int) -> None:
        """Say how far the whole is."""
        self._whole.step(self._before + number)


class SkipHead(GraphJob):
    """Does a request to what is below objects instead of to them: to all images of a project, but not to it."""

    def __init__(self, call: Call, request: Any) -> None:
        super().__init__(call, request)
        from omeropyr.embedded.commands import job_for

        inner = request.request
        if isinstance(inner, omero.cmd.SkipHead):
            raise CommandFailed(f"{type(inner).__name__} has no head to skip", "bad-request")
        if inner is not None and request.dryRun:
            inner.dryRun = True
        self._job = job_for(call, inner)
        self.steps = 1 + self._job.steps

    @property
    def writes(self) -> bool:
        """Whether the request does."""
        return isinstance(self._job, GraphJob) and self._job.writes

    @property
    def actor(self) -> Actor:
        """The request's caller."""
        return self._job.actor if isinstance(self._job, GraphJob) else super().actor

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Find the objects and do the request to them."""
        job, request = self._job, self.request
        if not isinstance(job, GraphJob) or not hasattr(job.request, "targetObjects"):
            raise CommandFailed(f"{request_name(job.request)} is not a request on graphs", "bad-request")
        start = class_names(request.startFrom)
        walk = job.walk(tx, request.targetObjects, request.childOptions, start, progress.check)
        if walk is None:
            raise GraphRefused(f"{request_name(job.request)} has no head to skip")
        found: dict[str, list[int]] = {}
        for node in walk.each():
            if node.row.kind in start:
                found.setdefault(node.row.kind, []).append(node.row.id)
        job.request.targetObjects = found
        progress.step(1)
        return job.do(tx, Part(progress, 1))

    def settle(self) -> None:
        """What the request has to do afterwards."""
        if isinstance(self._job, GraphJob):
            self._job.settle()

    def abandon(self) -> None:
        """What the request has to undo."""
        if isinstance(self._job, GraphJob):
            self._job.abandon()


class Save(GraphJob):
    """Saves a graph of objects, most often as one of several requests."""

    @property
    def actor(self) -> Actor:
        """The caller in the group of the call: new objects go there."""
        return self.call.actor

    def do(self, tx: Transaction, progress: Progress) -> omero.cmd.Response:
        """Save and return it."""
        obj = self.request.obj
        if obj is None:
            raise omero.ApiUsageException(None, None, "null cannot be saved.")
        if obj.isLoaded() and model().of(obj).name in ACCOUNTS:
            raise omero.SecurityViolation(None, None, f"{model().of(obj).name} is changed through IAdmin.")
        return omero.api.SaveRsp(tx.save(obj))
