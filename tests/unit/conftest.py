"""An application without OMERO, and add-ons that exist for one test only."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from webtest import TestApp

from omeropyr import main
from omeropyr.addons import GROUP, loader

MakeApp = Callable[..., TestApp]
MakeAddon = Callable[..., None]


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    """``make_app("client viewer", **{"omero.web.prefix": "/omero"})``: main() with these add-ons and settings.

    Its only OMERO server is a port on which nothing listens.
    """

    def make(addons: str = "", **settings: str) -> TestApp:
        raw = {
            "omeropyr.state_dir": str(tmp_path / "state"),
            "omeropyr.development": "true",
            "omeropyr.addons": addons,
            "omero.web.server_list": '[["127.0.0.1", 1, "nothing"]]',
            **settings,
        }
        return TestApp(main({}, **raw))

    return make


@pytest.fixture
def make_addon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeAddon:
    """``make_addon("figure", body="...", includeme="...", requires=("x",))``: an installed add-on, for this test."""
    points = loader.installed()
    monkeypatch.setattr(loader, "installed", lambda: points)
    for user in ("omeropyr.site", "omeropyr.addons.command"):
        monkeypatch.setattr(f"{user}.installed", lambda: points)
    monkeypatch.syspath_prepend(str(tmp_path))

    numbers = itertools.count(abs(hash(tmp_path)))

    def make(name: str, includeme: str = "pass", body: str = "", **facts: Any) -> None:
        module = f"test_addon_{name}_{next(numbers)}"
        facts = {"name": name, "title": name.title(), "includeme": module, **facts}
        given = ", ".join(f"{key}={value}" if key == "settings" else f"{key}={value!r}" for key, value in facts.items())
        source = f"""\
            from dataclasses import dataclass
            from omeropyr.addons import Addon
            from omeropyr.settings import setting
            {body}
            addon = Addon({given})
            def includeme(config):
                {includeme}
            """
        (tmp_path / f"{module}.py").write_text(dedent(source))
        points[name] = EntryPoint(name, f"{module}:addon", GROUP)

    return make
