"""Users: the list, making and changing one, held against what OMERO itself says afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.admin.privileges import PRIVILEGES
from omeropyr.embedded import memberships
from omeropyr.testing import OmeroData, WebApp
from tests.functional.admin.conftest import Omero

Fresh = Callable[[str], str]
LIST = "/webadmin/experimenters/"


def fill(form: Any, **values: object) -> Any:
    for name, value in values.items():
        form[name] = value
    return form


def new_user(admin: WebApp, name: str, group: str, **more: object) -> Any:
    forms = admin.get("/webadmin/experimenter/new/").forms.values()
    form = next(one for one in forms if "omename" in one.fields)
    fill(form, omename=name, first_name="Ada", last_name="Lovelace", add_groups=group)
    return fill(form, password="secret-word", confirmation="secret-word", **more)


def page_of(admin: WebApp, omero_says: Omero, name: str) -> Any:
    return admin.get(f"/webadmin/experimenter/edit/{omero_says.user(name).id.val}/")


def main_form(page: Any) -> Any:
    return next(form for form in page.forms.values() if "omename" in form.fields or "name" in form.fields)


def names_in(page: Any) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.html.select("tbody th")]


def test_a_user_is_made_and_can_log_in(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, other_browser: Callable[..., WebApp]
) -> None:
    name, first, second = fresh("ada"), fresh("lab"), fresh("engines")
    omero_data.add_group(first)
    omero_data.add_group(second)
    form = new_user(admin, name, f"{second}\n{first}", middle_name="K.", email=f"{name}@example.org")
    form["institution"] = "Analytical Society"
    answer = form.submit()
    assert answer.status_int == 303
    assert f"The user {name} was created." in answer.follow().text

    made = omero_says.user(name)
    told = [getattr(made, field).val for field in ("firstName", "middleName", "lastName", "email", "institution")]
    assert told == ["Ada", "K.", "Lovelace", f"{name}@example.org", "Analytical Society"]
    assert omero_says.groups(name) == {first: False, second: False, "user": False}
    assert omero_says.default_group(name) == second
    other_browser(name, "secret-word")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"omename": ""}, "omename", "Enter a user name."),
        ({"first_name": " "}, "first_name", "Enter a first name."),
        ({"omename": "root"}, "omename", "Another user has this name already."),
        ({"omename": "x" * 300}, "omename", "At most 255 characters."),
        ({"email": "no address"}, "email", "This is no e-mail address."),
        ({"password": "ab", "confirmation": "ab"}, "password", "Enter at least 3 characters."),
        ({"password": "    ", "confirmation": "    "}, "password", "Enter at least 3 characters."),
        ({"confirmation": "another"}, "confirmation", "The two passwords are not the same."),
        ({"add_groups": "no such group"}, "add_groups", "There is no group no such group."),
        ({"add_groups": "system"}, "add_groups", "The groups system, user and guest are OMERO's own"),
        ({"add_groups": ""}, "add_groups", "A user needs at least one group."),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
    admin: WebApp, omero_data: OmeroData, fresh: Fresh, values: dict[str, str], field: str, words: str
) -> None:
    group, name = fresh("lab"), fresh("wrong")
    omero_data.add_group(group)
    form = new_user(admin, name, group, institution="<b>Institute</b>")
    page = fill(form, **values).submit(expect_errors=True)
    assert page.status_int == 400
    shown = page.html.find(id=f"{field}-error")
    assert words in shown.get_text()
    control = page.html.find(id=field)
    assert control["aria-invalid"] == "true"
    assert f"{field}-error" in control["aria-describedby"]
    again = main_form(page)
    assert again["institution"].value == "<b>Institute</b>"
    assert again["last_name"].value == "Lovelace"
    assert again["password"].value == ""


def test_an_address_belongs_to_one_user(
    admin: WebApp, omero_data: OmeroData, fresh: Fresh, set_email: Callable[[int, str], None]
) -> None:
    group, address = fresh("lab"), f"{fresh('mail')}@example.org"
    set_email(omero_data.add_user(fresh("first"), omero_data.add_group(group)), address)
    page = new_user(admin, fresh("second"), group, email=address.upper()).submit(expect_errors=True)
    assert "Another user has this address already." in page.html.find(id="email-error").get_text()


def test_everything_of_a_user_is_changed(admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh) -> None:
    name, other = fresh("before"), fresh("after")
    old, kept, new = (omero_data.add_group(fresh("group")) for _ in range(3))
    omero_data.add_user(name, old, kept)
    names = {group: omero_says.service.getGroup(group).name.val for group in (old, kept, new)}
    form = main_form(page_of(admin, omero_says, name))
    assert form["default_group"].value == str(old)
    boxes = {box._value: box for box in form.fields["other_groups"]}
    boxes[str(old)].checked = False
    fill(form, omename=other, first_name="Grace", middle_name="B.", last_name="Hopper", email=f"{other}@example.org")
    fill(form, institution="Navy", default_group=str(kept), add_groups=names[new])
    answer = form.submit()
    assert answer.status_int == 303
    made = omero_says.user(other)
    told = [getattr(made, field).val for field in ("firstName", "middleName", "lastName", "email", "institution")]
    assert told == ["Grace", "B.", "Hopper", f"{other}@example.org", "Navy"]
    assert omero_says.groups(other) == {names[kept]: False, names[new]: False, "user": False}
    assert omero_says.default_group(other) == names[kept]


def test_a_group_that_came_meanwhile_stays(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh
) -> None:
    name = fresh("meanwhile")
    user = omero_data.add_user(name, omero_data.add_group(fresh("group")))
    form = main_form(page_of(admin, omero_says, name))
    late = fresh("late")
    memberships.add(omero_data.server.store, user, omero_data.add_group(late))
    fill(form, institution="Navy").submit(status=303)
    assert late in omero_says.groups(name)


def test_active_and_inactive(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, testapp: WebApp
) -> None:
    name = fresh("sleeper")
    omero_data.add_user(name, omero_data.add_group())
    form = main_form(page_of(admin, omero_says, name))
    form["active"] = False
    form.submit(status=303)
    assert "user" not in omero_says.groups(name)
    page = admin.get(LIST, {"q": name, "show": "inactive"})
    assert names_in(page) == [name]
    assert "Inactive" in page.html.select_one("td.state").get_text()
    form = main_form(page_of(admin, omero_says, name))
    assert form["active"].checked is False
    form["active"] = True
    form.submit(status=303)
    assert "user" in omero_says.groups(name)


ROLES = ("administrator", "restricted_administrator", "user")


@pytest.mark.parametrize("role", ROLES)
def test_roles_of_new_users(admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, role: str) -> None:
    name, group = fresh(role.replace("_", "-")), fresh("lab")
    omero_data.add_group(group)
    form = new_user(admin, name, group, role=role)
    for box in form.fields["privileges"]:
        box.checked = box._value in ("Chgrp", "ModifyUser")
    form.submit(status=303)
    privileges = omero_says.privileges(name)
    assert ("system" in omero_says.groups(name)) == (role != "user")
    if role == "administrator":
        assert len(privileges) == 15
    elif role == "restricted_administrator":
        assert privileges == {"Chgrp", "ModifyUser"}
    words = {"administrator": "Administrator", "restricted_administrator": "Restricted administrator", "user": "User"}
    page = admin.get(LIST, {"q": name})
    assert page.html.select_one("td.role").get_text(strip=True) == words[role]


def test_privileges_are_given_one_by_one_and_the_role_is_taken(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh
) -> None:
    name = fresh("light")
    omero_data.add_user(name, omero_data.add_group())

    def change(role: str, *privileges: str) -> None:
        form = main_form(page_of(admin, omero_says, name))
        form["role"] = role
        for box in form.fields["privileges"]:
            box.checked = box._value in privileges
        form.submit(status=303)

    for one in PRIVILEGES:
        change("restricted_administrator", one.value)
        assert omero_says.privileges(name) == {one.value}
    change("administrator")
    assert len(omero_says.privileges(name)) == 15
    change("user")
    assert "system" not in omero_says.groups(name)


def test_boxes_of_omero_webs_programs(admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh) -> None:
    name, group = fresh("old-form"), omero_data.add_group(fresh("lab"))
    sent = {
        "omename": name,
        "first_name": "A",
        "last_name": "B",
        "password": "omero",
        "confirmation": "omero",
        "role": "restricted_administrator",
        "active": "on",
        "other_groups": str(group),
        "default_group": str(group),
        "Write": "on",
        "Script": "on",
    }
    admin.post("/webadmin/experimenter/create/", sent, headers=admin.csrf(), status=303)
    wanted = {"WriteOwned", "WriteFile", "WriteManagedRepo", "WriteScriptRepo", "DeleteScriptRepo"}
    assert omero_says.privileges(name) == wanted


@pytest.mark.parametrize("name", ["root", "guest"])
def test_accounts_that_omero_needs_keep_name_state_and_role(admin: WebApp, omero_says: Omero, name: str) -> None:
    page = page_of(admin, omero_says, name)
    form = main_form(page)
    assert "OMERO itself needs the account" in page.html.find(id="omename-locked").get_text()
    groups = omero_says.groups(name)
    sent = {
        "omename": "other",
        "first_name": name,
        "last_name": name,
        "role": "user" if name == "root" else "administrator",
    }
    address = form.action
    answer = admin.post(address, sent, headers=admin.csrf(), expect_errors=True)
    assert answer.status_int == 400
    assert "OMERO itself needs the account" in answer.text
    assert omero_says.groups(name) == groups
    answer = admin.post(address, {**sent, "role": ""}, headers=admin.csrf(), expect_errors=True)
    assert omero_says.user(name).omeName.val == name
    assert omero_says.groups(name) == groups


def test_nobody_locks_themselves_out(
    omero_data: OmeroData, omero_says: Omero, fresh: Fresh, other_browser: Callable[..., WebApp]
) -> None:
    name = fresh("chief")
    group = omero_data.add_group(fresh("lab"))
    user = omero_data.add_user(name, group, admin=True)
    browser = other_browser(name)
    page = browser.get(f"/webadmin/experimenter/edit/{user}/")
    assert "This is your own account: somebody else has to change it." in page.text
    form = main_form(page)
    assert "disabled" in form.fields["active"][0].attrs
    assert "disabled" in form.fields["role"][0].attrs
    sent = {"omename": name, "first_name": "A", "last_name": "B", "other_groups": str(group)}
    refused = browser.post(form.action, {**sent, "role": "user"}, headers=browser.csrf(), expect_errors=True)
    assert refused.status_int == 400
    browser.post(form.action, sent, headers=browser.csrf(), status=303)
    assert {"system", "user"} <= set(omero_says.groups(name))
    assert len(omero_says.privileges(name)) == 15


def test_users_of_ldap_keep_name_and_password(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, make_ldap: Callable[[int], None]
) -> None:
    name = fresh("ldap")
    user = omero_data.add_user(name, omero_data.add_group())
    make_ldap(user)
    page = page_of(admin, omero_says, name)
    assert page.html.find(id="omename").get("readonly") == "readonly"
    assert "This user logs in by LDAP" in page.html.find(id="omename-locked").get_text()
    assert f"/webadmin/change_password/{user}/" not in page.text
    form = main_form(page)
    fill(form, omename="another", institution="Navy").submit(status=303)
    assert omero_says.user(name).institution.val == "Navy"
    assert "LDAP" in admin.get(LIST, {"q": name}).html.select_one("td.role").get_text()
    sent = {"old_password": "omero", "password": "changed", "confirmation": "changed"}
    refused = admin.post(f"/webadmin/change_password/{user}/", sent, headers=admin.csrf(), expect_errors=True)
    assert refused.status_int == 403
    assert "LDAP" in refused.text


def test_an_administrator_sets_another_users_password(
    admin: WebApp, omero_data: OmeroData, fresh: Fresh, other_browser: Callable[..., WebApp]
) -> None:
    name, careless = fresh("forgetful"), fresh("careless")
    user = omero_data.add_user(name, omero_data.add_group())
    omero_data.add_user(careless, admin=True)
    wrong = {"old_password": "wrong", "password": "new-word", "confirmation": "new-word"}
    browser = other_browser(careless)
    refused = browser.post(f"/webadmin/change_password/{user}/", wrong, headers=browser.csrf(), expect_errors=True)
    assert refused.status_int == 403
    assert "does not accept this password" in refused.html.find(id="old_password-error").get_text()
    page = admin.get(f"/webadmin/change_password/{user}/")
    form = next(form for form in page.forms.values() if "old_password" in form.fields)
    other_browser(name, "omero")
    fill(form, old_password="omero", password="new-word", confirmation="new-word").submit(status=303)
    other_browser(name, "new-word")


def test_the_list_is_searched_sorted_and_paged(
    admin: WebApp, embedded: Any, omero_data: OmeroData, fresh: Fresh
) -> None:
    word = fresh("crowd")
    group = omero_data.add_group(word)
    for place in range(60):
        name = f"{word}-{place:02}"
        omero_data.add_user(name, group, last_name=f"Person {59 - place:02}", owner=place == 0)
    admin.get(LIST)  # joins the session
    before = embedded.counter.calls()
    first = admin.get(LIST, {"q": word})
    assert admin.ice_calls <= 3, embedded.counter.calls() - before
    assert names_in(first) == [f"{word}-{place:02}" for place in range(50)]
    assert "60 found" in first.text
    assert first.html.select_one("td.groups").get_text(strip=True) == f"{word}(owner)"
    second = first.click("Next")
    assert names_in(second) == [f"{word}-{place:02}" for place in range(50, 60)]
    assert "51–60 of 60" in second.text
    by_last = first.click("^Name")
    assert names_in(by_last)[0] == f"{word}-59"
    assert by_last.html.select_one("th.last")["aria-sort"] == "ascending"
    assert names_in(by_last.click("^Name"))[0] == f"{word}-00"
    assert names_in(admin.get(LIST, {"q": f"{word} 07"})) == [f"{word}-07", f"{word}-52"]
    assert names_in(admin.get(LIST, {"q": f"{word}_"})) == []
    assert "Nobody is found" in admin.get(LIST, {"q": f"{word}%%"}).text


@pytest.mark.parametrize("query", ["sort=password", "show=nobody", "page=0", "page=x", "q=" + "x" * 300, "q=%00"])
def test_lists_refuse_what_makes_no_sense(admin: WebApp, query: str) -> None:
    admin.get(f"{LIST}?{query}", status=400)


def test_names_are_completed_for_administrators_only(
    admin: WebApp, omero_data: OmeroData, fresh: Fresh, other_browser: Callable[..., WebApp]
) -> None:
    word = fresh("complete")
    user = omero_data.add_user(word, omero_data.add_group(f"{word}-group"), first_name="Ada", last_name="Byron")
    found = admin.get("/webadmin/find/users/", {"q": word}).json["found"]
    assert found == [{"id": user, "name": word, "hint": "Ada Byron"}]
    assert [one["name"] for one in admin.get("/webadmin/find/groups/", {"q": word}).json["found"]] == [f"{word}-group"]
    assert admin.get("/webadmin/find/groups/", {"q": "system"}).json["found"] == []
    browser = other_browser(word)
    for address in ("/webadmin/find/users/", "/webadmin/find/groups/", LIST, "/webadmin/groups/"):
        browser.get(address, status=403)


def test_old_addresses_lead_on(admin: WebApp, omero_data: OmeroData, fresh: Fresh, other_browser: Any) -> None:
    host = "http://localhost"
    assert admin.get("/webadmin/").location == f"{host}{LIST}"
    assert admin.get("/webadmin/login/").location == f"{host}/webclient/login/"
    assert admin.get("/webadmin/logout/").location == f"{host}/webclient/logout/"
    assert admin.get("/webadmin/experimenter/delete/").location == f"{host}{LIST}"
    assert admin.get("/webadmin/group/delete/").location == f"{host}/webadmin/groups/"
    assert admin.get("/webadmin/myaccount/x/").location == f"{host}/webadmin/myaccount/"
    name = fresh("plain")
    omero_data.add_user(name)
    assert other_browser(name).get("/webadmin/").location == f"{host}/webadmin/myaccount/"
    admin.get("/webadmin/experimenter/edit/999999/", status=404)
    admin.get("/webadmin/group/edit/999999/", status=404)
