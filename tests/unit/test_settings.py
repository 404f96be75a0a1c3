"""Settings: every problem in one go, words included, and no secret ever shown."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from omeropyr.settings import Server, SettingsError, between, load, one_of, setting
from omeropyr.settings.ini import render, sections
from omeropyr.settings.known import KNOWN
from omeropyr.site import read_site

SECRET = "S3cr3t-4f0a9c"
GOOD = {"omeropyr.state_dir": "/nowhere/omeropyr", "omeropyr.development": "true"}
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Example:
    token: str = setting(doc="Key of the service.", secret=True)
    page_size: int = setting(500, doc="ROIs per page.", check=between(1, 1000))
    mirror: bool = setting(False, doc="Show mirror buttons.")
    words: tuple[str, ...] = setting((), doc="Some words.")
    mode: str = setting("fast", doc="How.", check=one_of("fast", "exact"))
    dotted: str | None = setting(None, key="a.b", doc="A dotted name.")


def problems(raw: dict[str, str], cls: type = Example) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(cls, "addon.a.", raw)
    return caught.value.problems


def test_values_are_typed() -> None:
    raw = {
        "addon.a.token": " x ",
        "addon.a.page_size": "7",
        "addon.a.mirror": "True",
        "addon.a.words": "a b\n c",
        "addon.a.a.b": "there",
        "unrelated": "1",
    }
    assert load(Example, "addon.a.", raw) == Example("x", 7, True, ("a", "b", "c"), "fast", "there")


def test_all_problems_at_once_in_words() -> None:
    raw = {"addon.a.page_sise": "1", "addon.a.page_size": "1001", "addon.a.mirror": "maybe", "addon.a.mode": "slow"}
    assert problems(raw) == (
        "addon.a.token: is required. Key of the service.",
        "addon.a.page_size = '1001': expected a number between 1 and 1000. ROIs per page.",
        "addon.a.mirror = 'maybe': expected true or false. Show mirror buttons.",
        "addon.a.mode = 'slow': expected fast or exact. How.",
        "addon.a.page_sise: unknown setting (did you mean addon.a.page_size?)",
    )


@pytest.mark.parametrize("text", ["yes", "on", "1", "t", "", "truee"])
def test_booleans_are_strict(text: str) -> None:
    assert problems({"addon.a.token": "x", "addon.a.mirror": text}) == (
        f"addon.a.mirror = {text!r}: expected true or false. Show mirror buttons.",
    )


@pytest.mark.parametrize("text", ["1.5", "", "1e3", "٣", "9" * 30, "NaN"])
def test_numbers_are_whole(text: str) -> None:
    (line,) = problems({"addon.a.token": "x", "addon.a.page_size": text})
    assert line == f"addon.a.page_size = {text!r}: expected a whole number. ROIs per page."


def test_a_secret_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    monkeypatch.setenv("A_TOKEN", SECRET)
    for raw in (f"file:{tmp_path}/token", "env:A_TOKEN", SECRET):
        assert load(Example, "addon.a.", {"addon.a.token": raw}).token == SECRET


def test_a_secret_that_cannot_be_read_says_where_it_should_be(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    (line,) = problems({"addon.a.token": f"file:{missing}"})
    assert line == f"addon.a.token: cannot read {missing} (FileNotFoundError). Key of the service."
    (line,) = problems({"addon.a.token": "env:NO_SUCH_NAME"})
    assert line == "addon.a.token: the environment has no NO_SUCH_NAME. Key of the service."


def test_a_secret_is_never_shown() -> None:
    short = f"short-{SECRET}"
    raw = {**GOOD, "omeropyr.session.secret": short, "omeropyr.addons": "nope"}
    with pytest.raises(SettingsError) as caught:
        read_site(raw)
    assert "omeropyr.session.secret: expected at least 32 random characters" in str(caught.value)
    assert short not in str(caught.value)
    assert SECRET not in repr(load(Example, "addon.a.", {"addon.a.token": SECRET}))
    good = read_site({**GOOD, "omeropyr.session.secret": f"{SECRET}-0123456789-abcdefghijkl"})
    assert SECRET not in repr(good)


def test_two_fields_are_checked_together() -> None:
    @dataclass(frozen=True)
    class Pair:
        low: int = setting(1, doc="Low.")
        high: int = setting(2, doc="High.")

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("addon.a.low is above addon.a.high")

    with pytest.raises(SettingsError) as caught:
        load(Pair, "addon.a.", {"addon.a.low": "3"})
    assert caught.value.problems == ("addon.a.low is above addon.a.high",)


def test_site_reports_core_web_and_add_ons_together() -> None:
    raw = {
        "omeropyr.state_dir": "var",
        "omeropyr.trusted_proxies": "10.0.0.0/99",
        "omeropyr.adons": "client",
        "omero.web.server_list": "localhost",
        "omero.web.prefix": "omero",
        "omero.web.sesion_cookie_age": "5",
        "addon.ghost.x": "1",
    }
    with pytest.raises(SettingsError) as caught:
        read_site(raw)
    said = str(caught.value).splitlines()
    assert said[0] == "omeropyr cannot start, there are 7 problems:"
    assert [line.strip().split(". ")[0] for line in said[1:]] == [
        "omeropyr.state_dir = 'var': expected an absolute path (%(here)s is the folder of the INI file)",
        "omeropyr.trusted_proxies = '10.0.0.0/99': expected addresses or networks like 127.0.0.1 or 10.0.0.0/8",
        'omero.web.server_list = \'localhost\': expected JSON like [["omero.example.org", 4064, "omero"]]',
        "omero.web.prefix = 'omero': expected a path like /omero",
        "addon.ghost.x: unknown setting",
        "omero.web.sesion_cookie_age: unknown setting (did you mean omero.web.session_cookie_age?)",
        "omeropyr.adons: unknown setting (did you mean omeropyr.addons?)",
    ]


def test_values_of_omero_web_are_kept() -> None:
    raw = {
        **GOOD,
        "omero.web.server_list": '[["a.example.org", 14064, "A"], ["b", "4064", "B"]]',
        "omero.web.prefix": "/omero/",
        "omero.web.redirect_allowed_hosts": '["www.example.org"]',
        "omeropyr.trusted_proxies": "127.0.0.1 10.0.0.0/8",
    }
    settings = read_site(raw).settings
    assert settings.web.server_list == (Server("a.example.org", 14064, "A"), Server("b", 4064, "B"))
    assert settings.web.prefix == "/omero"
    assert settings.web.redirect_allowed_hosts == ("www.example.org",)
    assert [str(one) for one in settings.core.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]


def test_settings_that_have_no_effect_are_accepted_and_said() -> None:
    site = read_site({**GOOD, "omero.web.debug": "true", "omero.web.wsgi_workers": "5", "pyramid.includes": ""})
    assert site.notes == (
        "omero.web.debug is accepted but has no effect: omeropyr.development is what a developer switches on",
        "omero.web.wsgi_workers is accepted but has no effect: "
        "omeropyr serve is one process with omero.web.wsgi_threads threads",
    )


def test_production_refuses_weak_settings(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(SettingsError) as caught:
        read_site({"omeropyr.state_dir": str(tmp_path)})
    assert caught.value.problems == (
        "omero.web.session_cookie_secure: must be true unless omeropyr.development is, "
        "so that the session never travels in the clear",
        "omero.web.csrf_cookie_secure: must be true unless omeropyr.development is, "
        "so that the token never travels in the clear",
        f"omeropyr.state_dir: {tmp_path} can be read by others; run: chmod 700 {tmp_path}",
    )
    tmp_path.chmod(0o700)
    secure = {"omero.web.session_cookie_secure": "true", "omero.web.csrf_cookie_secure": "true"}
    assert read_site({"omeropyr.state_dir": str(tmp_path), **secure}).settings.core.state_dir == tmp_path
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_the_server_section_must_agree(tmp_path: Path) -> None:
    ini = tmp_path / "x.ini"
    ini.write_text("[server:main]\nuse = egg:waitress#main\nhost = 0.0.0.0\nport = 6543\n")
    with pytest.raises(SettingsError) as caught:
        read_site(GOOD, str(ini))
    assert caught.value.problems == (
        "[server:main] listens on 0.0.0.0, omero.web.application_server.host is 127.0.0.1; make them agree",
        "[server:main] listens on port 6543, omero.web.application_server.port is 4080; make them agree",
    )
    ini.write_text("[server:main]\nlisten = 127.0.0.1:4080\n")
    assert read_site(GOOD, str(ini)).settings.web.application_server_port == 4080


@pytest.mark.parametrize("kind", ["development", "production"])
def test_ini_files_are_generated_from_the_declarations(kind: str) -> None:
    written = (ROOT / f"{kind}.ini").read_text("utf-8")
    assert written == render(kind), "run: python -m omeropyr.settings.ini ."
    lines = [line.removeprefix("# ").partition(" = ")[0].partition(" =")[0] for line in written.splitlines()]
    for _, declared in sections():
        for one in declared:
            assert lines.count(one.name) == 1, one.name


def test_no_declared_name_is_said_to_have_no_effect() -> None:
    declared = {one.name for _, names in sections() for one in names}
    assert sorted(declared & set(KNOWN)) == []
