"""Objects as JSON, without a server: links, normalizing, and what omero-marshal does not do."""

from __future__ import annotations

import json
import warnings
from typing import Any

import omero.model
import pytest
from omero.model.enums import UnitsLength
from omero.rtypes import rdouble, rlong, rstring

from omeropyr.api.kinds import EXPERIMENTER, KINDS, PLATE, PROJECT, SHAPE
from omeropyr.api.present import MOST_FIELDS, Links, normalize, present
from omeropyr.marshal.ome import SCHEMA, Encoder, decode, encode

LINKS = Links("https://example.org/omero/api/v0/m/")


def shown(kind: Any, obj: Any, **more: Any) -> dict[str, Any]:
    asked = {"counts": {}, "fields": {}, "may_write_to": lambda _one: False, **more}
    return present(kind, obj, LINKS, Encoder(), **asked)


def test_links_and_counts() -> None:
    project = omero.model.ProjectI(7)
    project.name = rstring("seven")
    found = shown(PROJECT, project, counts={7: 3})
    assert found["omero:childCount"] == 3
    own = "https://example.org/omero/api/v0/m/projects/7/"
    assert (found["url:project"], found["url:datasets"]) == (own, f"{own}datasets/")


def test_a_plate_with_endless_fields_has_so_many_links() -> None:
    found = shown(PLATE, omero.model.PlateI(1), fields={1: (5, 2**31 - 1)})
    assert found["omero:wellsampleIndex"] == [5, 2**31 - 1]
    assert len(found["url:wellsampleindex_wells"]) == MOST_FIELDS
    assert found["url:wellsampleindex_wells"][0].endswith("/plates/1/wellsampleindex/5/wells/")


@pytest.mark.parametrize("allowed", [True, False])
def test_an_address_is_told_to_whom_it_may_be(allowed: bool) -> None:
    user = omero.model.ExperimenterI(4)
    user.omeName, user.email = rstring("ada"), rstring("ada@example.org")
    assert "Email" not in encode(user)
    assert shown(EXPERIMENTER, user, may_write_to=lambda one: allowed and one == 4).get("Email") == (
        "ada@example.org" if allowed else None
    )


def test_an_owner_inside_an_object_has_no_address() -> None:
    project = omero.model.ProjectI(1)
    project.details.owner = omero.model.ExperimenterI(4)
    project.details.owner.email = rstring("ada@example.org")
    assert "ada@example.org" not in json.dumps(encode(project))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")], ids=str)
def test_what_is_no_number_to_json_is_left_out(value: float) -> None:
    roi = omero.model.RoiI(1)
    box = omero.model.RectangleI(2)
    box.x, box.y = rdouble(value), rdouble(1.5)
    box.strokeWidth = omero.model.LengthI(value, UnitsLength.PIXEL)
    roi.addShape(box)
    (shape,) = encode(roi)["shapes"]
    assert (shape["Y"], "X" in shape, "StrokeWidth" in shape) == (1.5, False, False)
    json.dumps(encode(roi), allow_nan=False)


def test_a_path_is_a_shape_too() -> None:
    # That it is deprecated is said once, whatever filters there are.
    with warnings.catch_warnings(record=True):
        path = omero.model.PathI(3)
    path.d, path.roi = rstring("M 0 0 L 1 1"), omero.model.RoiI(9, False)
    found = shown(SHAPE, path)
    assert (found["@type"], found["Definition"], found["url:roi"]) == (
        f"{SCHEMA}#Path",
        "M 0 0 L 1 1",
        "https://example.org/omero/api/v0/m/rois/9/",
    )


def test_every_kind_can_be_encoded() -> None:
    for kind in KINDS:
        name = "Rectangle" if kind.name == "Shape" else kind.name
        obj = getattr(omero.model, f"{name}I")(5)
        assert encode(obj)["@id"] == 5


def test_what_is_decoded_is_what_was_encoded() -> None:
    screen = omero.model.ScreenI(6)
    screen.name, screen.type, screen.protocolIdentifier = rstring("screen"), rstring("siRNA"), rstring("P")
    again = decode(encode(screen))
    assert (again.id, again.name, again.type) == (rlong(6), rstring("screen"), rstring("siRNA"))


def test_what_objects_share_is_encoded_once_and_never_changed() -> None:
    owner = omero.model.ExperimenterI(4)
    owner.omeName = rstring("ada")
    encoder, projects = Encoder(), [omero.model.ProjectI(number) for number in (1, 2)]
    for project in projects:
        project.details.owner = owner
    first, second = (encoder.encode(project)["omero:details"]["owner"] for project in projects)
    assert first is second
    alone = encoder.encode(owner)
    alone["url:experimenter"] = "x"
    assert "url:experimenter" not in first
    owner.omeName = rstring("bob")
    assert Encoder().encode(owner)["UserName"] == "bob"


def test_owners_and_groups_stand_apart_once() -> None:
    owner, group = {"@id": 1, "UserName": "ada"}, {"@id": 2, "Name": "lab"}
    data = [
        {"@id": 10, "omero:details": {"owner": dict(owner), "group": dict(group)}},
        {"@id": 11, "omero:details": {"owner": dict(owner)}},
        {"@id": 12, "omero:details": {}},
        {"@id": 13},
    ]
    assert normalize(data) == {"experimenters": [owner], "experimenterGroups": [group]}
    assert data[0]["omero:details"] == {"owner": {"@id": 1}, "group": {"@id": 2}}
    assert data[1]["omero:details"] == {"owner": {"@id": 1}}
