"""IQuery over real Ice: what its operations answer, and who sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import omero
import omero.all
import pytest
from omero.rtypes import rint, rlist, rlong, rstring, unwrap
from omero.sys import Filter, ParametersI


@dataclass
class World:
    """A read-only group of Ann and Bob; Ann's project over datasets a, B and c."""

    ann: Any
    bob: Any
    group: int
    project: int
    datasets: list[int]

    @property
    def query(self) -> Any:
        return self.ann.getQueryService()


@pytest.fixture(scope="module")
def world(omero_data: Any, gateway_of: Any) -> World:
    group = omero_data.add_group("query group", "rwr---")
    for name in ("query-ann", "query-bob"):
        omero_data.add_user(name, group, first_name=name)
    project = omero_data.add_project("query project", user="query-ann", group=group)
    datasets = [
        omero_data.add_dataset(f"query {name}", project=project, user="query-ann", group=group)
        for name in ("a", "B", "c")
    ]
    return World(gateway_of("query-ann"), gateway_of("query-bob"), group, project, datasets)


def page(offset: int, limit: int) -> Any:
    found = Filter()
    found.offset, found.limit = rint(offset), rint(limit)
    return found


def names(found: list[Any]) -> list[str]:
    return [one.name.val for one in found]


def test_get_and_find(world: World) -> None:
    assert world.query.get("Dataset", world.datasets[0]).name.val == "query a"
    assert world.query.find("DatasetI", world.datasets[1]).name.val == "query B"
    assert world.query.find("Dataset", 10**9) is None
    with pytest.raises(omero.ValidationException):
        world.query.get("Dataset", 10**9)
    with pytest.raises(omero.ApiUsageException):
        world.query.get("Nonsense", 1)


def test_find_all_has_pages(world: World) -> None:
    every = [one.id.val for one in world.query.findAll("Dataset", None)]
    assert every == sorted(every)
    assert set(world.datasets) <= set(every)
    assert [one.id.val for one in world.query.findAll("Dataset", page(1, 1))] == every[1:2]


def test_by_string(world: World) -> None:
    find = world.query.findAllByString
    assert names(find("Dataset", "name", "query b", True, None)) == []
    assert names(find("Dataset", "name", "QUERY B", False, None)) == ["query B"]
    assert names(find("Dataset", "name", "query _", True, page(1, 2))) == ["query B", "query c"]
    assert world.query.findByString("Dataset", "name", "query c").id.val == world.datasets[2]
    with pytest.raises(omero.ApiUsageException):
        find("Dataset", "nonsense", "x", True, None)


def test_by_example(world: World) -> None:
    example = omero.model.DatasetI()
    example.name = rstring("query B")
    assert world.query.findByExample(example).id.val == world.datasets[1]
    assert world.query.findAllByExample(example, page(1, 5)) == []


def test_by_query(world: World) -> None:
    params = ParametersI().addIds(world.datasets)
    hql = "select d from Dataset d where d.id in (:ids) order by lower(d.name)"
    assert names(world.query.findAllByQuery(hql, params)) == ["query a", "query B", "query c"]
    params.page(1, 1)
    assert names(world.query.findAllByQuery(hql, params)) == ["query B"]
    with pytest.raises(omero.ApiUsageException):
        world.query.findByQuery(hql, ParametersI().addIds(world.datasets))
    assert world.query.findByQuery("select d from Dataset d where d.id = -1", None) is None


def test_a_page_of_objects_with_what_hangs_on_them(world: World) -> None:
    hql = (
        "select distinct p from Project p left outer join fetch p.datasetLinks l left outer join fetch l.child d "
        "join fetch p.details.owner where p.id = :id order by p.id"
    )
    params = ParametersI().addId(world.project)
    params.page(0, 1)
    (found,) = world.query.findAllByQuery(hql, params)
    assert sorted(names(found.linkedDatasetList())) == ["query B", "query a", "query c"]
    assert found.details.owner.omeName.val == "query-ann"
    assert not found.isAnnotationLinksLoaded()
    assert not found.copyDatasetLinks()[0].child.isImageLinksLoaded()


def test_projections_come_as_rtypes(world: World) -> None:
    hql = (
        "select d.id, d.name, d.version, size(d.projectLinks), d, "
        "new map(d.name as n, d as dataset_details_permissions) "
        "from Dataset d where d.name = :n"
    )
    params = ParametersI()
    params.addString("n", "query a")
    for conn, own in ((world.ann, True), (world.bob, False)):
        (row,) = conn.getQueryService().projection(hql, params)
        kinds = [type(cell).__name__ for cell in row]
        assert kinds == ["RLongI", "RStringI", "RIntI", "RIntI", "RObjectI", "RMapI"]
        assert [cell.val for cell in row[:4]] == [world.datasets[0], "query a", 0, 1]
        assert row[4].val.details.permissions.canEdit() is own
        assert unwrap(row[5])["dataset_details_permissions"]["canDelete"] is own
        assert unwrap(row[5])["n"] == "query a"


def test_equal_values_may_be_one_object_and_still_be_read(world: World) -> None:
    params = ParametersI()
    params.add("n", rlist([rstring("query a"), rstring("query c")]))
    hql = "select d.version, p.name, p.id from Dataset d join d.projectLinks l join l.parent p where d.name in (:n)"
    assert unwrap(world.query.projection(hql, params)) == [[0, "query project", world.project]] * 2


def test_refresh_reads_again(world: World) -> None:
    before = world.query.get("Dataset", world.datasets[2])
    changed = world.query.get("Dataset", world.datasets[2])
    changed.description = rstring("changed")
    world.ann.getUpdateService().saveObject(changed)
    assert before.description is None
    assert world.query.refresh(before).description.val == "changed"
    before.name = rstring("too late")
    with pytest.raises(omero.OptimisticLockException):
        world.ann.getUpdateService().saveObject(before)


def test_the_group_of_the_call_is_the_group_of_a_change(world: World, omero_data: Any) -> None:
    other = omero_data.add_group("query other")
    omero_data.add_user("query-both", world.group, other)
    dataset = omero_data.add_dataset("query elsewhere", user="query-both", group=other)
    conn = omero.client("127.0.0.1", omero_data.server.ssl_port)
    try:
        session = conn.createSession("query-both", "omero")
        every, own = {"omero.group": "-1"}, {"omero.group": str(other)}
        found = session.getQueryService().get("Dataset", dataset, every)
        found.description = rstring("from the wrong group")
        with pytest.raises(omero.SecurityViolation):
            session.getUpdateService().saveObject(found, {"omero.group": str(world.group)})
        session.getUpdateService().saveObject(found, own)
        hql = "select d.description from Dataset d where d.id = :id"
        params = ParametersI()
        params.add("id", rlong(dataset))
        assert unwrap(session.getQueryService().projection(hql, params, own)) == [["from the wrong group"]]
        assert session.getQueryService().projection(hql, params, {"omero.group": str(world.group)}) == []
    finally:
        conn.closeSession()
