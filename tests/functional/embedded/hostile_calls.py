"""The hostile calls of ``test_hostile.py``, by what they try; each table maps a name to a call on :class:`Field`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import omero
import omero.all
from omero.rtypes import rint, rlist, rlong, rmap, robject, rstring, rtime

Call = Callable[["Field"], Any]
BAD_IDS = (-1, 2**62, 2**63 - 1, -(2**63))
MEGABYTE = "x" * 1_000_000


@dataclass
class Field:
    """Mallory with services of an ordinary user; Victor's objects are in a private group that Mallory is not in."""

    sf: Any
    conn: Any
    root: Any
    server: Any
    user: int
    group: int
    victim: int
    theirs: int  # Victor's dataset
    image: int  # Victor's image
    pixels: int
    file: int
    own: int  # Mallory's dataset

    @property
    def query(self) -> Any:
        return self.sf.getQueryService()

    @property
    def update(self) -> Any:
        return self.sf.getUpdateService()

    @property
    def admin(self) -> Any:
        return self.sf.getAdminService()


def named(kind: str, /, **fields: Any) -> Any:
    """A new object of a class with these fields."""
    made = getattr(omero.model, f"{kind}I")()
    for key, value in fields.items():
        setattr(made, key, value)
    return made


# --- the calls, by what they try ---

