"""The demo's data from the cache: a server of its own, with what `omeropyr demo` shows."""

from __future__ import annotations

from pathlib import Path

from omeropyr.embedded.demo.content import PICTURES, PLATES, USERS
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.demo import demo_folder
from omeropyr.testing.plugin import connected


def test_the_demo_is_all_there_and_every_picture_can_be_drawn(demo_data: EmbeddedServer) -> None:
    conn = connected(demo_data, "root", "omero")
    try:
        conn.SERVICE_OPTS.setOmeroGroup("-1")
        names = {one.getName() for one in conn.getObjects("Image")}
        assert {picture.file for picture in PICTURES} <= names
        assert {plate.getName() for plate in conn.getObjects("Plate")} == {plate.folder for plate in PLATES}
        people = {one.getName() for one in conn.getObjects("Experimenter")}
        assert {user.name for user in USERS} <= people
        image = next(one for one in conn.getObjects("Image") if one.getName() == PICTURES[0].file)
        assert image.getThumbnail((64,)).startswith(b"\xff\xd8")
    finally:
        conn.close()


def test_a_change_to_a_copy_is_in_no_other(demo_data: EmbeddedServer, tmp_path: Path) -> None:
    other = demo_folder(tmp_path / "other")
    with EmbeddedServer(other, port=0, ssl_port=0) as server:
        conn = connected(server, "root", "omero")
        try:
            conn.SERVICE_OPTS.setOmeroGroup("-1")
            ids = sorted(one.id for one in conn.getObjects("Project"))
            conn.deleteObjects("Project", [ids[0]], deleteAnns=False, deleteChildren=False, wait=True)
            assert sorted(one.id for one in conn.getObjects("Project")) == ids[1:]
        finally:
            conn.close()
    conn = connected(demo_data, "root", "omero")
    try:
        conn.SERVICE_OPTS.setOmeroGroup("-1")
        assert sorted(one.id for one in conn.getObjects("Project")) == ids
    finally:
        conn.close()
