"""Who may do what: restricted administrators (T18), levels of groups (B17), strangers (T10), add-on page, contract."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import omero
import pytest
from omero.rtypes import rlong, rstring

from omeropyr import admin as admin_addon
from omeropyr.admin.levels import LEVELS
from omeropyr.admin.privileges import PRIVILEGES
from omeropyr.embedded import memberships
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.testing import AddonContract, OmeroData, WebApp
from omeropyr.testing.web import close_web_app, web_app, web_settings
from tests.functional.admin.conftest import Omero

Fresh = Callable[[str], str]
Browser = Callable[..., WebApp]
PERSON = {"first_name": "New", "last_name": "Name"}


class TestContract(AddonContract):
    addon = admin_addon.addon


def create_user(browser: WebApp, name: str, group: int, **more: str) -> Any:
    sent = {"omename": name, **PERSON, "password": "omero", "confirmation": "omero", "active": "on"}
    sent |= {"other_groups": str(group), **more}
    return browser.post("/webadmin/experimenter/create/", sent, headers=browser.csrf(), expect_errors=True)


def change_user(browser: WebApp, user: int, name: str, group: int, **more: str) -> Any:
    sent = {"omename": name, **PERSON, "active": "on", "other_groups": str(group), **more}
    return browser.post(f"/webadmin/experimenter/save/{user}/", sent, headers=browser.csrf(), expect_errors=True)


ACTIONS = {
    "create a user": "ModifyUser",
    "rename a user": "ModifyUser",
    "set a password": "ModifyUser",
    "create a group": "ModifyGroup",
    "change a level": "ModifyGroup",
    "add a member": "ModifyGroupMembership",
}


@pytest.mark.parametrize("privilege", [None, *(one.value for one in PRIVILEGES)], ids=str)
def test_a_restricted_admin_may_do_what_the_privilege_says(
    omero_data: OmeroData,
    omero_says: Omero,
    fresh: Fresh,
    restricted: Callable[..., str],
    other_browser: Browser,
    privilege: str | None,
) -> None:
    """T18: every action by every single privilege, by the POST alone; what is refused changed nothing."""
    browser = other_browser(restricted(*([privilege] if privilege else [])))
    name, group_name, made_user, made_group = fresh("target"), fresh("group"), fresh("made"), fresh("made-group")
    group = omero_data.add_group(group_name, "rw----")
    user, member = omero_data.add_user(name, group), omero_data.add_user(fresh("member"))
    token = browser.csrf()

    def post(address: str, **sent: Any) -> int:
        return int(browser.post(f"/webadmin/{address}", sent, headers=token, expect_errors=True).status_int)

    done = {
        "create a user": create_user(browser, made_user, omero_data.add_group()).status_int,
        "rename a user": change_user(browser, user, name, group).status_int,
        "set a password": post(
            f"change_password/{user}/", old_password="omero", password="changed", confirmation="changed"
        ),
        "create a group": post("group/create/", name=made_group, permissions="0"),
        "change a level": post(f"group/save/{group}/", name=group_name, permissions="1", members=[str(user)]),
        "add a member": post(f"group/save/{group}/", name=group_name, members=[str(user), str(member)]),
    }
    assert {action: status for action, status in done.items()} == {
        action: 303 if needs == privilege else 403 for action, needs in ACTIONS.items()
    }
    says = {
        "create a user": bool(users_named(omero_data, made_user)),
        "rename a user": omero_says.user(name).firstName.val == "New",
        "create a group": bool(groups_named(omero_data, made_group)),
        "change a level": omero_says.level(group_name) == "rwr---",
        "add a member": len(omero_says.members(group_name)) > 1,
    }
    assert says == {action: needs == privilege for action, needs in ACTIONS.items() if action in says}


def users_named(omero_data: OmeroData, name: str) -> list[Any]:
    with omero_data.server.store.read(SYSTEM) as tx:
        return list(tx.values("select e.id from Experimenter e where e.omeName = :name", {"name": name}))


def groups_named(omero_data: OmeroData, name: str) -> list[Any]:
    with omero_data.server.store.read(SYSTEM) as tx:
        return list(tx.values("select g.id from ExperimenterGroup g where g.name = :name", {"name": name}))


def test_the_refusal_names_the_privilege(
    omero_data: OmeroData, fresh: Fresh, restricted: Callable[..., str], other_browser: Browser
) -> None:
    browser = other_browser(restricted("Chgrp"))
    name, group = fresh("target"), omero_data.add_group()
    user = omero_data.add_user(name, group)
    page = browser.get(f"/webadmin/experimenter/edit/{user}/")
    assert "You lack the privilege “Create and edit users”." in page.text
    refused = change_user(browser, user, name, group)
    words = " ".join(refused.html.find(role="alert").get_text().split())
    assert words == (
        "OMERO refused to change the names: you lack the privilege “Create and edit users”. Nothing was changed."
    )
    assert next(form for form in refused.forms.values() if "omename" in form.fields)["first_name"].value == "New"


@pytest.mark.parametrize("action", ["password", "names", "inactive", "role", "privileges"])
def test_nobody_changes_an_administrator_who_may_do_more(
    omero_data: OmeroData,
    omero_says: Omero,
    fresh: Fresh,
    restricted: Callable[..., str],
    other_browser: Browser,
    action: str,
) -> None:
    """T18: a restricted administrator with all that is needed for users and groups, against a full one."""
    name, group = fresh("full"), omero_data.add_group()
    user = omero_data.add_user(name, group, admin=True)
    browser = other_browser(restricted("ModifyUser", "ModifyGroup", "ModifyGroupMembership"))
    before = (omero_says.groups(name), omero_says.privileges(name), omero_says.user(name).firstName.val)
    if action == "password":
        sent = {"old_password": "omero", "password": "changed", "confirmation": "changed"}
        answer = browser.post(f"/webadmin/change_password/{user}/", sent, headers=browser.csrf(), expect_errors=True)
    else:
        more = {
            "names": {"role": "administrator"},
            "inactive": {"active": "", **{"first_name": "Test", "last_name": "User"}, "role": "administrator"},
            "role": {"first_name": "Test", "last_name": "User", "role": "user"},
            "privileges": {"first_name": "Test", "last_name": "User", "role": "restricted_administrator"},
        }[action]
        answer = change_user(browser, user, name, group, **more)
    assert answer.status_int == 403
    assert (omero_says.groups(name), omero_says.privileges(name), omero_says.user(name).firstName.val) == before
    other_browser(name, "omero")
    page = browser.get(f"/webadmin/experimenter/edit/{user}/")
    assert "This administrator may do more than you" in page.text


def test_nobody_gives_a_privilege_that_they_lack(
    omero_data: OmeroData, omero_says: Omero, fresh: Fresh, restricted: Callable[..., str], other_browser: Browser
) -> None:
    browser = other_browser(restricted("ModifyUser", "ModifyGroupMembership", "Chown"))
    page = browser.get("/webadmin/experimenter/new/")
    free = {box["value"] for box in page.html.select("input[name=privileges]") if not box.has_attr("disabled")}
    assert free == {"ModifyUser", "ModifyGroupMembership", "Chown"}
    name, group = fresh("climber"), omero_data.add_group()
    user = omero_data.add_user(name, group)
    for role, privileges in (("administrator", ""), ("restricted_administrator", "Sudo")):
        refused = change_user(browser, user, name, group, role=role, privileges=privileges)
        assert refused.status_int == 403
        assert "system" not in omero_says.groups(name)
    given = change_user(browser, user, name, group, role="restricted_administrator", privileges="Chown")
    assert given.status_int == 303
    assert omero_says.privileges(name) == {"Chown"}


def test_a_demoted_administrator_sees_nothing_any_more(
    omero_data: OmeroData, fresh: Fresh, other_browser: Browser, set_email: Callable[[int, str], None]
) -> None:
    name, group = fresh("demoted"), omero_data.add_group()
    user = omero_data.add_user(name, group, admin=True)
    set_email(omero_data.add_user(fresh("secret")), "secret-address@example.org")
    browser = other_browser(name)
    browser.get("/webadmin/experimenters/", status=200)
    memberships.remove(omero_data.server.store, user, [0])
    omero_data.server.sessions.refresh_user(user)
    for address in (
        "experimenters/",
        "experimenters/?q=secret",
        "experimenters/?q=nobody-at-all",
        "groups/",
        "experimenter/edit/0/",
        "group/edit/0/",
        "find/users/?q=a",
        "email/",
        "addons/",
        "import/",
    ):
        answer = browser.get(f"/webadmin/{address}", expect_errors=True)
        assert answer.status_int == 403, address
        assert "secret-address" not in answer.text


ADMIN_ONLY = (
    "experimenters/",
    "experimenter/new/",
    "experimenter/edit/{0}/",
    "groups/",
    "group/new/",
    "group/edit/{1}/",
    "group_owner/edit/{1}/",
    "change_password/{0}/",
    "change_avatar/{0}/",
    "find/users/?q=hidden",
    "find/groups/?q=hidden",
    "email/",
    "import/",
    "addons/",
    "drivespace_json/group/{1}/",
    "drivespace_json/user/{0}/",
    "stats/?user={0}",
    "stats/?group={1}",
    "stats/chart.svg?user={0}",
    "stats/table.csv?group={1}",
)


@pytest.mark.parametrize("address", ADMIN_ONLY)
def test_a_stranger_is_told_nothing_of_a_user(
    omero_data: OmeroData, fresh: Fresh, other_browser: Browser, set_email: Callable[[int, str], None], address: str
) -> None:
    """T10: A of one group asks for B of another: no name, no address, no group."""
    hidden, group_name, own = fresh("hidden"), fresh("hidden-group"), fresh("asker")
    group = omero_data.add_group(group_name)
    user = omero_data.add_user(hidden, group, first_name="Verborgen", last_name="Geheim")
    set_email(user, "verborgen@example.org")
    omero_data.add_user(own)
    answer = other_browser(own).get(f"/webadmin/{address.format(user, group)}", expect_errors=True)
    assert answer.status_int in (403, 404)
    for told in ("Verborgen", "Geheim", "verborgen@", hidden, group_name):
        assert told not in answer.text


WHO = ("owner", "member", "leader", "admin", "stranger")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.text)
def test_what_each_may_do_with_a_group_agrees_with_omero(
    omero_data: OmeroData,
    omero_says: Omero,
    fresh: Fresh,
    other_browser: Browser,
    gateway_of: Any,
    level: Any,
    who: str,
) -> None:
    """B17: who sees a user's space in a group of each level, and who manages the group, is what OMERO says."""
    name, owner, asks = fresh("level"), fresh("data-owner"), fresh(who)
    group = omero_data.add_group(name, level.text)
    owner_id = omero_data.add_user(owner, group)
    project = omero_data.add_project("seen?", user=owner)
    with omero_data.server.store.write(omero_data.actor(owner)) as tx:
        tx.save(original_file())
    asker = owner if who == "owner" else asks
    if who in ("member", "leader"):
        omero_data.add_user(asks, group, owner=who == "leader")
    elif who != "owner":
        omero_data.add_user(asks, admin=who == "admin")
    other = gateway_of(asker)
    other.SERVICE_OPTS.setOmeroGroup(-1)
    readable = other.getObject("Project", project) is not None
    assert readable == (who in ("owner", "leader", "admin") or (who == "member" and level.number > 0))
    browser = other_browser(asker)
    listed = browser.get(f"/webadmin/drivespace_json/group/{group}/", expect_errors=True)
    assert listed.status_int == (404 if who == "stranger" else 200)
    if who != "stranger":
        assert [one["userId"] for one in listed.json] == ([owner_id] if readable else [])
    may_manage = who in ("leader", "admin")
    assert browser.get(f"/webadmin/group_owner/edit/{group}/", expect_errors=True).status_int == (
        200 if may_manage else 403
    )


