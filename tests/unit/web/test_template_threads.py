"""Templates that many visitors ask for first, at the same time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pyramid_chameleon.zpt import PyramidPageTemplateFile

from omeropyr.web.templates import Template

VISITORS = 8


def test_many_first_visitors_see_the_page_and_one_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that compile at once are, before Python 3.13, now and then a SystemError: here they are counted."""
    tmp_path.joinpath("frame.pt").write_text("<main><b metal:define-slot='words' /></main>")
    page = tmp_path / "page.pt"
    page.write_text("<p metal:use-macro='load: frame.pt'><i metal:fill-slot='words'>${1 + 1}</i></p>")
    compiling, most, cook = [0], [], PyramidPageTemplateFile.cook

    def counted(self: Any, body: str) -> None:
        compiling[0] += 1
        most.append(compiling[0])
        time.sleep(0.01)
        cook(self, body)
        compiling[0] -= 1

    monkeypatch.setattr(PyramidPageTemplateFile, "cook", counted)
    shared = Template(str(page))
    start = threading.Barrier(VISITORS)

    def visit(number: int) -> str:
        start.wait(30)
        return (shared if number % 2 else Template(str(page)))()

    with ThreadPoolExecutor(VISITORS) as pool:
        shown = set(pool.map(visit, range(VISITORS)))
    assert shown == {"<main><i>2</i></main>"}
    assert set(most) == {1}
    # The shared page once, and each page's own frame; two who ask the shared one for it at once may get one each.
    assert 2 * (1 + VISITORS // 2) <= len(most) < 2 * VISITORS
