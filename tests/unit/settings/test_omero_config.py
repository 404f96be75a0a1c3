"""OMERO's config.xml and the output of ``omero config get``: read as data only, below the INI, and as INI lines."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest
from omero.config import ConfigXml

from omeropyr import main
from omeropyr.settings import Server, SettingsError, get_settings
from omeropyr.settings.convert import ini_lines
from omeropyr.settings.omero_config import ConfigError, path_of, read_file
from omeropyr.site import read_site

GOOD = {"omeropyr.state_dir": "/nowhere/omeropyr", "omeropyr.development": "true"}
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><icegrid><properties id="default"/></icegrid>'
FETCH = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><icegrid/>'


def omero(folder: Path, profile: str = "default", **values: str) -> Path:
    """A config.xml as OMERO itself writes it."""
    path = folder / "etc" / "grid" / "config.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    config = ConfigXml(str(path), env_config=profile)
    for name, value in values.items():
        config[name] = value
    config.close()
    return path


def test_what_omero_config_set_wrote_counts_below_the_ini(tmp_path: Path) -> None:
    values = {
        "omero.web.prefix": "/omero",
        "omero.web.page_size": "50",
        "omero.web.session_cookie_secure": "T",
        "omero.web.secure": "0",
        "omero.db.pass": "not ours",
    }
    config = omero(tmp_path, **values)
    site = read_site({**GOOD, "omero.web.page_size": "70"}, config=config)
    web = site.settings.web
    assert (web.prefix, web.page_size, web.session_cookie_secure, web.secure) == ("/omero", 70, True, False)
    assert web.thumbnails_batch == 50
    assert site.notes == ()


def test_the_application_reads_the_file_below_omerodir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    omero(tmp_path, **{"omero.web.prefix": "/omero", "omero.master.host": "omero.example.org"})
    monkeypatch.setenv("OMERODIR", str(tmp_path))
    web = get_settings(main({}, **{**GOOD, "omeropyr.state_dir": str(tmp_path / "state")}).registry).web
    assert web.prefix == "/omero"
    assert web.server_list == (Server("omero.example.org", 4064, "omero"),)


def test_without_a_file_there_is_no_layer(tmp_path: Path) -> None:
    assert path_of({}) is None
    assert path_of({"OMERODIR": str(tmp_path)}) is None


def test_a_problem_names_the_file_and_a_strange_name_is_only_noted(tmp_path: Path) -> None:
    path = omero(tmp_path, **{"omero.web.page_size": "many", "omero.web.secure": "yes"})
    with pytest.raises(SettingsError) as caught:
        read_site(GOOD, config=path)
    assert caught.value.problems == (
        f"omero.web.secure = 'yes' (in {path}): expected true or false. "
        "Encrypt everything between the web and OMERO, not just the log-in.",
        f"omero.web.page_size = 'many' (in {path}): expected a whole number. "
        "Items a page of the tree and of the lists.",
    )
    path.unlink()
    path = omero(tmp_path, **{"omero.web.pagesize": "5", "omero.web.debug": "true"})
    assert read_site(GOOD, config=path).notes == (
        "omero.web.debug is accepted but has no effect: omeropyr.development is what a developer switches on",
        f"omero.web.pagesize in {path} is ignored: unknown setting (did you mean omero.web.page_size?)",
    )


def test_the_active_profile_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = omero(tmp_path, **{"omero.web.prefix": "/one"})
    omero(tmp_path, "other", **{"omero.web.prefix": "/other"})
    assert read_file(path, "default")["omero.web.prefix"] == "/one"
    assert read_file(path, "other")["omero.web.prefix"] == "/other"
    monkeypatch.setenv("OMERO_CONFIG", "default")
    assert read_file(path)["omero.web.prefix"] == "/one"


@pytest.mark.parametrize("text", [BOMB, FETCH], ids=["entities", "document type"])
def test_a_document_type_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.xml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_site(GOOD, config=path)
    assert caught.value.problems == (
        f"OMERODIR: {path} is no config.xml of OMERO (it holds a document type or entities)",
    )


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "config.xml"
    for content, said in (
        (b"<icegrid>", f"{path} is no config.xml of OMERO (no element found: line 1, column 9)"),
        (b"hello there", f"{path} is neither a config.xml of OMERO nor the output of omero config get"),
        (b"\xff\xfe\x00", f"cannot read {path} (UnicodeDecodeError)"),
        (b" " * 10_000_001, f"{path} is larger than 10000000 bytes"),
    ):
        path.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            read_file(path)
        assert str(caught.value) == said


def test_an_existing_configuration_becomes_lines_of_an_ini(tmp_path: Path) -> None:
    values = {
        "omero.web.prefix": "/omero/",
        "omero.web.force_script_name": "/older",
        "omero.web.page_size": "0",
        "omero.web.login_incorrect_credentials_text": "50 % wrong\nsecond",
        "omero.web.apps": '["omero_iviewer"]',
        "omero.web.figure.thing": "1",
        "omero.web.public.password": "hush",
        "omero.web.secret_key": "hush-hush",
        "omero.web.public.enabled": "t",
        "omero.db.pass": "hush",
        "Ice.Default.Host": "omero.example.org",
    }
    lines = ini_lines(read_file(omero(tmp_path, **values)))
    assert lines == [
        "# omero.web.apps: no effect here, add-ons stand in omeropyr.addons, "
        "and bring their own pages, panels and links",
        "# omero.web.figure.thing: unknown here",
        "omero.web.login_incorrect_credentials_text = 50 %% wrong\n    second",
        "# omero.web.page_size = 0  (expected a number between 1 and 10000)",
        "omero.web.prefix = /omero/",
        "omero.web.public.enabled = true",
        "# omero.web.public.password = file:/etc/omeropyr/public-password"
        "  (a secret: put it into such a file, mode 0600)",
        'omero.web.server_list = [["omero.example.org", 4064, "omero"]]',
        "# omeropyr.session.secret = file:/etc/omeropyr/session-secret  (a secret: put it into such a file, mode 0600)",
    ]
    parser = ConfigParser()
    parser.read_string("\n".join(["[app:main]", *lines]))
    assert parser["app:main"]["omero.web.login_incorrect_credentials_text"] == "50 % wrong\nsecond"


def test_the_output_of_omero_config_get_is_read_the_same_way(tmp_path: Path) -> None:
    path = tmp_path / "config.txt"
    path.write_text("omero.db.pass=********\nomero.web.page_size=70\nomero.web.public.password=********\n")
    assert ini_lines(read_file(path)) == [
        "omero.web.page_size = 70",
        "# omero.web.public.password: the value was hidden when it was written; set it by hand",
    ]