HQL = {
    "unfinished": "select d from Dataset d where",
    "two statements": "select d from Dataset d; delete from Dataset",
    "delete": "delete from Dataset",
    "update": "update Dataset d set d.name = 'x'",
    "insert": "insert into Dataset (name) values ('x')",
    "union": "select d.id from Dataset d union select e.id from Experimenter e",
    "comment": "select d from Dataset d -- where",
    "block comment": "select d /* */ from Dataset d where d.id = /*",
    "unknown class": "select x from Nothing x",
    "python class": "select x from object x",
    "dunder": "select d.__class__ from Dataset d",
    "dunder table": "select d from __main__ d",
    "password": "select e.password from Experimenter e",
    "raw table": "select x from m_dataset x",
    "schema": "select x from information_schema x",
    "pragma": "pragma table_info(m_dataset)",
    "attach": "attach database 'x' as y",
    "quote": "select d from Dataset d where d.name = ''' or 1=1",
    "unbalanced": "select d from Dataset d where ((((d.id = 1)",
    "nul": "select d from Dataset d where d.name = \0",
    "megabyte": "select d from Dataset d where " + "x" * 1_000_000,
    "deep": "select d from Dataset d where " + "(" * 20_000 + "1=1" + ")" * 20_000,
    "many joins": "select d from Dataset d " + " ".join(f"join d.imageLinks l{n}" for n in range(500)),
    "empty": "",
    "blank": " \n ",
    "unicode digits": "select d from Dataset d where d.id = ١",
    "missing parameter": "select d from Dataset d where d.id = :nowhere",
    "function": "select load_extension('x') from Dataset d",
    "file function": "select readfile('/etc/passwd') from Dataset d",
    "positional": "select d from Dataset d where d.id = ?",
}
CONTEXTS = {
    "word": {"omero.group": "x"},
    "-2": {"omero.group": "-2"},
    "twenty digits": {"omero.group": "9" * 20},
    "sql": {"omero.group": "1; drop table m_dataset"},
    "float": {"omero.group": "1.5"},
    "hex": {"omero.group": "0x1"},
    "arabic": {"omero.group": "١"},
    "blank": {"omero.group": " 1"},
    "nul": {"omero.group": "\0"},
    "foreign": {"omero.group": "system"},
    "huge": {"omero.group": "99999999999"},
    "megabyte": {"omero.group": MEGABYTE},
    "user word": {"omero.user": "x"},
    "user sql": {"omero.user": "1 or 1=1"},
    "user twenty digits": {"omero.user": "9" * 20},
}
IN_CONTEXT: dict[str, Callable[[Field, dict[str, str]], Any]] = {
    "query": lambda f, ctx: f.query.findAll("Dataset", None, ctx),
    "projection": lambda f, ctx: f.query.projection("select d.id from Dataset d", None, ctx),
    "save": lambda f, ctx: f.update.saveObject(named("Dataset", name=rstring("smuggled")), ctx),
    "hierarchy": lambda f, ctx: f.sf.getContainerService().loadContainerHierarchy("Dataset", [], None, ctx),
}
BY_ID: dict[str, Callable[[Field, int], Any]] = {
    "get": lambda f, n: f.query.get("Dataset", n),
    "getExperimenter": lambda f, n: f.admin.getExperimenter(n),
    "getGroup": lambda f, n: f.admin.getGroup(n),
    "setFileId": lambda f, n: stateful(f, "RawFileStore", lambda one: one.setFileId(n)),
    "setPixelsId": lambda f, n: stateful(f, "RawPixelsStore", lambda one: one.setPixelsId(n, False)),
    "lookupPixels": lambda f, n: stateful(f, "RenderingEngine", lambda one: one.lookupPixels(n)),
    "deleteObject": lambda f, n: f.update.deleteObject(omero.model.DatasetI(n, False)),
    "link": lambda f, n: f.update.saveObject(link(f.own, n)),
    "setSecurityContext": lambda f, n: f.sf.setSecurityContext(omero.model.ExperimenterGroupI(n, False)),
    "getDefaultGroup": lambda f, n: f.admin.getDefaultGroup(n),
    "copyAndResizeImage": lambda f, n: f.sf.getPixelsService().copyAndResizeImage(
        n, rint(1), rint(1), rint(1), rint(1), [0], None, True
    ),
    "openTable": lambda f, n: f.sf.sharedResources().openTable(omero.model.OriginalFileI(n, False)).getHeaders(),
}
THEIRS: dict[str, Call] = {
    "get": lambda f: f.query.get("Dataset", f.theirs),
    "get everywhere": lambda f: f.query.get("Dataset", f.theirs, {"omero.group": "-1"}),
    "rename": lambda f: f.update.saveObject(loaded("Dataset", f.theirs, name=rstring("mine"))),
    "delete": lambda f: f.update.deleteObject(omero.model.DatasetI(f.theirs, False)),
    "link to own": lambda f: f.update.saveObject(image_link(f.own, f.image)),
    "annotate": lambda f: f.update.saveObject(annotation_link(f.theirs)),
    "read file": lambda f: stateful(f, "RawFileStore", lambda one: one.setFileId(f.file)),
    "read pixels": lambda f: stateful(f, "RawPixelsStore", lambda one: one.setPixelsId(f.pixels, False)),
    "render": lambda f: stateful(f, "RenderingEngine", lambda one: one.lookupPixels(f.pixels)),
    "copy": lambda f: f.sf.getPixelsService().copyAndResizeImage(
        f.image, rint(1), rint(1), rint(1), rint(1), [0], None, True
    ),
    "give to victim": lambda f: f.update.saveObject(owned(f.victim)),
    "put into their group": lambda f: f.update.saveObject(in_group(f)),
    "as them": lambda f: f.sf.getSessionService().createSessionWithTimeouts(
        omero.sys.Principal("victor", "hostile-victim", "User", None), 0, 0
    ),
    "as root": lambda f: f.sf.getSessionService().createSessionWithTimeouts(
        omero.sys.Principal("root", "system", "User", None), 0, 0
    ),
}
ADMIN: dict[str, Call] = {
    "createGroup": lambda f: f.admin.createGroup(named("ExperimenterGroup", name=rstring("hostile-mine"))),
    "createUser": lambda f: f.admin.createUser(person("hostile-twin"), "hostile"),
    "createSystemUser": lambda f: f.admin.createSystemUser(person("hostile-admin")),
    "changeUserPassword": lambda f: f.admin.changeUserPassword("victor", rstring("mine")),
    "root's password": lambda f: f.admin.changeUserPassword("root", rstring("mine")),
    "empty password": lambda f: f.admin.changePassword(rstring("")),
    "no password": lambda f: f.admin.changePassword(None),
    "wrong old password": lambda f: f.admin.changePasswordWithOldPassword(rstring("x"), rstring("y")),
    "join system": lambda f: f.admin.addGroups(me(f), [omero.model.ExperimenterGroupI(0, False)]),
    "join": lambda f: f.admin.addGroups(me(f), [omero.model.ExperimenterGroupI(1, False)]),
    "own group": lambda f: f.admin.setGroupOwner(omero.model.ExperimenterGroupI(f.group, False), me(f)),
    "drop victim": lambda f: f.admin.removeGroups(
        omero.model.ExperimenterI(f.victim, False), [omero.model.ExperimenterGroupI(1, False)]
    ),
    "delete victim": lambda f: f.admin.deleteExperimenter(omero.model.ExperimenterI(f.victim, False)),
    "rename root": lambda f: f.admin.updateExperimenter(person("mallory-root", 0)),
    "privileges": lambda f: f.admin.setAdminPrivileges(me(f), [named("AdminPrivilege", value=rstring("Sudo"))]),
    "setConfigValue": lambda f: f.sf.getConfigService().setConfigValue("omero.x", "y"),
    "save user": lambda f: f.update.saveObject(person("hostile-saved")),
    "save group": lambda f: f.update.saveObject(
        named("ExperimenterGroup", name=rstring("saved"), ldap=omero.rtypes.rbool(False))
    ),
    "save membership": lambda f: f.update.saveObject(
        named(
            "GroupExperimenterMap",
            parent=omero.model.ExperimenterGroupI(0, False),
            child=omero.model.ExperimenterI(f.user, False),
            owner=omero.rtypes.rbool(True),
        )
    ),
    "reset enumerations": lambda f: f.sf.getTypesService().resetEnumerations("Immersion"),
    "upload script": lambda f: f.sf.getScriptService().uploadOfficialScript("/hostile/x.py", "import os"),
    "sudo": lambda f: f.conn.c.sf.getSessionService().createUserSession(-1, -1, "system"),
    "close root's session": lambda f: f.sf.getSessionService().getSession(root_uuid(f)),
    "chmod": lambda f: f.admin.changePermissions(
        omero.model.ExperimenterGroupI(f.group, False), omero.model.PermissionsI("rwrwrw")
    ),
}
SAVES: dict[str, Call] = {
    "null": lambda f: f.update.saveObject(None),
    "null in list": lambda f: f.update.saveAndReturnArray([None]),
    "no name": lambda f: f.update.saveObject(omero.model.DatasetI()),
    "cycle of links": lambda f: f.update.saveObject(cycle()),
    "unloaded new": lambda f: f.update.saveObject(unloaded()),
    "link of nothing": lambda f: f.update.saveObject(omero.model.ProjectDatasetLinkI()),
    "link of wrong kinds": lambda f: f.update.saveObject(wrong_link(f)),
    "old version": lambda f: f.update.saveObject(loaded("Dataset", f.own, name=rstring("old"), version=rint(99))),
    "unknown owner": lambda f: f.update.saveObject(owned(2**62)),
    "image without pixels type": lambda f: f.update.saveObject(
        named("Pixels", image=omero.model.ImageI(f.image, False), sizeX=rint(-1))
    ),
    "delete twice": lambda f: [f.update.deleteObject(omero.model.DatasetI(2**61, False)) for _ in range(2)],
    "event": lambda f: f.update.saveObject(named("Event", time=rtime(0))),
    "session": lambda f: f.update.saveObject(named("Session", uuid=rstring("x"))),
    "future class": lambda f: f.query.findByString("Dataset", "nothing", "x"),
    "field injection": lambda f: f.query.findByString("Dataset", "name = 'x' or 1=1 --", "x"),
    "class injection": lambda f: f.query.findAll("Dataset d, Experimenter e", None),
    "class of python": lambda f: f.query.find("__init__", 1),
}
PARAMETERS: dict[str, Any] = {
    "null": None,
    "map": rmap({"a": rlong(1)}),
    "object": robject(omero.model.DatasetI(1, False)),
    "list of lists": rlist([rlist([rlong(1)])]),
    "list of text": rlist([rstring("x")]),
    "text": rstring("1 or 1=1"),
}
BEFORE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "getPlane": ("RawPixelsStore", lambda one: one.getPlane(0, 0, 0)),
    "getTile": ("RawPixelsStore", lambda one: one.getTile(0, 0, 0, 0, 0, 1, 1)),
    "getStack": ("RawPixelsStore", lambda one: one.getStack(0, 0)),
    "setPlane": ("RawPixelsStore", lambda one: one.setPlane(b"x", 0, 0, 0)),
    "setTile": ("RawPixelsStore", lambda one: one.setTile(b"x", 0, 0, 0, 0, 0, 1, 1)),
    "save pixels": ("RawPixelsStore", lambda one: one.save()),
    "getByteWidth": ("RawPixelsStore", lambda one: one.getByteWidth()),
    "resolution": ("RawPixelsStore", lambda one: one.setResolutionLevel(5)),
    "read": ("RawFileStore", lambda one: one.read(0, 10)),
    "write": ("RawFileStore", lambda one: one.write(b"x", 0, 1)),
    "truncate": ("RawFileStore", lambda one: one.truncate(0)),
    "size": ("RawFileStore", lambda one: one.size()),
    "exists": ("RawFileStore", lambda one: one.exists()),
    "save file": ("RawFileStore", lambda one: one.save()),
    "load": ("RenderingEngine", lambda one: one.load()),
    "renderCompressed": ("RenderingEngine", lambda one: one.renderCompressed(omero.romio.PlaneDef())),
    "setActive": ("RenderingEngine", lambda one: one.setActive(0, True)),
    "channel": ("RenderingEngine", lambda one: one.getChannelWindowStart(10**6)),
    "settings": ("RenderingEngine", lambda one: one.saveCurrentSettings()),
    "getThumbnail": ("ThumbnailStore", lambda one: one.getThumbnail(rint(8), rint(8))),
    "thumbnail settings": ("ThumbnailStore", lambda one: one.setRenderingDefId(1)),
    "results": ("Search", lambda one: one.results()),
    "search null": ("Search", lambda one: one.byFullText("")),
    "search nothing": ("Search", lambda one: one.byFullText("x")),
}
AFTER: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "read": ("RawFileStore", lambda one: one.read(0, 10)),
    "file id": ("RawFileStore", lambda one: one.setFileId(1)),
    "plane": ("RawPixelsStore", lambda one: one.getPlane(0, 0, 0)),
    "pixels id": ("RawPixelsStore", lambda one: one.setPixelsId(1, False)),
    "render": ("RenderingEngine", lambda one: one.lookupPixels(1)),
    "thumbnail": ("ThumbnailStore", lambda one: one.setPixelsId(1)),
    "search": ("Search", lambda one: one.byFullText("x")),
    "close again": ("RawFileStore", lambda one: one.close()),
}
COMMANDS: dict[str, Callable[[Field], Any]] = {
    "nothing": lambda f: None,
    "empty do all": lambda f: omero.cmd.DoAll([None]),
    "do all of do all": lambda f: omero.cmd.DoAll([omero.cmd.DoAll([omero.cmd.DoAll([None])])]),
    "delete theirs": lambda f: omero.cmd.Delete2(targetObjects={"Dataset": [f.theirs]}),
    "delete their file": lambda f: omero.cmd.Delete2(targetObjects={"OriginalFile": [f.file]}),
    "delete root": lambda f: omero.cmd.Delete2(targetObjects={"Experimenter": [0]}),
    "delete nothing known": lambda f: omero.cmd.Delete2(targetObjects={"NoSuchClass": [1]}),
    "delete by injection": lambda f: omero.cmd.Delete2(targetObjects={"Dataset d; drop": [1]}),
    "chgrp theirs": lambda f: omero.cmd.Chgrp2(targetObjects={"Dataset": [f.theirs]}, groupId=f.group),
    "chgrp to system": lambda f: omero.cmd.Chgrp2(targetObjects={"Dataset": [f.own]}, groupId=0),
    "chgrp nowhere": lambda f: omero.cmd.Chgrp2(targetObjects={"Dataset": [f.own]}, groupId=2**62),
    "chown own away": lambda f: omero.cmd.Chown2(targetObjects={"Dataset": [f.own]}, userId=2**62),
    "chown theirs": lambda f: omero.cmd.Chown2(targetObjects={"Dataset": [f.theirs]}, userId=f.user),
    "chmod": lambda f: omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [0]}, permissions="rwrwrw"),
    "duplicate theirs": lambda f: omero.cmd.Duplicate(targetObjects={"Dataset": [f.theirs]}),
    "mail": lambda f: omero.cmd.SendEmailRequest(subject="x", body="y", everyone=True),
    "metadata of theirs": lambda f: omero.cmd.OriginalMetadataRequest(f.image),
    "session times": lambda f: omero.cmd.UpdateSessionTimeoutRequest(session=root_uuid(f), timeToIdle=rlong(1)),
}


