"""Imports in place: links to files that stay where they are, for administrators and below import roots only."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
import tifffile
from omero.gateway import BlitzGateway

from omeropyr.cli import main
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.data import OmeroData

Command = Callable[..., tuple[int, str, str]]
RAMP = (np.arange(60 * 80, dtype=np.uint16) * 13).reshape(60, 80)


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the microscope that files may be imported from in place."""
    return tmp_path_factory.mktemp("share")


@pytest.fixture(scope="module")
def server(share: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of its own with an import root."""
    data = tmp_path_factory.mktemp("in-place") / "data"
    with EmbeddedServer(data, port=0, ssl_port=0, import_roots=[share]) as made:
        yield made


def connected(server: EmbeddedServer, user: str = "root") -> Any:
    conn = BlitzGateway(user, "omero", host="127.0.0.1", port=server.ssl_port, secure=True)
    assert conn.connect(), conn.getLastError()
    return conn


@pytest.fixture
def conn(server: EmbeddedServer) -> Iterator[Any]:
    made = connected(server)
    yield made
    made.close()


@pytest.fixture
def command(server: EmbeddedServer, capsys: pytest.CaptureFixture[str]) -> Command:
    """A function ``(*arguments, user="root", at=server)`` to exit status, output and errors."""

    def run(*arguments: object, user: str = "root", at: EmbeddedServer = server) -> tuple[int, str, str]:
        login = ["--host", "127.0.0.1", "--port", str(at.ssl_port), "--user", user, "--password", "omero"]
        status = main(["import", *map(str, arguments), *login])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def image_of(out: str) -> int:
    return int(out.split()[0].removeprefix("Image:"))


def kept(server: EmbeddedServer) -> list[Path]:
    """What is in the repository and among the uploads, folders of users left out."""
    below = [*(server.data / "ManagedRepository").rglob("*"), *(server.data / "Uploads").rglob("*")]
    return sorted(path for path in below if path.is_symlink() or path.is_file())


def test_a_file_stays_where_it_is(server: EmbeddedServer, share: Path, conn: Any, command: Command) -> None:
    file = share / "cells.ome.tif"
    stack = np.random.default_rng(3).integers(0, 4000, (2, 3, 40, 50), dtype=np.uint16)
    tifffile.imwrite(file, stack, ome=True, metadata={"axes": "CZYX"})
    before, was = kept(server), file.stat()
    status, out, err = command(file, "--in-place", "--dataset", "In place")
    assert (status, err) == (0, "")
    (link,) = set(kept(server)) - set(before)
    assert link.is_symlink()
    assert link.resolve() == file.resolve()
    image = conn.getObject("Image", image_of(out))
    assert image.getParent().getName() == "In place"
    assert np.array_equal(image.getPrimaryPixels().getPlane(2, 1, 0), stack[1, 2])
    assert image.getThumbnail(64)[:2] == b"\xff\xd8"
    (original,) = image.getImportedImageFiles()
    data = file.read_bytes()
    assert (original.getName(), original.getSize()) == ("cells.ome.tif", len(data))
    assert original.getHash() == hashlib.sha1(data, usedforsecurity=False).hexdigest()
    assert b"".join(original.getFileInChunks()) == data
    store = conn.c.sf.createRawFileStore()
    store.setFileId(original.getId())
    with pytest.raises(omero.SecurityViolation):
        store.write(b"x", 0, 1)
    store.close()
    assert command(file, "--in-place")[1].startswith("cells.ome.tif: skipped")
    conn.deleteObjects("Image", [image.getId()], wait=True)
    assert kept(server) == before
    assert file.read_bytes() == data
    assert file.stat().st_mtime_ns == was.st_mtime_ns


def test_channels_of_several_files(server: EmbeddedServer, share: Path, conn: Any, command: Command) -> None:
    folder = share / "dyes"
    folder.mkdir()
    for number, dye in enumerate(("DAPI", "GFP")):
        tifffile.imwrite(folder / f"cell_{dye}.tif", RAMP + number)
    status, out, _ = command(folder, "--in-place")
    image = conn.getObject("Image", image_of(out))
    assert status == 0
    assert image.getChannelLabels() == ["DAPI", "GFP"]
    assert np.array_equal(image.getPrimaryPixels().getPlane(0, 1, 0), RAMP + 1)


def test_an_ome_zarr(server: EmbeddedServer, share: Path, conn: Any, command: Command) -> None:
    root = share / "cells.ome.zarr"
    axes = [{"name": name, "type": "space"} for name in "yx"]
    scales = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}]
    (root / "0").mkdir(parents=True)
    (root / ".zgroup").write_text('{"zarr_format": 2}')
    (root / ".zattrs").write_text(
        json.dumps({"multiscales": [{"version": "0.4", "name": "cells", "axes": axes, "datasets": scales}]})
    )
    array = {"zarr_format": 2, "shape": [60, 80], "chunks": [60, 40], "dtype": "<u2", "compressor": None}
    (root / "0" / ".zarray").write_text(json.dumps({**array, "fill_value": 0, "order": "C", "filters": None}))
    for column in range(2):
        (root / "0" / f"0.{column}").write_bytes(RAMP[:, column * 40 : column * 40 + 40].astype("<u2").tobytes())
    # A link of the user's own that leads elsewhere is not taken along.
    (root / "0" / "0.9").symlink_to(server.data / "omero.sqlite")
    status, out, err = command(root, "--in-place")
    assert (status, err) == (0, "")
    image = conn.getObject("Image", image_of(out))
    assert np.array_equal(image.getPrimaryPixels().getPlane(), RAMP)
    names = sorted(file.getName() for file in image.getImportedImageFiles())
    assert names == [".zarray", ".zattrs", ".zgroup", "0.0", "0.1"]
    assert all(path.is_symlink() for path in kept(server) if "cells.ome.zarr" in str(path))


def test_a_plate(server: EmbeddedServer, share: Path, conn: Any, command: Command) -> None:
    folder = share / "plate"
    folder.mkdir()
    for well in ("A01", "A02", "B01"):
        tifffile.imwrite(folder / f"screen_{well}_s1.tif", RAMP + ord(well[0]) + int(well[1:]))
    status, out, err = command(folder, "--in-place", "--plate", "Rows")
    assert (status, err) == (0, "")
    plate = conn.getObject("Plate", attributes={"name": "Rows"})
    wells = {well.getWellPos(): well.getImage().getPrimaryPixels().getPlane()[0, 0] for well in plate.listChildren()}
    assert wells == {"A1": RAMP[0, 0] + 66, "A2": RAMP[0, 0] + 67, "B1": RAMP[0, 0] + 67}
    assert len(out.splitlines()) == 3


def test_a_large_image_gets_its_levels(server: EmbeddedServer, share: Path, conn: Any, command: Command) -> None:
    file = share / "large.tif"
    plane = np.zeros((3300, 3400), np.uint8)
    plane[:1000] = 200
    tifffile.imwrite(file, plane, rowsperstrip=64)
    status, out, _ = command(file, "--in-place")
    assert status == 0
    image = conn.getObject("Image", image_of(out))
    pixels = image.getPixelsId()
    server.pixels.pyramids.wait(pixels)
    levels = server.pixels.levels(pixels)
    assert levels[:2] == ((3400, 3300), (1700, 1650))
    assert server.pixels.tile(pixels, 1, 0, 0, 0, 0, 0, 8, 8).tolist() == [[200] * 8] * 8


@pytest.mark.parametrize("restricted", [False, True], ids=["user", "restricted administrator"])
def test_only_full_administrators(server: EmbeddedServer, share: Path, command: Command, restricted: bool) -> None:
    file = share / "ramp.tif"
    tifffile.imwrite(file, RAMP)
    name = f"in-place-{restricted}"
    if restricted:
        root = connected(server)
        user = omero.model.ExperimenterI()
        user.omeName, user.firstName, user.lastName = map(omero.rtypes.rstring, (name, "R", "A"))
        privilege = omero.model.AdminPrivilegeI()
        privilege.value = omero.rtypes.rstring("ModifyUser")
        admin = root.c.sf.getAdminService()
        made = admin.createRestrictedSystemUser(user, [privilege])
        admin.changeUserPassword(name, omero.rtypes.rstring("omero"))
        assert made > 0
        root.close()
    else:
        OmeroData(server).add_user(name)
    before = kept(server)
    assert command(file, "--in-place", user=name) == (
        2,
        "",
        f"{file}: Only administrators without restrictions import in place.\n",
    )
    assert kept(server) == before


def test_outside_of_the_roots(server: EmbeddedServer, share: Path, tmp_path: Path, command: Command) -> None:
    outside, linked, above = tmp_path / "ramp.tif", share / "linked.tif", share / "up" / ".." / ".." / "ramp.tif"
    tifffile.imwrite(outside, RAMP + 5)
    linked.symlink_to(outside)
    (share / "up").mkdir()
    tifffile.imwrite(share.parent / "ramp.tif", RAMP + 6)
    before = kept(server)
    for path in (outside, linked, above):
        status, out, err = command(path, "--in-place", "--again")
        assert (status, out) == (2, "")
        assert err == f"{path}: {path.resolve()} is below no folder from which this server imports in place" + (
            " (--import-root).\n"
        )
    assert kept(server) == before


def test_without_roots(embedded: EmbeddedServer, share: Path, command: Command) -> None:
    tifffile.imwrite(share / "rootless.tif", RAMP + 7)
    status, out, err = command(share / "rootless.tif", "--in-place", at=embedded)
    assert (status, out) == (2, "")
    assert "This server imports nothing in place" in err
    assert command(share / "rootless.tif", "--copy", at=embedded)[0] == 0


def test_roots_and_the_servers_data_are_apart(tmp_path: Path, share: Path) -> None:
    for folder, words in (
        (tmp_path, "must not contain"),
        (tmp_path / "data" / "in", "must not contain"),
        (share / "no", "no folder"),
    ):
        with pytest.raises(ValueError, match=words):
            EmbeddedServer(tmp_path / "data", import_roots=[folder])


def test_a_source_that_is_gone_or_became_a_link(
    server: EmbeddedServer, share: Path, tmp_path: Path, conn: Any, command: Command
) -> None:
    file, secret = share / "moving.tif", tmp_path / "secret.tif"
    tifffile.imwrite(file, RAMP + 1)
    tifffile.imwrite(secret, RAMP + 2)
    image = conn.getObject("Image", image_of(command(file, "--in-place")[1]))
    (original,) = image.getImportedImageFiles()
    store = conn.c.sf.createRawFileStore()
    store.setFileId(original.getId())
    file.rename(share / "moved.tif")
    with pytest.raises(omero.ResourceError, match=r"moving\.tif was imported in place, and it is not at its place"):
        store.read(0, 8)
    assert not store.exists()
    server.pixels.forget(image.getPixelsId())
    with pytest.raises(omero.ResourceError, match="not at its place any more"):
        image.getPrimaryPixels().getPlane()
    file.symlink_to(secret)
    with pytest.raises(omero.SecurityViolation):
        store.read(0, 8)
    with pytest.raises(omero.SecurityViolation):
        store.setFileId(original.getId())
    with pytest.raises(omero.ResourceError, match="not in its owner's part"):
        image.getPrimaryPixels().getPlane()
    store.close()
    file.unlink()
    (share / "moved.tif").rename(file)
    assert np.array_equal(image.getPrimaryPixels().getPlane(), RAMP + 1)


def test_a_link_in_the_repository_that_nobody_allowed_is_not_followed(
    server: EmbeddedServer, share: Path, tmp_path: Path, conn: Any, command: Command
) -> None:
    file, secret = share / "swapped.tif", tmp_path / "secret.tif"
    tifffile.imwrite(file, RAMP + 3)
    tifffile.imwrite(secret, RAMP + 4)
    before = set(kept(server))
    image = conn.getObject("Image", image_of(command(file, "--in-place")[1]))
    (link,) = set(kept(server)) - before
    link.unlink()
    link.symlink_to(secret)
    server.pixels.forget(image.getPixelsId())
    with pytest.raises(omero.ResourceError, match="not in its owner's part"):
        image.getPrimaryPixels().getPlane()


def test_nothing_is_uploaded_over_a_file(server: EmbeddedServer, share: Path, conn: Any) -> None:
    file = share / "untouched.tif"
    tifffile.imwrite(file, RAMP)
    data = file.read_bytes()
    fileset, entry = omero.model.FilesetI(), omero.model.FilesetEntryI()
    entry.clientPath = omero.rtypes.rstring(str(file))
    fileset.addFilesetEntry(entry)
    (proxy,) = conn.c.sf.sharedResources().repositories().proxies
    managed = omero.grid.ManagedRepositoryPrx.checkedCast(proxy)
    process = managed.importFileset(fileset, None, {"omeropyr.in_place": "link"})
    with pytest.raises(omero.ApiUsageException, match="are not uploaded"):
        process.getUploader(0)
    process.close()
    assert file.read_bytes() == data
    file.unlink()
    with pytest.raises(omero.ValidationException, match="cannot be imported in place"):
        managed.importFileset(fileset, None, {"omeropyr.in_place": "link"})


def test_a_backup_says_that_the_bytes_are_elsewhere(
    server: EmbeddedServer, share: Path, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    file = share / "saved.tif"
    tifffile.imwrite(file, RAMP + 8)
    image_id = image_of(command(file, "--in-place")[1])
    links = [path for path in kept(server) if path.is_symlink()]
    assert main(["embedded", "backup", "--data", str(server.data), "--to", str(tmp_path / "one.tar")]) == 0
    words = f"Not in it: the bytes of {len(links)} files that were imported in place."
    assert capsys.readouterr().out.splitlines()[1] == words
    restored = tmp_path / "restored"
    assert main(["embedded", "restore", "--from", str(tmp_path / "one.tar"), "--data", str(restored)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == words
    for root, read in (([share], True), ([], False)):
        with EmbeddedServer(restored, port=0, ssl_port=0, import_roots=root) as again:
            conn = connected(again)
            pixels = conn.getObject("Image", image_id).getPrimaryPixels()
            if read:
                assert np.array_equal(pixels.getPlane(), RAMP + 8)
            else:
                with pytest.raises(omero.ResourceError, match="not in its owner's part"):
                    pixels.getPlane()
            conn.close()


@pytest.mark.parametrize("name", ["Files/5", "../outside", "/absolute"])
def test_a_backup_with_a_link_elsewhere_is_refused(
    server: EmbeddedServer, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["embedded", "backup", "--data", str(server.data), "--to", str(tmp_path / "one.tar")]) == 0
    with (
        tarfile.open(tmp_path / "one.tar") as archive,
        tarfile.open(tmp_path / "evil.tar", "w", format=tarfile.PAX_FORMAT) as evil,
    ):
        for member in archive:
            stream = archive.extractfile(member)
            if member.name == "backup.json" and stream is not None:
                content = json.dumps({**json.load(stream), "links": {name: "/etc/passwd"}}).encode()
                member.size, stream = len(content), io.BytesIO(content)  # type: ignore[assignment]
            evil.addfile(member, stream)
    capsys.readouterr()
    assert main(["embedded", "restore", "--from", str(tmp_path / "evil.tar"), "--data", str(tmp_path / "new")]) == 1
    assert "link where none belongs" in (said := capsys.readouterr().err) or "outside its folder" in said
    assert not (tmp_path / "new").exists()
