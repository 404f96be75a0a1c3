"""``omeropyr import``: send image files to an OMERO server that imports them, over Ice."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import Glacier2
import Ice
import omero
import omero.all
import omero.clients
import omero.grid
from omero.rtypes import rstring
from omero.sys import ParametersI
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from omeropyr.cli import CommandError
from omeropyr.embedded.importer import sources, staging
from omeropyr.embedded.importer.sources import Source, Unreadable

CHECKSUM = "SHA1-160"
_CHUNK = 2 * 2**20
_BIG = 16 * 2**20  # bytes of a Fileset from which a progress bar is worth it
_WAIT_SECONDS = 0.5


class _Refused(Exception):
    """The server did not take a Fileset; the message is its reason."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``omeropyr import``."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="image files, or folders of them")
    parser.add_argument("--dataset", metavar="NAME", help="dataset for the images, made if it is not there")
    parser.add_argument("--project", metavar="NAME", help="project of the dataset, made if it is not there")
    parser.add_argument("--host", default=os.environ.get("OMERO_HOST", "localhost"), help="default: %(default)s")
    parser.add_argument("--port", type=int, default=os.environ.get("OMERO_PORT", "4064"), help="default: %(default)s")
    parser.add_argument("--user", default=os.environ.get("OMERO_USER"), help="log-in name (or OMERO_USER)")
    parser.add_argument("--password", default=os.environ.get("OMERO_PASSWORD"), help="or OMERO_PASSWORD, or asked for")


def run(args: argparse.Namespace) -> int:
    """Import the files; 0 when all went well, 1 when some failed, 2 when none was imported."""
    if args.project and not args.dataset:
        raise CommandError("--project needs --dataset: images are in a project by their dataset.")
    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    found, bad = sources.find(args.paths)
    for unreadable in bad:
        _complain(err, unreadable)
    failed, done = len(bad), 0
    if found:
        with connected(args) as client:
            repository = managed_repository(client)
            dataset = _dataset(client, args.dataset, args.project) if args.dataset else None
            for source in found:
                try:
                    images = send(client, repository, source, dataset, out)
                except (_Refused, OSError) as error:
                    failed += 1
                    _complain(err, Unreadable(source.paths[0], sources.reason(error)))
                    continue
                done += 1
                for image in images:
                    out.print(f"Image:{image.id.val} {escape(image.name.val)}")
    if not done and not failed:
        raise CommandError("no image files were found there.")
    return 0 if not failed else 1 if done else 2


def _complain(console: Console, unreadable: Unreadable) -> None:
    name = "".join(letter if letter.isprintable() else "?" for letter in str(unreadable.path))
    console.print(f"{escape(name)}: {escape(unreadable.reason)}")


@contextmanager
def connected(args: argparse.Namespace) -> Iterator[Any]:
    """A client that is logged in. CommandError says what is wrong with address or log-in."""
    user = args.user
    if not user:
        raise CommandError("say who imports: --user NAME, or OMERO_USER.")
    password = args.password or getpass.getpass(f"OMERO password of {user}: ")
    client = omero.clients.BaseClient(host=args.host, port=args.port)
    try:
        try:
            client.createSession(user, password)
        except Glacier2.PermissionDeniedException as error:
            raise CommandError(f"{args.host}:{args.port} does not accept this user name and password.") from error
        except (Ice.LocalException, Glacier2.CannotCreateSessionException) as error:
            raise CommandError(
                f"no OMERO server answers at {args.host}:{args.port} ({type(error).__name__})."
            ) from error
        client.enableKeepAlive(60)
        yield client
    finally:
        client.closeSession()


def managed_repository(client: Any) -> Any:
    """The server's repository that takes imports."""
    for proxy in client.sf.sharedResources().repositories().proxies:
        repository = omero.grid.ManagedRepositoryPrx.checkedCast(proxy) if proxy is not None else None
        if repository is not None:
            return repository
    raise CommandError("the server has no repository that takes imports.")


def send(client: Any, repository: Any, source: Source, dataset: Any, console: Console) -> list[Any]:
    """Upload the files of one Fileset and have them imported; returns the images."""
    fileset = omero.model.FilesetI()
    for path in source.paths:
        entry = omero.model.FilesetEntryI()
        entry.clientPath = rstring(str(path.absolute()).lstrip("/"))
        fileset.addFilesetEntry(entry)
    settings = omero.grid.ImportSettings()
    settings.userSpecifiedTarget = dataset
    settings.userSpecifiedName = rstring(source.name) if source.name else None
    settings.checksumAlgorithm = omero.model.ChecksumAlgorithmI()
    settings.checksumAlgorithm.value = rstring(CHECKSUM)
    try:
        process = repository.importFileset(fileset, settings)
        try:
            upload(process, source, console)
            handle = process.verifyUpload([staging.sha1(path) for path in source.paths])
            return list(_wait(client, handle).objects)
        finally:
            process.close()
    except omero.ServerError as error:
        raise _Refused(error.message) from error


def upload(process: Any, source: Source, console: Console) -> None:
    """Send the bytes of all files, with a bar if there are many."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    shown = source.size >= _BIG and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
        task = progress.add_task(source.paths[0].name, total=source.size)
        for number, path in enumerate(source.paths):
            store = process.getUploader(number)
            try:
                with path.open("rb") as stream:
                    position = 0
                    while chunk := stream.read(_CHUNK):
                        store.write(chunk, position, len(chunk))
                        position += len(chunk)
                        progress.advance(task, len(chunk))
            finally:
                store.close()


def _wait(client: Any, handle: Any) -> Any:
    """The ImportResponse of a started import; the server's reason as an error."""
    callback = omero.callbacks.CmdCallbackI(client, handle)
    try:
        while not callback.event.wait(_WAIT_SECONDS):
            pass
        response = callback.getResponse()
    finally:
        callback.close(True)
    if isinstance(response, omero.cmd.ERR):
        raise _Refused(response.parameters.get("message") or response.name)
    return response


def _dataset(client: Any, name: str, project: str | None) -> Any:
    """The user's own dataset of that name (in that project), made if it is not there."""
    parameters = ParametersI().addString("name", name)
    parameters.addLong("user", client.sf.getAdminService().getEventContext().userId)
    query = "select d from Dataset d where d.name = :name and d.details.owner.id = :user order by d.id"
    if project:
        parameters.addString("project", project)
        query = (
            "select d from ProjectDatasetLink l join l.child d join l.parent p where d.name = :name"
            " and p.name = :project and d.details.owner.id = :user order by d.id"
        )
    found: Sequence[Any] = client.sf.getQueryService().findAllByQuery(query, parameters)
    if found:
        return omero.model.DatasetI(found[0].id.val, False)
    made = omero.model.DatasetI()
    made.name = rstring(name)
    if project:
        made.linkProject(_project(client, project))
    return omero.model.DatasetI(client.sf.getUpdateService().saveAndReturnObject(made).id.val, False)


def _project(client: Any, name: str) -> Any:
    parameters = ParametersI().addString("name", name)
    parameters.addLong("user", client.sf.getAdminService().getEventContext().userId)
    query = "select p from Project p where p.name = :name and p.details.owner.id = :user order by p.id"
    found = client.sf.getQueryService().findAllByQuery(query, parameters)
    if found:
        return omero.model.ProjectI(found[0].id.val, False)
    made = omero.model.ProjectI()
    made.name = rstring(name)
    return omero.model.ProjectI(client.sf.getUpdateService().saveAndReturnObject(made).id.val, False)
