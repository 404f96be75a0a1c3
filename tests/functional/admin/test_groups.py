"""Groups: the list, making and changing one, by administrators and by owners; the four levels as OMERO has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from omero.model import ProjectAnnotationLinkI, ProjectI, TagAnnotationI
from omero.rtypes import rstring

from omeropyr.admin.levels import LEVELS, change_words
from omeropyr.embedded import memberships
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.testing import OmeroData, WebApp
from tests.functional.admin.conftest import Omero

Fresh = Callable[[str], str]
Browser = Callable[..., WebApp]
LIST = "/webadmin/groups/"


def group_form(page: Any) -> Any:
    return next(form for form in page.forms.values() if "permissions" in form.fields)


def box(form: Any, name: str, value: object) -> Any:
    return next(field for field in form.fields[name] if field._value == str(value))


def edit(browser: WebApp, group: int, owner: bool = False) -> Any:
    return group_form(browser.get(f"/webadmin/{'group_owner' if owner else 'group'}/edit/{group}/"))


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.text)
def test_a_group_is_made_at_each_level(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, level: Any
) -> None:
    name, owner, member = fresh("made"), fresh("owner"), fresh("member")
    for user in (owner, member):
        omero_data.add_user(user)
    form = group_form(admin.get("/webadmin/group/new/"))
    form["name"], form["description"], form["permissions"] = name, "Über <b>alles</b>", str(level.number)
    form["add_members"], form["add_owners"] = member, owner
    page = form.submit(status=303).follow()
    assert f"The group {name} was created." in page.text
    assert omero_says.group(name).description.val == "Über <b>alles</b>"
    assert omero_says.level(name) == level.text
    assert omero_says.members(name) == {owner: True, member: False}
    listed = admin.get(LIST, {"q": name})
    cells = [cell.get_text(" ", strip=True) for cell in listed.html.select("tbody tr td")]
    assert cells[:3] == [level.title, "2", "Test User"]
    assert "Über &lt;b&gt;alles" in page.text


@pytest.mark.parametrize("after", LEVELS, ids=lambda level: level.text)
@pytest.mark.parametrize("before", LEVELS, ids=lambda level: level.text)
def test_a_level_is_changed_and_what_it_does_is_told(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, before: Any, after: Any
) -> None:
    name = fresh("levels")
    group = omero_data.add_group(name, before.text)
    page = admin.get(f"/webadmin/group/edit/{group}/")
    if before != after:
        assert change_words(before, after) in " ".join(page.html.get_text().split())
    form = group_form(page)
    assert form["permissions"].value == str(before.number)
    form["permissions"] = str(after.number)
    form.submit(status=303)
    assert omero_says.level(name) == after.text


def test_what_a_private_group_cannot_have_is_asked_for_before_it_is_deleted(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, gateway_of: Any
) -> None:
    name, ann, ben = fresh("annotated"), fresh("ann"), fresh("ben")
    group = omero_data.add_group(name, "rwra--")
    for user in (ann, ben):
        omero_data.add_user(user, group)
    project = omero_data.add_project("shared", user=ann)
    other = gateway_of(ben)
    tag = TagAnnotationI()
    tag.textValue = rstring("nice")
    link = ProjectAnnotationLinkI()
    link.parent, link.child = ProjectI(project, False), tag
    link_id = other.getUpdateService().saveAndReturnObject(link).id.val
    form = edit(admin, group)
    form["permissions"] = "0"
    asked = form.submit(expect_errors=True)
    assert asked.status_int == 400
    assert "This deletes 1 × ProjectAnnotationLink" in asked.text
    assert omero_says.level(name) == "rwra--"
    again = group_form(asked)
    again["confirm"] = True
    again.submit(status=303)
    assert omero_says.level(name) == "rw----"
    with omero_data.server.store.read(SYSTEM) as tx:
        assert not tx.values("select l.id from ProjectAnnotationLink l where l.id = :id", {"id": link_id})


def test_members_and_owners_come_and_go(admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh) -> None:
    name, other = fresh("people"), omero_data.add_group(fresh("other"))
    group = omero_data.add_group(name)
    people = [fresh("person") for _ in range(4)]
    ids = {user: omero_data.add_user(user, group, other) for user in people[:3]}
    omero_data.add_user(people[3])
    form = edit(admin, group)
    box(form, "members", ids[people[0]]).checked = False
    box(form, "owners", ids[people[1]]).checked = True
    form["add_members"] = people[3]
    form["name"] = f"{name}-new"
    late = fresh("late")
    omero_data.add_user(late, group)  # came after the form was made
    form.submit(status=303)
    assert omero_says.members(f"{name}-new") == {people[1]: True, people[2]: False, people[3]: False, late: False}
    form = edit(admin, group)
    box(form, "owners", ids[people[1]]).checked = False
    form.submit(status=303)
    assert omero_says.members(f"{name}-new")[people[1]] is False


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"name": "system"}, "name", "Another group has this name already."),
        ({"description": "x" * 2001}, "description", "At most 2000 characters."),
        ({"add_members": "nobody-of-this-name"}, "add_members", "There is no user nobody-of-this-name."),
        ({"add_owners": "nobody-of-this-name"}, "add_owners", "There is no user nobody-of-this-name."),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, dict) else "",
)
def test_what_is_wrong_stands_beside_the_field(
    admin: WebApp, fresh: Fresh, values: dict[str, str], field: str, words: str
) -> None:
    form = group_form(admin.get("/webadmin/group/new/"))
    form["name"], form["permissions"] = fresh("bad"), "2"
    for name, value in values.items():
        form[name] = value
    page = form.submit(expect_errors=True)
    assert page.status_int == 400
    assert page.html.find(id=f"{field}-error").get_text() == words
    assert group_form(page)["permissions"].value == "2"


def test_nobody_loses_their_only_group(admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh) -> None:
    name, user = fresh("only"), fresh("lonely")
    group = omero_data.add_group(name)
    form = edit(admin, group) if omero_data.add_user(user, group) else None
    form["members"] = False
    page = form.submit(expect_errors=True)
    assert page.status_int == 400
    assert f"This is the only group of {user}" in page.text
    assert omero_says.members(name) == {user: False}


@pytest.mark.parametrize("name", ["system", "user", "guest"])
def test_groups_of_omero_itself_stay(admin: WebApp, omero_says: Omero, name: str) -> None:
    group, before = omero_says.group(name), (omero_says.level(name), set(omero_says.members(name)))
    page = admin.get(f"/webadmin/group/edit/{group.id.val}/")
    assert "OMERO itself needs this group." in page.html.find(id="name-locked").get_text()
    sent = {
        "name": "other",
        "permissions": "3",
        "members": [str(link.child.id.val) for link in group.copyGroupExperimenterMap()],
    }
    admin.post(f"/webadmin/group/save/{group.id.val}/", sent, headers=admin.csrf(), status=400)
    assert (omero_says.level(name), set(omero_says.members(name))) == before


def test_an_owner_manages_their_group(
    omero_data: OmeroData, omero_says: Omero, fresh: Fresh, other_browser: Browser
) -> None:
    name, owner, member, new = fresh("owned"), fresh("leader"), fresh("member"), fresh("new")
    group, other = omero_data.add_group(name), omero_data.add_group()
    omero_data.add_user(owner, group, owner=True)
    member_id = omero_data.add_user(member, group, other)
    omero_data.add_user(new)
    browser = other_browser(owner)
    page = browser.get("/webadmin/myaccount/").click("Manage")
    form = group_form(page)
    assert "name" not in form.fields
    assert page.html.find(id="add_members").get("data-suggest") is None  # names of strangers are not told
    form["permissions"], form["add_owners"] = "1", new
    box(form, "members", member_id).checked = False
    answer = form.submit(status=303)
    assert f"The group {name} was saved." in answer.follow().text
    assert omero_says.level(name) == "rwr---"
    assert omero_says.members(name) == {owner: True, new: True}
    address = f"/webadmin/group_owner/save/{group}/"
    browser.post(
        address,
        {"name": "hijacked", "permissions": "1", "members": "", "owners": ""},
        headers=browser.csrf(),
        expect_errors=True,
    )
    assert omero_says.service.getGroup(group).name.val == name


@pytest.mark.parametrize("who", ["member", "stranger"])
def test_only_owners_manage_a_group(
    omero_data: OmeroData, omero_says: Omero, fresh: Fresh, other_browser: Browser, who: str
) -> None:
    name, user = fresh("guarded"), fresh(who)
    group = omero_data.add_group(name, "rwr---")
    omero_data.add_user(user, *([group] if who == "member" else []))
    browser = other_browser(user)
    browser.get(f"/webadmin/group_owner/edit/{group}/", status=403)
    browser.post(f"/webadmin/group_owner/save/{group}/", {"permissions": "3"}, headers=browser.csrf(), status=403)
    browser.get(f"/webadmin/group/edit/{group}/", status=403)
    browser.post(f"/webadmin/group/save/{group}/", {"permissions": "3"}, headers=browser.csrf(), status=403)
    assert omero_says.level(name) == "rwr---"


def test_the_list_is_sorted(admin: WebApp, omero_data: OmeroData, fresh: Fresh) -> None:
    word = fresh("sorted")
    groups = [omero_data.add_group(f"{word}-{letter}") for letter in "abc"]
    for place, group in enumerate(groups):
        for _ in range((2, 0, 1)[place]):
            memberships.add(omero_data.server.store, omero_data.add_user(), group)
    admin.get(LIST)
    seen = {}
    for sort in ("name", "-name", "members", "-members", "id"):
        page = admin.get(LIST, {"q": word, "sort": sort})
        assert admin.ice_calls <= 3
        seen[sort] = "".join(cell.get_text(strip=True)[-1] for cell in page.html.select("tbody th"))
    assert seen == {"name": "abc", "-name": "cba", "members": "bca", "-members": "acb", "id": "abc"}
