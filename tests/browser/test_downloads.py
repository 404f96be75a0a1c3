"""Downloads from the details of what is selected."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from playwright.sync_api import Download, Locator, Page, expect

from omeropyr.testing import OmeroData

Serious = Callable[[], list[str]]
SHOTS = os.environ.get("OMEROPYR_SHOTS")


@pytest.fixture(scope="module")
def images(omero_data: OmeroData, gateway: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two imported files and one image that was made from pixels, in a dataset."""
    dataset = omero_data.add_dataset("To take home")
    folder = tmp_path_factory.mktemp("taken")
    files = [folder / "größe <b>.ome.tif", folder / "second.ome.tif"]
    for number, path in enumerate(files):
        tifffile.imwrite(path, np.full((40, 60), 40 * number + 10, np.uint8), photometric="minisblack")
    ids = [omero_data.import_file(path, path.name, dataset=dataset) for path in files]
    plane = np.zeros((16, 16), np.uint8)
    made = gateway.createImageFromNumpySeq(iter([plane]), "made", 1, 1, 1).getId()
    return {"files": files, "ids": ids, "made": made}


def shown(page: Page, site: str, *ids: int) -> Locator:
    page.goto(f"{site}/webclient/?show={'|'.join(f'image-{one}' for one in ids)}")
    page.locator("#details-content summary", has_text="Download").click()
    return page.locator("#details-content .downloads")


def saved(page: Page, link: Locator) -> tuple[str, bytes]:
    with page.expect_download() as started:
        link.click()
    download: Download = started.value
    return download.suggested_filename, Path(download.path()).read_bytes()


def test_one_image(page: Page, site: str, log_in: Callable[[], None], images: dict[str, Any]) -> None:
    log_in()
    part = shown(page, site, images["ids"][0])
    name, content = saved(page, part.get_by_role("link", name="Original file"))
    assert (name.startswith("größe"), content) == (True, images["files"][0].read_bytes())
    _, content = saved(page, part.get_by_role("link", name="OME-TIFF"))
    assert (tifffile.imread(io.BytesIO(content)) == 10).all()
    for word, kind in (("JPEG", "JPEG"), ("PNG, without loss", "PNG"), ("TIFF, without loss", "TIFF")):
        _, content = saved(page, part.get_by_role("link", name=word, exact=True))
        picture = Image.open(io.BytesIO(content))
        assert (picture.format, picture.size) == (kind, (60, 40))


def test_several_images(page: Page, site: str, log_in: Callable[[], None], images: dict[str, Any]) -> None:
    log_in()
    part = shown(page, site, *images["ids"])
    _, content = saved(page, part.get_by_role("link", name="Original files (zip)"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.read(name) for name in archive.namelist()) == sorted(
            path.read_bytes() for path in images["files"]
        )
    _, content = saved(page, part.get_by_role("link", name="PNG, without loss (zip)"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {Image.open(io.BytesIO(archive.read(name))).size for name in archive.namelist()} == {(60, 40)}
        assert len(archive.namelist()) == 2


def test_what_is_not_there_is_said(
    page: Page, site: str, log_in: Callable[[], None], images: dict[str, Any], omero_data: OmeroData
) -> None:
    log_in()
    part = shown(page, site, images["made"])
    expect(part).to_contain_text("Original files: there are none: only the pixels were kept")
    large = omero_data.add_image(np.zeros((1, 5800, 5800), np.uint8), "large")
    part = shown(page, site, large)
    expect(part).to_contain_text("Pictures: this image is too large")
    expect(part.get_by_role("link")).to_have_text(["Original file"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_how_it_looks(
    page: Page,
    site: str,
    log_in: Callable[[], None],
    serious: Serious,
    images: dict[str, Any],
    scheme: str,
    width: int,
) -> None:
    log_in()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    part = shown(page, site, images["ids"][0])
    expect(part.get_by_role("link", name="Original file")).to_be_visible()
    page.set_viewport_size({"width": width, "height": 844})
    if width < 1000:
        page.get_by_role("button", name="Open the details").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/downloads-{width}-{scheme}.png")
    assert serious() == []
