"""Which Host headers are served: the site's own, and nothing that only looks like them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from webtest import TestApp

from omeropyr.web.hosts import is_allowed

MakeApp = Callable[..., TestApp]
OWN = ("omero.example.org", ".lab.example.org", "127.0.0.1", "[::1]")


@pytest.mark.parametrize(
    "sent",
    [
        "omero.example.org",
        "OMERO.Example.ORG:8443",
        "omero.example.org.",
        "a.b.lab.example.org",
        "lab.example.org",
        "127.0.0.1:4080",
        "[::1]:4080",
    ],
)
def test_own_hosts_are_served(sent: str) -> None:
    assert is_allowed(sent, OWN)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "evil.example",
        "omero.example.org.evil.example",
        "evil-omero.example.org",
        "notlab.example.org",
        "omero.example.org@evil.example",
        "omero.example.org:80@evil.example",
        "omero.example.org, evil.example",
        "omero.example.org:evil.example",
        "omero.example.org:443:80",
        "omero.example.org/",
        "omero.example.org evil",
        "omero.example.org\tx",
        "127.0.0.2",
        "[::2]",
        "ómero.example.org",
    ],
)
def test_foreign_hosts_are_not(sent: str) -> None:
    assert not is_allowed(sent, OWN)


@pytest.mark.parametrize("sent", ["", "a.example@b.example", "a.example, b.example", "a.example:80:80", "a b", "a/b"])
def test_what_is_no_host_is_never_served(sent: str) -> None:
    assert not is_allowed(sent, ("*",))
    assert is_allowed("any.example:1", ("*",))


@pytest.mark.parametrize("path", ["/", "/webclient/login/", "/webclient/", "/static/nothing", "/nowhere"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_foreign_host_gets_400_and_is_not_repeated(make_app: MakeApp, path: str, accept: str) -> None:
    app = make_app("gateway client viewer")
    response = app.get(path, headers={"Host": "evil.example", "Accept": accept}, status=400)
    assert "omero.web.allowed_hosts" in response.text
    assert "evil.example" not in response.text + str(response.headers)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_what_an_untrusted_proxy_says_is_ignored_and_a_trusted_one_is_held_to_the_list(make_app: MakeApp) -> None:
    foreign = {"X-Forwarded-Host": "evil.example"}
    response = make_app("client").get("/webclient/", headers=foreign, status=302)
    assert response.headers["Location"].startswith("http://localhost/webclient/login/")
    app = make_app("client", **{"omeropyr.trusted_proxies": "10.0.0.1", "omero.web.allowed_hosts": '["own.example"]'})
    app.extra_environ = {"REMOTE_ADDR": "10.0.0.1"}
    app.get("/webclient/", headers=foreign, status=400)
    response = app.get("/webclient/", headers={"X-Forwarded-Host": "own.example"}, status=302)
    assert response.headers["Location"].startswith("http://own.example/webclient/login/")


def test_the_health_of_the_site_is_told_under_every_name(make_app: MakeApp) -> None:
    assert make_app().get("/health/live", headers={"Host": "10.1.2.3:4080"}).json == {"status": "ok"}


def test_the_address_listened_on_is_a_name_of_the_site(make_app: MakeApp) -> None:
    app = make_app(**{"omero.web.application_server.host": "192.0.2.7"})
    app.get("/webclient/login/", headers={"Host": "192.0.2.7:4080"}, status=200)
