"""The rules of the house (CONTRIBUTING.md) that can be read from the source tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "omeropyr"
SOURCES = sorted(PACKAGE.rglob("*.py"))
AREAS = ("client", "viewer", "admin", "gateway", "api")
# What embedded/ may use of the rest: rendering, and how a command reports a failure.
EMBEDDED_MAY_IMPORT = ("omeropyr.embedded", "omeropyr.rendering", "omeropyr.cli", "omeropyr.version")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names that *path* imports from omeropyr, wherever in the file."""
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]
    package = package[:-1] if path.name == "__init__.py" else package
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("omeropyr"))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module.startswith("omeropyr"):
                yield from (f"{module}.{alias.name}" for alias in node.names)


def area_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in AREAS else None


def within(dotted: str, packages: tuple[str, ...]) -> bool:
    return any(dotted == package or dotted.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_areas_never_import_each_other(path: Path) -> None:
    own = area_of(name_of(path))
    foreign = [dotted for dotted in imports(path) if area_of(dotted) not in (None, own)]
    allowed_to_see_all = own is None and within(name_of(path), ("omeropyr.testing", "omeropyr.demo"))
    assert allowed_to_see_all or foreign == []


@pytest.mark.parametrize("path", [path for path in SOURCES if "embedded" in path.parts], ids=name_of)
def test_the_embedded_server_uses_nothing_else_but_rendering(path: Path) -> None:
    assert [dotted for dotted in imports(path) if not within(dotted, EMBEDDED_MAY_IMPORT)] == []


@pytest.mark.parametrize("path", [path for path in SOURCES if "rendering" in path.parts], ids=name_of)
def test_rendering_knows_neither_omero_nor_the_web(path: Path) -> None:
    if path.parent.name == "rendering":
        assert [dotted for dotted in imports(path) if not dotted.startswith("omeropyr.rendering")] == []
        assert not {"omero", "Ice", "pyramid", "webob"} & top_level_imports(path)


def top_level_imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 500
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    long = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in long.items() if lines > 80} == {}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_add_on_is_committed_over_the_core(path: Path) -> None:
    """config.commit() would let an add-on replace a core view without a word."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    receivers = [
        func.value.id
        for func in calls
        if isinstance(func, ast.Attribute) and func.attr == "commit" and isinstance(func.value, ast.Name)
    ]
    assert not {"config", "configurator"} & set(receivers)