def stateful(f: Field, name: str, use: Callable[[Any], Any]) -> Any:
    one = getattr(f.sf, f"create{name}Service" if name == "Search" else f"create{name}")().ice_invocationTimeout(30_000)
    try:
        return use(one)
    finally:
        one.close()


def closed(f: Field, name: str, use: Callable[[Any], Any]) -> Any:
    one = getattr(f.sf, f"create{name}Service" if name == "Search" else f"create{name}")().ice_invocationTimeout(30_000)
    one.close()
    return use(one)


def me(f: Field) -> Any:
    return omero.model.ExperimenterI(f.user, False)


def person(name: str, number: int | None = None) -> Any:
    made = named("Experimenter", omeName=rstring(name), firstName=rstring("M"), lastName=rstring("M"))
    made.ldap = omero.rtypes.rbool(False)
    made.id = None if number is None else rlong(number)
    return made


def loaded(kind: str, number: int, /, **fields: Any) -> Any:
    made = named(kind, **fields)
    made.id = rlong(number)
    return made


def unloaded() -> Any:
    made = omero.model.DatasetI()
    made.unload()
    return made


def link(own: int, other: int) -> Any:
    return named(
        "ProjectDatasetLink", parent=omero.model.ProjectI(other, False), child=omero.model.DatasetI(own, False)
    )


