"""Every error in both forms, every exception of OMERO and Ice in the table or known to be left out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import Glacier2
import Ice
import omero
import omero.clients
import pytest
from webtest import TestApp

from omeropyr import errors
from omeropyr.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotLoggedIn,
    ObjectNotFound,
    OmeropyrError,
    OmeroUnavailable,
    SessionExpired,
    TooLarge,
    translate,
)

MakeApp = Callable[..., TestApp]
MakeAddon = Callable[..., None]
HTML, JSON = {"Accept": "text/html,*/*"}, {"Accept": "application/json"}


def subclasses(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def tree() -> list[type[OmeropyrError]]:
    return [cls for cls in subclasses(OmeropyrError) if cls.__module__ == "omeropyr.errors"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (omero.SecurityViolation(), Forbidden),
        (omero.ReadOnlyGroupSecurityViolation(), Forbidden),
        (omero.ApiUsageException(), InvalidInput),
        (omero.ValidationException(), InvalidInput),
        (omero.QueryException(), InvalidInput),
        (omero.OverUsageException(), TooLarge),
        (omero.OptimisticLockException(), Conflict),
        (omero.ConcurrentModification(), Conflict),
        (omero.DatabaseBusyException(), OmeroUnavailable),
        (omero.LockTimeout(), OmeroUnavailable),
        (omero.MissingPyramidException(), OmeroUnavailable),
        (omero.NoProcessorAvailable(), OmeroUnavailable),
        (omero.SessionTimeoutException(), SessionExpired),
        (omero.RemovedSessionException(), SessionExpired),
        (omero.ShutdownInProgress(), OmeroUnavailable),
        (Glacier2.SessionNotExistException(), SessionExpired),
        (Glacier2.CannotCreateSessionException(), OmeroUnavailable),
        (omero.WrappedCreateSessionException(), OmeroUnavailable),
        (Ice.ObjectNotExistException(), SessionExpired),
        (Ice.ConnectionRefusedException(), OmeroUnavailable),
        (Ice.ConnectionLostException(), OmeroUnavailable),
        (Ice.ConnectTimeoutException(), OmeroUnavailable),
        (Ice.InvocationTimeoutException(), OmeroUnavailable),
        (Ice.DNSException(), OmeroUnavailable),
        (Ice.MemoryLimitException(), TooLarge),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_their_exceptions_become_ours(theirs: Exception, ours: type[OmeropyrError]) -> None:
    assert type(translate(theirs)) is ours


FOREIGN = sorted(
    {
        cls
        for root in (Ice.UserException, Ice.LocalException, omero.ClientError)
        for cls in subclasses(root)
        # IceGrid, IceStorm and IceBox are for the server's own use; no client of OMERO meets them.
        if cls.__module__.split(".")[0] in ("omero", "Glacier2", "Ice", "IceMX")
    },
    key=lambda cls: (cls.__module__, cls.__name__),
)


def test_the_walk_sees_their_classes() -> None:
    assert len(FOREIGN) > 100
    assert {omero.SecurityViolation, omero.CmdError, Glacier2.PermissionDeniedException, Ice.TimeoutException} <= {
        *FOREIGN
    }


@pytest.mark.parametrize("cls", FOREIGN, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_every_exception_of_theirs_is_covered(cls: type[Exception]) -> None:
    """The nearest row decides: a translation, or the word that it is a defect."""
    decisive = [name for name in errors.names(cls) if name in errors.TABLE or name in errors.DEFECTS]
    assert decisive, f"{cls.__module__}.{cls.__name__} is neither in TABLE nor in DEFECTS of omeropyr.errors"
    assert (translate(cls.__new__(cls)) is None) is (decisive[0] in errors.DEFECTS)


def test_the_table_names_only_what_there_is() -> None:
    known = {f"{cls.__module__}.{cls.__name__}" for cls in FOREIGN} | {"omero.ClientError"}
    assert (errors.TABLE.keys() | errors.DEFECTS) - known == set()
    assert errors.TABLE.keys() & errors.DEFECTS == set()
    assert translate(KeyError("x")) is None


def test_the_back_off_of_omero_becomes_retry_after() -> None:
    error = translate(omero.MissingPyramidException(None, None, "busy", 12_400))
    assert isinstance(error, OmeroUnavailable)
    assert error.retry_after == 13
    plain = translate(Ice.ConnectionRefusedException())
    assert isinstance(plain, OmeroUnavailable)
    assert plain.retry_after == 5


def test_what_the_server_said_is_not_repeated() -> None:
    error = translate(omero.SecurityViolation(None, None, "select x from Host db1.internal"))
    assert error is not None
    assert error.message == "You are not allowed to do this."


@pytest.fixture
def raising(
    make_app: MakeApp, make_addon: MakeAddon, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Exception], TestApp]:
    """An application whose /figure/ raises what is given."""

    def make(error: Exception) -> TestApp:
        monkeypatch.setattr(errors, "raised_by_test", error, raising=False)
        body = "from omeropyr import errors\n            def view(r): raise errors.raised_by_test"
        add = "config.add_route('figure.index', '/');"
        add += " config.add_view(view, route_name='figure.index', permission='__no_permission_required__')"
        make_addon("figure", body=body, includeme=add)
        return make_app("figure")

    return make


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_every_error_has_both_forms(kind: type[OmeropyrError], raising: Callable[[Exception], TestApp]) -> None:
    app = raising(kind())
    answer = app.get("/figure/", headers=JSON, status=kind.status)
    assert answer.json == {
        "message": kind.default_message,
        "code": kind.code,
        "request_id": answer.headers["X-Request-ID"],
    }
    assert answer.headers["Cache-Control"] == "no-store"
    if issubclass(kind, NotLoggedIn):
        page = app.get("/figure/?a=1", headers=HTML, status=302)
        assert page.headers["Location"] == "http://localhost/webclient/login/?url=%2Ffigure%2F%3Fa%3D1"
        return
    page = app.get("/figure/", headers=HTML, status=kind.status)
    assert page.content_type == "text/html"
    assert f"<h1>{kind.title}</h1>" in page.text
    assert kind.default_message in page.text
    assert page.headers["X-Request-ID"] in page.text


def test_details_are_for_programs(raising: Callable[[Exception], TestApp]) -> None:
    app = raising(InvalidInput("Not a number.", details={"field": "z"}))
    assert app.get("/figure/", headers=JSON, status=400).json["details"] == {"field": "z"}


def test_omero_down_says_when_to_try_again(raising: Callable[[Exception], TestApp]) -> None:
    answer = raising(Ice.ConnectionRefusedException()).get("/figure/", headers=JSON, status=503)
    assert answer.headers["Retry-After"] == "5"
    assert answer.json["code"] == "omero_unavailable"


def test_a_defect_is_logged_and_says_nothing(
    raising: Callable[[Exception], TestApp], caplog: pytest.LogCaptureFixture
) -> None:
    app = raising(RuntimeError("secret place /srv/db"))
    with caplog.at_level(logging.ERROR):
        for headers in (JSON, HTML):
            answer = app.get("/figure/", headers=headers, status=500)
            assert "Traceback" not in answer.text
            assert "/srv/db" not in answer.text
            assert answer.headers["X-Request-ID"] in answer.text
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info and record.exc_info[1]] == [
        ("secret place /srv/db",)
    ] * 2


def test_a_failing_error_page_falls_back_to_plain_words(
    raising: Callable[[Exception], TestApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_kw: Any) -> None:
        raise ValueError("template")

    monkeypatch.setattr("omeropyr.web.error_views.render_to_response", fail)
    answer = raising(ObjectNotFound("Image <7> is gone.")).get("/figure/", headers=HTML, status=404)
    assert "<h1>404 Not found</h1><p>Image &lt;7&gt; is gone.</p>" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/nowhere/", JSON, 404, "not_found"),
        ("/webgateway/nowhere/", {}, 404, "not_found"),
        ("/%ff/", JSON, 400, "invalid_input"),
        ("/webclient/", {"X-Requested-With": "XMLHttpRequest"}, 403, "not_logged_in"),
        ("/webclient/api/groups/", {}, 403, "not_logged_in"),
    ],
)
def test_what_pyramid_refuses_has_our_form(
    make_app: MakeApp, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = make_app("gateway client viewer").get(path, headers=headers, status=status)
    assert answer.json["code"] == code
    assert len(answer.json["request_id"]) == 32


def test_a_method_that_is_not_answered_is_405(make_app: MakeApp) -> None:
    answer = make_app("").put("/webclient/login/", headers=JSON, status=405)
    assert answer.json["details"] == {"allow": ["GET", "HEAD", "POST"]}
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_a_missing_token_is_403_in_the_words_clients_know(make_app: MakeApp) -> None:
    answer = make_app("").post("/webclient/login/", {"username": "x", "password": "y"}, headers=JSON, status=403)
    assert answer.json["message"] == "CSRF Failed: the token is missing or wrong."
    assert answer.json["code"] == "forbidden"
