"""``omeropyr embedded backup`` of a running server, and ``restore``."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
from omero.rtypes import rstring

from omeropyr.cli import main
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.data import OmeroData
from tests.functional.embedded.serving import Serving

PLANES = (np.arange(2 * 32 * 48, dtype=np.uint16) * 7).reshape(2, 32, 48)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A backup taken while a client saves datasets one after the other; the folder, and what was acknowledged."""
    folder = tmp_path_factory.mktemp("backup")
    done: list[int] = []
    before: list[int] = []
    with EmbeddedServer(folder / "data", port=0, ssl_port=0) as server:
        data = OmeroData(server)
        image = data.add_image(PLANES, "kept.ome.tiff")
        group = data.add_group("rescue", "rwr---")
        data.add_user("rescuer", group, password="a long one")
        client = omero.client("127.0.0.1", server.ssl_port)
        factory = client.createSession("root", "omero")
        update = factory.getUpdateService()
        file = omero.model.OriginalFileI()
        file.name, file.path, file.mimetype = rstring("notes.txt"), rstring("/"), rstring("text/plain")
        file = update.saveAndReturnObject(file)
        raw = factory.createRawFileStore()
        raw.setFileId(file.id.val)
        raw.write(b"notes", 0, 5)
        raw.close()
        stop = threading.Event()

        def save() -> None:
            while not stop.is_set():
                dataset = omero.model.DatasetI()
                dataset.name = rstring(f"steady {len(done)}")
                done.append(update.saveAndReturnObject(dataset).id.val)

        writer = threading.Thread(target=save)
        writer.start()
        try:
            while len(done) < 20:
                writer.join(0.01)
            before += done
            assert main(["embedded", "backup", "--data", str(folder / "data"), "--to", str(folder / "one.tar")]) == 0
        finally:
            stop.set()
            writer.join(30)
            client.__del__()
    return folder, image, file.id.val, before, list(done)


def test_what_was_there_comes_back(saved: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, image, file, before, every = saved
    backup = folder / "one.tar"
    assert backup.stat().st_mode & 0o077 == 0
    assert [one.name for one in (folder / "data").iterdir() if one.name.startswith(".")] == []
    target = tmp_path / "back"
    assert main(["embedded", "restore", "--from", str(backup), "--data", str(target)]) == 0
    assert f"restored to {target}" in capsys.readouterr().out
    assert [one.name for one in tmp_path.iterdir()] == ["back"]
    with Serving(target) as serving:
        conn = serving.gateway()
        try:
            found = conn.getObject("Image", image)
            assert found.getName() == "kept.ome.tiff"
            for z in range(2):
                assert found.getPrimaryPixels().getPlane(z, 0, 0).tolist() == PLANES[z].tolist()
            raw = conn.c.sf.createRawFileStore()
            raw.setFileId(file)
            assert raw.read(0, 100) == b"notes"
            raw.close()
            rows = conn.getQueryService().projection("select d.id from Dataset d where d.name like 'steady %'", None)
            kept = {row[0].val for row in rows}
            assert set(before) <= kept <= set(every)
            found = conn.getQueryService().findAllByFullText("Image", "kept", None)
            assert [one.id.val for one in found] == [image]
        finally:
            conn.close()
        client = omero.client("127.0.0.1", serving.ssl_port)
        assert client.createSession("rescuer", "a long one").getAdminService().getEventContext().groupName == "rescue"
        client.__del__()
        serving.stop()


def test_a_folder_is_given_a_file_named_by_the_time(saved: Any, tmp_path: Path) -> None:
    assert main(["embedded", "backup", "--data", str(saved[0] / "data"), "--to", str(tmp_path)]) == 0
    (made,) = tmp_path.iterdir()
    assert made.name.startswith("omero-")
    assert made.suffix == ".tar"
    with tarfile.open(made) as archive:
        names = archive.getnames()
        manifest = json.loads(archive.extractfile("backup.json").read())  # type: ignore[union-attr]
    assert "omero.sqlite" in names
    assert not [name for name in names if name.startswith(("server.json", "Uploads", "omero.sqlite-"))]
    assert any(name.startswith("ManagedRepository/") and name.endswith("array.ome.tiff") for name in manifest["files"])


def refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embedded", *arguments]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_what_a_backup_refuses(saved: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(saved[0] / "data")
    refused(["backup", "--data", data, "--to", str(saved[0] / "one.tar")], "overwrites nothing", capsys)
    refused(["backup", "--data", str(tmp_path), "--to", str(tmp_path / "x.tar")], "holds no data", capsys)
    refused(["backup", "--data", data, "--to", f"{data}/x.tar"], "inside the data folder", capsys)
    refused(["backup", "--data", data, "--to", str(tmp_path / "no" / "x.tar")], "No such file", capsys)
    refused([], "--data DIR", capsys)
    assert list(tmp_path.iterdir()) == []


def test_what_a_restore_refuses(
    saved: Any, embedded: EmbeddedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = str(saved[0] / "one.tar")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    refused(["restore", "--from", backup, "--data", str(tmp_path / "full")], "is not empty", capsys)
    refused(["restore", "--from", backup, "--data", str(embedded.data)], "is in use", capsys)
    refused(["restore", "--from", str(tmp_path / "none"), "--data", str(tmp_path / "new")], "There is no file", capsys)
    (tmp_path / "text").write_text("no tar at all")
    refused(["restore", "--from", str(tmp_path / "text"), "--data", str(tmp_path / "new")], "is no backup", capsys)
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["full", "text"]


@pytest.mark.parametrize("damage", ["byte", "cut", "missing", "outside", "link", "newer", "list"])
def test_a_damaged_backup_restores_nothing(
    saved: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    bad = tmp_path / "bad.tar"
    whole = (saved[0] / "one.tar").read_bytes()
    if damage == "byte":
        place = whole.index(PLANES[0].tobytes()[100:200]) + 50
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    elif damage == "cut":
        bad.write_bytes(whole[: len(whole) // 2])
    else:
        with tarfile.open(saved[0] / "one.tar") as old, tarfile.open(bad, "w") as new:
            for member in old:
                content = old.extractfile(member) if member.isreg() else None
                if damage == "missing" and member.name.endswith("array.ome.tiff"):
                    continue
                if damage == "outside" and member.name.endswith("array.ome.tiff"):
                    member.name = "../outside"
                if damage == "link" and member.name.endswith("array.ome.tiff"):
                    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
                if damage == "newer" and member.name == "backup.json":
                    content = io.BytesIO(json.dumps({**json.loads(content.read()), "schema": 99}).encode())  # type: ignore[union-attr]
                    member.size = len(content.getvalue())
                if damage == "list" and member.name == "backup.json":
                    content, member.size = io.BytesIO(b"[]"), 2
                new.addfile(member, content)
    words = {
        "outside": "outside its folder",
        "link": "neither",
        "newer": "newer omeropyr",
        "byte": "is not as it was",
        "list": "is no backup",
    }
    expected = words.get(damage, "damaged" if damage == "missing" else "is")
    refused(["restore", "--from", str(bad), "--data", str(tmp_path / "new")], expected, capsys)
    assert [one.name for one in tmp_path.iterdir()] == ["bad.tar"]
