"""Every HQL string in the installed omero-py (gateway, command line, tables, utilities) runs on a small store."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import omero
import omero.all
import pytest

from omeropyr.embedded.permissions import SYSTEM

ROOT = Path(omero.__file__).parent
_QUERY = re.compile(r"\s*(select\s|from\s+[A-Z%{]\w*)", re.IGNORECASE)
_IMAGES = (
    " from Image i join i.pixels p left outer join p.pixelsFileMaps m left outer join m.parent f1 "
    "left outer join i.fileset as fs left outer join fs.usedFiles as uf left outer join uf.originalFile as f2 "
)
_FILESETS = " from Fileset fs where 1 = 1 and fs.images is empty group by fs.id, fs.templatePrefix "
_NOTE = (
    " (select ann.textValue from Fileset f4 join f4.annotationLinks fal join fal.child ann where f4.id = fs.id "
    "and ann.ns =:ns) "
)
FORMATS: list[tuple[str, str]] = [
    # Pieces that omero-py puts together at run time, put together as it does.
    (r"^select i\.id, i\.name, fs\.id,.*$", rf"\g<0>{_IMAGES} group by i.id, i.name, fs.id order by i.id desc"),
    (r"^from Image i join i\.pixels p %sjoin.*$", f"select i.id {_IMAGES}"),
    (r"^select count\(i\) \{\?\}$", f"select count(i) {_IMAGES}"),
    (r"^(select fs\.id, fs\.templatePrefix, .*)\{\?\}$", rf"\1{_NOTE}{_FILESETS} order by fs.id desc"),
    (r"^(select fs\.id, fs\.templatePrefix, .*),$", rf"\1 {_FILESETS}"),
    (r"^select count\(fs\) \{\?\}$", "select count(fs) from Fileset fs where 1 = 1"),
    (r"^select count\(distinct obj\)$", "select count(distinct obj) from Dataset obj"),
    (r"^select j, %s, s\.value", "select j, j.username,j.groupname,j.started,j.finished, s.value"),
    # Names of classes and fields.
    (r"c\.%s\.id=%i", "c.parent.id=1"),
    (r"SELECT %sid FROM %sAnnotationLink WHERE child\.class=%s", "SELECT child.id FROM ImageAnnotationLink "
     "WHERE child.class=TagAnnotation"),
    (r"select an from %sAnnotation as", "select an from TagAnnotation as"),
    (r"%sAnnotationLink", "ImageAnnotationLink"),
    (r"\(:oids\)%s", "(:oids)"),
    (r"select ob from %s ob", "select ob from Dataset ob"),
    (r"from %s\b(?=.*\.(parent|child))", "from DatasetImageLink"),
    (r"from %s\b", "from Dataset"),
    (r"\(%[sd]\)", "(1, 2)"),
    (r"'%[sd]'|'\{\?\}'", "'1'"),
    (r"%[sid]|\{\?\}", "1"),
]  # fmt: skip
NOT_HQL = {"from %s:"}
"""Text that only begins like a query."""
BROKEN = {"from PlaneInfo as Info where pixels.id='1' orderby info.deltaT"}
"""What no OMERO understands: ``orderby`` in one word."""


def text_of(node: ast.expr) -> str | None:
    """A string constant, also one of several parts; ``{?}`` where a value comes in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None and right is None else (left or "{?}") + (right or "{?}")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return text_of(node.left)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{?}" for one in node.values)
    return None


def docstrings(parsed: ast.Module) -> set[int]:
    return {
        id(node.body[0].value)
        for node in ast.walk(parsed)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def queries() -> Iterator[tuple[str, str]]:
    """Place and text, format fields filled, of the longest query that starts on a line."""
    for path in sorted(ROOT.rglob("*.py")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what omero-py's own source gives rise to
            parsed = ast.parse(path.read_text(encoding="utf-8"))
        skipped = docstrings(parsed)
        found: dict[int, str] = {}
        for node in ast.walk(parsed):
            if not isinstance(node, ast.expr) or id(node) in skipped:
                continue
            text = " ".join((text_of(node) or "").split())
            if _QUERY.match(text) and text not in NOT_HQL:
                found[node.lineno] = max(found.get(node.lineno, ""), text, key=len)
        for line, text in sorted(found.items()):
            yield f"{path.relative_to(ROOT)}:{line}", fill(text)


def fill(text: str) -> str:
    for pattern, replacement in FORMATS:
        text = re.sub(pattern, replacement, text)
    return text


QUERIES = dict(queries())


def values_for(hql: str) -> dict[str, Any]:
    """A value for each parameter, a list where the query says ``in``."""
    return {
        name: [1] if name.endswith("ids") or re.search(rf"in\s*\(?\s*:{name}\b", hql) else 1
        for name in re.findall(r":(\w+)", hql)
    }


def test_omero_py_has_at_least_85_queries() -> None:
    assert len(QUERIES) >= 85
    assert sum(place.startswith("gateway") for place in QUERIES) >= 50


@pytest.mark.parametrize("place", QUERIES)
def test_a_query_of_omero_py_runs(filled: Any, place: str) -> None:
    hql = QUERIES[place]
    for actor in (SYSTEM, filled.actor("ann")):
        with filled.store.read(actor) as tx:
            if hql in BROKEN:
                with pytest.raises(omero.QueryException):
                    tx.projection(hql, values_for(hql))
                continue
            tx.projection(hql, values_for(hql))
            assert isinstance(tx.values(hql, values_for(hql)), list)