def original_file() -> Any:
    file = omero.model.OriginalFileI()
    file.name = file.path = rstring("notes.txt")
    file.size = rlong(1000)
    return file


def test_the_page_of_add_ons(admin: WebApp, omero_data: OmeroData) -> None:
    page = admin.get("/webadmin/addons/")
    text = " ".join(page.html.get_text(" ").split())
    for words in ("Administration admin", "Browser client client", "omero : well", "omeropyr.addons"):
        assert words.replace(" :", ":") in text.replace(" :", ":")
    assert "gateway client viewer admin" in text.replace("'", "").replace(",", "").replace("(", "").replace(")", "")
    rows = {row.th.get_text(strip=True): row for row in page.html.select(".settings tbody tr")}
    assert rows["omeropyr.session.secret"].td.get_text() in ("", "(hidden)")
    assert omero_data.server.data.name not in text


def test_secrets_are_hidden(embedded: Any, tmp_path: Any) -> None:
    tmp_path.chmod(0o700)
    secret = secrets.token_urlsafe(40)
    app = web_app(web_settings(embedded, tmp_path, omeropyr__addons="admin", omeropyr__session__secret=secret))
    try:
        browser = WebApp(app, embedded)
        browser.log_in()
        page = browser.get("/webadmin/addons/")
        assert secret not in page.text
        rows = {row.th.get_text(strip=True): row for row in page.html.select(".settings tbody tr")}
        assert rows["omeropyr.session.secret"].td.get_text() == "(hidden)"
    finally:
        close_web_app(app)


