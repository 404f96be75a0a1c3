"""T24: what the public reaches is what the report says, over every route, method and prefix of the registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from omeropyr.addons.public_user.report import METHODS, entries, report
from omeropyr.cli import main
from omeropyr.testing import WebApp
from omeropyr.testing.data import PASSWORD
from tests.functional.public.conftest import ADDONS, USER, Scene
from tests.functional.web.places import places

HTML = {"Accept": "text/html,*/*"}
# As OMERO.web's own documentation and sites that show data to the public have them.
DOCUMENTED = {
    "nothing": "a^",
    "everything but the administration": r"^/(?!webadmin)",
    "the gateway without downloads": r"^/webgateway/(?!archived_files|download_as)",
    "pictures and the viewer": r"/webgateway/(render_|img_detail|imgData)|/webclient/img_detail",
    "the data tree": (
        r"^/(webclient/(?!(action|logout|annotate_(file|tags|comment|rating|map)|script_ui))"
        r"|webgateway/(?!(archived_files|download_as))|api/|iviewer)"
    ),
}


def asks_to_log_in(answer: Any) -> bool:
    if not answer.body and answer.status_int == 403:  # HEAD
        return True
    if answer.status_int == 302:
        return "/webclient/login/?url=" in answer.headers["Location"]
    return (
        answer.status_int == 403
        and "application/json" in answer.content_type
        and answer.json.get("code") == "not_logged_in"
    )


@pytest.mark.parametrize("prefix", ["", "/omero"], ids=["no prefix", "prefix"])
@pytest.mark.parametrize("pattern", DOCUMENTED.values(), ids=DOCUMENTED)
def test_the_crawl_reaches_what_the_report_says_and_nothing_else(
    site: Any, embedded: Any, scene: Scene, pattern: str, prefix: str
) -> None:
    app = site(omero__web__public__url_filter=pattern, omero__web__prefix=prefix)
    reached = {(one.method, one.route) for one in report(app.registry)[0]}
    examples = {(one.method, one.route): one.path for one in entries(app.registry)}
    browser = WebApp(app, embedded)
    token = browser.get(f"{prefix}/webclient/login/").forms[0]["csrfmiddlewaretoken"].value
    wrong = []
    for place in places(app):
        if place.public or place.static:
            continue
        for method in (one for one in METHODS if (one, place.name) in examples):
            address = prefix + examples[method, place.name]
            answer = browser.request(
                address, method=method, headers={**HTML, "X-CSRFToken": token, "X-Requested-With": "XMLHttpRequest"},
                expect_errors=True,
            )  # fmt: skip
            if asks_to_log_in(answer) is ((method, place.name) in reached):
                wrong.append((method, place.name, address, answer.status))
    assert wrong == []
    assert (reached == set()) is (pattern == "a^")


def test_the_report_names_what_a_documented_pattern_would_open_beside_reading(site: Any, scene: Scene) -> None:
    app = site(omero__web__public__url_filter=DOCUMENTED["everything but the administration"])
    more = {(one.method, one.route) for one in report(app.registry)[1]}
    assert {
        ("POST", "gateway.save_settings"),
        ("DELETE", "client.api_links"),
        ("POST", "client.annotate_comment"),
    } <= more
    assert {("POST", "gateway.su"), ("POST", "api.save")} & more
    assert not any(route.startswith("admin.") for _, route in more)
    assert not any(method == "GET" and route in ("client.index", "gateway.render_image") for method, route in more)


def write_ini(folder: Path, pattern: str, addons: str = ADDONS) -> str:
    (folder / "state").mkdir(mode=0o700, exist_ok=True)
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    path = folder / "site.ini"
    path.write_text(
        f"""[app:main]
use = egg:omeropyr
omeropyr.state_dir = {folder / "state"}
omeropyr.development = true
omeropyr.addons = {addons}
omero.web.public.enabled = true
omero.web.public.user = {USER}
omero.web.public.password = file:{folder / "password"}
omero.web.public.url_filter = {pattern}
omero.web.prefix = /omero
"""
    )
    return str(path)


def test_the_command_prints_addresses_and_what_stays_closed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["public-report", "--ini", write_ini(tmp_path, r"^/webgateway/(?!archived_files|download_as)")]) == 0
    out = capsys.readouterr().out
    assert f"Visitors see what the user '{USER}' sees at " in out
    assert "  GET   /omero/webgateway/render_image/1/1/1/  (gateway.render_image)\n" in out
    assert "archived_files" not in out
    closed = out.partition("They stay closed")[2]
    assert "  POST  /omero/webgateway/saveImgRDef/1/  (gateway.save_settings)\n" in closed
    assert main(["public-report", "--ini", write_ini(tmp_path, r"^/webgateway/luts/"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {(one["method"], one["path"]) for one in said["reached"]} == {
        ("GET", "/webgateway/luts/"),
        ("HEAD", "/webgateway/luts/"),
    }
    assert said["overopened"] == []
    assert main(["public-report", "--ini", write_ini(tmp_path, "^/", "gateway client")]) == 0
    assert capsys.readouterr().out == "The add-on public_user is off: visitors reach nothing of OMERO.\n"
