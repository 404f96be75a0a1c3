"""kill -9 in the middle of saves: what was acknowledged is there, once and whole."""

from __future__ import annotations

import random
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import Ice
import omero
import pytest
from omero.rtypes import rstring

from tests.functional.embedded.serving import PASSWORD, Serving

SAVES, WRITERS = 2000, 2


def graph(name: str) -> Any:
    """A project with a dataset in it and a tag on it, all of one name: six rows and two rows of the index."""
    project, dataset = omero.model.ProjectI(), omero.model.DatasetI()
    tag = omero.model.TagAnnotationI()
    project.name = dataset.name = tag.textValue = rstring(name)
    project.linkDataset(dataset)
    project.linkAnnotation(tag)
    return project


class Writer(threading.Thread):
    """Saves until the server is gone; notes ids by name once they are acknowledged."""

    def __init__(self, serving: Serving, names: list[str]) -> None:
        super().__init__()
        self._client = omero.client("127.0.0.1", serving.ssl_port)
        self._update = self._client.createSession("root", PASSWORD).getUpdateService()
        self._names = names
        self.acknowledged: dict[str, int] = {}

    def run(self) -> None:
        try:
            for name in self._names:
                self.acknowledged[name] = self._update.saveAndReturnObject(graph(name)).id.val
        except (Ice.SocketException, Ice.ProtocolException):
            pass  # the kill
        finally:
            self._client.__del__()


def kill_while_saving(data: Path, number: int, latest: int) -> None:
    """Start SAVES saves, kill the server after some of them, *latest* at most; see what is there."""
    after = random.Random(number).randrange(20, latest)
    with Serving(data) as serving:
        names = [f"kill-{number}-{place}" for place in range(SAVES)]
        writers = [Writer(serving, names[first::WRITERS]) for first in range(WRITERS)]
        for writer in writers:
            writer.start()
        while sum(len(writer.acknowledged) for writer in writers) < after:
            assert any(writer.is_alive() for writer in writers), serving.log()
            writers[0].join(0.001)
        serving.kill()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive()
    acknowledged = {name: object_id for writer in writers for name, object_id in writer.acknowledged.items()}
    assert after <= len(acknowledged) < SAVES
    with Serving(data) as serving:
        conn = serving.gateway()
        try:
            there(conn, number, acknowledged)
        finally:
            conn.close()
        serving.stop()
    whole(data / "omero.sqlite")


def there(conn: Any, number: int, acknowledged: dict[str, int]) -> None:
    """Each acknowledged graph once and whole; beside them at most what was under way."""
    query = conn.getQueryService()
    params = omero.sys.ParametersI().addString("names", f"kill-{number}-%")
    rows = query.projection(
        "select p.name, p.id, d.name, t.textValue from Project p left outer join p.datasetLinks l "
        "left outer join l.child d left outer join p.annotationLinks k left outer join k.child t "
        "where p.name like :names",
        params,
    )
    found = [tuple(None if cell is None else cell.val for cell in row) for row in rows]
    projects = {row[0]: row[1] for row in found}
    assert len(found) == len(projects), "a graph is there twice"
    assert {name: projects.get(name) for name in acknowledged} == acknowledged
    assert len(projects) <= len(acknowledged) + WRITERS
    assert all(row[0] == row[2] == row[3] for row in found), "a graph is half there"
    for kind, field in (("Dataset", "name"), ("TagAnnotation", "textValue")):
        counted = query.projection(f"select count(o) from {kind} o where o.{field} like :names", params)
        assert counted[0][0].val == len(projects), f"a {kind} belongs to nothing"
    first = next(iter(acknowledged))
    assert [obj.id.val for obj in query.findAllByFullText("Project", f'"{first}"', None)][:1] == [acknowledged[first]]


def whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        file.execute("INSERT INTO server__text(server__text) VALUES ('integrity-check')")


@pytest.mark.parametrize("number", range(2))
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, number: int) -> None:
    kill_while_saving(tmp_path / "data", number, latest=600)


@pytest.mark.long
def test_what_was_acknowledged_survives_twenty_kills(tmp_path: Path) -> None:
    for number in range(20):
        kill_while_saving(tmp_path / "data", 100 + number, latest=SAVES - 200)
