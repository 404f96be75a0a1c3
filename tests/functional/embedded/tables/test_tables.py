"""OMERO.tables over real Ice: column types, conditions, reading, and what is refused."""

from __future__ import annotations

from typing import Any

import omero
import omero.all
import omero.gateway
import omero.grid
import pytest
from omero.rtypes import rdouble, rfloat, rint, rlong, rstring, unwrap

from tests.functional.embedded.tables.opening import id_of, new_table, open_table

G = omero.grid


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
