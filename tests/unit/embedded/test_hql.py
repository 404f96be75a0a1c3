"""HQL in, rows and objects out: what omero-py's gateway asks, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import omero
import omero.all
import omero.gateway
import pytest
from omero import rtypes
from omero.model import DatasetI, ImageI, ProjectI, TagAnnotationI
from omero.sys import Filter, ParametersI

from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Project p > datasets d0..d2; d0 > images i0..i4, of which i0 has the tag blue."""
    made = Store(tmp_path_factory.mktemp("hql") / "omero.sqlite")
    project = ProjectI()
    project.name = rtypes.rstring("p")
    for number in range(3):
        dataset = DatasetI()
        dataset.name = rtypes.rstring(f"d{number}")
        dataset.description = None if number else rtypes.rstring("first")
        for image_number in range(0 if number else 5):
            image = ImageI()
            image.name = rtypes.rstring(f"i{image_number}")
            if image_number == 0:
                tag = TagAnnotationI()
                tag.textValue = rtypes.rstring("blue")
                image.linkAnnotation(tag)
            dataset.linkImage(image)
        project.linkDataset(dataset)
    with made.write(SYSTEM) as tx:
        tx.save(project)
    yield made
    made.close()


def values(store: Store, hql: str, **params: Any) -> list[tuple[Any, ...]]:
    with store.read(SYSTEM) as tx:
        return tx.values(hql, params)


VALUES = [
    ("select d.name from Dataset d order by d.name", {}, ["d0", "d1", "d2"]),
    ("select d.name from Dataset as d order by d.name desc", {}, ["d2", "d1", "d0"]),
    ("select name from Dataset where description is null order by name", {}, ["d1", "d2"]),
    ("select d.name from Dataset d where d.description is not null", {}, ["d0"]),
    ("select d.name from Dataset d where not (d.name = 'd0' or d.name like '%2')", {}, ["d1"]),
    ("select d.name from Dataset d where d.name in (:names) order by d.name", {"names": ["d0", "d2"]}, ["d0", "d2"]),
    ("select d.name from Dataset d where d.name in (:names)", {"names": []}, []),
    ("select d.name from Dataset d where d.name between 'd1' and 'd2' order by d.name", {}, ["d1", "d2"]),
    ("select count(distinct d) from Dataset d join d.imageLinks l", {}, [1]),
    ("select count(l.id) from Dataset d join d.imageLinks l join l.child i where i.name <> 'i0'", {}, [4]),
    ("select max(i.name) from Image i", {}, ["i4"]),
    ("select d.name from Dataset d where size(d.imageLinks) = 5", {}, ["d0"]),
    (
        "select d.name from Dataset d where not exists (select l from DatasetImageLink l where l.parent = d) "
        "order by d.name",
        {},
        ["d1", "d2"],
    ),
    ("select i.name from Image i where i.id in (select l.parent.id from ImageAnnotationLink l)", {}, ["i0"]),
    ("select l.parent.name from ImageAnnotationLink l where l.child.textValue = :tag", {"tag": "blue"}, ["i0"]),
    ("select a.textValue from Annotation a where a.class = TagAnnotation", {}, ["blue"]),
    ("select a.textValue from Annotation a where a.class = CommentAnnotation", {}, []),
    ("select upper(i.name) from Image i where lower(i.name) = 'i1'", {}, ["I1"]),
    ("select i.details.owner.omeName from Image i where i.name = 'i0'", {}, ["root"]),
    (
        "select case when d.description is null then 'no' else 'yes' end from Dataset d order by d.name",
        {},
        ["yes", "no", "no"],
    ),
    ("select count(t.id) from PixelsType t where t.value = 'uint16'", {}, [1]),
]


@pytest.mark.parametrize(("hql", "params", "expected"), VALUES, ids=[hql[:70] for hql, _, _ in VALUES])
def test_values(store: Store, hql: str, params: dict[str, Any], expected: list[Any]) -> None:
    assert [row[0] for row in values(store, hql, **params)] == expected


def test_groups_are_counted(store: Store) -> None:
    hql = "select l.parent.name, count(l.id) from DatasetImageLink l group by l.parent.name having count(l.id) > 1"
    assert values(store, hql) == [("d0", 5)]


