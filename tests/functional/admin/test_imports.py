"""Many users from a CSV: the preview, what is made, and that nothing is lost."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from webtest import Upload

from omeropyr.admin.actor import read_actor
from omeropyr.admin.imports import make, parse
from omeropyr.testing import OmeroData, WebApp
from tests.functional.admin.conftest import Omero

Fresh = Callable[[str], str]
HEAD = "username,first_name,last_name,email,groups,password\n"


def form_with(page: Any, field: str, action: str = "") -> Any:
    return next(form for form in page.forms.values() if field in form.fields and form.action.endswith(action))


def preview(admin: WebApp, text: str | bytes, status: int = 200) -> Any:
    form = form_with(admin.get("/webadmin/import/"), "csv")
    form["file"] = Upload("users.csv", text if isinstance(text, bytes) else text.encode())
    return form.submit(status=status)


def run(page: Any) -> Any:
    """Everything to its end, part by part."""
    page = form_with(page, "csv", "/run/").submit()
    while "Go on with" in page.text:
        page = form_with(page, "csv", "/run/").submit()
    return page


def states(page: Any) -> dict[str, str]:
    rows = page.html.select("tbody tr")
    return {row.th.get_text(strip=True): row.find_all("td")[-1].get_text(strip=True) for row in rows}


def test_good_rows_are_made_and_bad_ones_come_back(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, other_browser: Callable[..., WebApp]
) -> None:
    lab, rest, word = fresh("lab"), fresh("rest"), fresh("many")
    for group in (lab, rest):
        omero_data.add_group(group)
    omero_data.add_user(f"{word}-taken")
    lines = [
        f"{word}-{place},First {place},Läst,{word}-{place}@example.org,{lab};{rest},pass-{place}\n"
        for place in range(5)
    ]
    bad = {
        f"{word}-taken": f"{word}-taken,A,B,,{lab},word\n",
        f"{word}-group": f"{word}-group,A,B,,no such lab,word\n",
        f"{word}-mail": f"{word}-mail,A,B,no mail,{lab},word\n",
        f"{word}-short": f"{word}-short,A,B,,{lab},ab\n",
        f"{word}-nothing": f"{word}-nothing,,B,,{lab},word\n",
        f"{word}-system": f"{word}-system,A,B,,system,word\n",
        f"{word}-nopass": f"{word}-nopass,A,B,,{lab},\n",
    }
    page = preview(admin, HEAD + "".join([*lines, *bad.values()]))
    assert "Create 5 users" in page.text
    told = states(page)
    assert [name for name, state in told.items() if state != "Ready"] == list(bad)
    assert told[f"{word}-taken"] == "A user of this name exists already."
    assert told[f"{word}-group"] == "There is no group no such lab."
    assert told[f"{word}-mail"] == "The e-mail address is none."
    assert told[f"{word}-short"] == "The password has less than 3 characters."
    assert told[f"{word}-nothing"] == "The first name is missing."
    assert told[f"{word}-system"] == "The groups system, user and guest are OMERO's own."
    assert told[f"{word}-nopass"] == "Without a password the user needs an e-mail address to get one."
    done = run(page)
    assert "5 users were created, 7 were not" in " ".join(done.html.find(role="status").get_text().split())
    for place in range(5):
        assert omero_says.groups(f"{word}-{place}") == {lab: False, rest: False, "user": False}
        assert omero_says.default_group(f"{word}-{place}") == lab
        assert omero_says.user(f"{word}-{place}").email.val == f"{word}-{place}@example.org"
    other_browser(f"{word}-3", "pass-3")
    left = form_with(done, "csv", "/preview/")["csv"].value
    assert [row["username"] for row in csv.DictReader(io.StringIO(left.strip()))] == list(bad)
    corrected = left.replace("no such lab", lab)
    again = admin.post("/webadmin/import/preview/", {"csv": corrected}, headers=admin.csrf())
    assert states(again)[f"{word}-group"] == "Ready"
    saved = admin.post("/webadmin/import/failed/", {"csv": left}, headers=admin.csrf())
    rows = list(csv.DictReader(io.StringIO(saved.body.decode("utf-8-sig"))))
    assert rows[1]["problem"] == "There is no group no such lab."
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_one_user_is_no_users(admin: WebApp, omero_data: OmeroData) -> None:
    lab = f"one-{uuid.uuid4().hex[:6]}"
    omero_data.add_group(lab)
    page = preview(admin, f"{HEAD}{lab}-a,A,B,,{lab},word\n,A,B,,{lab},word\n")
    assert "Create 1 user<" in page.text
    done = run(page)
    assert "1 user was created, 1 was not." in " ".join(done.html.find(role="status").get_text().split())
    nobody = preview(admin, f"{HEAD},A,B,,{lab},word\n")
    assert nobody.html.find("button", class_="button-main") is None


def test_who_has_no_password_gets_one_that_nobody_knows(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, testapp: WebApp
) -> None:
    lab, name = fresh("lab"), fresh("nopass")
    omero_data.add_group(lab)
    run(preview(admin, f"{HEAD}{name},A,B,{name}@example.org,{lab},\n"))
    assert omero_says.user(name).email.val == f"{name}@example.org"
    admin.log_out()
    assert admin.log_in_form(name, "").status_int in (400, 403)


def test_a_stopped_import_goes_on_where_it_was(
    omero_data: OmeroData, gateway: Any, fresh: Fresh, admin: WebApp
) -> None:
    lab, word = fresh("lab"), fresh("part")
    omero_data.add_group(lab)
    text = HEAD + "".join(f"{word}-{place},A,B,,{lab},word\n" for place in range(3))
    first = make(gateway, read_actor(gateway), parse(text), seconds=-1.0)
    assert (len(first.made), len(first.failed), len(first.waiting)) == (0, 0, 3)
    second = make(gateway, read_actor(gateway), first.waiting)
    assert [row.values["username"] for row in second.made] == [f"{word}-{place}" for place in range(3)]
    third = make(gateway, read_actor(gateway), parse(text))  # sent twice: nobody is made twice
    assert {row.problem for row in third.failed} == {"A user of this name exists already."}


@pytest.mark.parametrize(
    "text",
    [
        "username;first_name;last_name;groups;password\n{0};Jörg;Groß;{1};word\n".encode("cp1252").decode("latin-1"),
        "\ufeffUser,First name,Last name,Group,Password\r\n{0},Jörg,Groß,{1},word\r\n",
        "omename\tfirst_name\tlast_name\tgroups\tpassword\n{0}\tJörg\tGroß\t{1}\tword\n",
        'username,first_name,last_name,groups,password\n\n"{0}","Jörg","Groß","{1}","word"\n\n',
    ],
    ids=["semicolons", "mark and other words", "tabs", "quotes"],
)
def test_tables_as_programs_write_them(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, text: str
) -> None:
    lab, name = fresh("lab"), fresh("written")
    omero_data.add_group(lab)
    run(preview(admin, text.format(name, lab)))
    assert omero_says.user(name).lastName.val == "Groß"


def test_windows_text(admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh) -> None:
    lab, name = fresh("lab"), fresh("ansi")
    omero_data.add_group(lab)
    run(
        preview(admin, f"username;first_name;last_name;groups;password\n{name};Jörg;Groß;{lab};word\n".encode("cp1252"))
    )
    assert omero_says.user(name).firstName.val == "Jörg"


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("", 400, "Choose a file"),
        ("a,b\n1,2\n", 400, "these are missing: username, first_name, last_name, groups"),
        ('username,"first_name\n', 400, "This is no CSV file"),
        (HEAD + "x,A,B,,g,word\n" * 5001, 413, "at most 5000 users"),
        (b"x" * (2 * 1024 * 1024 + 1), 413, "at most 2 MB"),
        (b"\x00\xff\xfe", 400, "missing"),
    ],
    ids=["nothing", "other columns", "open quote", "too many", "too long", "binary"],
)
def test_what_is_no_table_of_users(admin: WebApp, text: Any, status: int, words: str) -> None:
    assert words in preview(admin, text, status).text


def test_cells_too_many_and_markup(admin: WebApp, omero_data: OmeroData, fresh: Fresh) -> None:
    lab = fresh("lab")
    omero_data.add_group(lab)
    name = "<img src=x onerror=alert(1)>"
    page = preview(admin, f"{HEAD}{name},</textarea><script>,B,,{lab},word\nz,A,B,,{lab},word,more,more\n")
    assert states(page)["z"] == "There are 8 cells, but 6 columns."
    assert name not in page.text
    assert "<script>," not in page.text


def test_only_administrators_with_the_privilege_make_users(
    omero_data: OmeroData, fresh: Fresh, restricted: Callable[..., str], other_browser: Callable[..., WebApp]
) -> None:
    lab, name, plain = fresh("lab"), fresh("refused"), fresh("plain")
    omero_data.add_group(lab)
    browser = other_browser(restricted("Chgrp"))
    done = run(preview(browser, f"{HEAD}{name},A,B,,{lab},word\n"))
    assert "you lack the privilege" in states(done)[name]
    omero_data.add_user(plain)
    other = other_browser(plain)
    other.get("/webadmin/import/", status=403)
    for address in ("preview", "run", "failed"):
        other.post(f"/webadmin/import/{address}/", {"csv": HEAD}, headers=other.csrf(), status=403)


def test_what_is_saved_is_read_as_it_was(
    admin: WebApp, omero_data: OmeroData, omero_says: Omero, fresh: Fresh, other_browser: Callable[..., WebApp]
) -> None:
    lab, name = fresh("lab"), fresh("formula")
    text = f"{HEAD}{name},=SUM(1),+Plus,,{lab}, =word\n"
    preview(admin, text)
    saved = admin.post("/webadmin/import/failed/", {"csv": text}, headers=admin.csrf()).body.decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(saved)))
    assert (row["first_name"], row["last_name"], row["password"]) == ("'=SUM(1)", "'+Plus", " =word")
    assert row["problem"] == f"There is no group {lab}."
    omero_data.add_group(lab)
    run(preview(admin, saved.replace(" =word", "'=word")))
    made = omero_says.user(name)
    assert (made.firstName.val, made.lastName.val) == ("=SUM(1)", "+Plus")
    other_browser(name, "=word")
