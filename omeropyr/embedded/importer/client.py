"""The client's side of an import, over Ice: log in, find or make containers, upload, wait for the server."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import Glacier2
import Ice
import omero
import omero.all
import omero.clients
import omero.grid
from omero.rtypes import rstring
from omero.sys import ParametersI
from omero.util.sessions import SessionsStore

from omeropyr.cli import CommandError
from omeropyr.embedded.importer import in_place, staging
from omeropyr.embedded.importer.progress import Bar
from omeropyr.embedded.importer.sources import Source
from omeropyr.embedded.settings import EMBEDDED

CHECKSUM = "SHA1-160"
_CHUNK = 2 * 2**20
_WAIT_SECONDS = 0.5
_ADDRESS = "{}:{} does not accept this {}."
_OMERO = (
    "this is an OMERO.server, and importing there needs OMERO's own importer: `omero import` or OMERO.insight. "
    "omeropyr imports into its embedded server."
)


class Refused(Exception):
    """The server did not take a Fileset; the message is its reason."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options that say where to import to, and who does."""
    parser.add_argument("--host", default=os.environ.get("OMERO_HOST"), help="or OMERO_HOST; default: localhost")
    parser.add_argument("--port", type=int, default=os.environ.get("OMERO_PORT"), help="or OMERO_PORT; default: 4064")
    parser.add_argument("--user", default=os.environ.get("OMERO_USER"), help="log-in name, or OMERO_USER")
    parser.add_argument("--password", default=os.environ.get("OMERO_PASSWORD"), help="or OMERO_PASSWORD, or asked for")
    parser.add_argument("--key", metavar="UUID", help="join a session; without --user and --key that of `omero login`")
    parser.add_argument("--group", metavar="NAME", help="group that the images belong to; default: yours")


@contextmanager
def connected(args: argparse.Namespace) -> Iterator[Any]:
    """A client that is logged in. CommandError says what is wrong with address, log-in or group."""
    host, port, user, key = _account(args)
    client = omero.clients.BaseClient(host=host, port=port)
    try:
        try:
            if key:
                client.joinSession(key).detachOnDestroy()
            else:
                client.createSession(user, args.password or _ask(user))
        except Glacier2.PermissionDeniedException as error:
            raise CommandError(_ADDRESS.format(host, port, "session" if key else "user name and password")) from error
        except (Ice.LocalException, Glacier2.CannotCreateSessionException) as error:
            raise CommandError(f"no OMERO server answers at {host}:{port} ({type(error).__name__}).") from error
        if args.group:
            _enter(client, args.group)
        client.enableKeepAlive(60)
        yield client
    finally:
        # There was none, or it is over: a Glacier2.SessionNotExistException, whose class can be there twice.
        with suppress(Ice.UserException, Ice.LocalException):
            client.closeSession()


def _ask(user: str | None) -> str:
    try:
        password = getpass.getpass(f"OMERO password of {user}: ")
    except EOFError:
        password = ""
    if not password:
        raise CommandError("say the password: --password PW, or OMERO_PASSWORD.")
    return password


def _account(args: argparse.Namespace) -> tuple[str, int, str | None, str | None]:
    """Host, port, and user or session: from the options, or from ``omero login``."""
    host, port = args.host or "localhost", int(args.port or 4064)
    if args.user or args.key:
        return host, port, args.user, args.key
    known = SessionsStore().get_current()
    if not all(known[:3]):
        raise CommandError("say who imports: --user NAME, or OMERO_USER, or --key UUID, or log in with `omero login`.")
    return known[0], int(known[3] or 4064), None, known[2]


def _enter(client: Any, name: str) -> None:
    try:
        group = client.sf.getAdminService().lookupGroup(name)
        client.getImplicitContext().put("omero.group", str(group.id.val))
        client.sf.getQueryService().find("ExperimenterGroup", group.id.val)
    except omero.ServerError as error:
        raise CommandError(f"you cannot import into the group {name!r}: {error.message}") from error


def managed_repository(client: Any) -> Any:
    """The server's repository that takes imports."""
    for proxy in client.sf.sharedResources().repositories().proxies:
        repository = omero.grid.ManagedRepositoryPrx.checkedCast(proxy) if proxy is not None else None
        if repository is not None:
            return repository
    raise CommandError("the server has no repository that takes imports.")


def already_there(client: Any, hashes: Sequence[str]) -> list[tuple[int, str]]:
    """Id and name of the user's own images that were made of the very same files."""
    parameters = ParametersI().addString("hash", hashes[0])
    parameters.addLong("user", client.sf.getAdminService().getEventContext().userId)
    parameters.addLong("files", len(hashes))
    query = client.sf.getQueryService()
    found = query.projection(
        "select distinct f.id from FilesetEntry e join e.fileset f join e.originalFile o"
        " where o.hash = :hash and f.details.owner.id = :user and size(f.usedFiles) = :files",
        parameters,
    )
    for (fileset,) in found:
        only = ParametersI().addId(fileset.val)
        entries = query.projection(
            "select o.hash from FilesetEntry e join e.originalFile o where e.fileset.id = :id", only
        )
        if sorted(row[0].val for row in entries) == sorted(hashes):
            images = query.projection("select i.id, i.name from Image i where i.fileset.id = :id order by i.id", only)
            return [(row[0].val, row[1].val) for row in images]
    return []


