"""Plates that files describe themselves: OME-TIFF, OME-Zarr's acquisitions, runs of fake plates."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import tifffile

WELLS = ((0, 0), (0, 2), (1, 1))
XML = """<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
 <Plate ID="Plate:0" Name="Titration" Rows="4" Columns="6" RowNamingConvention="letter" Status="done"
   ColumnNamingConvention="number" WellOriginX="1.5" WellOriginXUnit="mm" ExternalIdentifier="BC-17">
  <Description>dose response</Description>
  <Well ID="Well:0" Row="0" Column="0" Color="-16776961" Type="control" ExternalDescription="DMSO">
   <WellSample ID="WellSample:1" Index="1" PositionX="30" PositionXUnit="µm"><ImageRef ID="Image:1"/></WellSample>
   <WellSample ID="WellSample:0" Index="0" PositionX="-2.5" PositionXUnit="µm" PositionY="7" PositionYUnit="µm"
     Timepoint="2026-01-02T03:04:05"><ImageRef ID="Image:0"/></WellSample>
   <AnnotationRef ID="Annotation:0"/><ReagentRef ID="Reagent:0"/>
  </Well>
  <Well ID="Well:1" Row="0" Column="2">
   <WellSample ID="WellSample:2" Index="0"><ImageRef ID="Image:2"/></WellSample></Well>
  <Well ID="Well:2" Row="1" Column="1">
   <WellSample ID="WellSample:3" Index="0"><ImageRef ID="Image:3"/></WellSample>
   <WellSample ID="WellSample:4" Index="1"><ImageRef ID="Image:99"/></WellSample></Well>
  <Well ID="Well:3" Row="many" Column="1"/>
  <PlateAcquisition ID="PlateAcquisition:0" Name="morning" MaximumFieldCount="2"
    StartTime="2026-01-02T03:00:00" EndTime="2026-01-02T04:00:00"><Description>first pass</Description>
   <WellSampleRef ID="WellSample:0"/><WellSampleRef ID="WellSample:2"/></PlateAcquisition>
  <PlateAcquisition ID="PlateAcquisition:1" Name="evening"><WellSampleRef ID="WellSample:1"/>
   <AnnotationRef ID="Annotation:0"/></PlateAcquisition>
  <AnnotationRef ID="Annotation:0"/>
 </Plate>
 <Screen ID="Screen:0" Name="Kinases" ProtocolIdentifier="P1"><Description>all of them</Description>
  <Reagent ID="Reagent:0" Name="siRNA 1" ReagentIdentifier="R1"/><PlateRef ID="Plate:0"/>
  <AnnotationRef ID="Annotation:0"/></Screen>
 %s
 <StructuredAnnotations><TagAnnotation ID="Annotation:0"><Value>spw-tag</Value></TagAnnotation></StructuredAnnotations>
