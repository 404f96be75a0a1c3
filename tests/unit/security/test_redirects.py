"""T5: a redirect leads to this site or to a host on the list."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pyramid.request import Request

from omeropyr.security import safe_url

HOSTILE = [
    "",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\n/evil.example",
    "/a\r\nSet-Cookie: x=1",
    "http:evil.example",
    "http:/evil.example",
    "https:///evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "ftp://localhost/",
    "%2f%2fevil.example",
    "/%2fevil.example",
    "/%5cevil.example",
    "/%09/evil.example",
    "//evil.example%00",
    "/\0/evil.example",
    "http://localhost@evil.example/",
    "http://evil.example\\@localhost/",
    "http://localhost:80@evil.example/",
    "http://user@localhost/",
    "http://localhost.evil.example/",
    "http://xn--lcalhost-c4a/",
    "http://lоcalhost/",
    "http://[::1",
    ".evil.example",
    "evil.example",
    "?url=/",
]


def request(prefix: str = "", allowed: tuple[str, ...] = ()) -> Request:
    made = Request.blank("/", base_url=f"http://localhost{prefix}")
    made.settings = SimpleNamespace(web=SimpleNamespace(redirect_allowed_hosts=allowed))
    return made


@pytest.mark.parametrize("url", HOSTILE)
@pytest.mark.parametrize("prefix", ["", "/omero"])
def test_what_leads_elsewhere_leads_to_the_start(url: str, prefix: str) -> None:
    assert safe_url(request(prefix), url) == f"{prefix}/"


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/webclient/?show=image-1|image-2",
        "/webclient/img_detail/3/?c=1%7C0:255$FF0000",
        "/webclient/?path=C:%5Cdata%0A",
        "/webclient/?next=//x",
        "http://localhost/webclient/",
        "HTTP://LOCALHOST/",
    ],
)
def test_what_stays_here_is_kept(url: str) -> None:
    assert safe_url(request(), url) == url


def test_hosts_on_the_list_are_allowed_as_they_stand() -> None:
    made = request(allowed=("Www.Example.org",))
    assert safe_url(made, "https://www.example.org/x") == "https://www.example.org/x"
    assert safe_url(made, "https://example.org/x") == "/"
    assert safe_url(made, "https://a.www.example.org/x") == "/"
    assert safe_url(made, "https://www.example.org:8443/x") == "/"
