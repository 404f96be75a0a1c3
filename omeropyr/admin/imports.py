"""Many users at once from a CSV file: read, checked row by row, and made a part at a time so that nothing is lost."""

from __future__ import annotations

import csv
import io
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import omero

from omeropyr.admin.accounts import Wanted, create_steps
from omeropyr.admin.actor import SPECIAL, Actor
from omeropyr.admin.forms import LONGEST, SHORTEST_PASSWORD, is_email
from omeropyr.admin.group_names import groups_named
from omeropyr.admin.steps import Refused, carry_out
from omeropyr.admin.tables import FORMULA, safe_cell
from omeropyr.connection.query import rows
from omeropyr.errors import InvalidInput, TooLarge

COLUMNS = ("username", "first_name", "middle_name", "last_name", "email", "institution", "groups", "password")
REQUIRED = ("username", "first_name", "last_name", "groups")
NAMES = {
    "username": "user name",
    "first_name": "first name",
    "middle_name": "middle name",
    "last_name": "last name",
    "email": "e-mail",
    "institution": "institution",
    "groups": "group",
    "password": "password",
}
OTHER_NAMES = {"omename": "username", "login": "username", "user": "username", "group": "groups", "mail": "email"}
MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5_000
SECONDS = 10.0
"""How long one request makes users before it lets the browser ask for the next part."""


@dataclass(frozen=True)
class Row:
    """A user in a file: *number* is the line in the table, *values* the cells by column, *problem* what is wrong."""

    number: int
    values: dict[str, str]
    problem: str | None = None

    @property
    def groups(self) -> list[str]:
        """Names of the groups; the first is the default one."""
        return [one.strip() for one in self.values["groups"].split(";") if one.strip()]

    def failed(self, problem: str) -> Row:
        """The same row with what is wrong; the first word counts."""
        return Row(self.number, self.values, self.problem or problem)


@dataclass(frozen=True)
class Outcome:
    """What became of a part: rows that were made, that could not be, and that are still to come."""

    made: list[Row]
    failed: list[Row]
    waiting: list[Row]


def read_text(data: bytes) -> str:
    """The text of a file: UTF-8, with or without byte order mark, else what Windows calls ANSI."""
    if len(data) > MOST_BYTES:
        raise TooLarge("A file of users may have at most 2 MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def parse(text: str) -> list[Row]:
    """The rows of a CSV with a line of column names; InvalidInput where that is no such thing, TooLarge."""
    if len(text) > MOST_BYTES:
        raise TooLarge("A file of users may have at most 2 MB.")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        table = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)]
    except csv.Error as error:
        raise InvalidInput(f"This is no CSV file: {error}.") from error
    filled = [(number, row) for number, row in enumerate(table, 1) if any(cell.strip() for cell in row)]
    if not filled:
        raise InvalidInput("The file is empty.")
    head = [OTHER_NAMES.get(name, name) for name in (_column(cell) for cell in filled[0][1])]
    missing = [name for name in REQUIRED if name not in head]
    if missing:
        raise InvalidInput(f"The first line must name the columns; these are missing: {', '.join(missing)}.")
    if len(filled) - 1 > MOST_ROWS:
        raise TooLarge(f"A file may hold at most {MOST_ROWS} users.")
    return [_row(number, head, cells) for number, cells in filled[1:]]


