"""Tables as files over real Ice: rights, bytes, deletion, and the clients that fill them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.all
import omero.gateway
import omero.grid
import pytest
from omero.rtypes import rstring, unwrap

from omeropyr.embedded.dispatch import Service, operations
from omeropyr.embedded.services.rawfile import RawFileStore
from omeropyr.embedded.services.repository import ManagedRepository
from omeropyr.embedded.services.shared_resources import SharedResources
from omeropyr.embedded.services.table import Table
from tests.functional.embedded.tables.opening import id_of, new_table, open_table

G = omero.grid


def test_the_file_belongs_to_who_made_it_and_can_be_downloaded(people: Any) -> None:
    owner, member = people("rwra--")
    table = new_table(owner, "mine.h5")
    table.initialize([G.LongColumn("n")])
    table.addData([G.LongColumn("n", "", [1, 2, 3])])
    file_id = id_of(table)
    table.close()
    file = owner.getObject("OriginalFile", file_id)
    assert (file.getMimetype(), file.getPath(), file.getName()[-7:]) == ("OMERO.tables", "/folder/", "mine.h5")
    assert file.getOwner().id == owner.getUserId()
    data = b"".join(member.getObject("OriginalFile", file_id).getFileInChunks())
    assert (len(data), hashlib.sha1(data).hexdigest()) == (file.getSize(), file.getHash())

    copy = owner.createOriginalFileFromFileObj(io.BytesIO(data), "/", "copy.h5", len(data), "OMERO.tables")
    again = open_table(owner, copy.id)
    assert again.read([0], 0, 0).columns[0].values == [1, 2, 3]
    again.close()


@pytest.mark.parametrize("level", ["rw----", "rwr---", "rwra--", "rwrw--"])
def test_rights_are_those_of_the_file(people: Any, level: str) -> None:
    owner, member = people(level)
    table = new_table(owner)
    table.initialize([G.LongColumn("n")])
    table.addData([G.LongColumn("n", "", [1])])
    file_id = id_of(table)
    if level == "rw----":
        with pytest.raises(omero.ValidationException):
            open_table(member, file_id)
        table.close()
        return
    theirs = open_table(member, file_id)
    assert theirs.read([0], 0, 0).columns[0].values == [1]
    changes = [
        lambda: theirs.addData([G.LongColumn("n", "", [2])]),
        lambda: theirs.addColumn(G.LongColumn("m", "", [2])),
        lambda: theirs.update(G.Data(0, [0], [G.LongColumn("n", "", [2])])),
        lambda: theirs.setMetadata("a", rstring("b")),
        lambda: theirs.setAllMetadata({}),
        lambda: theirs.initialize([G.LongColumn("m")]),
        lambda: theirs.delete(),
    ]
    if level == "rwrw--":
        changes[0]()
        assert table.getNumberOfRows() == 2
    else:
        for change in changes:
            with pytest.raises(omero.SecurityViolation):
                change()
        assert table.getNumberOfRows() == 1
    theirs.close()
    table.close()


def test_delete_removes_file_and_bytes(gateway: Any, embedded: Any) -> None:
    table = new_table(gateway)
    table.initialize([G.LongColumn("n")])
    file_id = id_of(table)
    assert embedded.tables.path(file_id).is_file()
    table.delete()
    assert gateway.getObject("OriginalFile", file_id) is None
    assert not embedded.tables.path(file_id).exists()
    assert not embedded.tables.is_open(file_id)


@pytest.mark.parametrize(
    "data",
    [b"\x89HDF\r\n\x1a\n" + b"\0" * 100, b"SQLite format 3\0" + b"\0" * 5000, b"hello"],
    ids=["HDF5", "damaged", "text"],
)
def test_bytes_that_are_no_table_are_refused(gateway: Any, data: bytes) -> None:
    file = gateway.createOriginalFileFromFileObj(io.BytesIO(data), "/", "odd.h5", len(data), "OMERO.tables")
    with pytest.raises(omero.ValidationException):
        open_table(gateway, file.id)
    with pytest.raises(omero.ValidationException):
        open_table(gateway, 10**9)


@pytest.mark.parametrize("mimetype", ["text/plain", "OMERO.tables"])
def test_an_empty_file_becomes_a_table_only_where_it_was_meant_to(people: Any, mimetype: str) -> None:
    owner, member = people("rwr---")
    file = owner.createOriginalFileFromFileObj(io.BytesIO(b"x"), "/", "empty", 1, mimetype)
    store = owner.c.sf.createRawFileStore()
    store.setFileId(file.id)
    store.truncate(0)
    store.close()
    with pytest.raises(omero.ValidationException):
        open_table(member, file.id)
    if mimetype == "text/plain":
        with pytest.raises(omero.ValidationException):
            open_table(owner, file.id)
        return
    table = open_table(owner, file.id)
    table.initialize([G.LongColumn("n")])
    table.close()
    assert open_table(member, file.id).getNumberOfRows() == 0


def test_a_table_that_is_deleted_meanwhile_takes_nothing_more(people: Any, embedded: Any) -> None:
    owner, member = people("rwrw--")
    table = new_table(owner)
    table.initialize([G.LongColumn("n")])
    table.addData([G.LongColumn("n", "", [1])])
    file_id = id_of(table)
    member.deleteObjects("OriginalFile", [file_id], wait=True)
    assert not embedded.tables.path(file_id).exists()
    assert table.read([0], 0, 0).columns[0].values == [1]
    with pytest.raises(omero.ResourceError, match="deleted"):
        table.addData([G.LongColumn("n", "", [2])])
    with pytest.raises(omero.ValidationException):
        table.getOriginalFile()
    table.close()
    assert not embedded.tables.is_open(file_id)


@pytest.mark.parametrize("service", [Table, SharedResources, ManagedRepository, RawFileStore])
def test_every_operation_is_there(service: type[Service]) -> None:
    assert [name for name in operations(service.slice_type) if not hasattr(service, name)] == []


def test_processors_are_not_there(gateway: Any) -> None:
    resources = gateway.c.sf.sharedResources()
    assert resources.areTablesEnabled() is True
    with pytest.raises(omero.ResourceError, match="no processor"):
        resources.acquireProcessor(omero.model.ScriptJobI(), 1)
    with pytest.raises(omero.SecurityViolation):
        resources.addProcessor(None)
    resources.removeProcessor(None)


def test_who_vanishes_leaves_a_table_in_order(embedded: Any, omero_data: Any) -> None:
    omero_data.add_user("vanishing")
    client = omero.client("127.0.0.1", embedded.ssl_port)
    client.createSession("vanishing", "omero")
    table = client.sf.sharedResources().newTable(0, "gone.h5")
    table.initialize([G.LongColumn("n")])
    file_id = id_of(table)
    client.__del__()
    path = embedded.tables.path(file_id)
    with embedded.store.read(omero_data.actor("vanishing")) as tx:
        file = tx.get("OriginalFile", file_id)
    assert not embedded.tables.is_open(file_id)
    assert (file.size.val, file.hash.val) == (path.stat().st_size, hashlib.sha1(path.read_bytes()).hexdigest())


# --- clients that nobody here wrote ---


@pytest.mark.filterwarnings("ignore:This module is deprecated:DeprecationWarning")
def test_omero_py_fills_a_bulk_annotation_table(omero_data: Any, gateway_of: Any, tmp_path: Path) -> None:
    from omero.util import populate_metadata

    omero_data.add_user("populating")
    gateway = gateway_of("populating")
    dataset = omero_data.add_dataset("treated", user="populating")
    plane = np.zeros((4, 5), np.uint8)
    images = [omero_data.add_image(plane, name, dataset=dataset, user="populating") for name in ("a.tif", "b.tif")]
    csv = tmp_path / "table.csv"
    csv.write_text("# header s,d,s\nImage Name,concentration,drug\nb.tif,0.5,ether\na.tif,1.5,none\n")
    target = omero.model.DatasetI(dataset, False)
    context = populate_metadata.ParsingContext(gateway.c, target, file=str(csv))
    context.parse()
    context.write_to_omero()
    (annotation,) = gateway.getObject("Dataset", dataset).listAnnotations()
    assert annotation.getNs() == "openmicroscopy.org/omero/bulk_annotations"
    table = open_table(gateway, annotation.getFile().getId())
    columns = {column.name: column.values for column in table.slice([], []).columns}
    table.close()
    assert columns == {
        "Image Name": ["b.tif", "a.tif"],
        "concentration": [0.5, 1.5],
        "drug": ["ether", "none"],
        "image": images[::-1],
    }


def test_a_web_page_of_a_table(gateway: Any, measures: Any) -> None:
    """What OMERO.web does for a query with paging and columns by name."""
    table = open_table(gateway, id_of(measures))
    try:
        assert table.getOriginalFile().details.group.id.val == measures.getOriginalFile().details.group.id.val
        names = [column.name for column in table.getHeaders()]
        hits = table.getWhereList("(Well==3)", None, 0, table.getNumberOfRows(), 0)
        page = table.slice([names.index("s"), names.index("Well")], hits[1:3])
        assert [row for row in zip(*(column.values for column in page.columns), strict=True)] == [("it's", 3), ("a", 3)]
        assert unwrap(table.getAllMetadata())["__version"] == "2"
    finally:
        table.close()