def test_a_map_projection_has_its_names(store: Store) -> None:
    with store.read(SYSTEM) as tx:
        ((row,), *_) = tx.projection("select new map(d.id as id, d.name as name) from Dataset d order by d.name")
    assert isinstance(row, omero.rtypes.RMapI)
    assert row.val["name"].val == "d0"


def test_entities_unfetched_are_unloaded_and_fetched_are_loaded(store: Store) -> None:
    with store.read(SYSTEM) as tx:
        link = tx.find("select l from DatasetImageLink l join fetch l.child where l.child.name = 'i0'")[0]
    assert link.child.isLoaded()
    assert link.child.name.val == "i0"
    assert not link.parent.isLoaded()


def page_of(limit: int, offset: int) -> ParametersI:
    params = ParametersI()
    params.theFilter = Filter()
    params.theFilter.limit, params.theFilter.offset = rtypes.rint(limit), rtypes.rint(offset)
    return params


def test_a_page_counts_objects_though_a_collection_is_fetched(store: Store) -> None:
    hql = "select d from Dataset d left outer join fetch d.imageLinks order by d.name"
    with store.read(SYSTEM) as tx:
        found = tx.find(hql, page_of(2, 0))
        rest = tx.find(hql, page_of(2, 2))
    assert [(d.name.val, d.sizeOfImageLinks()) for d in found] == [("d0", 5), ("d1", 0)]
    assert [d.name.val for d in rest] == ["d2"]


@pytest.mark.parametrize(
    "hql",
    [
        "select",
        "delete from Dataset",
        "select d from Nonsense d",
        "select d.nonsense from Dataset d",
        "select d from Dataset d where d.name = :missing",
        "select d from Dataset d; drop table Dataset",
        "select sqlite_version() from Dataset d",
        "select h.hash from passwords h",
        "select x.name from Dataset d",
    ],
)
def test_what_cannot_be_translated_is_a_query_exception(store: Store, hql: str) -> None:
    with store.read(SYSTEM) as tx, pytest.raises(omero.QueryException) as told:
        tx.values(hql)
    assert "Traceback" not in told.value.message


def test_a_parameter_is_never_read_as_hql(store: Store) -> None:
    assert values(store, "select d.id from Dataset d where d.name = :n", n="d0' or '1'='1") == []


def test_a_unit_field_may_be_joined_under_an_alias(store: Store) -> None:
    assert values(store, "select p.id from PlaneInfo p join p.deltaT t where t.value > 1 and t.unit = 'SECOND'") == []
    with store.read(SYSTEM) as tx, pytest.raises(omero.QueryException):
        tx.values("select t from PlaneInfo p join p.deltaT t")


# --- what omero-py's gateway asks ---

WRAPPED = [
    "Project", "Dataset", "Image", "Screen", "Plate", "PlateAcquisition", "Well", "Experimenter", "ExperimenterGroup",
    "OriginalFile", "Fileset", "Annotation", "TagAnnotation", "CommentAnnotation", "LongAnnotation", "FileAnnotation",
    "MapAnnotation", "Roi", "Shape",
]  # fmt: skip
OPTIONS: list[dict[str, Any] | None] = [
    None,
    {"order_by": "obj.id", "limit": 2, "offset": 0, "owner": 0},
    {"load_pixels": True, "load_channels": True, "load_thumbnails": True, "load_shapes": True},
]


@pytest.mark.parametrize("kind", WRAPPED)
def test_get_objects_of_the_gateway(store: Store, kind: str) -> None:
    gateway = object.__new__(omero.gateway._BlitzGateway)
    for options in OPTIONS:
        for ids in (None, [1]):
            query, params, _ = gateway.buildQuery(kind, ids, opts=dict(options) if options else None)
            with store.read(SYSTEM) as tx:
                found = tx.find(query, params)
            if kind == "Dataset" and ids is None and options is None:
                assert {obj.name.val for obj in found} == {"d0", "d1", "d2"}
                assert all(obj.details.owner.isLoaded() and obj.details.creationEvent.isLoaded() for obj in found)
