"""OME-XML's instrument, planes, annotations and regions arrive in OMERO's model; what is broken is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omeropyr.embedded.importer.run import import_files

NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
PLANES = "".join(
    f'<Plane TheZ="{z}" TheC="{c}" TheT="0" DeltaT="{z * 2 + c}.5" DeltaTUnit="ms" ExposureTime="0.25"'
    f' PositionX="{10 + z}" PositionXUnit="µm" PositionY="-3.5" PositionYUnit="mm"/>'
    for z in range(2)
    for c in range(2)
)
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="{NS}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <Instrument ID="Instrument:0"><Microscope Type="Inverted" Manufacturer="Zeiss" Model="Axio"/>
  <Objective ID="Objective:0" Model="Plan-Apo" NominalMagnification="63" LensNA="1.4" Immersion="Oil"
   Correction="PlanApo" WorkingDistance="0.19" WorkingDistanceUnit="mm"/>
  <Objective ID="Objective:1" Model="Other" Immersion="Honey"/></Instrument>
 <Image ID="Image:0" Name="cells"><InstrumentRef ID="Instrument:0"/>
  <ObjectiveSettings ID="Objective:0" RefractiveIndex="1.518" Medium="Oil"/>
  <Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="32" SizeY="16" SizeZ="2" SizeC="2" SizeT="1">
   <Channel ID="Channel:0:0" Name="DAPI" Fluor="DAPI" PinholeSize="1.5" PinholeSizeUnit="µm"
     AcquisitionMode="LaserScanningConfocalMicroscopy" ContrastMethod="Fluorescence"
     IlluminationType="Epifluorescence"/>
   <Channel ID="Channel:0:1" Name="GFP" NDFilter="broken"/><TiffData/>{PLANES}
   <Plane TheZ="9" TheC="0" TheT="0" DeltaT="1"/></Pixels>
  <ROIRef ID="ROI:0"/><ROIRef ID="ROI:1"/><ROIRef ID="ROI:missing"/>
  <AnnotationRef ID="Annotation:0"/><AnnotationRef ID="Annotation:1"/><AnnotationRef ID="Annotation:2"/>
  <AnnotationRef ID="Annotation:3"/><AnnotationRef ID="Annotation:4"/><AnnotationRef ID="Annotation:5"/>
  <AnnotationRef ID="Annotation:6"/><AnnotationRef ID="Annotation:7"/><AnnotationRef ID="Annotation:broken"/>
 </Image>
 <StructuredAnnotations>
  <TagAnnotation ID="Annotation:0" Namespace="lab/tags"><Description>a tag</Description><Value>mitosis</Value>
  </TagAnnotation>
  <MapAnnotation ID="Annotation:1" Namespace="openmicroscopy.org/omero/client/mapAnnotation"><Value>
   <M K="Gene">H2B</M><M K="Dose">3 µM</M></Value></MapAnnotation>
  <CommentAnnotation ID="Annotation:2"><Value>looks fine</Value></CommentAnnotation>
  <LongAnnotation ID="Annotation:3"><Value>42</Value></LongAnnotation>
  <DoubleAnnotation ID="Annotation:4"><Value>2.5</Value></DoubleAnnotation>
  <BooleanAnnotation ID="Annotation:5"><Value>true</Value></BooleanAnnotation>
  <TimestampAnnotation ID="Annotation:6"><Value>2026-03-04T05:06:07Z</Value></TimestampAnnotation>
  <XMLAnnotation ID="Annotation:7"><Value><a xmlns="x"><b>1</b></a></Value></XMLAnnotation>
  <LongAnnotation ID="Annotation:broken"><Value>many</Value></LongAnnotation>
 </StructuredAnnotations>
 <ROI ID="ROI:0" Name="nucleus"><Union>
  <Rectangle ID="Shape:0" X="1" Y="2" Width="3.5" Height="4" TheZ="1" StrokeColor="-16776961" Text="box"
    StrokeWidth="2" StrokeWidthUnit="pixel"><Transform A00="1" A10="0" A01="0" A11="1" A02="5" A12="6"/></Rectangle>
  <Ellipse ID="Shape:1" X="5" Y="6" RadiusX="2" RadiusY="1"/>
  <Polygon ID="Shape:2" Points="0,0 4,0 4,4"/><Line ID="Shape:3" X1="0" Y1="0" X2="9" Y2="9" MarkerEnd="Arrow"/>
  <Point ID="Shape:4" X="3" Y="3" TheC="1"/><Label ID="Shape:5" X="1" Y="1" Text="here"/>
  <Mask ID="Shape:6" X="0" Y="0" Width="8" Height="1"><BinData BigEndian="true" Length="1">gA==</BinData></Mask>
  <Rectangle ID="Shape:7" X="broken" Y="2" Width="3" Height="4"/></Union></ROI>
 <ROI ID="ROI:1"><Union><Polygon ID="Shape:8"/></Union></ROI>
</OME>"""