def is_embedded(marker: str | None) -> bool:
    """Whether a server that answered *marker* for the setting :data:`EMBEDDED`, or refused to, is an embedded one."""
    return bool(marker and marker.strip())


def check_server(client: Any) -> None:
    """CommandError for an OMERO.server, which does not import what a plain client sends."""
    try:
        marker = client.sf.getConfigService().getConfigValue(EMBEDDED)
    except omero.SecurityViolation:  # how OMERO.server answers users who ask for a setting that is none
        marker = None
    if not is_embedded(marker):
        raise CommandError(_OMERO)


def send(
    client: Any,
    repository: Any,
    source: Source,
    settings: omero.grid.ImportSettings,
    hashes: Sequence[str],
    bar: Bar | None,
) -> list[Any]:
    """Upload the files of one Fileset and have them imported; returns the images. In place without a *bar*."""
    fileset = omero.model.FilesetI()
    for path in source.paths:
        entry = omero.model.FilesetEntryI()
        entry.clientPath = rstring(str(path.parent.resolve() / path.name).lstrip("/"))
        fileset.addFilesetEntry(entry)
    try:
        process = repository.importFileset(fileset, settings, {in_place.CONTEXT: "link"} if bar is None else None)
        try:
            if bar is not None:
                upload(process, source, bar)
            return list(_wait(client, process.verifyUpload(list(hashes))).objects)
        finally:
            process.close()
    except omero.ServerError as error:
        raise Refused(error.message) from error


def settings_of(target: Any, name: str | None) -> omero.grid.ImportSettings:
    """What the server is asked for: container, name, and how to compare what arrived."""
    settings = omero.grid.ImportSettings()
    settings.userSpecifiedTarget = target
    settings.userSpecifiedName = rstring(name) if name else None
    settings.checksumAlgorithm = omero.model.ChecksumAlgorithmI()
    settings.checksumAlgorithm.value = rstring(CHECKSUM)
    return settings


def hashes_of(source: Source, bar: Bar | None = None) -> list[str]:
    """The SHA-1 of each file; *bar* goes on as they are read."""
    advance = bar.advance if bar is not None else None
    return [staging.sha1(path, advance) for path in source.paths]


def upload(process: Any, source: Source, bar: Bar) -> None:
    """Send the bytes of all files."""
    for number, path in enumerate(source.paths):
        store = process.getUploader(number)
        try:
            with path.open("rb") as stream:
                position = 0
                while chunk := stream.read(_CHUNK):
                    store.write(chunk, position, len(chunk))
                    position += len(chunk)
                    bar.advance(len(chunk))
        finally:
            store.close()


def _wait(client: Any, handle: Any) -> Any:
    """The ImportResponse of a started import; the server's reason as an error."""
    callback = omero.callbacks.CmdCallbackI(client, handle)
    try:
        while not callback.event.wait(_WAIT_SECONDS):
            pass
        response = callback.getResponse()
    except KeyboardInterrupt:
        handle.cancel()  # too late for that: then it is imported as a whole
        raise
    finally:
        callback.close(True)
    if isinstance(response, omero.cmd.ERR):
        raise Refused(response.parameters.get("message") or response.name)
    return response


def container(client: Any, kind: str, name: str, project: str | None = None) -> Any:
    """The user's own Dataset (in that Project), Project or Screen of that name, made if it is not there.

    Raises :class:`Refused` where the user may not make it.
    """
    try:
        return _container(client, kind, name, project)
    except omero.ServerError as error:
        raise Refused(error.message) from error


def _container(client: Any, kind: str, name: str, project: str | None) -> Any:
    parameters = ParametersI().addString("name", name)
    parameters.addLong("user", client.sf.getAdminService().getEventContext().userId)
    query = f"select d from {kind} d where d.name = :name and d.details.owner.id = :user order by d.id"  # noqa: S608
    if project:
        parameters.addString("project", project)
        query = (
            "select d from ProjectDatasetLink l join l.child d join l.parent p where d.name = :name"
            " and p.name = :project and d.details.owner.id = :user order by d.id"
        )
    found: Sequence[Any] = client.sf.getQueryService().findAllByQuery(query, parameters)
    model = getattr(omero.model, f"{kind}I")
    if found:
        return model(found[0].id.val, False)
    made = model()
    made.name = rstring(name)
    if project:
        made.linkProject(container(client, "Project", project))
    return model(client.sf.getUpdateService().saveAndReturnObject(made).id.val, False)
