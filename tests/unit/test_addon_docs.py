"""docs/addons.md quotes the example as it is and leaves no directive out; the second example uses every one."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import signature
from pathlib import Path

import pytest
from webtest import TestApp

from omeropyr.addons import directives, events, overrides, panels, public
from omeropyr.csp import add_csp
from omeropyr.health import add_health_check

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "addons.md").read_text("utf-8")
DIRECTIVES: dict[str, Callable[..., None]] = {
    "add_nav_link": directives.add_nav_link,
    "add_open_with": directives.add_open_with,
    "add_viewer": directives.add_viewer,
    "add_panel": panels.add_panel,
    "add_admin_page": panels.add_admin_page,
    "add_start_page": panels.add_start_page,
    "override_template": overrides.override_template,
    "add_public_view": public.add_public_view,
    "add_csp": add_csp,
    "add_health_check": add_health_check,
}


def test_the_core_has_no_other_directive(make_app: Callable[..., TestApp]) -> None:
    registered = {
        name
        for name, (function, _) in make_app("").app.registry._directives.items()
        if getattr(function, "__module__", "").startswith("omeropyr.")
    }
    assert registered == set(DIRECTIVES)


@pytest.mark.parametrize("name", DIRECTIVES)
def test_a_directive_is_explained_and_shown(name: str) -> None:
    row = re.search(rf"^\| `{name}\((.*)\)` \| .+\|$", GUIDE, re.MULTILINE)
    assert row is not None
    if name not in ("add_csp", "add_health_check"):
        assert (
            re.findall(r"(\w+)(?=[,=]|$)(?![^(]*\))", row[1])[:2] == list(signature(DIRECTIVES[name]).parameters)[1:3]
        )
    assert f"config.{name}(" in (ROOT / "examples" / "panel" / "omeropyr_panel" / "web.py").read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in vars(events) if name[:4] in ("User", "Obje", "Anno")])
def test_an_event_is_explained_and_shown(name: str) -> None:
    assert f"`{name}`" in GUIDE
    assert name in (ROOT / "examples" / "panel" / "omeropyr_panel" / "web.py").read_text("utf-8")


def test_the_tutorial_quotes_its_example() -> None:
    home = ROOT / "examples" / "hello" / "omeropyr_hello"
    web = (home / "web.py").read_text("utf-8")
    blocks = re.findall(r"```(?:python|html)\n(.*?)```", GUIDE, re.DOTALL)
    files = [(home / name).read_text("utf-8") for name in ("__init__.py", "web.py", "templates/hello.pt")]
    for block, text in zip(blocks, files, strict=False):
        assert block.strip() in text
    assert f"`web.py` is {len(web.splitlines())} lines" in GUIDE