def _column(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_").replace("-", "_").replace("e_mail", "email")


def _row(number: int, head: Sequence[str], cells: Sequence[str]) -> Row:
    given = dict(zip(head, cells, strict=False))
    # An apostrophe keeps a spreadsheet from reading a cell as a formula; our own tables put it there.
    values = {name: _unquoted(given.get(name, ""), strip=name != "password") for name in COLUMNS}
    row = Row(number, values)
    if len(cells) > len(head):
        return row.failed(f"There are {len(cells)} cells, but {len(head)} columns.")
    return row


def _unquoted(cell: str, *, strip: bool) -> str:
    text = cell.strip() if strip else cell
    return text[1:] if text.startswith("'") and text[1:2] in FORMULA else text


def check(conn: Any, found: Iterable[Row]) -> list[Row]:
    """The rows, each with what is wrong with it, if anything: two Ice calls."""
    every = list(found)
    names = Counter(row.values["username"] for row in every)
    mails = Counter(row.values["email"].lower() for row in every if row.values["email"])
    known, _ = groups_named(conn, sorted({name for row in every for name in row.groups}))
    users, addresses = _taken(conn, every)
    return [_checked(row, names, mails, known, users, addresses) for row in every]


def _taken(conn: Any, every: Sequence[Row]) -> tuple[frozenset[str], frozenset[str]]:
    names = sorted({row.values["username"] for row in every})
    mails = sorted({row.values["email"].lower() for row in every if row.values["email"]}) or [""]
    hql = """
        select e.omeName, lower(e.email) from Experimenter e
        where e.omeName in (:names) or lower(e.email) in (:mails)
    """
    found = rows(conn, hql, names=names, mails=mails) if names else []
    return frozenset(row[0] for row in found), frozenset(row[1] for row in found if row[1])


def _checked(
    row: Row,
    names: Counter[str],
    mails: Counter[str],
    known: dict[str, int],
    users: frozenset[str],
    addresses: frozenset[str],
) -> Row:
    values = row.values
    for name, value in values.items():
        if name in REQUIRED and not value.strip():
            row = row.failed(f"The {NAMES[name]} is missing.")
        if len(value) > LONGEST or not value.isprintable():
            row = row.failed(f"The {NAMES[name]} is too long or holds what cannot be shown.")
    email, password = values["email"], values["password"]
    missing = [name for name in row.groups if name not in known]
    problems = (
        (values["username"] in users, "A user of this name exists already."),
        (names[values["username"]] > 1, "Another row has the same user name."),
        (email != "" and not is_email(email), "The e-mail address is none."),
        (email.lower() in addresses, "Another user has this e-mail address."),
        (mails[email.lower()] > 1, "Another row has the same e-mail address."),
        (bool(missing), f"There is no group {', '.join(missing)}."),
        (bool(SPECIAL & set(row.groups)), "The groups system, user and guest are OMERO's own."),
        (0 < len(password) < SHORTEST_PASSWORD, f"The password has less than {SHORTEST_PASSWORD} characters."),
        (not password.strip() and not email, "Without a password the user needs an e-mail address to get one."),
    )
    for wrong, words in problems:
        if wrong:
            row = row.failed(words)
    return row


def make(conn: Any, actor: Actor, wanted: Sequence[Row], seconds: float = SECONDS) -> Outcome:
    """Make users, as many as there is time for; a row that OMERO refuses or that is not right stops no other one.

    Who has no password gets one that nobody knows, and asks for a new one by e-mail.
    """
    checked = check(conn, wanted)
    known, _ = groups_named(conn, sorted({name for row in checked for name in row.groups}))
    made: list[Row] = []
    failed: list[Row] = []
    until = time.monotonic() + seconds
    for place, row in enumerate(checked):
        if time.monotonic() > until:
            return Outcome(made, failed, list(wanted[place:]))
        if row.problem is None:
            row = _make_one(conn, actor, row, known)
        (failed if row.problem else made).append(row)
    return Outcome(made, failed, [])


def _make_one(conn: Any, actor: Actor, row: Row, known: dict[str, int]) -> Row:
    values, groups = row.values, [known[name] for name in dict.fromkeys(row.groups)]
    wanted = Wanted(
        name=values["username"],
        first_name=values["first_name"],
        middle_name=values["middle_name"],
        last_name=values["last_name"],
        email=values["email"],
        institution=values["institution"],
        role="user",
        active=True,
        privileges=frozenset(),
        groups=tuple(groups),
        default_group=groups[0],
    )
    steps, _ = create_steps(
        conn, wanted, (values["password"].strip() and values["password"]) or secrets.token_urlsafe(24)
    )
    try:
        carry_out(actor, steps)
    except Refused as refused:
        return row.failed(refused.message)
    except omero.ServerError as error:
        return row.failed(f"OMERO could not do it ({type(error).__name__}).")
    return row


def to_text(found: Iterable[Row], *, problems: bool = False, safe: bool = False) -> str:
    """Rows as the CSV that ``parse`` reads; *problems* adds a column of what is wrong, *safe* is for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(["problem"] if problems else [])])
    for row in found:
        cells = [safe_cell(text) if safe else text for text in row.values.values()]
        writer.writerow([*cells, *([row.problem or ""] if problems else [])])
    return out.getvalue()
