"""``omero.api.Search`` operation by operation, and the clients that search: BlitzGateway and the ``omero`` command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import omero
import omero.gateway
import pytest
from omero.rtypes import rtime

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing.data import PASSWORD
from tests.functional.embedded.search.conftest import all_of, letters, text


def test_batches_and_the_queue(site: Any, search: Any) -> None:
    search.setBatchSize(2)
    assert search.getBatchSize() == 2
    search.byFullText("gfp OR mock")
    search.byFullText("renamed")
    assert search.activeQueries() == 2
    assert len(search.results()) == 2
    assert len(search.results()) == 1
    assert search.activeQueries() == 1
    assert letters(site, search.results()) == "f"
    assert not search.hasNext()
    with pytest.raises(omero.ApiUsageException):
        search.results()
    search.setMergedBatches(True)
    assert search.isMergedBatches()
    search.byFullText("gfp OR mock")
    search.byFullText("renamed")
    assert [len(search.results()), len(search.results())] == [2, 2]
    search.byFullText("gfp")
    search.clearQueries()
    assert search.activeQueries() == 0
    assert not search.hasNext()


def test_next_and_its_metadata(site: Any, search: Any) -> None:
    search.byFullText("knockdown")
    assert search.next().id.val == site.ids["b"]
    assert search.currentMetadata()["score"].doubleValue.val > 0
    with pytest.raises(omero.ApiUsageException):
        search.currentMetadata()
    search.byFullText("gfp")
    search.results()
    assert [list(one) for one in search.currentMetadataList()] == [["score"], ["score"]]
    with pytest.raises(omero.ApiUsageException):
        search.next()


@pytest.mark.parametrize(
    ("how", "second", "expected"),
    [("_and", "control", "a"), ("_or", "mock", "abd"), ("_not", "control", "b")],
    ids=["and", "or", "not"],
)
def test_queries_are_combined(site: Any, search: Any, how: str, second: str, expected: str) -> None:
    search.byFullText("gfp")
    getattr(search, how)()
    search.byFullText(second)
    assert search.activeQueries() == 1
    assert letters(site, all_of(search)) == expected


def test_nothing_to_combine_with_is_said(search: Any) -> None:
    with pytest.raises(omero.ApiUsageException):
        search._and()


def test_types_together(site: Any, search: Any) -> None:
    search.onlyTypes(["Image", "Dataset"])
    search.byFullText("gfp")
    assert sorted(type(obj).__name__ for obj in all_of(search)) == ["DatasetI", "ImageI", "ImageI"]
    search.allTypes()
    search.byFullText("mitosis")
    kinds = sorted(type(obj).__name__ for obj in all_of(search))
    assert kinds == ["DatasetI", "ImageI", "ImageI", "TagAnnotationI", "TagAnnotationI"]


def details(user: int | None = None, group: int | None = None) -> Any:
    made = omero.model.DetailsI()
    made.owner = omero.model.ExperimenterI(user, False) if user is not None else None
    made.group = omero.model.ExperimenterGroupI(group, False) if group is not None else None
    return made


RESTRICTIONS: dict[str, tuple[Any, str]] = {
    "ids": (lambda site, one: one.onlyIds([site.ids["a"], site.ids["d"]]), "a"),
    "owner": (lambda site, one: one.onlyOwnedBy(details(site.sue)), "ab"),
    "group": (lambda site, one: one.onlyOwnedBy(details(site.sue, site.shared)), "ab"),
    "other owner": (lambda site, one: one.onlyOwnedBy(details(site.sam)), ""),
    "not owner": (lambda site, one: one.notOwnedBy(details(site.sue)), ""),
    "not other": (lambda site, one: one.notOwnedBy(details(site.sam)), "ab"),
    "created": (lambda site, one: one.onlyCreatedBetween(rtime(0), rtime(2**42)), "ab"),
    "created before": (lambda site, one: one.onlyCreatedBetween(None, rtime(1000)), ""),
    "modified": (lambda site, one: one.onlyModifiedBetween(rtime(1000), None), "ab"),
    "annotated by": (lambda site, one: one.onlyAnnotatedBy(details(site.sue)), "ab"),
    "annotated by other": (lambda site, one: one.onlyAnnotatedBy(details(site.sam)), ""),
    "not annotated by": (lambda site, one: one.notAnnotatedBy(details(site.sue)), ""),
    "annotated between": (lambda site, one: one.onlyAnnotatedBetween(rtime(1000), None), "ab"),
    "annotated before": (lambda site, one: one.onlyAnnotatedBetween(None, rtime(1000)), ""),
    "with tag": (lambda site, one: one.onlyAnnotatedWith(["TagAnnotation"]), "a"),
    "with tag and map": (lambda site, one: one.onlyAnnotatedWith(["TagAnnotation", "MapAnnotation"]), "a"),
    "with comment": (lambda site, one: one.onlyAnnotatedWith(["ome.model.annotations.CommentAnnotation"]), "b"),
    "with none": (lambda site, one: one.onlyAnnotatedWith([]), ""),
}


@pytest.mark.parametrize("name", RESTRICTIONS, ids=list(RESTRICTIONS))
def test_results_are_restricted(site: Any, search: Any, name: str) -> None:
    restrict, expected = RESTRICTIONS[name]
    restrict(site, search)
    search.byFullText("gfp")
    assert letters(site, all_of(search)) == expected
    search.resetDefaults()
    search.onlyType("Image")
    search.byFullText("gfp")
    assert letters(site, all_of(search)) == "ab"


def test_order_and_what_is_fetched(site: Any, search: Any) -> None:
    search.addOrderByDesc("name")
    search.fetchAnnotations(["TagAnnotation"])
    search.fetchAlso(["details.owner"])
    search.byFullText("gfp OR mock")
    found = all_of(search)
    assert [obj.name.val for obj in found] == ["mock", "gfp knockdown", "GFP-H2B_control.tif"]
    assert found[0].details.owner.omeName.val == "search-sue"
    assert {link.child.textValue.val for link in found[0].copyAnnotationLinks()} == {
        "Mitosis spindle",
        "<Note><Text>xylophone</Text></Note>",
    }
    search.unordered()
    search.addOrderByAsc("name")
    search.setReturnUnloaded(True)
    search.byFullText("gfp")
    unloaded = all_of(search)
    assert [(obj.isLoaded(), obj.id.val) for obj in unloaded] == [(False, site.ids["a"]), (False, site.ids["b"])]


def test_flags_are_kept(search: Any) -> None:
    for name in ("CaseSensitive", "UseProjections", "ReturnUnloaded", "AllowLeadingWildcard"):
        for value in (True, False):
            getattr(search, f"set{name}")(value)
            assert getattr(search, f"is{name}")() is value


BUILT = {
    "words": (("name,description", "", "", "", "gfp"), "ab"),
    "one field": (("name", "", "", "", "mitosis"), ""),
    "tags": (("tag", "", "", "", "mitosis"), "ad"),
    "and": (("name,tag", "", "", "", "gfp AND mitosis"), "a"),
    "wildcards": (("name", "", "", "", "*knock*"), "b"),
    "no fields": (("", "", "", "", "mitosis"), "ad"),
    "since": (("name", "20200101", "", "details.creationEvent.time", "gfp"), "ab"),
    "until": (("name", "", "20200101", "details.creationEvent.time", "gfp"), ""),
    "acquired": (("", "20231114", "20231115", "acquisitionDate", "gfp"), "a"),
    "acquired, no words": (("", "20231114", "20231115", "acquisitionDate", ""), "a"),
    "careless": (("name", "", "", "", "gfp (knock"), "ab"),
}


@pytest.mark.parametrize("name", BUILT, ids=list(BUILT))
def test_the_query_builder(site: Any, search: Any, name: str) -> None:
    arguments, expected = BUILT[name]
    search.byLuceneQueryBuilder(*arguments)
    assert letters(site, all_of(search)) == expected


@pytest.mark.parametrize(
    ("some", "must", "none", "expected"),
    [
        (["gfp", "mock"], [], [], "abd"),
        ([], ["gfp", "mitosis"], [], "a"),
        (["gfp", "mock"], ["mitosis"], ["spindle"], "a"),
        (["gfp"], [], ["control"], "b"),
        (["control"], ["gfp"], [], "a"),
    ],
    ids=["some", "must", "all three", "some none", "some must"],
)
def test_some_must_none(
    site: Any, search: Any, some: list[str], must: list[str], none: list[str], expected: str
) -> None:
    search.bySomeMustNone(some, must, none)
    assert letters(site, all_of(search)) == expected


def test_annotations_by_example(site: Any, search: Any) -> None:
    search.byAnnotatedWith([text("Tag", "mitosis")])
    assert letters(site, all_of(search)) == "a"
    search.byAnnotatedWith([omero.model.TagAnnotationI()])
    assert letters(site, all_of(search)) == "ad"
    search.byAnnotatedWith([omero.model.TagAnnotationI(), text("Xml", "<Note><Text>xylophone</Text></Note>")])
    assert letters(site, all_of(search)) == "d"
    search.byFullText("gfp")
    search._not()
    search.byAnnotatedWith([omero.model.TagAnnotationI()])
    assert letters(site, all_of(search)) == "b"


def test_hql_joins_the_queue(site: Any, search: Any) -> None:
    params = omero.sys.ParametersI().addString("name", "mock")
    search.byHqlQuery("select i from Image i where i.name = :name", params)
    assert letters(site, all_of(search)) == "d"


def test_tag_groups(site: Any, search: Any) -> None:
    tag, group = text("Tag", "zebra stripe"), text("Tag", "zebra group")
    tag.linkAnnotation(group)
    site.conn.getUpdateService().saveObject(tag)
    search.byGroupForTags("zebra group")
    assert [(obj.id, obj.textValue.val) for obj in all_of(search)] == [(None, "zebra stripe")]
    search.byTagForGroups("zebra stripe")
    assert [obj.textValue.val for obj in all_of(search)] == ["zebra group"]
    search.byTagForGroups("")
    assert [obj.textValue.val for obj in all_of(search)] == ["zebra group"]


def test_similar_terms_are_those_one_may_read(site: Any, search: Any, gateway_of: Any) -> None:
    search.bySimilarTerms(["knockdwon"])
    assert [obj.textValue.val for obj in all_of(search)] == ["knockdown"]
    search.bySimilarTerms(["secretwort"])
    assert "secretword" not in [obj.textValue.val for obj in all_of(search)]
    sol = gateway_of("search-sol").createSearchService()
    sol.bySimilarTerms(["secretwort"])
    assert sol.results()[0].textValue.val == "secretword"
    sol.close()


WRONG = {
    "no type": lambda one: (one.resetDefaults(), one.byFullText("gfp")),
    "unknown type": lambda one: one.onlyType("Elephant"),
    "empty": lambda one: one.byFullText(""),
    "syntax": lambda one: one.byFullText("(gfp"),
    "only a wildcard": lambda one: one.byFullText("*"),
    "leading wildcard": lambda one: (one.setAllowLeadingWildcard(False), one.byFullText("a OR *fp")),
    "date": lambda one: (one.byLuceneQueryBuilder("", "yesterday", "", "", "gfp"), one.hasNext()),
    "nothing built": lambda one: one.byLuceneQueryBuilder("name", "", "", "", ""),
    "batch": lambda one: one.setBatchSize(0),
    "no words": lambda one: one.bySomeMustNone([], [], []),
    "no examples": lambda one: one.byAnnotatedWith([]),
    "no terms": lambda one: one.bySimilarTerms([]),
    "bad order": lambda one: (one.addOrderByAsc("name; drop"), one.byFullText("gfp"), one.hasNext()),
    "remove": lambda one: one.remove(),
    "too long": lambda one: one.byFullText("a " * 5000),
}


@pytest.mark.parametrize("name", WRONG, ids=list(WRONG))
def test_wrong_usage_is_an_api_usage_exception(search: Any, name: str) -> None:
    with pytest.raises(omero.ApiUsageException) as caught:
        WRONG[name](search)
    assert len(caught.value.message) > 10


@pytest.mark.parametrize(
    "query",
    [
        'gfp" OR rowid:*',
        "name:gfp) OR (1",
        "a; DROP TABLE m_image",
        "NEAR(gfp control)",
        "{gfp} : x",
        "rank:gfp",
        "\0gfp",
    ],
    ids=range(7),
)
def test_hostile_text_stays_text(site: Any, search: Any, query: str) -> None:
    try:
        search.byFullText(query)
    except omero.ApiUsageException:
        return
    assert {obj.id.val for obj in all_of(search)} <= set(site.ids.values())


def test_indexing_by_hand_is_for_administrators(site: Any, gateway: Any) -> None:
    with pytest.raises(omero.SecurityViolation):
        site.conn.getUpdateService().indexObject(omero.model.ImageI(site.ids["a"], False))
    everywhere = {"omero.group": "-1"}
    gateway.getUpdateService().indexObject(omero.model.ImageI(site.ids["a"], False), everywhere)
    assert letters(site, site.conn.getQueryService().findAllByFullText("Image", "control", None)) == "a"


# --- clients ---


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "built"])
def test_the_gateway_searches(site: Any, raw: bool) -> None:
    found = site.conn.searchObjects(["Image", "Dataset"], "gfp", fields=("name",), rawQuery=raw)
    kinds = sorted((type(one).__name__, one.getId()) for one in found)
    images = [("_ImageWrapper", site.ids[letter]) for letter in "ab"]
    assert kinds == sorted([("_DatasetWrapper", site.dataset), *images])
    assert site.conn.searchObjects(["Image"], "gfp", ownedBy=site.sam, rawQuery=raw) == []
    created = (rtime(0), rtime(86_400_000))
    assert site.conn.searchObjects(["Image"], "gfp", created=created, rawQuery=raw) == []
    assert len(site.conn.searchObjects(["Image"], "gfp", batchSize=1, page=1, rawQuery=raw)) == 1


def test_the_omero_command_searches(site: Any, embedded: EmbeddedServer, tmp_path: Path) -> None:
    def omero_search(*arguments: str) -> subprocess.CompletedProcess[str]:
        login = ["-s", "127.0.0.1", "-p", str(embedded.ssl_port), "-u", "search-sue", "-w", PASSWORD]
        # The command refuses to run as root.
        other = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
        command = [*other, sys.executable, "-W", "ignore", str(Path(sys.executable).parent / "omero"), "search"]
        env = {**os.environ, "HOME": str(tmp_path), "OMERODIR": str(tmp_path), "OMERO_USERDIR": str(tmp_path)}
        return subprocess.run([*command, *login, *arguments], env=env, capture_output=True, text=True, timeout=60)

    done = omero_search("--ids-only", "--style", "plain", "Image", "H2B")
    assert str(site.ids["a"]) in done.stdout, done.stderr
    done = omero_search("--ids-only", "--style", "plain", "--field", "tag", "--", "Image", "mitosis")
    assert done.stdout == f"0,ImageI:{site.ids['a']}\n1,ImageI:{site.ids['d']}\n", done.stderr
    done = omero_search("Image", "nosuchwordanywhere")
    assert done.returncode == 433 % 256
    assert "No results found" in done.stderr