def image_link(own: int, image: int) -> Any:
    return named("DatasetImageLink", parent=omero.model.DatasetI(own, False), child=omero.model.ImageI(image, False))


def annotation_link(dataset: int) -> Any:
    comment = named("CommentAnnotation", textValue=rstring("was here"))
    return named("DatasetAnnotationLink", parent=omero.model.DatasetI(dataset, False), child=comment)


def wrong_link(f: Field) -> Any:
    made = omero.model.ProjectDatasetLinkI()
    made._parent, made._child = omero.model.ProjectI(f.own + 10**6, False), omero.model.DatasetI(f.theirs, False)
    return made


def owned(user: int) -> Any:
    made = named("Dataset", name=rstring("not mine"))
    made.details.owner = omero.model.ExperimenterI(user, False)
    return made


def in_group(f: Field) -> Any:
    made = named("Dataset", name=rstring("elsewhere"))
    made.details.group = omero.model.ExperimenterGroupI(0, False)
    return made


def cycle() -> Any:
    """Two new lasers that pump each other: neither can be first."""
    one, two = omero.model.LaserI(), omero.model.LaserI()
    one.pump, two.pump = two, one
    return one


def root_uuid(f: Field) -> str:
    return str(f.root._sessionUuid)


def bound(value: Any) -> Any:
    made = omero.sys.ParametersI()
    made.map = {"id": value}
    return made


