"""What single modules compute, asked of them in the browser through the import map."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def opened(page: Page, log_in: Callable[[], None]) -> Page:
    log_in()
    expect(page.locator("#browse")).to_be_attached()
    return page


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("length(0.10833)", "0.108 µm"),
        ("length(110.59)", "111 µm"),
        ("length(12345)", "12.3 mm"),
        ("count(16384)", "16\u2009384"),
        ("count(1234567)", "1\u2009234\u2009567"),
        ("plural(1, 'image')", "1 image"),
        ("plural(0, 'image')", "0 images"),
        ("significant(31.4159)", "31.4"),
        ("significant(100)", "100"),
    ],
)
def test_numbers_are_written_for_people(opened: Page, call: str, text: str) -> None:
    found = opened.evaluate(f"async () => {{ const f = await import('omeropyr/js/format.js'); return f.{call}; }}")
    assert found == text


def test_show_is_read_as_omero_web_writes_it(opened: Page) -> None:
    found = opened.evaluate(
        "async () => (await import('omeropyr/client/show.js'))"
        ".readShow('?show=image-2|dataset.id-7|project=3|image-x|<b>')"
    )
    assert found == [{"type": "image", "id": 2}, {"type": "dataset", "id": 7}, {"type": "project", "id": 3}]


@pytest.mark.parametrize(
    ("perm", "word"),
    [(-120, "private"), (-56, "read-only"), (-40, "read-annotate"), (-8, "read-write")],
)
def test_permissions_have_a_word(opened: Page, perm: int, word: str) -> None:
    found = opened.evaluate(f"async () => (await import('omeropyr/client/scope.js')).permissionWord({perm})")
    assert found == word


def test_a_name_stays_text(opened: Page) -> None:
    found = opened.evaluate(
        """async () => {
          const { middleEllipsis } = await import('omeropyr/js/dom.js');
          const span = middleEllipsis('<img src=x onerror=alert(1)>.tif');
          return [span.textContent, span.querySelectorAll('img').length];
        }"""
    )
    assert found == ["<img src=x onerror=alert(1)>.tif", 0]
