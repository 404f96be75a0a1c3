"""What every answer of every route carries, and what none ever does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from omeropyr.embedded.faults import Fault
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from tests.functional.web.places import UNSAFE, Place, places

HTML = {"Accept": "text/html,*/*"}
USER, PASSWORD = "headers-hanna", "S3cr3t-of-hanna-7f3a"
TRACEBACK = re.compile(r'Traceback|File "|site-packages|\.py\b|/home/|/tmp/|omero\.[A-Z]\w+Exception')
Values = dict[str, object]


@pytest.fixture
def every(web_application: Any) -> list[Place]:
    return places(web_application)


@pytest.fixture(scope="module")
def values(omero_data: OmeroData) -> Values:
    """Ids for the parts of addresses, so that there is something to see; of a user with a known password."""
    omero_data.add_user(USER, password=PASSWORD)
    project = omero_data.add_project(user=USER)
    dataset = omero_data.add_dataset(project=project, user=USER)
    planes = np.arange(2 * 40 * 50, dtype=np.uint8).reshape(2, 40, 50)
    image = omero_data.add_image(planes, "headers", dataset=dataset, user=USER)
    return {"iid": image, "id": project, "w": 32, "h": 32, "z": 0, "t": 0, "key": "size"}


@pytest.fixture
def hanna(testapp: WebApp, values: Values) -> WebApp:
    testapp.log_in(USER, PASSWORD)
    return testapp


def seen(testapp: WebApp, every: list[Place], values: Values, base: str = "") -> Iterator[tuple[str, Any]]:
    """Answers of all kinds: what was found, what was not, what is refused, for pages and programs."""
    for place in every:
        address = base + place.address(values)
        for method in ("GET", "HEAD", *UNSAFE):
            yield (
                f"{method} {place.name}",
                testapp.request(address, method=method, headers=HTML, expect_errors=True),
            )
        yield f"XHR {place.name}", testapp.get(address, xhr=True, expect_errors=True)
        yield f"cross-site {place.name}", testapp.get(address, headers={"Origin": "https://evil.example"}, status="*")
    for path in (
        "/nowhere/",
        "/webclient",
        "/webgateway/get_thumbnails/?id=x",
        "/static/omeropyr/000000000000/none.css",
    ):
        yield path, testapp.get(base + path, headers=HTML, expect_errors=True)
    yield "a foreign host", testapp.get(f"{base}/webclient/", headers={"Host": "evil.example"}, expect_errors=True)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_security_headers(hanna: WebApp, every: list[Place], values: Values, scheme: str) -> None:
    wrong, statuses = [], set()
    for what, answer in seen(hanna, every, values, f"{scheme}://localhost"):
        headers = answer.headers
        statuses.add(answer.status_int)
        csp = dict(part.strip().partition(" ")[::2] for part in headers.get("Content-Security-Policy", "").split(";"))
        # Files of users: default-src stands for scripts, too.
        boxed = "sandbox" in csp and "script-src" not in csp
        scripts = csp.get("script-src", "").split()
        right = {
            "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
            "frames": csp.get("frame-ancestors") == "'self'" and headers.get("X-Frame-Options") == "SAMEORIGIN",
            "referrer": headers.get("Referrer-Policy") == "same-origin",
            "default": csp.get("default-src") == "'none'" and csp.get("base-uri") == "'none'",
            "scripts": boxed or (scripts[:1] == ["'self'"] and all(word.startswith("'nonce-") for word in scripts[1:])),
            "no inline": "unsafe" not in headers.get("Content-Security-Policy", "unsafe"),
            "hsts": ("Strict-Transport-Security" in headers) is (scheme == "https"),
            "cors": not [name for name in headers if name.startswith("Access-Control-")],
            "request id": re.fullmatch(r"[0-9a-f]{32}", headers.get("X-Request-ID", "")) is not None,
        }
        wrong += [(what, answer.status, name) for name, well in right.items() if not well]
    assert wrong == []
    assert statuses >= {200, 301, 302, 400, 403, 404, 405}


def test_who_may_keep_what(hanna: WebApp, every: list[Place], values: Values) -> None:
    wrong, kinds = [], set()
    for what, answer in seen(hanna, every, values):
        cache = answer.headers.get("Cache-Control", "")
        kind = "static" if "static." in what or "__static" in what else answer.content_type.split("/")[0]
        kinds.add((kind, answer.status_int))
        if kind == "static" and answer.status_int == 200:
            right = cache.startswith("public, ")
        elif kind == "image" and answer.status_int == 200:
            right = (
                cache.split(", ")[0] == "private" and bool(answer.headers.get("ETag")) and answer.vary == ("Cookie",)
            )
        else:
            # A download that was cut goes on by its ETag; nobody keeps it for that.
            right = "no-store" in cache and ("ETag" not in answer.headers or "Accept-Ranges" in answer.headers)
        if not right and not (kind == "static" and cache.startswith("public, ")):
            wrong.append((what, answer.status, answer.content_type, cache))
    assert wrong == []
    assert {("image", 200), ("application", 200), ("text", 200)} <= kinds


def test_what_the_browser_has_is_not_sent_again(hanna: WebApp, every: list[Place], values: Values) -> None:
    pictures = 0
    for place in every:
        first = hanna.get(place.address(values), expect_errors=True)
        if first.status_int != 200 or not first.content_type.startswith("image/") or place.static:
            continue
        again = hanna.get(place.address(values), headers={"If-None-Match": first.headers["ETag"]}, status=304)
        assert (again.body, again.headers["ETag"]) == (b"", first.headers["ETag"])
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert again.headers["X-Content-Type-Options"] == "nosniff"
        pictures += 1
    assert pictures >= 5


def test_head_says_what_get_says(hanna: WebApp, every: list[Place], values: Values) -> None:
    wrong = []
    for place in every:
        if not place.answers("GET"):
            continue
        full = hanna.get(place.address(values), headers=HTML, expect_errors=True)
        short = hanna.head(place.address(values), headers=HTML, expect_errors=True)
        names = ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Location")
        facts = [(one.status_int, *(one.headers.get(name) for name in names)) for one in (full, short)]
        if facts[0] != facts[1] or short.body:
            wrong.append((place.name, *facts))
    assert wrong == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("prefix", ["", "/omero"])
def test_cookies_are_the_sites_alone(browser: Callable[..., WebApp], scheme: str, prefix: str) -> None:
    site = browser(**{"omero.web.prefix": prefix} if prefix else {})
    site.extra_environ["wsgi.url_scheme"] = scheme
    site.extra_environ["HTTP_HOST"] = "localhost"
    page = site.get(f"{prefix}/webclient/login/")
    form = page.forms[0]
    form["username"], form["password"] = "root", "omero"
    sent = {"Origin": f"{scheme}://localhost"}
    answers = [page, form.submit(headers=sent)]
    assert answers[1].status_int == 303
    answers += [
        site.get(f"{prefix}{place.address()}", expect_errors=True) for place in places(site.app) if place.name != "x"
    ]
    token = {"X-CSRFToken": site.cookies["csrftoken"], **sent}
    answers.append(site.post(f"{prefix}/webclient/logout/", headers=token, status=303))
    cookies = [cookie for answer in answers for cookie in answer.headers.getall("Set-Cookie")]
    named = {cookie.strip().partition("=")[0] for cookie in cookies}
    assert named == {"sessionid", "csrftoken"}
    for cookie in cookies:
        name, flags = cookie.strip().partition("=")[0], [part.strip().lower() for part in cookie.split(";")[1:]]
        assert ("httponly" in flags) is (name == "sessionid"), cookie
        assert "samesite=lax" in flags, cookie
        assert f"path={prefix or '/'}" in flags or f"path={prefix}/" in flags, cookie
        assert ("secure" in flags) is (scheme == "https"), cookie
        assert not [flag for flag in flags if flag.startswith("domain")], cookie


def test_secrets_are_in_no_answer_and_no_log(
    hanna: WebApp, every: list[Place], values: Values, who_is: Callable[[WebApp], Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    caplog.clear()
    cookie = hanna.cookies["sessionid"]
    told = {"OMERO's session": who_is(hanna).session_uuid, "password": PASSWORD, "cookie": cookie}
    wrong = []
    for what, answer in seen(hanna, every, values):
        text = f"{answer.status}\n{answer.headers}\n{answer.body.decode('latin-1')}"
        wrong += [(what, name) for name, secret in told.items() if secret in text]
    logged = [str(vars(record)) for record in caplog.records]
    wrong += [(line[:400], name) for name, secret in told.items() for line in logged if secret in line]
    assert wrong == []
    assert len(logged) > len(every)


FAULTS = {
    "defect": ("InternalException", 500),
    "refused": ("SecurityViolation", 403),
    "not valid": ("ValidationException", 400),
    "busy": ("DatabaseBusyException", 503),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_breaks_in_omero_is_told_in_our_words(
    hanna: WebApp, every: list[Place], values: Values, embedded: EmbeddedServer, kind: str
) -> None:
    words = 'select x from Secret /tmp/omero Traceback: File "store.py" on db1.internal'
    name, status = FAULTS[kind]
    wrong, statuses = [], []
    for place in every:
        if place.public or not place.answers("GET"):
            continue
        asked = {hanna.get(place.address(values), headers=HTML, expect_errors=True).status_int}
        # The names of services; the router and the session itself go on.
        for pattern in ("I[A-Z]*.*", "RenderingEngine.*", "ThumbnailStore.*", "RawPixelsStore.*"):
            embedded.faults.add(Fault(pattern, "exception", exception=name, message=words))
        try:
            answers = [hanna.get(place.address(values), headers=headers, status="*") for headers in (HTML, {})]
        finally:
            embedded.faults.clear()
        for answer in answers:
            statuses.append(answer.status_int)
            told = answer.body.decode("latin-1")
            if answer.status_int >= 400 and answer.headers["X-Request-ID"] not in told:
                wrong.append((place.name, "no request id"))
            if not answer.content_type.startswith("image/") and (
                TRACEBACK.search(told) or "Secret" in told or "db1.internal" in told
            ):
                wrong.append((place.name, told[:300]))
            if answer.status_int not in (status, *asked):
                wrong.append((place.name, answer.status))
    assert wrong == []
    assert statuses.count(status) >= 10


def test_a_get_saves_nothing(
    hanna: WebApp, every: list[Place], values: Values, embedded: EmbeddedServer, who_is: Callable[[WebApp], Any]
) -> None:
    uuid = who_is(hanna).session_uuid
    before = embedded.counter.calls(uuid)
    for place in every:
        if place.answers("GET"):
            hanna.get(place.address(values), expect_errors=True)
    done = embedded.counter.calls(uuid) - before
    assert done.total() > 20
    writing = re.compile(
        r"IUpdate\.|\.(save|update|delete|set|change|create(?!Thumb)|reset(?!Defaults)|submit)[A-Z]?\w*$"
    )
    harmless = re.compile(
        r"^(ServiceFactory|RenderingEngine|ThumbnailStore|RawPixelsStore)\.|^RawFileStore\.setFileId$|^Search\.set"
    )
    assert [name for name in done if writing.search(name) and not harmless.match(name)] == []
