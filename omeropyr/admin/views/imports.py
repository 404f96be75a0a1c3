"""Many users at once: the form, what a file would do, and doing it a part at a time."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.admin.actor import require_admin
from omeropyr.admin.imports import COLUMNS, MOST_BYTES, REQUIRED, Row, check, make, parse, read_text, to_text
from omeropyr.admin.navigation import shown
from omeropyr.errors import InvalidInput, OmeropyrError
from omeropyr.marshal.numbers import integer
from omeropyr.web.downloads import send_bytes

SECTION = "imports"
EXAMPLE = (
    "username,first_name,middle_name,last_name,email,institution,groups,password\n"
    "ada,Ada,,Lovelace,ada@example.org,Analytical Society,lab;engines,\n"
)


def show(request: Request) -> dict[str, object]:
    """The form."""
    require_admin(request.conn)
    return shown(request, SECTION, problem=None, columns=COLUMNS, required=REQUIRED, text="")


def preview(request: Request) -> dict[str, object] | Response:
    """What the file would do: nothing is made yet."""
    require_admin(request.conn)
    sent = request.POST.get("file")
    text = request.POST.get("csv", "")
    try:
        if hasattr(sent, "file"):
            with sent.file as stream:
                text = read_text(stream.read(MOST_BYTES + 1))
        if not text.strip():
            raise InvalidInput("Choose a file, or put its text in.")
        found = check(request.conn, parse(text))
    except OmeropyrError as error:
        request.response.status_int = error.status
        request.override_renderer = "omeropyr.admin:templates/imports.pt"
        return shown(request, SECTION, problem=error.message, columns=COLUMNS, required=REQUIRED, text=text)
    good = [row for row in found if row.problem is None]
    return shown(
        request,
        SECTION,
        rows=_sorted(found),
        good=len(good),
        bad=len(found) - len(good),
        text=to_text(found),
    )


def run(request: Request) -> dict[str, object]:
    """Make the users of the next part. What was made and what failed so far comes with the form, as text."""
    actor = require_admin(request.conn)
    wanted = parse(request.POST.get("csv", ""))
    failed = parse(request.POST["failed"]) if request.POST.get("failed", "").strip() else []
    before = integer(request.POST.get("made", "0"), "made")
    outcome = make(request.conn, actor, wanted)
    return shown(
        request,
        SECTION,
        made=before + len(outcome.made),
        made_rows=outcome.made,
        failed_rows=outcome.failed,
        failed=len(failed) + len(outcome.failed),
        failed_text=to_text([*failed, *outcome.failed]),
        waiting=len(outcome.waiting),
        waiting_text=to_text(outcome.waiting),
    )


def example(_request: Request) -> Response:
    """A file to begin with."""
    return send_bytes("users.csv", EXAMPLE.encode("utf-8-sig"), content_type="text/csv", charset="utf-8")


def save_failed(request: Request) -> Response:
    """What could not be made, as a file, with the reasons as they are now."""
    require_admin(request.conn)
    found = check(request.conn, parse(request.POST.get("csv", "")))
    body = to_text(found, problems=True, safe=True).encode("utf-8-sig")
    return send_bytes("users-not-made.csv", body, content_type="text/csv", charset="utf-8")


def _sorted(found: list[Row]) -> list[Row]:
    """Those with problems first, each in the order of the file."""
    return sorted(found, key=lambda row: (row.problem is None, row.number))
