"""What full text finds, over Ice: words, fields, operators, and only what one may read."""

from __future__ import annotations

from typing import Any

import omero
import pytest
from omero.rtypes import rstring

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.data import OmeroData
from tests.functional.embedded.search.conftest import all_of, letters, named, text

FOUND = {
    "gfp": "ab",
    "GFP": "ab",
    "H2B": "a",
    "control": "a",
    "gfp*": "ab",
    "GF*": "ab",
    "GFP-H2B_control.tif": "a",
    "H2B-GFP": "",
    "*rol": "a",
    "c?ntr*l": "a",
    "*H2*": "a",
    '"gfp knockdown"': "b",
    '"knockdown gfp"': "",
    "gfp AND knockdown": "b",
    "gfp NOT knockdown": "a",
    "gfp -control": "b",
    "+gfp +control": "a",
    "control OR mock": "ad",
    "control mock": "ad",
    "(control OR mock) AND mitosis": "ad",
    "gfp AND mitosis": "a",
    "zurich": "b",
    "ZÜRICH": "b",
    "μm": "b",
    "µm": "b",
    "細胞": "c",
    "分裂": "c",
    "画像*": "c",
    "胞細": "",
    "mitosis": "ad",
    "tag:mitosis": "ad",
    "tag:spindle": "d",
    "comment:focus": "b",
    "comment:mitosis": "",
    "name:gfp": "ab",
    "name:mitosis": "",
    "description:series": "a",
    "annotation:repeat": "b",
    "tubulin": "a",
    "map:tubulin": "a",
    "Antibody:tubulin": "a",
    "Dilution:tubulin": "",
    "has_key:dilution": "a",
    "has_key:tubulin": "",
    "xylophone": "d",
    "xml:xylo*": "d",
    "annotation.type:XmlAnnotation": "d",
    "knockdwon~": "b",
    "control~0.9": "a",
    "file.name:array": "f",
    "array.ome.tiff": "f",
    "renamed": "f",
    "details.owner.omeName:search-sue AND gfp": "ab",
    "details.owner.omeName:search-sam AND gfp": "",
    "acquisitionDate:[20231101 TO 20231130]": "a",
    "acquisitionDate:[20231201 TO 20231230]": "",
    "gfp AND details.creationEvent.time:[20000101 TO 20000102]": "",
    "secretword": "",
    "NOT gfp": "",
    "--": "",
}


@pytest.mark.parametrize("query", FOUND, ids=list(FOUND))
def test_a_query_finds(site: Any, search: Any, query: str) -> None:
    search.byFullText(query)
    assert letters(site, all_of(search)) == FOUND[query]


def test_what_is_found_in_more_places_comes_first(site: Any, search: Any) -> None:
    search.byFullText("gfp mitosis")
    found = [obj.id.val for obj in all_of(search)]
    assert found[0] == site.ids["a"]
    assert set(found) == {site.ids[letter] for letter in "abd"}


def test_a_change_is_found_at_once_and_a_deleted_object_not(site: Any) -> None:
    query, update = site.conn.getQueryService(), site.conn.getUpdateService()
    project = update.saveAndReturnObject(named("Project", "umbrella"))
    assert [obj.id.val for obj in query.findAllByFullText("Project", "umbrella", None)] == [project.id.val]
    project.name = rstring("parasol")
    update.saveObject(project)
    assert query.findAllByFullText("Project", "umbrella", None) == []
    assert [obj.name.val for obj in query.findAllByFullText("Project", "paraso*", None)] == ["parasol"]
    update.deleteObject(project)
    assert query.findAllByFullText("Project", "parasol", None) == []


def test_what_was_not_saved_is_not_in_the_index(site: Any) -> None:
    query, update = site.conn.getQueryService(), site.conn.getUpdateService()
    with pytest.raises(omero.ValidationException):
        update.saveArray([named("Project", "halfway"), omero.model.DatasetI()])
    assert query.findAllByFullText("Project", "halfway", None) == []


def test_findAllByFullText_pages(site: Any) -> None:
    query = site.conn.getQueryService()
    every = [obj.id.val for obj in query.findAllByFullText("Image", "gfp", None)]
    assert sorted(every) == sorted(site.ids[letter] for letter in "ab")
    page = omero.sys.ParametersI().page(1, 1)
    assert [obj.id.val for obj in query.findAllByFullText("Image", "gfp", page)] == every[1:]


def test_annotations_files_and_datasets_are_found_themselves(site: Any) -> None:
    query = site.conn.getQueryService()
    found = query.findAllByFullText("TagAnnotation", "spindle", None)
    assert [obj.textValue.val for obj in found] == ["Mitosis spindle"]
    assert query.findAllByFullText("CommentAnnotation", "spindle", None) == []
    assert [obj.id.val for obj in query.findAllByFullText("Dataset", "protocol", None)] == [site.dataset]
    assert [obj.id.val for obj in query.findAllByFullText("Dataset", "file.name:v7", None)] == [site.dataset]
    assert [obj.id.val for obj in query.findAllByFullText("FileAnnotation", "v7", None)] == [site.attached]
    assert [obj.name.val for obj in query.findAllByFullText("OriginalFile", "v7", None)] == ["protocol-v7.pdf"]
    assert site.ids["b"] in [obj.id.val for obj in query.findAllByFullText("Image", str(site.ids["b"]), None)]
    assert [obj.id.val for obj in query.findAllByFullText("Image", f"id:{site.ids['b']}", None)] == [site.ids["b"]]


def test_nobody_finds_what_they_may_not_read(site: Any, gateway_of: Any, gateway: Any) -> None:
    sam, sol = gateway_of("search-sam"), gateway_of("search-sol")
    assert letters(site, sam.getQueryService().findAllByFullText("Image", "gfp", None)) == "ab"
    assert [obj.id.val for obj in sol.getQueryService().findAllByFullText("Image", "gfp", None)] == [site.hidden]
    everywhere = {"omero.group": "-1"}
    assert sam.getQueryService().findAllByFullText("Image", "secretword", None, everywhere) == []
    root = gateway.getQueryService().findAllByFullText("Image", "secretword", None, everywhere)
    assert [obj.id.val for obj in root] == [site.hidden]


def test_an_image_is_not_found_by_an_annotation_that_one_may_not_read(
    omero_data: OmeroData, embedded: EmbeddedServer, gateway_of: Any, gateway: Any
) -> None:
    """Made while the group was read-annotate; it is private now."""
    group = omero_data.add_group("search-was-open", "rwra--")
    omero_data.add_user("search-una", group)
    omero_data.add_user("search-ugo", group)
    una, ugo = gateway_of("search-una"), gateway_of("search-ugo")
    image = una.getUpdateService().saveAndReturnObject(named("Image", "was open")).id.val
    link = omero.model.ImageAnnotationLinkI()
    link.parent, link.child = omero.model.ImageI(image, False), text("Comment", "whispered")
    ugo.getUpdateService().saveObject(link)
    query = una.getQueryService()
    assert [obj.id.val for obj in query.findAllByFullText("Image", "whispered", None)] == [image]
    with embedded.store.write(omero_data.actor("root")) as tx:
        tx.connection.exec_driver_sql(
            "UPDATE m_experimentergroup SET perm1__ = ? WHERE id = ?",
            (omero.model.PermissionsI("rw----")._perm1, group),
        )
    assert query.findAllByFullText("Image", "whispered", None) == []
    assert [obj.id.val for obj in query.findAllByFullText("Image", "open", None)] == [image]
