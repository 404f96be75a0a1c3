"""OMERO.tables over real Ice: every operation, column type and refusal."""

from __future__ import annotations

import hashlib
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.all
import omero.gateway
import omero.grid
import pytest
from omero.rtypes import rdouble, rfloat, rint, rlong, rstring, unwrap

from omeropyr.embedded.dispatch import Service, operations
from omeropyr.embedded.services.rawfile import RawFileStore
from omeropyr.embedded.services.repository import ManagedRepository
from omeropyr.embedded.services.shared_resources import SharedResources
from omeropyr.embedded.services.table import Table

_numbers = itertools.count(1)
G = omero.grid


def new_table(gateway: Any, name: str = "test.h5") -> Any:
    resources = gateway.c.sf.sharedResources()
    repository = resources.repositories().descriptions[0].id.val
    return resources.newTable(repository, f"/folder/{next(_numbers)}-{name}")


def open_table(gateway: Any, file_id: int) -> Any:
    return gateway.c.sf.sharedResources().openTable(omero.model.OriginalFileI(file_id, False))


def id_of(table: Any) -> int:
    return int(table.getOriginalFile().id.val)


@pytest.fixture
def measures(gateway: Any) -> Any:
    """A table of six rows; root's."""
    table = new_table(gateway)
    table.initialize(
        [G.WellColumn("Well", "", []), G.DoubleColumn("x", "a number", []), G.StringColumn("s", "", 8, [])]
    )
    wells, numbers = [1, 2, 3, 3, 3, 4], [0.5, 1.5, 2.5, 3.5, -1.0, 9.0]
    words = ["a", "b", "ü", "it's", "a", "z"]
    table.addData(
        [G.WellColumn("Well", "", wells), G.DoubleColumn("x", "", numbers), G.StringColumn("s", "", 8, words)]
    )
    yield table
    table.close()


@pytest.fixture
def people(omero_data: Any, gateway_of: Any) -> Any:
    """A function from a group's level to an owner and a member, connected."""

    def make(level: str) -> tuple[Any, Any]:
        group = omero_data.add_group(permissions=level)
        names = [f"tables-{next(_numbers)}" for _ in range(2)]
        for name in names:
            omero_data.add_user(name, group)
        return gateway_of(names[0]), gateway_of(names[1])

    return make