def variations() -> Iterator[tuple[str, Call]]:
    """Each query in two operations, each context and each bad id in several."""
    for name, hql in HQL.items():
        yield f"findAllByQuery {name}", lambda f, hql=hql: f.query.findAllByQuery(hql, None)
        yield f"projection {name}", lambda f, hql=hql: f.query.projection(hql, None)
    for what, use in IN_CONTEXT.items():
        for name, context in CONTEXTS.items():
            yield f"{what} in {name}", lambda f, use=use, context=context: use(f, context)
    for what, by_id in BY_ID.items():
        for number in BAD_IDS:
            yield f"{what} {number}", lambda f, by_id=by_id, number=number: by_id(f, number)


def single() -> Iterator[tuple[str, Call]]:
    """What is tried once."""
    for title, table in (("theirs", THEIRS), ("admin", ADMIN), ("save", SAVES)):
        yield from ((f"{title} {name}", call) for name, call in table.items())
    for name, value in PARAMETERS.items():
        hql = "select d from Dataset d where d.id = :id and d.name = :missing"
        yield f"parameter {name}", lambda f, hql=hql, value=value: f.query.findAllByQuery(hql, bound(value))
    for name, (service, use) in BEFORE.items():
        yield f"before {name}", lambda f, service=service, use=use: stateful(f, service, use)
    for name, (service, use) in AFTER.items():
        yield f"after close {name}", lambda f, service=service, use=use: closed(f, service, use)
