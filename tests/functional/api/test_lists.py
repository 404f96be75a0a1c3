"""Every list against what omero-py finds for the same question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.testing import OmeroData, WebApp
from tests.functional.api.conftest import COLLEAGUE, SHAPES, STARTED, TAKEN, USER

Api = Callable[..., Any]
Plain = Callable[[Any], Any]
SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06#"
BASE = "http://localhost/api/v0/m/"
CAN = ("canAnnotate", "canDelete", "canEdit", "canLink")
IS = (
    *("isWorldWrite", "isWorldRead", "isGroupWrite", "isGroupRead", "isGroupAnnotate", "isUserWrite", "isUserRead"),
    *CAN,
)


def found(conn: Any, hql: str, **values: int) -> list[Any]:
    import omero.sys

    parameters = omero.sys.ParametersI()
    for name, value in values.items():
        parameters.addLong(name, value)
    return list(conn.getQueryService().findAllByQuery(hql, parameters, conn.SERVICE_OPTS))


def ids(answer: Any) -> list[int]:
    return [one["@id"] for one in answer["data"]]


def check_details(one: dict[str, Any], wrapper: Any) -> None:
    """Owner, group and permissions are those of omero-py's object."""
    details, expected = one["omero:details"], wrapper.getDetails()
    owner, group = details["owner"], details["group"]
    assert owner["@id"] == expected.getOwner().id
    assert (owner["@type"], owner["UserName"]) == (f"{SCHEMA}Experimenter", expected.getOwner().omeName)
    assert (owner["FirstName"], owner["LastName"]) == (expected.getOwner().firstName, expected.getOwner().lastName)
    assert (group["@id"], group["Name"]) == (expected.getGroup().id, expected.getGroup().name)
    allowed = expected.getPermissions()
    assert {name: details["permissions"][name] for name in IS} == {name: getattr(allowed, name)() for name in IS}
    assert details["permissions"]["perm"] == str(wrapper._obj.details.permissions)
    group_allowed = group["omero:details"]["permissions"]
    assert (group_allowed["isGroupRead"], group_allowed["isGroupAnnotate"]) == (True, True)
    assert "Email" not in owner


TOP = {
    "projects": ("Project", ("datasets",)),
    "datasets": ("Dataset", ("images", "projects")),
    "images": ("Image", ("datasets", "rois")),
    "screens": ("Screen", ("plates",)),
    "plates": ("Plate", ("screens", "wells", "plateacquisitions")),
}


@pytest.mark.parametrize("plural", TOP)
def test_named_objects(api: Api, conn: Any, scene: Any, plural: str) -> None:
    kind, related = TOP[plural]
    answer = api(f"{plural}/?owner={scene.user}")
    expected = {one.id: one for one in conn.getObjects(kind, opts={"owner": scene.user})}
    assert len(expected) >= 1
    assert answer["meta"] == {"offset": 0, "limit": 200, "maxLimit": 500, "totalCount": len(expected)}
    assert sorted(ids(answer)) == sorted(expected)
    assert ids(answer) == [one.id for one in sorted(expected.values(), key=lambda one: (one.name.lower(), one.id))]
    for one in answer["data"]:
        wrapper = expected[one["@id"]]
        assert (one["@type"], one["Name"]) == (f"{SCHEMA}{kind}", wrapper.name)
        assert (one.get("Description") == wrapper._obj.description and (wrapper._obj.description is None)) or (
            one["Description"] == wrapper.description
        )
        own = f"{BASE}{plural}/{wrapper.id}/"
        assert {key: value for key, value in one.items() if key.startswith("url:")} == {
            f"url:{plural[:-1]}": own,
            **{f"url:{name}": f"{own}{name}/" for name in related},
        }
        check_details(one, wrapper)


def test_images_have_their_pixels(api: Api, conn: Any, scene: Any) -> None:
    (one,) = api(f"datasets/{scene.dataset}/images/")["data"]
    image = conn.getObject("Image", scene.image)
    pixels, expected = one["Pixels"], image.getPrimaryPixels()
    assert (one["@id"], one["Name"], one["AcquisitionDate"]) == (scene.image, image.name, TAKEN)
    assert pixels["@id"] == expected.id
    assert [pixels[f"Size{axis}"] for axis in "XYZCT"] == [40, 30, 3, 2, 1]
    assert (pixels["Type"]["value"], pixels["Type"]["@type"]) == (image.getPixelsType(), "TBD#PixelsType")
    assert pixels["SignificantBits"] == expected._obj.significantBits.val
    for axis, value in zip("XYZ", (0.25, 0.5, 2.0), strict=True):
        size = getattr(expected, f"getPhysicalSize{axis}")()
        assert pixels[f"PhysicalSize{axis}"] == {
            "@type": "TBD#LengthI",
            "Unit": size.getUnit().name,
            "Symbol": size.getSymbol(),
            "Value": value,
        }
    assert pixels["PhysicalSizeX"]["Symbol"] == "µm"
    assert "Channels" not in pixels