COLUMNS = {
    "file": (G.FileColumn, [1, -2, 2**62]),
    "image": (G.ImageColumn, [1, 2, 3]),
    "roi": (G.RoiColumn, [4, 5, 6]),
    "well": (G.WellColumn, [7, 8, 9]),
    "plate": (G.PlateColumn, [1, 1, 1]),
    "dataset": (G.DatasetColumn, [3, 2, 1]),
    "bool": (G.BoolColumn, [True, False, True]),
    "long": (G.LongColumn, [-(2**63), 0, 2**63 - 1]),
    "double": (G.DoubleColumn, [0.1, -1e300, float("inf")]),
}
SIZED = {
    "string": (G.StringColumn, 5, ["", "héé", "12345"]),
    "float array": (G.FloatArrayColumn, 2, [[0.5, 1.5], [2.0, 3.0], [-1.0, 4.0]]),
    "double array": (G.DoubleArrayColumn, 1, [[0.1], [0.2], [0.3]]),
    "long array": (G.LongArrayColumn, 3, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
}


@pytest.mark.parametrize("name", [*COLUMNS, *SIZED])
def test_each_type_of_column_gives_back_its_values(gateway: Any, name: str) -> None:
    kind, *rest = (COLUMNS | SIZED)[name]
    *size, values = rest
    table = new_table(gateway)
    try:
        table.initialize([kind(name, "what it is", *size, [])])
        table.addData([kind(name, "", *size, values)])
        header = table.getHeaders()[0]
        assert (type(header), header.name, header.description) == (kind, name, "what it is")
        assert list(header.values) == []
        assert not size or header.size == size[0]
        assert [list(v) if isinstance(v, list) else v for v in table.read([0], 0, 0).columns[0].values] == values
        assert table.readCoordinates([2, 0]).columns[0].values == [values[2], values[0]]
        changed = table.slice([0], [1])
        changed.columns[0].values = [values[2]]
        table.update(changed)
        assert table.slice([], []).columns[0].values == [values[0], values[2], values[2]]
    finally:
        table.close()


def test_masks_keep_their_bytes(gateway: Any) -> None:
    table = new_table(gateway)
    try:
        table.initialize([G.MaskColumn("m", "", None, None, None, None, None, None, None, None), G.LongColumn("n")])
        mask = G.MaskColumn("m", "", [1, 2], [0, 1], [2, 3], [0.5, 1], [1, 2], [3, 4], [5, 6], [b"\1\2\3", b""])
        table.addData([mask, G.LongColumn("n", "", [10, 20])])
        table.addData([mask, G.LongColumn("n", "", [30, 40])])
        found = table.slice([0], [3, 0]).columns[0]
        assert (found.imageId, found.theZ, found.theT, found.x) == ([2, 1], [1, 0], [3, 2], [1.0, 0.5])
        assert [bytes(bytearray(one)) for one in found.bytes] == [b"", b"\1\2\3"]
        mask.theZ = [0]
        with pytest.raises(omero.ValidationException, match="differ in length"):
            table.addData([mask, G.LongColumn("n", "", [1, 2])])
        assert table.getNumberOfRows() == 4
    finally:
        table.close()


CONDITIONS = [
    ("(Well == 3) & (x > 2)", {}, [2, 3]),
    ("(Well==3)|(x<1)", {}, [0, 2, 3, 4]),
    ("~(Well == 3)", {}, [0, 1, 5]),
    ("(Well == 3) ^ (x > 3)", {}, [2, 4, 5]),
    ("s == 'a'", {}, [0, 4]),
    ('s == b"it\'s"', {}, [3]),
    ("s == 'it\\'s'", {}, [3]),
    ("s == 'ü'", {}, [2]),
    ("s > 'a'", {}, [1, 2, 3, 5]),
    ("contains(s, 't')", {}, [3]),
    ("x*2 + 1 >= Well ** 2", {}, [0, 1, 5]),
    ("x / 2 == 0.75", {}, [1]),
    ("Well % 2 == 0", {}, [1, 5]),
    ("-x == 1", {}, [4]),
    ("sqrt(x) == 3", {}, [5]),
    ("where(x < 0, Well, 0) == 3", {}, [4]),
    ("abs(x) < lim", {"lim": rdouble(1.2)}, [0, 4]),
    ("w == n", {"w": rstring("Well"), "n": rlong(4)}, [5]),
    ("s == v", {"v": rstring("' or 1==1 or 'a")}, []),
    ("s == v", {"v": rstring("z")}, [5]),
    ("Well == 1e0", {"unused": rint(1)}, [0]),
    ("(1 < Well) & (Well <= 3) & True", {}, [1, 2, 3, 4]),
]


@pytest.mark.parametrize(("condition", "variables", "expected"), CONDITIONS, ids=[row[0] for row in CONDITIONS])
def test_conditions(measures: Any, condition: str, variables: dict[str, Any], expected: list[int]) -> None:
    assert measures.getWhereList(condition, variables, 0, 0, 0) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [((0, 0, 0), [2, 3, 4]), ((3, 0, 0), [3, 4]), ((0, 4, 0), [2, 3]), ((0, 0, 2), [2, 4]), ((-2, 0, 0), [4])],
    ids=str,
)
def test_a_condition_looks_at_a_range(measures: Any, span: tuple[int, int, int], expected: list[int]) -> None:
    assert measures.getWhereList("Well == 3", {}, *span) == expected


