"""Imports over Ice: the protocol as OMERO's own clients speak it, and the command; values are read back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.clients
import omero.grid
import pytest
import tifffile
from omero.gateway import BlitzGateway
from omero.rtypes import rstring
from omero.sys import ParametersI
from PIL import Image

from omeropyr.cli import main

REAL = Path(__file__).resolve().parents[4] / "shared" / "data"
RAMP = (np.arange(60 * 80, dtype=np.uint16) * 13).reshape(60, 80)


@pytest.fixture
def conn(embedded: Any) -> Iterator[BlitzGateway]:
    gateway = BlitzGateway("root", "omero", host="127.0.0.1", port=embedded.ssl_port, secure=True)
    assert gateway.connect()
    yield gateway
    gateway.close()


@pytest.fixture
def command(embedded: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        server = ["--host", "127.0.0.1", "--port", str(embedded.ssl_port), "--user", "root", "--password", "omero"]
        status = main(["import", *map(str, arguments), *server])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def counts(conn: BlitzGateway) -> dict[str, int]:
    query = conn.getQueryService()
    kinds = ("Image", "Pixels", "Channel", "Fileset", "FilesetEntry", "OriginalFile", "StatsInfo")
    projection = ((kind, query.projection(f"select count(o) from {kind} o", None)) for kind in kinds)
    return {kind: rows[0][0].val for kind, rows in projection}


def left_behind(embedded: Any) -> list[Path]:
    return [path for path in (embedded.data / "Uploads").rglob("*")]


def repository(conn: BlitzGateway) -> Any:
    (proxy,) = conn.c.sf.sharedResources().repositories().proxies
    return omero.grid.ManagedRepositoryPrx.checkedCast(proxy)


def begin(conn: BlitzGateway, path: Path) -> Any:
    fileset = omero.model.FilesetI()
    entry = omero.model.FilesetEntryI()
    entry.clientPath = rstring(str(path).lstrip("/"))
    fileset.addFilesetEntry(entry)
    settings = omero.grid.ImportSettings()
    settings.checksumAlgorithm = omero.model.ChecksumAlgorithmI()
    settings.checksumAlgorithm.value = rstring("SHA1-160")
    return repository(conn).importFileset(fileset, settings)


def send(process: Any, path: Path) -> list[str]:
    uploader = process.getUploader(0)
    data = path.read_bytes()
    for start in range(0, len(data), 5000):
        chunk = data[start : start + 5000]
        uploader.write(chunk, start, len(chunk))
    assert uploader.size() == len(data)
    uploader.close()
    assert process.getUploadOffset(0) == len(data)
    return [hashlib.sha1(data, usedforsecurity=False).hexdigest()]


def wait(conn: BlitzGateway, handle: Any) -> Any:
    callback = omero.callbacks.CmdCallbackI(conn.c, handle)
    try:
        assert callback.event.wait(30)
        return callback.getResponse()
    finally:
        callback.close(True)


def images_in(out: str) -> list[int]:
    return [int(line.split()[0].removeprefix("Image:")) for line in out.splitlines() if line.startswith("Image:")]


def test_an_ome_tiff_by_the_protocol_keeps_what_it_says(conn: BlitzGateway, embedded: Any, tmp_path: Path) -> None:
    file = tmp_path / "mitosis.ome.tif"
    stack = np.random.default_rng(1).integers(0, 4000, (2, 2, 3, 40, 50), dtype=np.uint16)
    channel = {
        "Name": ["DAPI", "GFP"],
        "EmissionWavelength": [461, 509],
        "EmissionWavelengthUnit": ["nm", "nm"],
        "Color": [0x3366FFFF, 0x30D158FF],
    }
    sizes = {"PhysicalSizeX": 0.16, "PhysicalSizeXUnit": "µm", "PhysicalSizeZ": 500.0, "PhysicalSizeZUnit": "nm"}
    tifffile.imwrite(file, stack, ome=True, metadata={"axes": "TCZYX", "Channel": channel, **sizes})
    process = begin(conn, file)
    response = wait(conn, process.verifyUpload(send(process, file)))
    process.close()
    assert isinstance(response, omero.grid.ImportResponse)
    image = conn.getObject("Image", response.objects[0].id.val)
    assert image.getName() == "mitosis.ome.tif"
    assert (image.getSizeX(), image.getSizeY(), image.getSizeZ(), image.getSizeC(), image.getSizeT()) == (
        50,
        40,
        3,
        2,
        2,
    )
    assert image.getPixelsType() == "uint16"
    assert image.getPixelSizeX() == pytest.approx(0.16)
    assert image.getPixelSizeZ() == pytest.approx(0.5)
    channels = image.getChannels()
    assert [channel.getLabel() for channel in channels] == ["DAPI", "GFP"]
    assert [channel.getEmissionWave() for channel in channels] == [461, 509]
    assert [channel.getColor().getRGB() for channel in channels] == [(0x33, 0x66, 0xFF), (0x30, 0xD1, 0x58)]
    low_high = [(channel.getWindowMin(), channel.getWindowMax()) for channel in channels]
    assert low_high == [(stack[:, c].min(), stack[:, c].max()) for c in range(2)]
    plane = image.getPrimaryPixels().getPlane(2, 1, 1)
    assert np.array_equal(plane, stack[1, 1, 2])
    assert left_behind(embedded) == []


def test_the_original_file_comes_back_bit_for_bit(conn: BlitzGateway, tmp_path: Path, command: Any) -> None:
    file = tmp_path / "ramp.tif"
    tifffile.imwrite(file, RAMP)
    status, out, _ = command(file, "--again")
    assert status == 0
    (image_id,) = images_in(out)
    (original,) = conn.getObject("Image", image_id).getImportedImageFiles()
    data = file.read_bytes()
    assert original.getName() == "ramp.tif"
    assert original.getSize() == len(data)
    assert original.getHash() == hashlib.sha1(data, usedforsecurity=False).hexdigest()
    assert original.getMimetype() == "image/tiff"
    assert b"".join(original.getFileInChunks()) == data
    store = conn.c.sf.createRawFileStore()
    store.setFileId(original.getId())
    assert store.exists()
    with pytest.raises(omero.SecurityViolation):
        store.write(b"x", 0, 1)
    store.close()
    mrepo = repository(conn)
    path = f"{original.getPath()}{original.getName()}"
    assert mrepo.fileExists(path)
    assert mrepo.list(original.getPath()) == [path]
    with pytest.raises(omero.ValidationException, match="leads out of the repository"):
        mrepo.fileExists("../omero.sqlite")
    assert mrepo.verifyChecksums([original.getId()]) == []


def test_a_wrong_checksum_names_the_file(conn: BlitzGateway, tmp_path: Path) -> None:
    file = tmp_path / "ramp.tif"
    tifffile.imwrite(file, RAMP)
    process = begin(conn, file)
    (right,) = send(process, file)
    with pytest.raises(omero.ChecksumValidationException) as caught:
        process.verifyUpload(["0" * 40])
    assert caught.value.failingChecksums == {0: right}
    process.close()


def test_what_is_no_image_leaves_nothing(conn: BlitzGateway, embedded: Any, tmp_path: Path) -> None:
    file = tmp_path / "text.tif"
    file.write_text("no image at all")
    before, files = counts(conn), sorted((embedded.data / "ManagedRepository").rglob("*"))
    process = begin(conn, file)
    response = wait(conn, process.verifyUpload(send(process, file)))
    process.close()
    assert isinstance(response, omero.cmd.ERR)
    assert "not a format" in response.parameters["message"]
    assert counts(conn) == before
    assert sorted((embedded.data / "ManagedRepository").rglob("*")) == files
    assert left_behind(embedded) == []


def test_an_abandoned_upload_leaves_nothing(conn: BlitzGateway, embedded: Any, tmp_path: Path) -> None:
    file = tmp_path / "ramp.tif"
    tifffile.imwrite(file, RAMP)
    process = begin(conn, file)
    send(process, file)
    assert left_behind(embedded) != []
    process.close()
    assert left_behind(embedded) == []


def test_an_import_that_the_store_refuses_leaves_nothing(conn: BlitzGateway, embedded: Any, tmp_path: Path) -> None:
    file = tmp_path / "ramp.tif"
    tifffile.imwrite(file, RAMP)
    before = counts(conn)
    fileset = omero.model.FilesetI()
    entry = omero.model.FilesetEntryI()
    entry.clientPath = rstring("ramp.tif")
    fileset.addFilesetEntry(entry)
    settings = omero.grid.ImportSettings(userSpecifiedTarget=omero.model.DatasetI(10**9, False))
    process = repository(conn).importFileset(fileset, settings)
    response = wait(conn, process.verifyUpload(send(process, file)))
    process.close()
    assert isinstance(response, omero.cmd.ERR)
    assert counts(conn) == before
    assert not any(
        path.name == "ramp.tif" and path.stat().st_mtime > file.stat().st_mtime for path in left_behind(embedded)
    )


def test_the_command_groups_channels_into_a_dataset(conn: BlitzGateway, tmp_path: Path, command: Any) -> None:
    planes = {dye: RAMP + number for number, dye in enumerate(("DAPI", "GFP", "RFP"))}
    for dye, plane in planes.items():
        tifffile.imwrite(tmp_path / f"cell_{dye}.tif", plane)
    Image.fromarray((RAMP % 256).astype(np.uint8)).save(tmp_path / "grey.png")
    status, out, err = command(tmp_path, "--dataset", "Grouped", "--project", "Patterns")
    assert (status, err) == (0, "")
    first, second = images_in(out)
    assert out.splitlines()[0] == f"Image:{first} cell"
    image = conn.getObject("Image", first)
    assert (image.getSizeC(), image.getChannelLabels()) == (3, ["DAPI", "GFP", "RFP"])
    for number, plane in enumerate(planes.values()):
        assert np.array_equal(image.getPrimaryPixels().getPlane(0, number, 0), plane)
    parent = image.getParent()
    assert (parent.getName(), parent.getParent().getName()) == ("Grouped", "Patterns")
    assert conn.getObject("Image", second).getParent().getId() == parent.getId()
    again = command(tmp_path / "grey.png", "--dataset", "Grouped", "--project", "Patterns", "--again")
    assert conn.getObject("Image", images_in(again[1])[0]).getParent().getId() == parent.getId()


def test_broken_files_get_a_line_each_and_the_rest_goes_on(tmp_path: Path, command: Any) -> None:
    good, empty, cut = tmp_path / "good.tif", tmp_path / "empty.tif", tmp_path / "cut.tif"
    tifffile.imwrite(good, RAMP)
    empty.touch()
    cut.write_bytes(good.read_bytes()[:3000])
    status, out, err = command(good, empty, cut, "--again")
    assert status == 1
    assert len(images_in(out)) == 1
    lines = sorted(err.splitlines())
    assert [line.split(":")[0] for line in lines] == [str(cut), str(empty)]
    assert command(empty)[0] == 2


def test_a_wrong_password_is_said_in_a_line(embedded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "good.tif", RAMP)
    server = ["--host", "127.0.0.1", "--port", str(embedded.ssl_port), "--user", "root", "--password", "wrong"]
    assert main(["import", str(tmp_path / "good.tif"), *server]) == 2
    assert "does not accept this user name and password" in capsys.readouterr().err


def test_a_path_written_by_a_user_leads_to_no_other_file(conn: BlitzGateway, embedded: Any) -> None:
    secret = embedded.data / "ManagedRepository" / "other_9" / "secret.tif"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_bytes(b"secret")
    update = conn.getUpdateService()
    for path, name in (("other_9/", "secret.tif"), ("../", "omero.sqlite")):
        fileset, entry, original = omero.model.FilesetI(), omero.model.FilesetEntryI(), omero.model.OriginalFileI()
        fileset.templatePrefix, entry.clientPath = rstring(path), rstring(name)
        original.path, original.name = rstring(path), rstring(name)
        entry.originalFile = original
        fileset.addFilesetEntry(entry)
        saved = update.saveAndReturnObject(fileset)
        query = "select o from FilesetEntry e join e.originalFile o where e.fileset.id = :id"
        stored = conn.getQueryService().findByQuery(query, ParametersI().addId(saved.id.val))
        store = conn.c.sf.createRawFileStore()
        store.setFileId(stored.id.val)
        assert not store.exists()  # only what the server imported is in the repository
        store.close()


@pytest.mark.real_images
@pytest.mark.skipif(not REAL.is_dir(), reason="the real images of ../shared/data are not here")
def test_the_real_fly_and_human_sets_are_three_channel_images(conn: BlitzGateway, command: Any) -> None:
    status, out, _ = command(REAL / "fly", REAL / "human", "--again")
    assert status == 0
    images = [conn.getObject("Image", image_id) for image_id in images_in(out)]
    found = sorted((image.getName(), image.getSizeX(), image.getSizeY(), image.getChannelLabels()) for image in images)
    letters = ["D", "F", "R"]
    assert found == [
        ("01_POS002", 1000, 1006, letters),
        ("01_POS076", 1000, 1006, letters),
        ("01_POS218", 1000, 1006, letters),
        ("AS_09125_050116030001_D03f00", 512, 512, ["d0", "d1", "d2"]),
    ]
    green = images[0].getPrimaryPixels().getPlane(0, 1, 0)
    assert np.array_equal(green, tifffile.imread(REAL / "fly" / "01_POS002_F.TIF"))