NESTED = {
    "projects/{project}/datasets": ("dataset", "datasets/?project={project}"),
    "datasets/{dataset}/projects": ("project", "projects/?dataset={dataset}"),
    "images/{image}/datasets": ("dataset", "datasets/?image={image}"),
    "datasets/{dataset}/images": ("image", "images/?dataset={dataset}"),
    "plates/{plate}/screens": ("screen", "screens/?plate={plate}"),
    "screens/{screen}/plates": ("plate", "plates/?screen={screen}"),
    "wells/{well}/plates": ("plate", "plates/?well={well}"),
    "images/{image}/rois": ("roi", "rois/?image={image}"),
    "plates/{plate}/plateacquisitions": ("run", None),
}


@pytest.mark.parametrize("path", NESTED)
def test_what_lies_in_something(api: Api, scene: Any, path: str) -> None:
    expected, same = NESTED[path]
    address = path.format(**vars(scene))
    answer = api(f"{address}/")
    assert ids(answer) == [getattr(scene, expected)]
    assert answer["meta"]["totalCount"] == 1
    if same is not None:
        assert api(same.format(**vars(scene))) == answer
    nowhere = address.replace(f"/{address.split('/')[1]}/", "/999999/", 1)
    assert api(f"{nowhere}/") == {"data": [], "meta": {"offset": 0, "limit": 200, "maxLimit": 500, "totalCount": 0}}


CHILDREN = {
    "projects": {"api project": 1},
    "datasets": {"api dataset": 1, "api alone": 0},
    "screens": {"api screen": 1},
}


@pytest.mark.parametrize("plural", CHILDREN)
def test_children_are_counted_where_asked(api: Api, scene: Any, plural: str) -> None:
    answer = api(f"{plural}/?childCount=true&owner={scene.user}")["data"]
    counts = {one["Name"]: one["omero:childCount"] for one in answer if one["Name"].startswith("api")}
    assert counts == CHILDREN[plural]
    assert not [one for one in api(f"{plural}/")["data"] if "omero:childCount" in one]


ORPHANS = {"datasets": "alone_dataset", "images": "alone_image", "plates": "alone_plate"}


@pytest.mark.parametrize("plural", ORPHANS)
def test_orphans(api: Api, scene: Any, plural: str) -> None:
    answer = api(f"{plural}/?orphaned=true&owner={scene.user}")
    assert ids(answer) == [getattr(scene, ORPHANS[plural])]
    assert len(ids(api(f"{plural}/?orphaned=false&owner={scene.user}"))) > 1


def test_plate_acquisitions(api: Api, conn: Any, scene: Any) -> None:
    (one,) = api(f"plates/{scene.plate}/plateacquisitions/")["data"]
    run = conn.getObject("PlateAcquisition", scene.run)
    own = f"{BASE}plateacquisitions/{scene.run}/"
    assert (one["@id"], one["Name"], one["@type"]) == (scene.run, run.name, f"{SCHEMA}PlateAcquisition")
    assert (one["StartTime"], one["MaximumFieldCount"]) == (STARTED, run.maximumFieldCount)
    assert one["omero:wellsampleIndex"] == [1, 1]
    assert one["url:wellsampleindex_wells"] == [f"{own}wellsampleindex/1/wells/"]
    assert one["url:plateacquisition"] == own
    check_details(one, run)


def wells_of(conn: Any, plate: int) -> list[Any]:
    wells = [one for one in conn.getObject("Plate", plate).listChildren()]
    return sorted(wells, key=lambda one: (one.column, one.row))


def test_wells(api: Api, conn: Any, scene: Any) -> None:
    answer = api(f"plates/{scene.plate}/wells/")
    expected = wells_of(conn, scene.plate)
    assert ids(answer) == [one.id for one in expected]
    assert api(f"wells/?plate={scene.plate}") == answer
    for one, well in zip(answer["data"], expected, strict=True):
        assert (one["Column"], one["Row"], one["@type"]) == (well.column, well.row, f"{SCHEMA}Well")
        own = f"{BASE}wells/{well.id}/"
        assert (one["url:well"], one["url:plates"]) == (own, f"{own}plates/")
        samples = [sample for sample in well.listChildren()]
        assert [sample["@id"] for sample in one["WellSamples"]] == [sample.id for sample in samples]
        for sample, wrapper in zip(one["WellSamples"], samples, strict=True):
            image = wrapper.getImage()
            assert (sample["Image"]["@id"], sample["Image"]["Name"]) == (image.id, image.name)
            assert sample["Image"]["url:image"] == f"{BASE}images/{image.id}/"
            assert "Pixels" not in sample["Image"]
        assert "PlateAcquisition" not in one["WellSamples"][0]
        assert one["WellSamples"][1]["PlateAcquisition"]["@id"] == scene.run
        assert one["WellSamples"][1]["PositionX"]["Value"] == 1.5
        assert one["WellSamples"][1]["PositionX"]["Unit"] == "REFERENCEFRAME"