def test_the_navigation_shows_what_one_may_see(
    admin: WebApp, omero_data: OmeroData, fresh: Fresh, other_browser: Browser
) -> None:
    def titles(browser: WebApp) -> list[str]:
        return [link.get_text() for link in browser.get("/webadmin/myaccount/").html.select(".admin-nav a")]

    every = ["Users", "Groups", "Import users", "E-mail", "Drive space", "Add-ons and health", "My account"]
    assert titles(admin)[:7] == every
    name = fresh("plain")
    omero_data.add_user(name)
    browser = other_browser(name)
    assert titles(browser) == ["Drive space", "My account"]
    assert "Administration" not in browser.get("/webadmin/myaccount/").html.select_one(".header-links").get_text()


def test_nobody_without_the_privilege_changes_an_official_script(
    gateway: Any, omero_data: OmeroData, fresh: Fresh, restricted: Callable[..., str], gateway_of: Any
) -> None:
    """T17: a user, an owner of a group and an administrator without the privilege; nothing is changed."""
    path, text = f"/tests/{fresh('official')}.py", "import omero.scripts as scripts\nscripts.client('a', 'b')\n"
    script = gateway.getScriptService().uploadOfficialScript(path, text)
    owner = fresh("owner")
    omero_data.add_user(owner, omero_data.add_group(), owner=True)
    for name in (owner, restricted("ModifyUser", "WriteOwned", "DeleteOwned")):
        service = gateway_of(name).getScriptService()
        file = omero.model.OriginalFileI(script, False)
        for change in (
            lambda service=service: service.uploadOfficialScript(f"/tests/{fresh('new')}.py", text),
            lambda service=service, file=file: service.editScript(file, "changed"),
            lambda service=service: service.deleteScript(script),
        ):
            with pytest.raises(omero.SecurityViolation):
                change()
    assert gateway.getScriptService().getScriptText(script) == text


def test_there_are_no_shares(web_application: Any, admin: WebApp) -> None:
    """T15: OMERO.web's shares read across groups; no address takes one, and one that is named changes nothing."""
    patterns = [
        item["introspectable"]["pattern"] for item in web_application.registry.introspector.get_category("routes")
    ]
    assert [pattern for pattern in patterns if "share_id" in pattern or "{share" in pattern] == []
    for address in ("/webclient/basket/?share_id=1", "/webclient/load_share/1/", "/webgateway/1/render_image/1/"):
        admin.get(address, status=404)
