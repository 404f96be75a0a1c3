"""`api/paths_to_object`: the way down to everything that a link may name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omero
import pytest
from omero.rtypes import rdouble, rstring

from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import ELLA, PLANE, Lab, Plate

URL = "/webclient/api/paths_to_object/"
Path = list[dict[str, Any]]


def steps(*pairs: tuple[str, int]) -> Path:
    return [{"type": kind, "id": object_id} for kind, object_id in pairs]


def found(browser: WebApp, query: str) -> list[Path]:
    answer: list[Path] = browser.get(f"{URL}?{query}").json["paths"]
    assert browser.ice_calls <= 4
    return answer


def test_down_to_an_image(ella: WebApp, lab: Lab, gateway_of: Any) -> None:
    above = steps(("experimenter", lab.ella), ("project", lab.project), ("dataset", lab.dataset))
    # Other tests may have put images beside the two; the list has them in the order that the places count.
    beside = [one["id"] for one in ella.get("/webclient/api/images/", {"id": lab.dataset}).json["images"]]
    count = {"childCount": gateway_of(ELLA).getObject("Dataset", lab.dataset).countChildren()}
    assert len(beside) == count["childCount"]
    assert found(ella, f"image={lab.second}") == [[*above[:2], above[2] | count, *steps(("image", lab.second))]]
    place = {"childIndex": beside.index(lab.second), "childPage": beside.index(lab.second) + 1}
    paged = found(ella, f"image={lab.second}&page_size=1")
    assert paged == [[*above[:2], above[2] | count | place, *steps(("image", lab.second))]]
    assert found(ella, f"dataset={lab.dataset}") == [above]
    assert found(ella, f"project={lab.project}") == [above[:2]]
    assert found(ella, f"experimenter={lab.ella}") == [above[:1]]


def test_an_image_in_several_datasets(ella: WebApp, lab: Lab, omero_data: OmeroData, gateway_of: Any) -> None:
    other = omero_data.add_dataset("Favourites", user=ELLA)
    image = omero_data.add_image(PLANE, "twice", dataset=other, user=ELLA)
    link = omero.model.DatasetImageLinkI()
    link.parent, link.child = (
        omero.model.DatasetI(omero_data.add_dataset("Twice", user=ELLA), False),
        omero.model.ImageI(image, False),
    )
    second = gateway_of(ELLA).getUpdateService().saveAndReturnObject(link).parent.id.val
    paths = found(ella, f"image={image}")
    assert [path[1]["id"] for path in paths] == [other, second]
    assert [path[1]["id"] for path in found(ella, f"image={image}&dataset={second}")] == [second]
    assert found(ella, f"image={image}&dataset={lab.dataset}") == []
    assert found(ella, f"image={image}&experimenter={lab.fred}") == []


def test_an_orphan(ella: WebApp, lab: Lab, omero_data: OmeroData) -> None:
    orphans = [omero_data.add_image(PLANE, name, user=ELLA) for name in ("zz orphan 1", "zz orphan 2")]
    path = steps(("experimenter", lab.ella), ("orphaned", lab.ella), ("image", orphans[1]))
    assert found(ella, f"image={orphans[1]}") == [path]
    (paged,) = found(ella, f"image={orphans[1]}&page_size=1")
    names = [
        row["id"]
        for row in ella.get(f"/webclient/api/images/?orphaned=true&experimenter_id={lab.ella}&group={lab.group}").json[
            "images"
        ]
    ]
    place = names.index(orphans[1])
    assert paged[1] == path[1] | {"childCount": len(names), "childIndex": place, "childPage": place + 1}


def test_down_to_a_well(ella: WebApp, lab: Lab, plate: Plate) -> None:
    way = steps(
        ("experimenter", lab.ella),
        ("screen", plate.screen),
        ("plate", plate.plate),
        ("acquisition", plate.run),
        ("well", plate.well),
    )
    assert found(ella, f"image={plate.fields[1]}") == [way]
    assert found(ella, f"image={plate.fields[1]}&experimenter={lab.ella}") == [way]
    assert found(ella, f"well={plate.well}") == [way[:-1]]
    assert found(ella, f"well={plate.well}&experimenter={lab.ella}") == [way[:-1]]
    assert found(ella, f"well={plate.well}&experimenter={lab.fred}") == []
    assert found(ella, f"acquisition={plate.run}") == [way[:-1]]
    assert found(ella, f"run={plate.run}") == [way[:-1]]
    assert found(ella, f"plate={plate.plate}") == [way[:3]]
    assert found(ella, f"plate={plate.plate}&screen={plate.screen}") == [way[:3]]
    assert found(ella, f"plate={plate.plate}&screen={plate.screen + 1000}") == []
    assert found(ella, f"screen={plate.screen}") == [way[:2]]


def test_down_to_a_region(ella: WebApp, lab: Lab, gateway_of: Callable[..., Any]) -> None:
    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(lab.image, False)
    shape = omero.model.PointI()
    shape.x = shape.y = rdouble(1)
    roi.addShape(shape)
    roi = gateway_of(ELLA).getUpdateService().saveAndReturnObject(roi)
    (image,) = found(ella, f"image={lab.image}")
    region = steps(("roi", roi.id.val))
    assert found(ella, f"roi={roi.id.val}") == [image + region]
    shape_id = roi.copyShapes()[0].id.val
    assert found(ella, f"shape={shape_id}") == [image + region + steps(("shape", shape_id))]
    assert found(ella, "roi=999999") == []


def test_down_to_a_tag(ella: WebApp, lab: Lab, gateway_of: Callable[..., Any]) -> None:
    update = gateway_of(ELLA).getUpdateService()
    names = ("loose", "in a set", "the set")
    loose, inside, tagset = (update.saveAndReturnObject(tag(name)) for name in names)
    link = omero.model.AnnotationAnnotationLinkI()
    link.parent, link.child = tagset.proxy(), inside.proxy()
    update.saveObject(link)
    me = ("experimenter", lab.ella)
    assert found(ella, f"tag={loose.id.val}") == [steps(me, ("tag", loose.id.val))]
    both = steps(me, ("tagset", tagset.id.val), ("tag", inside.id.val))
    assert found(ella, f"tag={inside.id.val}") == [both]
    assert found(ella, f"tag={inside.id.val}&tagset={tagset.id.val}") == [both]
    assert found(ella, f"tagset={tagset.id.val}") == [both[:2]]
    assert found(ella, f"tag={inside.id.val}&experimenter={lab.fred}") == []


def tag(name: str) -> Any:
    made = omero.model.TagAnnotationI()
    made.textValue = rstring(name)
    return made


@pytest.mark.parametrize("kind", ["image", "dataset", "well", "acquisition", "plate", "roi", "shape", "tag", "tagset"])
def test_what_is_not_there_has_no_path(ella: WebApp, kind: str) -> None:
    assert found(ella, f"{kind}=99999999") == []


def test_what_is_private_has_no_path(fred: WebApp, lab: Lab) -> None:
    assert found(fred, f"image={lab.hidden}") == found(fred, f"dataset={lab.hidden_dataset}") == []
    assert len(found(fred, f"image={lab.image}&group={lab.group}")) == 1


@pytest.mark.parametrize("query", ["", "page_size=1", "image=x", "image=1&page_size=0", "image=1&page_size=100000"])
def test_what_cannot_be_understood(ella: WebApp, query: str) -> None:
    assert ella.get(f"{URL}?{query}", status=400).json["code"] == "invalid_input"