def write(path: Path, xml: str) -> Path:
    data = np.arange(4 * 16 * 32, dtype=np.uint8).reshape(4, 16, 32)
    tifffile.imwrite(path, data, description=xml.encode(), metadata=None, photometric="minisblack")
    return path


@pytest.fixture(scope="module")
def image(gateway: Any, omero_data: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return gateway.getObject("Image", omero_data.import_file(write(tmp_path_factory.mktemp("x") / "m.ome.tif", XML)))


def test_instrument_and_objective(image: Any) -> None:
    settings = image.getObjectiveSettings()
    objective = settings.getObjective()
    assert (objective.getModel(), objective.getNominalMagnification(), objective.getLensNA()) == ("Plan-Apo", 63.0, 1.4)
    assert (objective.getImmersion().getValue(), objective.getCorrection().getValue()) == ("Oil", "PlanApo")
    assert (settings.getRefractiveIndex(), settings.getMedium().getValue()) == (1.518, "Oil")
    instrument = image.getInstrument()
    assert instrument.getMicroscope().getType().getValue() == "Inverted"
    immersions = sorted(one.getImmersion().getValue() for one in instrument.getObjectives())
    assert immersions == ["Oil", "Unknown"]


def test_channels_and_planes(image: Any) -> None:
    first, second = (channel.getLogicalChannel() for channel in image.getChannels())
    assert (first.getFluor(), first.getPinHoleSize().getValue()) == ("DAPI", 1.5)
    assert first.getMode().getValue() == "LaserScanningConfocalMicroscopy"
    assert first.getContrastMethod().getValue() == "Fluorescence"
    assert second.getNdFilter() is None
    planes = {(p.theZ, p.theC): p._obj for p in image.getPrimaryPixels().copyPlaneInfo()}
    assert sorted(planes) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    plane = planes[1, 1]
    assert (plane.deltaT.getValue(), plane.deltaT.getSymbol()) == (3.5, "ms")
    assert plane.exposureTime.getValue() == 0.25
    assert (plane.positionX.getValue(), plane.positionY.getSymbol()) == (11.0, "mm")


def test_annotations_of_every_kind(image: Any) -> None:
    found = {type(one._obj).__name__: one for one in image.listAnnotations()}
    assert {kind: one.getValue() for kind, one in found.items() if "Timestamp" not in kind} == {
        "TagAnnotationI": "mitosis",
        "MapAnnotationI": [("Gene", "H2B"), ("Dose", "3 µM")],
        "CommentAnnotationI": "looks fine",
        "LongAnnotationI": 42,
        "DoubleAnnotationI": 2.5,
        "BooleanAnnotationI": True,
        "XmlAnnotationI": found["XmlAnnotationI"].getValue(),
    }
    assert "<b>1</b>" in found["XmlAnnotationI"].getValue().replace("ns0:", "")
    assert found["TimestampAnnotationI"]._obj.timeValue.val == 1772600767000
    assert (found["TagAnnotationI"].getNs(), found["TagAnnotationI"].getDescription()) == ("lab/tags", "a tag")


def test_regions_with_every_shape(gateway: Any, image: Any) -> None:
    query = f"select s from Shape s left outer join fetch s.transform where s.roi.image.id = {image.id} order by s.id"
    shapes = {type(one).__name__: one for one in gateway.getQueryService().findAllByQuery(query, None)}
    kinds = ("Rectangle", "Ellipse", "Polygon", "Line", "Point", "Label", "Mask")
    assert sorted(shapes) == sorted(f"{kind}I" for kind in kinds)
    box = shapes["RectangleI"]
    assert (box.x.val, box.width.val, box.theZ.val, box.textValue.val) == (1.0, 3.5, 1, "box")
    assert (box.strokeColor.val, box.strokeWidth.getValue(), box.theT) == (-16776961, 2.0, None)
    assert (box.transform.a02.val, box.transform.a12.val) == (5.0, 6.0)
    assert shapes["PolygonI"].points.val == "0,0 4,0 4,4"
    assert shapes["LineI"].markerEnd.val == "Arrow"
    assert bytes(shapes["MaskI"].bytes) == b"\x80"
    assert image.getROICount() == 1


HOSTILE = {
    "external entity": '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "billion laughs": '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>',
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_document_types_are_refused(embedded: Any, omero_data: Any, tmp_path: Path, kind: str) -> None:
    body = XML.split("?>", 1)[1].replace("looks fine", "&x;" if "external" in kind else "&b;")
    done, (bad,) = import_files(
        embedded, omero_data.actor("root"), [write(tmp_path / "h.ome.tif", HOSTILE[kind] + body)]
    )
    assert (done, bad.reason) == ([], "OME-XML with a document type declaration is refused")
