"""Static files: what the pages name is what a web server gets, packed once, and kept by browsers."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from pyramid.scripting import prepare
from webob import Request

from omeropyr.addons.loader import installed
from omeropyr.cli import main
from omeropyr.deploy.collectstatic import collect
from omeropyr.web.static_files import KEY, folder_hash, static_folders

EVERY = " ".join(name for name in sorted(installed()) if name != "iviewer")  # that one is installed apart
BASE = "omeropyr:web/static/css/base.css"


def write_ini(folder: Path, addons: str = EVERY) -> Path:
    path = folder / "site.ini"
    path.write_text(
        f"[app:main]\nuse = egg:omeropyr\nomeropyr.state_dir = {folder / 'state'}\nomeropyr.development = true\n"
        f"omeropyr.embedded = true\nomeropyr.addons = {addons}\n"
    )
    return path


def address(app: Any, asset: str) -> str:
    made = prepare(registry=app.registry)
    try:
        return str(made["request"].static_path(asset))
    finally:
        made["closer"]()


def test_every_static_address_is_in_the_collected_folder(
    tmp_path: Path, make_app: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["collectstatic", "--ini", str(write_ini(tmp_path)), "--to", str(tmp_path / "www")]) == 0
    said = re.fullmatch(r"(\d+) files in (.*), (\d+) of them packed .*\n", capsys.readouterr().out)
    assert said is not None
    assert not (tmp_path / "state" / "embedded").exists()  # no server was started for it
    app = make_app(EVERY)
    seen = 0
    specs = app.app.registry[KEY]
    for where, folder in static_folders(app.app.registry).items():
        owner = where.partition("/")[0]
        for path in (path for path in folder.rglob("*") if path.is_file()):
            place = path.relative_to(folder).as_posix()
            # Programs of others build some addresses themselves; all others are those that pages name.
            named = address(app.app, f"{specs[owner]}/{place}") if owner in specs else f"/static/{where}/{place}"
            collected = tmp_path / "www" / named.removeprefix("/static/")
            assert collected.read_bytes() == path.read_bytes(), named
            packed = collected.with_name(collected.name + ".gz")
            assert not packed.exists() or gzip.decompress(packed.read_bytes()) == path.read_bytes()
            seen += 1
    assert seen == int(said[1]) > 50
    assert len(list((tmp_path / "www").rglob("*.gz"))) == int(said[3]) > 20


def test_collecting_again_puts_right_what_was_changed_and_keeps_what_is_older(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "www"
    source.mkdir()
    (source / "a.css").write_text("b {}")
    assert collect({"x/1": source}, target) == (1, 0)
    (target / "x" / "1" / "a.css").write_text("spoilt")
    (source / "big.js").write_text("1;" * 4000)
    assert collect({"x/1": source, "x/2": source}, target) == (4, 2)
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()) == [
        f"x/{version}/{name}" for version in "12" for name in ("a.css", "big.js", "big.js.gz")
    ]
    assert (target / "x" / "1" / "a.css").read_text() == "b {}"
    assert (target / "x" / "1" / "big.js").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["collectstatic", "--ini", str(write_ini(tmp_path)), "--to", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err == f"omeropyr collectstatic: {tmp_path / 'file'}: File exists\n"
    assert main(["collectstatic", "--ini", str(tmp_path / "none.ini"), "--to", "x"]) == 1
    assert "there is no" in capsys.readouterr().err


@pytest.fixture
def live(make_app: Any, tmp_path: Path) -> Any:
    """A site as it is when it is not a developer's."""
    secure = {"omero.web.session_cookie_secure": "true", "omero.web.csrf_cookie_secure": "true"}
    return make_app("client", **{"omeropyr.development": "false", **secure})


def test_a_file_is_packed_for_those_who_take_it(live: Any) -> None:
    name = address(live.app, BASE)

    def get(**headers: str) -> Any:  # WebTest would unpack the answer
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        answer = Request.blank(name, headers=named).get_response(live.app)
        assert len(answer.body) == answer.content_length
        return answer

    plain = get()
    assert (plain.headers["Cache-Control"], plain.headers["Vary"]) == (
        "public, max-age=31536000, immutable", "Accept-Encoding",
    )  # fmt: skip
    assert "Content-Encoding" not in plain.headers
    packed = get(Accept_Encoding="gzip, br")
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert gzip.decompress(packed.body) == plain.body
    assert get(Accept_Encoding="gzip").body == packed.body
    assert get(Accept_Encoding="gzip;q=0").headers.get("Content-Encoding") is None


def test_pages_are_never_packed(live: Any) -> None:
    page = Request.blank("/webclient/login/", headers={"Accept-Encoding": "gzip"}).get_response(live.app)
    assert page.status_int == 200
    assert "Content-Encoding" not in page.headers


def test_the_hash_changes_with_any_byte(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = folder_hash(tmp_path)
    (tmp_path / "a").write_text("2")
    assert folder_hash(tmp_path) != before