</OME>"""
IMAGE = """<Image ID="Image:%d" Name="field %d"><Pixels ID="Pixels:%d" DimensionOrder="XYZCT" Type="uint8" SizeX="24"
  SizeY="16" SizeZ="1" SizeC="1" SizeT="1"><Channel ID="Channel:%d:0" SamplesPerPixel="1"/><TiffData IFD="%d"
  FirstZ="0" FirstC="0" FirstT="0" PlaneCount="1"/></Pixels></Image>"""


def ids(out: str) -> list[int]:
    return [int(found) for found in re.findall(r"^Image:(\d+)", out, re.MULTILINE)]


def plate_of(conn: Any, image_id: int) -> Any:
    query = f"select w.plate.id from WellSample s join s.well w where s.image.id = {image_id}"
    return conn.getObject("Plate", conn.getQueryService().projection(query, None)[0][0].val)


@pytest.fixture
def ome_tiff(tmp_path: Path) -> Path:
    described = XML % "".join(IMAGE % (n, n, n, n, n) for n in range(4))
    path = tmp_path / "titration.ome.tif"
    with tifffile.TiffWriter(path) as tiff:
        for n in range(4):
            plane = np.full((16, 24), 10 * n, np.uint8)
            description = described.encode() if n == 0 else None
            tiff.write(plane, description=description, metadata=None, photometric="minisblack")
    return path


def test_plate_wells_fields_runs_and_screen_of_an_ome_tiff(gateway: Any, ome_tiff: Path, command_of: Any) -> None:
    status, out, err = command_of("root", ome_tiff, "--again")
    assert (status, err) == (0, "")
    images = ids(out)
    plate = plate_of(gateway, images[0])
    said = (plate.getName(), plate.getDescription(), plate.getStatus(), plate.getExternalIdentifier(), plate.getRows())
    assert said == ("Titration", "dose response", "done", "BC-17", 4)
    assert (plate._obj.wellOriginX.getValue(), plate._obj.wellOriginX.getSymbol()) == (1.5, "mm")
    wells = {(well.row, well.column): well for well in plate.listChildren()}
    assert sorted(wells) == sorted(WELLS)
    first = wells[0, 0]
    assert (first._obj.type.val, first._obj.externalDescription.val) == ("control", "DMSO")
    assert [getattr(first._obj, part).val for part in ("red", "green", "blue", "alpha")] == [255, 0, 0, 255]
    samples = [sample._obj for sample in first.listChildren()]
    assert [sample.image.id.val for sample in samples] == images[:2]
    assert (samples[0].posX.getValue(), samples[0].posX.getSymbol(), samples[0].posY.getValue()) == (-2.5, "µm", 7.0)
    assert (samples[0].timepoint.val, samples[1].posX.getValue(), samples[1].posY) == (1767323045000, 30.0, None)
    assert wells[1, 1].countWellSample() == 1
    assert int(gateway.getObject("Image", images[2]).getPrimaryPixels().getPlane(0, 0, 0)[0, 0]) == 20

    runs = {run.getName(): run for run in plate.listPlateAcquisitions()}
    assert sorted(runs) == ["evening", "morning"]
    morning = runs["morning"]._obj
    assert (morning.maximumFieldCount.val, morning.description.val) == (2, "first pass")
    assert (morning.startTime.val, morning.endTime.val) == (1767322800000, 1767326400000)
    of_run = "select s.image.id from WellSample s where s.plateAcquisition.id = %d order by s.image.id"
    rows = {
        name: [row[0].val for row in gateway.getQueryService().projection(of_run % run.getId(), None)]
        for name, run in runs.items()
    }
    assert rows == {"morning": [images[0], images[2]], "evening": [images[1]]}

    screen = plate.getParent()
    assert (screen.getName(), screen.getDescription(), screen.getProtocolIdentifier()) == (
        "Kinases", "all of them", "P1",
    )  # fmt: skip
    for tagged in (plate, screen, first, runs["evening"]):
        assert [one.getValue() for one in tagged.listAnnotations()] == ["spw-tag"], tagged
    reagents = gateway.getQueryService().findAllByQuery(
        f"select r from Reagent r join r.wellLinks l where l.parent.id = {first.getId()}", None
    )
    assert [(one.name.val, one.reagentIdentifier.val) for one in reagents] == [("siRNA 1", "R1")]


def test_what_the_person_says_wins_over_the_file(
    gateway: Any, ome_tiff: Path, command_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = command_of("root", ome_tiff, "--again", "--plate", "My plate", "--screen", "My OME screen")
    assert status == 0
    plate = plate_of(gateway, ids(out)[0])
    assert (plate.getName(), plate.getParent().getName()) == ("My plate", "My OME screen")
    before = gateway.getQueryService().projection("select count(p) from Plate p", None)[0][0].val
    status, out, _ = command_of("root", ome_tiff, "--again", "--dataset", "Fields of OME")
    assert (status, len(ids(out))) == (0, 4)
    assert gateway.getQueryService().projection("select count(p) from Plate p", None)[0][0].val == before
    monkeypatch.setenv("COLUMNS", "200")
    status, out, _ = command_of(None, ome_tiff, "--screen", "S", "--dry-run")
    assert re.search(r"titration.ome.tif +│ a plate of 3 wells, 4 images +│ 24 x 16 .* screen S", out)


def test_the_acquisitions_of_an_ome_zarr(gateway: Any, tmp_path: Path, command_of: Any) -> None:
    root = tmp_path / "in" / "runs.ome.zarr"
    data = np.zeros((8, 10), np.uint8)
    scale = {"type": "scale", "scale": [1, 1]}
    axes = [{"name": name, "type": "space"} for name in "yx"]
    multiscales = [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}]
    for field in range(2):
        folder = root / "A" / "1" / str(field)
        spec = {
            "driver": "zarr",
            "kvstore": {"driver": "file", "path": str(folder / "0")},
            "metadata": {"dimension_separator": "/"},
        }
        tensorstore.open(spec, create=True, dtype=data.dtype, shape=data.shape).result().write(data).result()
        (folder / ".zattrs").write_text(json.dumps({"multiscales": multiscales}))
    images = [{"path": "0", "acquisition": 4}, {"path": "1", "acquisition": 9}]
    (root / "A" / "1" / ".zattrs").write_text(json.dumps({"well": {"images": images}}))
    acquisitions = [
        {"id": 9, "name": "late", "maximumfieldcount": 1},
        {"id": 4, "name": "early", "starttime": 1343731272, "endtime": 1343737645000},
    ]
    wells = [{"path": "A/1", "rowIndex": 0, "columnIndex": 0}]
    plate = {"acquisitions": acquisitions, "columns": [{"name": "1"}], "rows": [{"name": "A"}], "wells": wells}
    (root / ".zattrs").write_text(json.dumps({"plate": plate}))
    status, out, err = command_of("root", tmp_path / "in", "--again")
    assert (status, err) == (0, "")
    samples = list(next(iter(plate_of(gateway, ids(out)[0]).listChildren())).listChildren())
    runs = [sample.getPlateAcquisition()._obj for sample in samples]
    assert [run.name.val for run in runs] == ["early", "late"]
    assert (runs[0].startTime.val, runs[0].endTime.val) == (1343731272000, 1343737645000)
    assert (runs[1].maximumFieldCount.val, runs[1].startTime) == (1, None)


def test_the_runs_of_a_fake_plate(gateway: Any, tmp_path: Path, command_of: Any) -> None:
    (tmp_path / "runs&plateRows=1&plateCols=2&fields=3&plateAcqs=2&sizeX=20&sizeY=10.fake").touch()
    status, out, _ = command_of("root", tmp_path, "--again")
    assert (status, len(ids(out))) == (0, 12)
    plate = plate_of(gateway, ids(out)[0])
    assert [run.getName() for run in plate.listPlateAcquisitions()] == ["Run 1", "Run 2"]
    well = next(iter(plate.listChildren()))
    names = [sample.getPlateAcquisition().getName() for sample in well.listChildren()]
    assert names == ["Run 1"] * 3 + ["Run 2"] * 3


def test_a_fake_plate_of_too_many_runs_is_refused(tmp_path: Path, command_of: Any) -> None:
    (tmp_path / "x&plateRows=16&plateCols=24&fields=100&plateAcqs=9.fake").touch()
    status, out, err = command_of("root", tmp_path)
    assert (status, ids(out)) == (2, [])
    assert "345600 images are more than 20000" in err
