"""Who is logged in: what is shown of it, what is kept, who may do what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omeropyr.security import Identity, Permission, identity
from omeropyr.security.identity import CACHE_SECONDS, SESSION_KEY, IdentityCache
from omeropyr.security.login import unsuitable
from omeropyr.security.permissions import permits

ANN = Identity(
    server_id=1,
    user_id=7,
    user_name="ann",
    full_name="Ann Other",
    group_id=3,
    group_name="lab",
    is_admin=False,
    session_uuid="the-session-uuid",
    csrf_token="the-csrf-token",
)


def test_secrets_are_in_no_repr() -> None:
    assert "the-" not in repr(ANN) + str(ANN)
    assert "ann" in repr(ANN)


def test_an_identity_survives_the_session() -> None:
    assert Identity.from_session({SESSION_KEY: ANN.to_session()}) == ANN


@pytest.mark.parametrize("values", [None, {}, {SESSION_KEY: None}, {SESSION_KEY: {"user_id": 1}}, {SESSION_KEY: [1]}])
def test_a_session_without_one_or_of_another_version_is_nobodys(values: dict[str, object] | None) -> None:
    assert Identity.from_session(values) is None


def test_who_may_do_what() -> None:
    admin = replace(ANN, is_admin=True)
    assert [permits(who, Permission.LOGIN) for who in (None, ANN, admin)] == [False, True, True]
    assert [permits(who, Permission.ADMIN) for who in (None, ANN, admin)] == [False, False, True]
    assert [permits(who, "unheard.of") for who in (None, ANN, admin)] == [False, False, False]


def test_the_cache_forgets_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(identity.time, "monotonic", lambda: now[0])
    cache = IdentityCache()
    cache.put("cookie", ANN)
    now[0] += CACHE_SECONDS - 1
    assert cache.get("cookie") == ANN
    now[0] += 1
    assert cache.get("cookie") is None
    assert cache.get("another") is None


def test_a_slow_request_does_not_bring_back_who_logged_out() -> None:
    cache = IdentityCache()
    cache.put("cookie", ANN)
    cache.forget("cookie")
    cache.put("cookie", ANN)
    assert cache.get("cookie") is None


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("5.4.10-ice36", "5.5 or newer is needed"),
        ("4.9", "5.5 or newer is needed"),
        ("5.5.0", None),
        ("5.6.14-ice36-b1", None),
        ("6.0.1", "this site works with 5.5 up to 5.x"),
        ("x", None),
    ],
)
def test_servers_that_are_too_old_or_too_new(version: str, words: str | None) -> None:
    found = unsuitable(version)
    assert found is None if words is None else found is not None and words in found and version in found
