"""Plates, OME-Zarr and fake images through ``omeropyr import``, read back by omero-py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import tifffile

REAL = Path(__file__).resolve().parents[4] / "shared" / "data"
WELLS = {(0, 0): "A01", (0, 1): "A02", (1, 0): "B01", (1, 1): "B02"}


def images_in(out: str) -> list[int]:
    return [int(found) for found in re.findall(r"^Image:(\d+)", out, re.MULTILINE)]


def plate_of(conn: Any, image_id: int) -> Any:
    rows = conn.getQueryService().projection(
        f"select distinct w.plate.id from WellSample s join s.well w where s.image.id = {image_id}", None
    )
    return conn.getObject("Plate", rows[0][0].val)


@pytest.fixture
def screening(tmp_path: Path) -> dict[tuple[int, int, int, int], np.ndarray]:
    """Files of two by two wells, two fields, two channels; planes by (row, column, field, channel)."""
    planes = {}
    for (row, column), well in WELLS.items():
        for field in range(2):
            for channel in range(2):
                plane = np.full((20, 30), row * 1000 + column * 100 + field * 10 + channel, np.uint16)
                planes[row, column, field, channel] = plane
                tifffile.imwrite(tmp_path / f"assay_{well}_s{field + 1}_w{channel + 1}.tif", plane)
    return planes


def test_files_of_a_plate_become_wells_and_fields(
    gateway: Any, tmp_path: Path, command_of: Any, screening: Any
) -> None:
    status, out, err = command_of("root", tmp_path, "--screen", "Assays", "--plate", "Trial 7")
    assert (status, err) == (0, "")
    ids = images_in(out)
    assert len(ids) == 8
    plate = plate_of(gateway, ids[0])
    assert (plate.getName(), plate.getParent().getName()) == ("Trial 7", "Assays")
    assert (plate.getRowLabels(), plate.getColumnLabels()) == (["A", "B"], [1, 2])
    assert plate.getNumberOfFields() == (0, 1)
    wells = {(well.row, well.column): well for well in plate.listChildren()}
    assert sorted(wells) == sorted(WELLS)
    for (row, column), well in wells.items():
        assert well.countWellSample() == 2
        for field in range(2):
            image = well.getImage(field)
            assert image.getName() == f"Trial 7 [{'AB'[row]}{column + 1} field {field + 1}]"
            for channel in range(2):
                plane = image.getPrimaryPixels().getPlane(0, channel, 0)
                assert np.array_equal(plane, screening[row, column, field, channel])
    filesets = {gateway.getObject("Image", one).getFileset().getId() for one in ids}
    assert len(filesets) == 1


def test_with_a_dataset_the_images_go_there_and_no_plate_is_made(
    gateway: Any, tmp_path: Path, command_of: Any, screening: Any
) -> None:
    before = gateway.getQueryService().projection("select count(p) from Plate p", None)[0][0].val
    status, out, _ = command_of("root", tmp_path, "--dataset", "Fields", "--again")
    assert status == 0
    assert {gateway.getObject("Image", one).getParent().getName() for one in images_in(out)} == {"Fields"}
    assert gateway.getQueryService().projection("select count(p) from Plate p", None)[0][0].val == before


def test_a_dry_run_shows_a_table_and_imports_nothing(
    gateway: Any, tmp_path: Path, command_of: Any, screening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    before = gateway.getQueryService().projection("select count(i) from Image i", None)[0][0].val
    tifffile.imwrite(tmp_path / "single.tif", np.zeros((3, 12, 14), np.uint8), photometric="minisblack")
    status, out, _ = command_of(None, tmp_path, "--screen", "Assays", "--dry-run")
    assert status == 0
    assert re.search(r"a plate of 4 wells, 8 images assay +│ 30 x 20 +│ 1 +│ 2 +│ 1 +│ uint16 +│ screen Assays", out)
    assert re.search(r"single.tif +│ an image +│ 14 x 12", out)
    assert gateway.getQueryService().projection("select count(i) from Image i", None)[0][0].val == before


def test_what_is_there_is_skipped_and_said_so(
    gateway_of: Any, omero_data: Any, tmp_path: Path, command_of: Any
) -> None:
    omero_data.add_user("twice")
    omero_data.add_user("other-twice")
    tifffile.imwrite(tmp_path / "ramp.tif", np.arange(600, dtype=np.uint16).reshape(20, 30))
    status, out, _ = command_of("twice", tmp_path)
    (image_id,) = images_in(out)
    assert command_of("twice", tmp_path) == (
        0,
        f"ramp.tif: skipped, it is there as Image:{image_id} (--again)\n",
        "",
    )
    assert len(images_in(command_of("twice", tmp_path, "--again")[1])) == 1
    assert len(images_in(command_of("other-twice", tmp_path)[1])) == 1
    assert status == 0


def test_into_a_group_and_by_a_session(gateway_of: Any, omero_data: Any, tmp_path: Path, command_of: Any) -> None:
    first, second = omero_data.add_group("import-first"), omero_data.add_group("import-second")
    omero_data.add_user("grouped", first, second)
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 6), np.uint8))
    conn = gateway_of("grouped")
    key = conn.c.getSessionId()
    status, out, err = command_of(None, tmp_path, "--key", key, "--group", "import-second", "--dataset", "There")
    assert (status, err) == (0, "")
    conn.SERVICE_OPTS.setOmeroGroup(-1)
    image = conn.getObject("Image", images_in(out)[0])
    assert image.getDetails().getGroup().getId() == second
    assert image.getParent().getDetails().getGroup().getId() == second
    assert conn.c.sf.getAdminService().getEventContext().sessionUuid == key  # the session lives on
    status, _, err = command_of("grouped", tmp_path, "--group", "system", "--again")
    assert status == 2
    assert "you cannot import into the group 'system'" in err


def test_without_an_account_it_says_who_is_missing(
    tmp_path: Path, command_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMERO_SESSIONDIR", str(tmp_path / "sessions"))
    monkeypatch.setenv("OMERO_USERDIR", str(tmp_path / "user"))
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 6), np.uint8))
    status, _, err = command_of(None, tmp_path / "a.tif")
    assert status == 2
    assert "say who imports" in err


def test_an_ome_zarr_with_its_folders(gateway: Any, tmp_path: Path, command_of: Any) -> None:
    data = np.arange(2 * 50 * 70, dtype=np.uint16).reshape(1, 2, 1, 50, 70)
    root = tmp_path / "in" / "cells.ome.zarr"
    metadata = {"chunks": [1, 1, 1, 32, 32], "dimension_separator": "/"}
    spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": str(root / "0")}, "metadata": metadata}
    tensorstore.open(spec, create=True, dtype=data.dtype, shape=data.shape).result().write(data).result()
    scale = {"type": "scale", "scale": [1, 1, 1, 0.5, 0.5]}
    axes = [{"name": name} for name in "tcz"] + [{"name": name, "unit": "micrometer"} for name in "yx"]
    multiscales = [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}]
    (root / ".zattrs").write_text(json.dumps({"multiscales": multiscales}))
    status, out, err = command_of("root", tmp_path / "in", "--dataset", "Zarr")
    assert (status, err) == (0, "")
    (image_id,) = images_in(out)
    image = gateway.getObject("Image", image_id)
    assert image.getName() == "cells.ome.zarr"
    assert (image.getSizeX(), image.getSizeY(), image.getSizeC(), image.getPixelSizeX()) == (70, 50, 2, 0.5)
    for channel in range(2):
        assert np.array_equal(image.getPrimaryPixels().getPlane(0, channel, 0), data[0, channel, 0])
    files = {f"{one.getPath()}{one.getName()}".partition("cells.ome.zarr/")[2] for one in image.getImportedImageFiles()}
    assert {".zattrs", "0/.zarray", "0/0/0/0/0/0", "0/0/1/0/1/2"} <= files


def test_a_fake_plate(gateway: Any, tmp_path: Path, command_of: Any) -> None:
    (tmp_path / "assay&plateRows=2&plateCols=3&fields=2&sizeX=40&sizeY=30&pixelType=uint16.fake").touch()
    status, out, _ = command_of("root", tmp_path, "--again")
    ids = images_in(out)
    assert (status, len(ids)) == (0, 12)
    plate = plate_of(gateway, ids[0])
    assert (plate.getRowLabels(), plate.getColumnLabels()) == (["A", "B"], [1, 2, 3])
    plane = gateway.getObject("Image", ids[7]).getPrimaryPixels().getPlane(0, 0, 0)
    assert (int(plane[0, 0]), int(plane[29, 39])) == (7, 39)


@pytest.mark.real_images
@pytest.mark.skipif(not REAL.is_dir(), reason="the real images of ../shared/data are not here")
def test_the_real_plate_and_time_lapse(gateway: Any, command_of: Any) -> None:
    status, out, err = command_of("root", REAL / "plate", REAL / "embryo", "--again")
    assert (status, err) == (0, "")
    ids = images_in(out)
    assert len(ids) == 25
    plate = plate_of(gateway, ids[0])
    assert plate.getRowLabels() == [chr(65 + row) for row in range(15)]
    wells = sorted((well.row, well.column, well.countWellSample()) for well in plate.listChildren())
    assert wells == [(14, column, 2) for column in range(12)]
    third = next(well for well in plate.listChildren() if well.column == 2).getImage(1)
    expected = tifffile.imread(REAL / "plate" / "AS_09047_050428030001_O03f01d2.TIF")
    assert np.array_equal(third.getPrimaryPixels().getPlane(0, 0, 0), expected)
    lapse = gateway.getObject("Image", ids[-1])
    assert (lapse.getSizeT(), lapse.getSizeZ(), lapse.getSizeC()) == (21, 1, 3)  # the files are RGB