FIELDS = {
    "plates/{plate}/wellsampleindex/0/wells": (0, 6),
    "plates/{plate}/wellsampleindex/1/wells": (1, 6),
    "plates/{plate}/wellsampleindex/2/wells": (2, 0),
    "plates/{alone_plate}/wellsampleindex/1/wells": (1, 6),
    "plateacquisitions/{run}/wells": (1, 6),
    "plateacquisitions/{run}/wellsampleindex/0/wells": (0, 0),
    "plateacquisitions/{run}/wellsampleindex/1/wells": (1, 6),
}


@pytest.mark.parametrize("path", FIELDS)
def test_one_field_of_each_well(api: Api, conn: Any, scene: Any, path: str) -> None:
    index, count = FIELDS[path]
    answer = api(f"{path.format(**vars(scene))}/")
    assert (len(answer["data"]), answer["meta"]["totalCount"]) == (count, count)
    expected = wells_of(conn, scene.alone_plate if "alone" in path else scene.plate)
    for one, well in zip(answer["data"], expected, strict=False):
        assert one["@id"] == well.id
        assert [sample["Image"]["@id"] for sample in one["WellSamples"]] == [well.getImage(index).id]


def test_rois_and_their_shapes(api: Api, conn: Any, scene: Any) -> None:
    (one,) = api(f"rois/?image={scene.image}")["data"]
    assert (one["@id"], one["@type"], one["Name"]) == (scene.roi, f"{SCHEMA}ROI", "api roi")
    assert one["url:roi"] == f"{BASE}rois/{scene.roi}/"
    hql = "select s from Shape s left outer join fetch s.transform where s.roi.id = :roi order by s.id"
    expected = {shape.id.val: shape for shape in found(conn, hql, roi=scene.roi)}
    assert [shape["@type"].removeprefix(SCHEMA) for shape in one["shapes"]] == list(SHAPES)
    listed = api(f"shapes/?roi={scene.roi}")["data"]
    assert [shape["@id"] for shape in listed] == sorted(expected)
    for shape, alone in zip(one["shapes"], listed, strict=True):
        check_shape(shape, expected[shape["@id"]])
        links = {"url:shape": f"{BASE}shapes/{shape['@id']}/", "url:roi": one["url:roi"]}
        assert {key: value for key, value in alone.items() if key.startswith("url:")} == links
        check_shape(alone, expected[shape["@id"]])
        for details in (shape["omero:details"], alone["omero:details"]):
            assert [details["owner"][key] for key in ("FirstName", "LastName", "UserName")] == ["Anna", "Äpi", USER]
            assert [details["permissions"][name] for name in CAN] == [True] * 4


def check_shape(shape: dict[str, Any], expected: Any) -> None:
    """Geometry and style are those of OMERO's object."""
    for key, field in (
        *(("X", "x"), ("Y", "y"), ("Width", "width"), ("Height", "height"), ("RadiusX", "radiusX")),
        *(("RadiusY", "radiusY"), ("X1", "x1"), ("Y1", "y1"), ("X2", "x2"), ("Y2", "y2"), ("Points", "points")),
        *(("Text", "textValue"), ("TheZ", "theZ"), ("TheT", "theT"), ("TheC", "theC"), ("FillColor", "fillColor")),
        *(("StrokeColor", "strokeColor"), ("FontFamily", "fontFamily"), ("FontStyle", "fontStyle")),
    ):
        value = getattr(expected, field, None)
        assert shape.get(key) == (None if value is None else value.val), (key, shape["@type"])
    for key in ("StrokeWidth", "FontSize"):
        length = getattr(expected, key[0].lower() + key[1:])
        seen = None if length is None else (length.getValue(), length.getUnit().name, length.getSymbol())
        assert seen == ((shape and key in shape and (*map(shape[key].get, ("Value", "Unit", "Symbol")),)) or None)
    if expected.transform is not None:
        names = ("A00", "A10", "A01", "A11", "A02", "A12")
        assert [shape["Transform"][name] for name in names] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_users_and_groups(api: Api, conn: Any, scene: Any) -> None:
    answer = api("experimenters/")
    assert ids(answer) == [scene.colleague, scene.user]  # by last name
    assert ids(api(f"experimentergroups/{scene.group}/experimenters/")) == ids(answer)
    assert ids(api(f"experimenters/?experimentergroup={scene.group}")) == ids(answer)
    for one in answer["data"]:
        user = conn.getObject("Experimenter", one["@id"])
        assert (one["UserName"], one["FirstName"], one["LastName"]) == (user.omeName, user.firstName, user.lastName)
        own = f"{BASE}experimenters/{user.id}/"
        assert (one["url:experimenter"], one["url:experimentergroups"]) == (own, f"{own}experimentergroups/")
    groups = api("experimentergroups/")
    assert {one["Name"] for one in groups["data"]} == {"api-lab", "user"}
    assert ids(api(f"experimenters/{scene.user}/experimentergroups/")) == ids(groups)
    assert ids(api(f"experimentergroups/?experimenter={scene.user}")) == ids(groups)
    lab = next(one for one in groups["data"] if one["@id"] == scene.group)
    own = f"{BASE}experimentergroups/{scene.group}/"
    assert (lab["url:experimentergroup"], lab["url:experimenters"]) == (own, f"{own}experimenters/")
    allowed = conn.getObject("ExperimenterGroup", scene.group).getDetails().getPermissions()
    sent = lab["omero:details"]["permissions"]
    assert {name: sent[name] for name in IS[:7]} == {name: getattr(allowed, name)() for name in IS[:7]}


