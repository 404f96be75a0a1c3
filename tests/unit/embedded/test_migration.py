"""Older stores are brought up, newer ones refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import omero
import pytest
from omero.rtypes import rlong, rstring, rtime

from omeropyr.embedded.fulltext import index
from omeropyr.embedded.fulltext.find import Finder
from omeropyr.embedded.fulltext.syntax import parse
from omeropyr.embedded.migration import MigrationFailed
from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.schema import SCHEMA_VERSION
from omeropyr.embedded.store import Store, WrongVersion
from tests.unit.embedded.conftest import dataset, image, tag


def original(name: str, repository: str | None) -> Any:
    made = omero.model.OriginalFileI()
    made.name, made.path, made.size = rstring(name), rstring("/"), rlong(0)
    made.repo = None if repository is None else rstring(repository)
    return made


def make_version_1(path: Path) -> None:
    """A store as version 1 had it: no index; and for the test without a table, a column, an index and a value."""
    store = Store(path)
    with store.write(SYSTEM) as tx:
        first = image("GFP-H2B_control.tif")
        first.description = rstring("µ")
        first.linkAnnotation(tag("mitosis"))
        annotation = omero.model.MapAnnotationI()
        annotation.mapValue = [omero.model.NamedValue("Gene", "Zürich 1")]
        first.linkAnnotation(annotation)
        tx.save_all([first, dataset("control set")])
        entry = omero.model.FilesetEntryI()
        entry.clientPath, entry.originalFile = rstring("/a/b.tif"), original("b.tif", None)
        fileset = omero.model.FilesetI()
        fileset.templatePrefix = rstring("root_0/")
        fileset.addFilesetEntry(entry)
        tx.save_all([original("a.py", "an old uuid"), original("mine", None), fileset])
    with store.write(SYSTEM) as tx:
        changed = tx.get("Image", first.id.val)
        changed.acquisitionDate = rtime(0)
        tx.save(changed)
    store.close()
    with closing(sqlite3.connect(path)) as file:
        for name, kind in file.execute("SELECT name, type FROM sqlite_master").fetchall():
            if kind == "trigger":
                file.execute(f"DROP TRIGGER {name}")
        for statement in (
            f"DROP TABLE {index.TERMS}",
            f"DROP TABLE {index.TEXT}",
            "DROP TABLE m_reagent",
            "DROP INDEX i_m_image_fileset",
            "ALTER TABLE m_image DROP COLUMN partial",
            "DELETE FROM m_pixelstype WHERE value = 'uint16'",
            "DELETE FROM m_eventlog",
            "INSERT INTO server__fact SELECT 'script ' || id, '/a.py' FROM m_originalfile WHERE name = 'a.py'",
            "INSERT INTO server__fact VALUES ('script repository', 'an old uuid')",
            "UPDATE server__fact SET value = '1' WHERE name = 'schema'",
        ):
            file.execute(statement)
        file.commit()


def shape(path: Path) -> dict[str, list[Any]]:
    """Tables, indexes and triggers with the names of their columns."""
    with closing(sqlite3.connect(path)) as file:
        named = file.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        return {name: sorted(row[1] for row in file.execute(f"PRAGMA table_info({name})")) for (name,) in named}


def found(store: Store, kind: str, query: str) -> list[Any]:
    with store.read(SYSTEM) as tx:
        ids = list(Finder(tx, model()[kind]).find(parse(query)))
        return [row[0] for row in tx.values(f"select o.name from {kind} o where o.id in (:ids)", {"ids": ids})]


def test_version_1_is_copied_aside_and_brought_up(tmp_path: Path) -> None:
    old, new = tmp_path / "omero.sqlite", tmp_path / "new.sqlite"
    make_version_1(old)
    Store(new).close()
    store = Store(old)
    assert shape(old) == shape(new)
    assert found(store, "Image", "h2b AND mitosis AND zurich AND μ") == ["GFP-H2B_control.tif"]
    assert found(store, "Dataset", "control") == ["control set"]
    with store.write(SYSTEM) as tx:
        assert tx.values("select t.bitSize from PixelsType t where t.value = 'uint16'") == [(16,)]
        tx.save(dataset("after"))
    assert found(store, "Dataset", "after") == ["after"]
    uuid = store.uuid
    store.close()
    aside = [path for path in tmp_path.iterdir() if path.name.startswith("omero.sqlite.v1-")]
    assert len(aside) == 1
    assert aside[0].stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(aside[0])) as copy:
        facts = dict(copy.execute("SELECT name, value FROM server__fact"))
        assert (facts["schema"], facts["uuid"]) == ("1", uuid)
        assert copy.execute("SELECT name FROM m_image").fetchall() == [("GFP-H2B_control.tif",)]
    Store(old).close()
    assert len([path for path in tmp_path.iterdir() if ".v1-" in path.name]) == 1


def test_files_of_version_1_are_told_their_repositories(tmp_path: Path) -> None:
    make_version_1(tmp_path / "omero.sqlite")
    store = Store(tmp_path / "omero.sqlite")
    with store.read(SYSTEM) as tx:
        repositories = dict(tx.values("select o.name, o.repo from OriginalFile o"))
    assert repositories == {"a.py": "ScriptRepo", "b.tif": store.uuid, "mine": None}
    store.close()


def test_what_was_in_version_1_is_in_the_log(tmp_path: Path) -> None:
    make_version_1(tmp_path / "omero.sqlite")
    store = Store(tmp_path / "omero.sqlite")
    with store.read(SYSTEM) as tx:
        log = tx.values("select l.entityType, l.action, l.event.time from EventLog l order by l.event.id, l.id")
        changed = tx.values("select i.details.creationEvent.time, i.details.updateEvent.time from Image i")
    kept = [(kind.removeprefix("ome.model."), action, time) for kind, action, time in log]
    assert [one for one in kept if one[0] == "core.Image"] == [
        ("core.Image", "INSERT", changed[0][0]),
        ("core.Image", "UPDATE", changed[0][1]),
    ]
    assert sorted(kind for kind, action, _ in kept if action == "INSERT" and kind.startswith("annotations.")) == [
        "annotations.ImageAnnotationLink",
        "annotations.ImageAnnotationLink",
        "annotations.MapAnnotation",
        "annotations.TagAnnotation",
    ]
    store.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "omero.sqlite"
    make_version_1(path)
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE m_annotation SET mapValue = '[broken' WHERE class__ = 'MapAnnotation'")
        file.commit()
    before = shape(path)
    with pytest.raises(
        MigrationFailed, match="schema 1 could not be brought to schema 3, and are as they were: malformed"
    ):
        Store(path)
    assert shape(path) == before
    assert [one.name for one in tmp_path.iterdir() if ".v1-" in one.name] == []
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT value FROM server__fact WHERE name = 'schema'").fetchone() == ("1",)


def test_a_newer_one_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "omero.sqlite"
    Store(path).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE server__fact SET value = '99' WHERE name = 'schema'")
        file.commit()
    with pytest.raises(WrongVersion, match=f"schema 99; this omeropyr knows {SCHEMA_VERSION}"):
        Store(path)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT value FROM server__fact WHERE name = 'schema'").fetchone() == ("99",)
    assert [one.name for one in tmp_path.iterdir() if ".v" in one.name] == []


def test_ids_stay_right_although_triggers_write_too(tmp_path: Path) -> None:
    store = Store(tmp_path / "omero.sqlite")
    with store.write(SYSTEM) as tx:
        made = tx.save_all([dataset(f"set {number}") for number in range(20)])
        assert [obj.id.val for obj in made] == list(range(1, 21))
        assert tx.save(image("one")).id.val == 1
    store.close()