HOSTILE = {
    "or": "Well == 1 or 1=1",
    "word or": "(Well == 1) or (1 == 1)",
    "import": "__import__('os').system('id')",
    "attribute": "Well.__class__",
    "index": "Well[0]",
    "lambda": "lambda: 1",
    "call of a column": "Well(1)",
    "open quote": "s == 'a",
    "semicolon": "Well == 1; x == 2",
    "unicode digits": "Well == ١",
    "subselect": "Well in (select 1)",
    "format": "s == f'{x}'",
    "hexadecimal": "Well == 0x1",
    "chain": "1 < Well < 3",
    "constant": "1 == 1",
    "no truth": "Well + 1",
    "text and number": "s == 1",
    "number of a text": "s + 1 == 2",
    "unknown": "obj0.id == 1",
    "unknown name": "Wells == 1",
    "empty": "",
    "deep": "(" * 5000 + "Well" + ")" * 5000,
    "signs": "-" * 5000 + "Well == 1",
    "power of ints": "Well ** 9 ** 9 ** 9 == 1",
    "huge number": "Well == " + "9" * 5000,
    "float on bits": "x & 1 == 1",
    "nul": "Well == 1\0",
    "long": "Well == 1 " + " " * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_condition_is_refused(measures: Any, name: str) -> None:
    with pytest.raises(omero.ApiUsageException, match=r"Bad condition|There is no column"):
        measures.getWhereList(HOSTILE[name], {}, 0, 0, 0)


REFUSED = {
    "no column": (lambda t: t.read([], 0, 1), omero.ApiUsageException),
    "column too far": (lambda t: t.read([3], 0, 1), omero.ApiUsageException),
    "column below 0": (lambda t: t.slice([-1], []), omero.ApiUsageException),
    "row too far": (lambda t: t.slice([0], [6]), omero.ApiUsageException),
    "row below 0": (lambda t: t.readCoordinates([-1]), omero.ApiUsageException),
    "no row": (lambda t: t.readCoordinates([]), omero.ApiUsageException),
    "initialized twice": (lambda t: t.initialize([G.LongColumn("a")]), omero.ValidationException),
    "fewer columns": (lambda t: t.addData([G.WellColumn("Well", "", [1])]), omero.ApiUsageException),
    "no columns": (lambda t: t.addData([]), omero.ApiUsageException),
    "null among columns": (lambda t: t.addData([None, None, None]), omero.ApiUsageException),
    "another type": (
        lambda t: t.addData([G.LongColumn("Well"), G.DoubleColumn("x"), G.StringColumn("s", "", 8)]),
        omero.ApiUsageException,
    ),
    "unequal": (
        lambda t: t.addData(
            [G.WellColumn("Well", "", [1]), G.DoubleColumn("x", "", [1, 2]), G.StringColumn("s", "", 8, ["a"])]
        ),
        omero.ValidationException,
    ),
    "text too long": (
        lambda t: t.addData(
            [G.WellColumn("Well", "", [1]), G.DoubleColumn("x", "", [1]), G.StringColumn("s", "", 8, ["12345678é"])]
        ),
        omero.ValidationException,
    ),
    "update of nothing": (lambda t: t.update(None), omero.ApiUsageException),
    "update of another": (lambda t: t.update(G.Data(0, [0], [G.LongColumn("y", "", [1])])), omero.ApiUsageException),
    "update too short": (
        lambda t: t.update(G.Data(0, [0, 1], [G.DoubleColumn("x", "", [1])])),
        omero.ApiUsageException,
    ),
    "own fact": (lambda t: t.setMetadata("__version", rstring("9")), omero.ApiUsageException),
    "fact of another type": (lambda t: t.setMetadata("a", rdouble(1)), omero.ValidationException),
    "column there": (lambda t: t.addColumn(G.DoubleColumn("x", "", [0] * 6)), omero.ApiUsageException),
    "short new column": (lambda t: t.addColumn(G.DoubleColumn("y", "", [0] * 5)), omero.ApiUsageException),
    "negative step": (lambda t: t.getWhereList("x > 0", {}, 0, 0, -1), omero.ApiUsageException),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_calls_are_refused_and_change_nothing(measures: Any, name: str) -> None:
    call, expected = REFUSED[name]
    with pytest.raises(expected) as caught:
        call(measures)
    assert "Traceback" not in str(caught.value)
    assert measures.getNumberOfRows() == 6
    assert measures.read([0, 1], 0, 0).columns[1].values == [0.5, 1.5, 2.5, 3.5, -1.0, 9.0]


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [None],
        [G.LongColumn("")],
        [G.LongColumn("__a")],
        [G.LongColumn("a"), G.DoubleColumn("a")],
        [G.StringColumn("s", "", 0)],
        [G.LongArrayColumn("s", "", 2**30)],
    ],
    ids=["none", "null", "unnamed", "reserved", "twice", "empty text", "huge array"],
)
def test_columns_that_cannot_be(gateway: Any, columns: list[Any]) -> None:
    table = new_table(gateway)
    try:
        with pytest.raises(omero.ApiUsageException):
            table.initialize(columns)
        with pytest.raises(omero.ApiUsageException, match="initialize"):
            table.getNumberOfRows()
    finally:
        table.close()


