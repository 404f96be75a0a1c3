"""Images, annotations and files to search for, and a search service of who owns them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import omero
import pytest
from omero.rtypes import rstring, rtime

from omeropyr.testing.data import OmeroData


def named(kind: str, name: str, description: str | None = None) -> Any:
    made = getattr(omero.model, f"{kind}I")()
    made.name = rstring(name)
    if description is not None:
        made.description = rstring(description)
    return made


def text(kind: str, value: str) -> Any:
    made = getattr(omero.model, f"{kind}AnnotationI")()
    made.textValue = rstring(value)
    return made


def pairs(**values: str) -> Any:
    made = omero.model.MapAnnotationI()
    made.mapValue = [omero.model.NamedValue(key, value) for key, value in values.items()]
    return made


@pytest.fixture(scope="session")
def site(omero_data: OmeroData, gateway_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """sue and sam share a read-only group; sol has a private one. Images of sue by their letters."""
    shared, private = omero_data.add_group("search-shared", "rwr---"), omero_data.add_group("search-private")
    sue = omero_data.add_user("search-sue", shared)
    sam = omero_data.add_user("search-sam", shared)
    omero_data.add_user("search-sol", private)
    conn = gateway_of("search-sue")
    update = conn.getUpdateService()
    images = {
        "a": named("Image", "GFP-H2B_control.tif", "first of the series"),
        "b": named("Image", "gfp knockdown", "Zürich, 3 µm"),
        "c": named("Image", "細胞分裂の画像"),
        "d": named("Image", "mock"),
    }
    images["a"].acquisitionDate = rtime(1_700_000_000_000)  # 2023-11-14
    images["a"].linkAnnotation(text("Tag", "mitosis"))
    images["a"].linkAnnotation(pairs(Antibody="anti-tubulin", Dilution="1:500"))
    images["b"].linkAnnotation(text("Comment", "out of focus, repeat"))
    images["d"].linkAnnotation(text("Tag", "Mitosis spindle"))
    images["d"].linkAnnotation(text("Xml", "<Note><Text>xylophone</Text></Note>"))
    saved = update.saveAndReturnArray(list(images.values()))
    ids = {letter: obj.id.val for letter, obj in zip(images, saved, strict=True)}
    planes = np.zeros((4, 4), np.uint8)
    ids["f"] = omero_data.add_image(planes, "renamed", user="search-sue")
    dataset = update.saveAndReturnObject(named("Dataset", "gfp collection", "mitosis of all kinds")).id.val
    attached = omero.model.FileAnnotationI()
    attached.file = omero.model.OriginalFileI()
    attached.file.name, attached.file.path = rstring("protocol-v7.pdf"), rstring("")
    link = omero.model.DatasetAnnotationLinkI()
    link.parent, link.child = omero.model.DatasetI(dataset, False), attached
    attached = update.saveAndReturnObject(link).child.id.val
    hidden = named("Image", "gfp of sol")
    hidden.linkAnnotation(text("Tag", "secretword"))
    hidden = gateway_of("search-sol").getUpdateService().saveAndReturnObject(hidden).id.val
    return SimpleNamespace(
        conn=conn, ids=ids, dataset=dataset, hidden=hidden, sue=sue, sam=sam, attached=attached, shared=shared
    )


@pytest.fixture
def search(site: Any) -> Any:
    made = site.conn.createSearchService()
    made.setAllowLeadingWildcard(True)
    made.onlyType("Image")
    yield made
    made.close()


def letters(site: Any, found: list[Any]) -> str:
    by_id = {object_id: letter for letter, object_id in site.ids.items()}
    return "".join(sorted(by_id[obj.id.val] for obj in found))


def all_of(search: Any) -> list[Any]:
    found = []
    while search.hasNext():
        found += search.results()
    return found