def test_pages(api: Api, scene: Any) -> None:
    every = ids(api(f"wells/?plate={scene.plate}"))
    assert len(every) == 6
    for offset, limit in ((0, 4), (4, 4), (2, 2), (6, 2), (0, 6), (100, 5)):
        answer = api(f"wells/?plate={scene.plate}&offset={offset}&limit={limit}")
        assert ids(answer) == every[offset : offset + limit]
        assert answer["meta"] == {"offset": offset, "limit": limit, "maxLimit": 500, "totalCount": 6}
    none = api(f"wells/?plate={scene.plate}&limit=0")
    assert (none["data"], none["meta"]["totalCount"], none["meta"]["limit"]) == ([], 6, 0)
    assert api(f"wells/?plate={scene.plate}&limit=9999")["meta"]["limit"] == 500
    lenient = api(f"wells/?plate={scene.plate}&limit=-1&offset=-3")["meta"]
    assert (lenient["limit"], lenient["offset"]) == (200, 0)


def test_normalized(api: Api, scene: Any) -> None:
    full, short = api("datasets/"), api("datasets/?normalize=true")
    assert ids(short) == ids(full)
    owners = {one["omero:details"]["owner"]["@id"]: one["omero:details"]["owner"] for one in full["data"]}
    groups = {one["omero:details"]["group"]["@id"]: one["omero:details"]["group"] for one in full["data"]}
    assert short["experimenters"] == list(owners.values())
    assert short["experimenterGroups"] == list(groups.values())
    for one, other in zip(short["data"], full["data"], strict=True):
        assert one["omero:details"]["owner"] == {"@id": other["omero:details"]["owner"]["@id"]}
        assert one["omero:details"]["group"] == {"@id": scene.group}
        assert one["omero:details"]["permissions"] == other["omero:details"]["permissions"]
    for plural in ("experimentergroups", "experimenters"):
        answer = api(f"{plural}/?normalize=true")
        assert (answer["experimenters"], answer["experimenterGroups"]) == ([], [])
        assert answer["data"] == api(f"{plural}/")["data"]


def test_whose_and_of_which_group(
    testapp: WebApp, login: Callable[..., Any], scene: Any, omero_data: OmeroData
) -> None:
    theirs = omero_data.add_project("carl's project", user=COLLEAGUE)
    login(USER)

    def listed(query: str) -> set[int]:
        return set(ids(testapp.get(f"/api/v0/m/projects/?{query}").json))

    assert listed("") >= {scene.project, theirs}
    assert listed(f"owner={scene.colleague}") == {theirs}
    assert listed(f"owner={scene.user}") == {scene.project}
    assert listed(f"group={scene.group}") == listed("group=-1&owner=-1") == {scene.project, theirs}
    refused = testapp.get(f"/api/v0/m/projects/?group={scene.strange_group}", status=403)
    assert refused.json["code"] == "forbidden"


MALFORMED = (
    *("limit=x", "limit=", "offset=1.5", "owner=me", "owner=-2", "group=x", "group=-2", "group=1e3", "dataset=x"),
    *("dataset=-1", "childCount=maybe", "normalize=", "limit=99999999999", "dataset=9223372036854775808"),
)


@pytest.mark.parametrize("query", MALFORMED)
def test_what_is_malformed_is_refused(api: Api, query: str) -> None:
    answer = api(f"projects/?{query}", status=400)
    assert answer["code"] == "invalid_input"
    assert answer["message"].startswith(query.partition("=")[0])


def test_what_is_not_known_is_ignored(api: Api) -> None:
    assert api("projects/?_=1700000000&callback=alert(1)&format=json") == api("projects/")