def test_reading_ranges(measures: Any) -> None:
    data = measures.read([1, 0], 2, 4)
    assert ([col.name for col in data.columns], data.rowNumbers) == (["x", "Well"], [2, 3])
    assert [col.values for col in data.columns] == [[2.5, 3.5], [3, 3]]
    assert measures.read([0], 4, 100).rowNumbers == [4, 5]
    assert measures.read([0], 4, 2).columns[0].values == []
    lean = measures.slice([2], [5], {"omero.tables.include_row_numbers": "false"})
    assert (lean.rowNumbers, lean.columns[0].values) == ([], ["z"])


def test_many_appends_are_one_table(gateway: Any) -> None:
    table = new_table(gateway)
    try:
        table.initialize([G.LongColumn("n"), G.StringColumn("s", "", 4)])
        for size in (1, 1, 1, 50_000, 3, 100_000, 1, 0, 1):
            first = table.getNumberOfRows()
            numbers = list(range(first, first + size))
            table.addData([G.LongColumn("n", "", numbers), G.StringColumn("s", "", 4, [str(n % 97) for n in numbers])])
        assert table.getNumberOfRows() == 150_008
        assert table.read([0], 0, 0).columns[0].values == list(range(150_008))
        assert table.getWhereList("n % 50000 == 7", {}, 0, 0, 0) == [7, 50_007, 100_007, 150_007]
        assert table.getWhereList("(s == '96') & (n < 200)", {}, 0, 0, 0) == [96, 193]
        found = table.slice([1, 0], [150_007, 0, 65_536, 65_535, 0])
        assert found.columns[1].values == [150_007, 0, 65_536, 65_535, 0]
        assert found.columns[0].values == [str(n % 97) for n in found.columns[1].values]
        assert table.addColumn(G.DoubleColumn("d", "", [n / 2 for n in range(150_008)])) == 2
        assert table.getWhereList("d == 50000.5", {}, 0, 0, 0) == [100_001]
    finally:
        table.close()


def test_metadata(gateway: Any) -> None:
    table = new_table(gateway)
    try:
        with pytest.raises(omero.ApiUsageException):
            table.setMetadata("a", rstring("b"))
        table.initialize([G.LongColumn("n")])
        table.setAllMetadata({"text": rstring("é"), "int": rint(3), "long": rlong(2**40), "float": rfloat(0.5)})
        table.setMetadata("text", rstring("new"))
        found = unwrap(table.getAllMetadata())
        assert {k: v for k, v in found.items() if not k.startswith("__")} == {
            "text": "new", "int": 3, "long": 2**40, "float": 0.5,
        }  # fmt: skip
        assert found["__version"] == "2"
        assert unwrap(table.getMetadata("int")) == 3
        assert table.getMetadata("not there") is None
        table.setAllMetadata({"other": rlong(1)})
        assert sorted(table.getAllMetadata()) == ["__initialized", "__version", "other"]
    finally:
        table.close()


def test_who_read_older_data_does_not_overwrite_newer(gateway: Any, measures: Any) -> None:
    other = open_table(gateway, id_of(measures))
    try:
        mine, theirs = measures.slice([1], [0]), other.slice([1], [0, 1])
        mine.columns[0].values = [100.0]
        measures.update(mine)
        theirs.columns[0].values = [200.0, 300.0]
        with pytest.raises(omero.OptimisticLockException):
            other.update(theirs)
        mine.columns[0].values = [101.0]
        measures.update(mine)  # its own change is no reason to refuse
        assert other.slice([1], [0, 1]).columns[0].values == [101.0, 1.5]
        again = other.slice([1], [0])
        assert again.lastModification > mine.lastModification
        other.update(G.Data(0, [1], [G.DoubleColumn("x", "", [7.0])]))
        assert measures.slice([1], [1]).columns[0].values == [7.0]
    finally:
        other.close()


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
