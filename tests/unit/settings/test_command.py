"""``omeropyr settings``, ``omeropyr addons`` and the page of all settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from omeropyr.cli import main
from omeropyr.settings.docs import page
from omeropyr.settings.ini import sections
from omeropyr.settings.known import KNOWN

ROOT = Path(__file__).resolve().parents[3]
SECRET = "S3cr3t-4f0a9c-0123456789-abcdefghijkl"
Run = Callable[..., tuple[int, str, str]]
MakeAddon = Callable[..., None]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("settings", "--json", ini={"omeropyr.addons": "client"})``: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OMEROPYR_INI", raising=False)

    def call(*arguments: str, ini: dict[str, str] | None = None) -> tuple[int, str, str]:
        words = list(arguments)
        if ini is not None:
            lines = [f"{name} = {value}" for name, value in ini.items()]
            (tmp_path / "site.ini").write_text("\n".join(["[app:main]", "use = egg:omeropyr", *lines, ""]))
            words += ["--ini", "site.ini"]
        status = main(words)
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_every_setting_is_listed_without_an_ini(run: Run) -> None:
    status, out, err = run("settings")
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split() == ["NAME", "VALUE", "DEFAULT", "FROM"]
    rows = {line.split()[0]: line.split() for line in out.splitlines() if not line.startswith(" ")}
    for _, declared in sections():
        for one in declared:
            assert one.name in rows
    assert rows["omero.web.page_size"] == ["omero.web.page_size", "200", "200", "default"]
    assert rows["omeropyr.state_dir"] == ["omeropyr.state_dir", "-", "-", "required"]
    assert "    Items a page of the tree and of the lists." in out.splitlines()


def test_values_sources_and_secrets(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = tmp_path / "etc" / "grid"
    grid.mkdir(parents=True)
    (grid / "config.xml").write_text(
        '<icegrid><properties id="default"><property name="omero.web.prefix" value="/omero"/>'
        '<property name="omero.web.page_size" value="50"/></properties></icegrid>'
    )
    monkeypatch.setenv("OMERODIR", str(tmp_path))
    ini = {
        "omeropyr.state_dir": "%(here)s/var",
        "omeropyr.development": "true",
        "omeropyr.addons": "gateway",
        "omeropyr.session.secret": SECRET,
        "omero.web.caches": "file:%(here)s/none",
        "omero.web.page_size": "70",
        "addon.gateway.max_thumbnail_size": "512",
    }
    (tmp_path / "none").write_text(json.dumps({"default": {"LOCATION": SECRET}}))
    status, out, err = run("settings", "--json", ini=ini)
    assert SECRET not in out + err
    assert status == 0
    assert err == ""
    rows = {row["name"]: row for row in json.loads(out)}
    shown = {name: (row["value"], row["default"], row["source"]) for name, row in rows.items()}
    assert shown["omeropyr.state_dir"] == (f"{tmp_path}/var", "", "site.ini")
    assert shown["omero.web.page_size"] == ("70", "200", "site.ini")
    assert shown["omero.web.prefix"] == ("/omero", "", str(grid / "config.xml"))
    assert shown["omero.web.thumbnails_batch"] == ("50", "50", "default")
    assert shown["omeropyr.session.secret"] == ("(hidden)", "", "site.ini")
    assert shown["omero.web.caches"] == (f"file:{tmp_path}/none", "", "site.ini")
    assert shown["addon.gateway.max_thumbnail_size"] == ("512", "2048", "site.ini")
    for _, declared in sections():
        for one in (one for one in declared if one.pending):
            assert rows[one.name]["effect"] == f"none yet: it is for {one.pending}"
    assert rows["omero.web.page_size"]["help"] == "Items a page of the tree and of the lists."


def test_only_the_names_asked_for(run: Run) -> None:
    _, out, _ = run("settings", "cookie_age", "prefix", "--json")
    assert [row["name"] for row in json.loads(out)] == ["omero.web.prefix", "omero.web.session_cookie_age"]


def test_problems_are_told_beside_the_table(run: Run) -> None:
    status, out, err = run("settings", ini={"omeropyr.development": "true", "omero.web.page_sise": "5"})
    assert status == 1
    assert out.startswith("NAME")
    assert err.splitlines() == [
        "omeropyr.state_dir: is required. Folder of what the web keeps: secret, sessions, caches. "
        "Made with mode 0700 where it is missing.",
        "omero.web.page_sise: unknown setting (did you mean omero.web.page_size?)",
    ]


def test_files_that_are_not_there_are_named(run: Run, tmp_path: Path) -> None:
    assert run("settings", "--ini", "none.ini") == (
        1,
        "",
        "omeropyr settings: there is no none.ini; name the settings file by --ini FILE\n",
    )
    missing = tmp_path / "none.xml"
    assert run("settings", "--from-omero", str(missing)) == (
        1,
        "",
        f"omeropyr settings: cannot read {missing} (FileNotFoundError)\n",
    )
    (tmp_path / "bad.ini").write_text("omero.web.prefix = /x\n")
    status, _, err = run("settings", "--ini", "bad.ini")
    assert status == 1
    assert err.startswith("omeropyr settings: bad.ini cannot be read: ")


def test_a_configuration_of_omero_is_printed_as_an_ini(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.txt").write_text("omero.web.prefix=/omero\nomero.web.debug=true\n")
    assert run("settings", "--from-omero", str(tmp_path / "config.txt")) == (
        0,
        "# omero.web.debug: no effect here, omeropyr.development is what a developer switches on\n"
        "omero.web.prefix = /omero\n",
        "",
    )


def test_add_ons_are_listed_with_what_is_wrong(run: Run, make_addon: MakeAddon, tmp_path: Path) -> None:
    make_addon("quiet")
    make_addon("good", url_prefixes=("/good", "/better"))
    make_addon("pushy", includeme="config.commit()")
    ini = {"omeropyr.state_dir": str(tmp_path / "state"), "omeropyr.addons": "gateway good"}
    status, out, err = run("addons", ini=ini)
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["NAME", "STATE", "VERSION", "PACKAGE", "TITLE", "ADDRESSES"]
    assert lines[1][:2] == ["gateway", "on"]
    assert "/webgateway" in lines[1]
    assert lines[2][0:2] == ["good", "on"]
    assert lines[2][-3:] == ["Good", "/good", "/better"]
    assert ["quiet", "off"] in [line[:2] for line in lines]
    assert not (tmp_path / "state").exists()

    status, out, _ = run("addons", "--json", ini={**ini, "omeropyr.addons": "gateway pushy nope"})
    assert status == 1
    said = json.loads(out)
    assert said["problems"] == [
        "omeropyr.addons: 'nope' is not installed "
        f"(installed: {', '.join(sorted(row['name'] for row in said['addons'] if row['state'] != 'missing'))})",
        "add-on 'pushy': calls config.commit(), which would let it replace the core unseen",
    ]
    states = {row["name"]: row["state"] for row in said["addons"]}
    assert (states["gateway"], states["pushy"], states["nope"], states["good"]) == ("on", "on", "missing", "off")


def test_the_page_of_settings_is_generated() -> None:
    written = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert written == page(), "run: python -m omeropyr.settings.ini ."
    names = [*(one.name for _, declared in sections() for one in declared), *KNOWN]
    assert [name for name in names if f"`{name}`" not in written] == []
