"""The unmodified ``omero`` command: objects, queries, files, tags, search, and moving, giving and deleting."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from omeropyr.testing import OmeroData

Rows = Callable[[str], list[list[str]]]


@dataclass
class World:
    run: Any  # the command, with the user cli-ed logged in
    user: int
    home: int
    other: int
    project: int
    dataset: int
    image: int


@pytest.fixture(scope="module")
def world(omero_command: Any, omero_data: OmeroData) -> World:
    home, other = omero_data.add_group("cli-home", "rwra--"), omero_data.add_group("cli-other", "rwrw--")
    user = omero_data.add_user("cli-ed", home, other, first_name="Ed", last_name="Data", owner=True)
    omero_data.add_user("cli-flo", home, other)
    assert "Current group: cli-home" in omero_command.log_in("cli-ed")
    project = new(omero_command, "Project", "name=Alpha project", "description=first")
    dataset = new(omero_command, "Dataset", "name=Beta set")
    new(omero_command, "ProjectDatasetLink", f"parent=Project:{project}", f"child=Dataset:{dataset}")
    planes = np.arange(2 * 8 * 10, dtype=np.uint16).reshape(2, 8, 10)
    image = omero_data.add_image(planes, "cells.ome.tiff", dataset=dataset, user="cli-ed")
    return World(omero_command, user, home, other, project, dataset, image)


def new(run: Any, kind: str, *fields: str) -> int:
    """Id of what ``obj new`` made."""
    said = run("obj", "new", kind, *fields)
    assert said.startswith(f"{kind}:"), said
    return int(said.removeprefix(f"{kind}:"))


# --- obj ---


def test_an_object_is_read_and_changed(world: World) -> None:
    dataset = f"Dataset:{world.dataset}"
    assert world.run("obj", "update", dataset, "description=described") == dataset
    assert world.run("obj", "get", dataset, "description") == "described"
    said = world.run("obj", "get", dataset)
    assert said.splitlines() == ["description=described", f"id={world.dataset}", "name=Beta set", "version=1"]
    assert world.run("obj", "null", dataset, "description") == dataset
    assert world.run("obj", "get", dataset, "description") == ""


def test_maps_and_lists_of_an_object(world: World) -> None:
    number = new(world.run, "MapAnnotation", "ns=test.cli")
    annotation = f"MapAnnotation:{number}"
    assert world.run("obj", "map-set", annotation, "mapValue", "stain", "DAPI") == annotation
    assert world.run("obj", "map-get", annotation, "mapValue", "stain") == "DAPI"
    assert world.run("obj", "list-get", annotation, "mapValue", "0") == "(stain,DAPI)"


def test_an_outside_id_of_an_object(world: World) -> None:
    image = f"Image:{world.image}"
    world.run("obj", "ext-info-set", image, "7", "example", "urn:lsid:example:1")
    assert world.run("obj", "ext-info-get", image, "lsid") == "urn:lsid:example:1"
    assert world.run("obj", "ext-info-get", image, "entityId") == "7"


def test_an_unknown_object_is_an_error(world: World) -> None:
    assert "999999999" in world.run("obj", "get", "Dataset:999999999", fails=True)


# --- hql ---

HQL = {
    "entity": ("select p from Project p where p.id = {project}", "0,ProjectI,{project},,{version},Alpha project,first"),
    "columns": ("select p.id, p.name from Project p where p.id = {project}", "0,{project},Alpha project"),
    "count": ("select count(i) from Image i where i.id = {image}", "0,1"),
    "order": (
        "select g.name from ExperimenterGroup g where g.name in ('cli-home', 'cli-other') order by g.name desc",
        "0,cli-other\n1,cli-home",
    ),
    "implicit join": (
        "select i.details.owner.lastName, i.details.creationEvent.type.value from Image i where i.id = {image}",
        "0,Data,User",
    ),
    "join": (
        "select d.name, p.name from ProjectDatasetLink l join l.parent p join l.child d where p.id = {project}",
        "0,Beta set,Alpha project",
    ),
    "size": ("select p.name, size(p.datasetLinks) from Project p where p.id = {project}", "0,Alpha project,1"),
    "aggregate": (
        "select px.sizeX, px.sizeY, sum(px.sizeC * px.sizeZ), px.pixelsType.value from Pixels px "
        "where px.image.id = {image} group by px.sizeX, px.sizeY, px.pixelsType.value having count(px) > 0",
        "0,10,8,2,uint16",
    ),
    "subselect": (
        "select p.name from Project p where exists (select l from ProjectDatasetLink l join l.child d where "
        "l.parent = p and d.id in (select k.parent.id from DatasetImageLink k where k.child.id = {image}))",
        "0,Alpha project",
    ),
    "case": (
        "select case when i.description is null then 'none' else i.description end, i.details.owner.omeName, "
        "upper(i.details.group.name) from Image i where i.id = {image}",
        "0,none,cli-ed,CLI-HOME",
    ),
    "fetch": (
        "select count(distinct c) from Image i join i.pixels px join px.channels c left outer join "
        "c.logicalChannel lc where i.id = {image} and (lc is not null or 1 = 2)",
        "0,1",
    ),
}


@pytest.mark.parametrize("name", HQL)
def test_hql(world: World, name: str) -> None:
    query, expected = HQL[name]
    said = world.run("hql", "-q", query.format_map(vars(world)), "--style", "plain")
    if name == "entity":
        number, kind, found, details, *values = said.split(",")
        assert (number, kind, found) == ("0", "ProjectI", str(world.project))
        assert details == f"owner={world.user};group={world.home}"
        assert values[-2:] == ["Alpha project", "first"]
    else:
        assert said == expected.format_map(vars(world))


def test_hql_shows_ids_and_pages(world: World, rows_of: Rows) -> None:
    query = "select g from ExperimenterGroup g order by g.id"
    rows = rows_of(world.run("hql", "-q", query, "--ids-only", "--limit", "2", "--offset", "1"))
    assert rows[1:] == [["0", "ExperimenterGroupI:1"], ["1", "ExperimenterGroupI:2"]]


def test_hql_that_is_wrong_is_said_to_be(world: World) -> None:
    assert "Bad query" in world.run("hql", "-q", "select x from Nothing x", fails=True)


# --- search, files, tags ---


def test_search(world: World) -> None:
    assert world.run("search", "Project", "Alpha", "--ids-only", "--style", "plain") == f"0,ProjectI:{world.project}"
    assert world.run("search", "Image", "cells*", "--ids-only", "--style", "plain") == f"0,ImageI:{world.image}"
    assert world.run("search", "Dataset", "Zzyzx", fails=True) == "No results found."


def test_a_file_goes_up_and_down_whole(world: World) -> None:
    content = bytes(range(256)) * 5000
    source, target = world.run.home / "up.bin", world.run.home / "down.bin"
    source.write_bytes(content)
    found = re.search(r"OriginalFile:(\d+)", world.run("upload", str(source)))
    assert found
    said = world.run("obj", "get", f"OriginalFile:{found[1]}")
    assert {"name=up.bin", f"size={len(content)}", f"hash={hashlib.sha1(content).hexdigest()}"} <= set(said.split("\n"))
    world.run("download", f"OriginalFile:{found[1]}", str(target))
    assert target.read_bytes() == content


def test_the_file_of_an_image_comes_down(world: World) -> None:
    target = world.run.home / "files of the image"
    world.run("download", f"Image:{world.image}", str(target))
    (file,) = [path for path in target.rglob("*") if path.is_file()]
    assert file.name == "array.ome.tiff"
    assert file.read_bytes()[:4] == b"II*\0"
    assert "No OriginalFile" in world.run("download", "OriginalFile:999999999", str(target), fails=True)


def test_tags(world: World) -> None:
    said = world.run("tag", "create", "--name", "mitosis", "--desc", "dividing")
    tag = said.removeprefix("TagAnnotation:")
    made = world.run("tag", "createset", "--name", "phases", "--desc", "of the cell", "--tag", tag)
    tag_set = made.removeprefix("TagAnnotation:")
    assert world.run("tag", "link", f"Image:{world.image}", tag).startswith("ImageAnnotationLink:")
    listed = world.run("tag", "list", "--nopage")
    assert f"{tag_set}:'phases'" in listed
    assert f"{tag}:'mitosis'" in listed
    assert f"{tag_set}|phases" in world.run("tag", "listsets", "--nopage")
    query = f"select l.child.textValue from ImageAnnotationLink l where l.parent.id = {world.image}"
    assert world.run("hql", "-q", query, "--style", "plain") == "0,mitosis"


# --- fs ---


def test_usage_of_files(world: World) -> None:
    said = world.run("fs", "usage", f"Image:{world.image}", "--size-only")
    query = (
        "select sum(f.size) from FilesetEntry e join e.originalFile f join e.fileset s join s.images i "
        f"where i.id = {world.image}"
    )
    stored = world.run("hql", "-q", query, "--style", "plain").split(",")[1]
    assert int(said) >= int(stored) > 0
    mine = world.run("fs", "usage", "--report")
    found = re.search(r"Total disk usage: (\d+) bytes in (\d+) files", mine)
    assert found
    assert int(found[1]) >= int(stored)


def test_repositories_and_filesets(world: World, rows_of: Rows) -> None:
    _, *repositories = rows_of(world.run("fs", "repos"))
    assert "Managed" in [row[3] for row in repositories]
    _, *filesets = rows_of(world.run("fs", "sets"))
    assert [row[0] for row in filesets] == [str(n) for n in range(len(filesets))]
    assert filesets


# --- moving, giving, deleting ---


def group_of(world: World, kind: str, number: int) -> str:
    query = f"select x.details.group.name, x.details.owner.omeName from {kind} x where x.id = {number}"
    return str(world.run("hql", "--all", "-q", query, "--style", "plain"))


def test_chgrp_moves_a_dataset_with_its_images(world: World) -> None:
    project = new(world.run, "Project", "name=goes along")
    dataset = new(world.run, "Dataset", "name=moves")
    new(world.run, "ProjectDatasetLink", f"parent=Project:{project}", f"child=Dataset:{dataset}")
    assert world.run("chgrp", "cli-other", f"Project:{project}", "--dry-run").endswith("Dry run performed\nok")
    assert group_of(world, "Dataset", dataset) == "0,cli-home,cli-ed"
    said = world.run("chgrp", "cli-other", f"Project:{project}", "--report")
    assert said.startswith(f"omero.cmd.Chgrp2 Project:{project} ok")
    assert f"Dataset:{dataset}" in said
    assert group_of(world, "Project", project) == "0,cli-other,cli-ed"
    assert group_of(world, "Dataset", dataset) == "0,cli-other,cli-ed"
    assert "not member of group: 0" in world.run.both("chgrp", "system", f"Project:{project}")


def test_chown_gives_a_project_to_a_colleague(world: World) -> None:
    project = new(world.run, "Project", "name=given away")
    said = world.run("chown", "cli-flo", f"Project:{project}", "--report")
    assert said.startswith(f"omero.cmd.Chown2 Project:{project} ok")
    assert group_of(world, "Project", project) == "0,cli-home,cli-flo"


def test_delete_tries_first_and_reports(world: World) -> None:
    project, dataset = new(world.run, "Project", "name=gone"), new(world.run, "Dataset", "name=gone too")
    new(world.run, "ProjectDatasetLink", f"parent=Project:{project}", f"child=Dataset:{dataset}")
    tried = world.run("delete", f"Project:{project}", "--dry-run", "--report")
    assert tried.startswith(f"omero.cmd.Delete2 Project:{project} Dry run performed")
    assert f"Dataset:{dataset}" in tried
    assert group_of(world, "Project", project) == "0,cli-home,cli-ed"
    said = world.run("delete", f"Project:{project}", "--report")
    assert said.startswith(f"omero.cmd.Delete2 Project:{project} ok")
    assert "Deleted objects" in said
    assert group_of(world, "Project", project) == ""
    assert group_of(world, "Dataset", dataset) == ""


def test_delete_of_what_is_not_there_finds_nothing(world: World) -> None:
    said = world.run.both("delete", "Project:999999999", "--report")
    assert "Deleted objects" not in said
