"""``DiskUsage2``: bytes and files by owner and group, and by what refers to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import omero.all
import omero.api
import omero.cmd
import omero.model
import pytest

from tests.functional.embedded.graphs import PLANE, link, person, plate, refused, submit


def usage(gateway: Any, *classes: str, **targets: list[int]) -> Any:
    response = submit(gateway, omero.cmd.DiskUsage2(targetObjects=targets, targetClasses=list(classes)))
    assert isinstance(response, omero.cmd.DiskUsage2Response), response
    return response


@pytest.fixture
def group(omero_data: Any) -> int:
    return omero_data.add_group(permissions="rwr---")


@pytest.fixture
def ann(omero_data: Any, gateway_of: Any, group: int) -> Any:
    return person(omero_data, gateway_of, group)


def file_of(gateway: Any, image: int) -> Any:
    return next(iter(gateway.getObject("Image", image).getImportedImageFiles()))


def test_an_image_with_an_attachment(omero_data: Any, embedded: Any, ann: Any, group: int, tmp_path: Path) -> None:
    dataset = omero_data.add_dataset(user=ann.name)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ann.name)
    imported = file_of(ann, image).getSize()
    here = omero.api.LongPair(ann.getUserId(), group)

    found = usage(ann, Image=[image])
    assert found.bytesUsedByReferer == {here: {"FilesetEntry": imported}}
    assert found.fileCountByReferer == {here: {"FilesetEntry": 1}}
    assert (found.totalBytesUsed, found.totalFileCount) == ({here: imported}, {here: 1})

    (tmp_path / "notes.txt").write_text("12345678")
    note = ann.createFileAnnfromLocalFile(str(tmp_path / "notes.txt"), mimetype="text/plain")
    ann.getObject("Image", image).linkAnnotation(note)
    ann.getObject("Image", image).getThumbnail()
    pixels = ann.getObject("Image", image).getPixelsId()
    thumbnails = sum(one.stat().st_size for one in (Path(embedded.data) / "Thumbnails" / str(pixels)).glob("*"))
    found = usage(ann, Dataset=[dataset])
    expected = {"FilesetEntry": imported, "Annotation": 8, "Thumbnail": thumbnails}
    assert found.bytesUsedByReferer[here] == {name: size for name, size in expected.items() if size}
    assert found.totalBytesUsed == {here: imported + 8 + thumbnails}
    assert usage(ann, Experimenter=[ann.getUserId()]).totalBytesUsed == found.totalBytesUsed
    assert usage(ann, ExperimenterGroup=[group]).totalBytesUsed == found.totalBytesUsed


def test_a_file_counts_once(omero_data: Any, ann: Any, group: int) -> None:
    first, second = (omero_data.add_dataset(user=ann.name) for _ in range(2))
    image = omero_data.add_image(PLANE, dataset=first, user=ann.name)
    link(ann, "DatasetImageLink", omero.model.DatasetI(second, False), omero.model.ImageI(image, False))
    here = omero.api.LongPair(ann.getUserId(), group)
    assert usage(ann, Dataset=[first, second]).totalFileCount == {here: 1}
    assert usage(ann, "Dataset").totalBytesUsed[here] == file_of(ann, image).getSize()


def test_a_screen(omero_data: Any, ann: Any, group: int) -> None:
    made = plate(ann, omero_data, ann.name)
    size = file_of(ann, made["Image"]).getSize()
    here = omero.api.LongPair(ann.getUserId(), group)
    for kind in ("Screen", "Plate", "Well", "WellSample"):
        assert usage(ann, **{kind: [made[kind]]}).totalBytesUsed == {here: size}


def test_planes_that_a_client_wrote(ann: Any, group: int) -> None:
    image = ann.createImageFromNumpySeq(iter([PLANE]), "made")
    here = omero.api.LongPair(ann.getUserId(), group)
    assert usage(ann, Image=[image.id]).bytesUsedByReferer == {here: {"Pixels": PLANE.nbytes}}


def test_owners_and_groups(omero_data: Any, gateway_of: Any, ann: Any, group: int) -> None:
    bob = person(omero_data, gateway_of, group)
    sizes = {}
    for one in (ann, bob):
        image = omero_data.add_image(PLANE, user=one.name)
        sizes[omero.api.LongPair(one.getUserId(), group)] = file_of(one, image).getSize()
    assert usage(ann, ExperimenterGroup=[group]).totalBytesUsed == sizes


def test_what_is_not_seen_does_not_count(omero_data: Any, gateway_of: Any, ann: Any) -> None:
    image = omero_data.add_image(PLANE, user=ann.name)
    stranger = person(omero_data, gateway_of)
    assert refused(stranger, omero.cmd.DiskUsage2(targetObjects={"Image": [image]})) == f"there is no Image[{image}]"
    assert usage(stranger, Experimenter=[ann.getUserId()]).totalBytesUsed == {}
    assert usage(stranger, "Image").totalBytesUsed == {}
