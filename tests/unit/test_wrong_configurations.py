"""Wrong configurations, and word for word what is said about each; all problems in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
from webtest import TestApp

from omeropyr import main
from omeropyr.addons import loader
from omeropyr.cli import main as command
from omeropyr.settings import SettingsError

MakeApp = Callable[..., TestApp]
MakeAddon = Callable[..., None]
SECURE = {
    "omeropyr.development": "false",
    "omero.web.session_cookie_secure": "true",
    "omero.web.csrf_cookie_secure": "true",
}
SETTINGS_BODY = """
            @dataclass(frozen=True)
            class Settings:
                token: str = setting(doc="Key of the service.", secret=True)
                size: int = setting(3, doc="How many.")
""".strip()


class Wrong(NamedTuple):
    """Settings (over good ones; None takes one away), the add-ons that are installed, and the words, line by line."""

    settings: dict[str, str | None]
    words: tuple[str, ...]
    addons: Mapping[str, dict[str, object]] = MappingProxyType({})


TABLE: dict[str, Wrong] = {
    "required setting missing": Wrong(
        {"omeropyr.state_dir": None},
        (
            "omeropyr.state_dir: is required. Folder of what the web keeps: secret, sessions, caches. "
            "Made with mode 0700 where it is missing.",
        ),
    ),
    "relative path": Wrong(
        {"omeropyr.state_dir": "var"},
        (
            "omeropyr.state_dir = 'var': expected an absolute path (%(here)s is the folder of the INI file). "
            "Folder of what the web keeps: secret, sessions, caches. Made with mode 0700 where it is missing.",
        ),
    ),
    "core setting misspelt": Wrong(
        {"omeropyr.developement": "true"},
        ("omeropyr.developement: unknown setting (did you mean omeropyr.development?)",),
    ),
    "setting of OMERO.web misspelt": Wrong(
        {"omero.web.sesion_cookie_age": "600"},
        ("omero.web.sesion_cookie_age: unknown setting (did you mean omero.web.session_cookie_age?)",),
    ),
    "text for a number": Wrong(
        {"omero.web.page_size": "many"},
        ("omero.web.page_size = 'many': expected a whole number. Items a page of the tree and of the lists.",),
    ),
    "number out of range": Wrong(
        {"omero.web.wsgi_threads": "0"},
        (
            "omero.web.wsgi_threads = '0': expected a number between 1 and 1000. "
            "Requests `omeropyr serve` works on at a time.",
        ),
    ),
    "loose boolean": Wrong(
        {"omero.web.secure": "yes"},
        (
            "omero.web.secure = 'yes': expected true or false. "
            "Encrypt everything between the web and OMERO, not just the log-in.",
        ),
    ),
    "choice that is none": Wrong(
        {"omero.web.session_cookie_samesite": "None"},
        ("omero.web.session_cookie_samesite = 'None': expected Lax or Strict. SameSite of the session cookie.",),
    ),
    "server list that is no JSON": Wrong(
        {"omero.web.server_list": "omero.example.org:4064"},
        (
            "omero.web.server_list = 'omero.example.org:4064': "
            'expected JSON like [["omero.example.org", 4064, "omero"]]. '
            "OMERO servers offered at log-in: host, port, name.",
        ),
    ),
    "prefix without slash": Wrong(
        {"omero.web.prefix": "omero"},
        (
            "omero.web.prefix = 'omero': expected a path like /omero. "
            "URL prefix under which the site is reached, like /omero.",
        ),
    ),
    "host with a port": Wrong(
        {"omero.web.allowed_hosts": '["omero.example.org:443"]'},
        (
            "omero.web.allowed_hosts = '[\"omero.example.org:443\"]': expected a JSON list of hosts without port, "
            'like ["omero.example.org", ".lab.example.org"]. Host names under which the site is reached, as JSON: '
            '["omero.example.org"]. ".example.org" is every name below it, "*" every host. '
            "Requests for another host get 400, /health/ and requests for the address listened on excepted.",
        ),
    ),
    "origin without scheme": Wrong(
        {"omero.web.csrf_trusted_origins": '["www.example.org"]'},
        (
            "omero.web.csrf_trusted_origins = '[\"www.example.org\"]': "
            'expected a JSON list of origins like ["https://www.example.org"]. '
            "Other origins (with scheme) whose unsafe requests are accepted, as JSON.",
        ),
    ),
    "proxy that is no address": Wrong(
        {"omeropyr.trusted_proxies": "nginx"},
        (
            "omeropyr.trusted_proxies = 'nginx': expected addresses or networks like 127.0.0.1 or 10.0.0.0/8. "
            "Addresses or networks of web servers in front of this one, whose X-Forwarded-* headers are believed.",
        ),
    ),
    "weak secret, not shown": Wrong(
        {"omeropyr.session.secret": "hunter2"},
        (
            "omeropyr.session.secret: expected at least 32 random characters. "
            "Key that signs the session cookies: file:PATH or env:NAME. Left out, one is made in the state folder.",
        ),
    ),
    "secret in a file that is not there": Wrong(
        {"omeropyr.session.secret": "file:{tmp}/none"},
        (
            "omeropyr.session.secret: cannot read {tmp}/none (FileNotFoundError). "
            "Key that signs the session cookies: file:PATH or env:NAME. Left out, one is made in the state folder.",
        ),
    ),
    "secret in an environment that lacks it": Wrong(
        {"omero.web.public.password": "env:NO_SUCH_NAME"},
        (
            "omero.web.public.password: the environment has no NO_SUCH_NAME. "
            "Password of the public user: file:PATH or env:NAME.",
        ),
    ),
    "public user without a name": Wrong(
        {"omero.web.public.enabled": "true"},
        ("omero.web.public.enabled = true: needs omero.web.public.user and omero.web.public.password",),
    ),
    "limits that contradict each other": Wrong(
        {"omero.web.api.limit": "600"},
        ("omero.web.api.limit = 600: is above omero.web.api.max_limit, 500",),
    ),
    "production with cookies in the clear": Wrong(
        {"omeropyr.development": "false"},
        (
            "omero.web.session_cookie_secure: must be true unless omeropyr.development is, "
            "so that the session never travels in the clear",
            "omero.web.csrf_cookie_secure: must be true unless omeropyr.development is, "
            "so that the token never travels in the clear",
        ),
    ),
    "session folder that others can read": Wrong(
        {**SECURE, "omeropyr.state_dir": "{tmp}/open"},
        (
            "omeropyr.state_dir: {tmp}/open can be read by others; run: chmod 700 {tmp}/open",
            "omeropyr.state_dir: {tmp}/open/sessions can be read by others; run: chmod 700 {tmp}/open/sessions",
        ),
    ),
    "embedded server in production": Wrong(
        {**SECURE, "omeropyr.embedded": "true", "omero.web.server_list": None},
        (
            "omeropyr.embedded: must be false unless omeropyr.development is true; "
            "run `omeropyr embedded` and name it in omero.web.server_list",
        ),
    ),
    "embedded server and others": Wrong(
        {"omeropyr.embedded": "true", "omero.web.server_list": '[["omero.example.org", 4064, "omero"]]'},
        ("omero.web.server_list: leave it out while omeropyr.embedded is true, which offers the embedded server",),
    ),
    "pserve on another port": Wrong(
        {"omero.web.application_server.port": "4080", "server:main": "host = 0.0.0.0\nport = 6543"},
        (
            "[server:main] listens on 0.0.0.0, omero.web.application_server.host is 127.0.0.1; make them agree",
            "[server:main] listens on port 6543, omero.web.application_server.port is 4080; make them agree",
        ),
    ),
    "viewer that nobody offers": Wrong(
        {"omeropyr.addons": "gateway client viewer", "omeropyr.viewer.default": "viewer.imagee"},
        ("omeropyr.viewer.default = 'viewer.imagee': no add-on that is on offers it (did you mean viewer.image?)",),
    ),
    "add-on misspelt": Wrong(
        {"omeropyr.addons": "gateway client viever"},
        ("omeropyr.addons: 'viever' is not installed (did you mean viewer?)",),
    ),
    "add-on that is not installed": Wrong(
        {"omeropyr.addons": "xyzzy"},
        ("omeropyr.addons: 'xyzzy' is not installed (installed: client, gateway, viewer)",),
    ),
    "add-on named twice": Wrong(
        {"omeropyr.addons": "gateway gateway"},
        ("omeropyr.addons: 'gateway' is named twice",),
    ),
    "add-on without the one it needs": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': needs 'gateway'; add it to omeropyr.addons",),
        {"figure": {"requires": ("gateway",)}},
    ),
    "add-on for another version of the contract": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': written for API 2, this is 1",),
        {"figure": {"api": 2}},
    ),
    "add-on that raises on import": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': cannot be imported (ModuleNotFoundError: No module named 'no_such_module_anywhere')",),
        {"figure": {"body": "import no_such_module_anywhere"}},
    ),
    "add-on that calls itself differently": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': calls itself 'figures'; both names must agree",),
        {"figure": {"name": "figures"}},
    ),
    "two add-ons with one address": Wrong(
        {"omeropyr.addons": "gateway figure"},
        ("add-on 'figure': claims /webgateway, which 'gateway' has already",),
        {"figure": {"url_prefixes": ("/webgateway",)}},
    ),
    "add-on that takes another's address": Wrong(
        {"omeropyr.addons": "gateway figure"},
        ("add-on 'figure': its route 'figure.a' at /webgateway/a/ belongs to 'gateway'",),
        {"figure": {"url_prefixes": ("/figure",), "includeme": "config.add_route('figure.a', '/webgateway/a/')"}},
    ),
    "two add-ons with one view": Wrong(
        {"omeropyr.addons": "figure"},
        ("NavLink 'figure.a' is registered in two places: {figure}, line 7 and {figure}, line 7",),
        {"figure": {"includeme": "[config.add_nav_link('figure.a', 'A', url='https://a.example.org/') for _ in 'ab']"}},
    ),
    "add-on that contributes in another's name": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': the id 'viewer.a' must begin with 'figure.'",),
        {"figure": {"includeme": "config.add_nav_link('viewer.a', 'A', url='https://a.example.org/')"}},
    ),
    "panel in no place": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': add_panel 'figure.a': where is 'right' or 'center', not 'left'",),
        {"figure": {"includeme": "config.add_panel('figure.a', 'A', 'figure.a', where='left')"}},
    ),
    "panel for what does not exist": Wrong(
        {"omeropyr.addons": "figure"},
        (
            "add-on 'figure': add_panel 'figure.a': supports has words of project, projects, dataset, datasets, "
            "image, images, screen, screens, plate, plates, acquisition, acquisitions, "
            "well, wells, tag, tags, not ['picture']",
        ),
        {"figure": {"includeme": "config.add_panel('figure.a', 'A', 'figure.a', supports=('image', 'picture'))"}},
    ),
    "panel at a route that nobody adds": Wrong(
        {"omeropyr.addons": "figure"},
        (
            "add-on 'figure': Panel 'figure.a' names the route 'figure.pane', which nobody adds "
            "(did you mean figure.panel?)",
        ),
        {
            "figure": {
                "includeme": "config.add_route('figure.panel', '/'); config.add_panel('figure.a', 'A', 'figure.pane')"
            }
        },
    ),
    "page of administration in another's name": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': the id 'admin.a' must begin with 'figure.'",),
        {"figure": {"includeme": "config.add_admin_page('admin.a', 'A', 'figure.a')"}},
    ),
    "public view of another add-on": Wrong(
        {"omeropyr.addons": "gateway figure"},
        ("add-on 'figure': the id 'gateway.image_data' must begin with 'figure.'",),
        {"figure": {"includeme": "config.add_public_view('gateway.image_data')"}},
    ),
    "public view that changes something": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': add_public_view 'figure.a': a reason is needed for methods other than GET",),
        {"figure": {"includeme": "config.add_public_view('figure.a', methods=('GET', 'POST'))"}},
    ),
    "template that does not exist": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': override_template: there is no template 'web/login.tp' (did you mean web/login.pt?)",),
        {"figure": {"includeme": "config.override_template('web/login.tp', 'omeropyr:web/logout.pt')"}},
    ),
    "template replaced by one that is missing": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': override_template 'web/login.pt': there is no file 'omeropyr:web/none.pt'",),
        {"figure": {"includeme": "config.override_template('web/login.pt', 'omeropyr:web/none.pt')"}},
    ),
    "two add-ons that replace one template": Wrong(
        {"omeropyr.addons": "figure figura"},
        ("template 'web/login.pt' is registered in two places: {figura}, line 7 and {figure}, line 7",),
        {
            name: {"includeme": "config.override_template('web/login.pt', 'omeropyr:web/logout.pt')"}
            for name in ("figure", "figura")
        },
    ),
    "two add-ons with a start page": Wrong(
        {"omeropyr.addons": "figure figura"},
        ("StartPage is registered in two places: {figura}, line 7 and {figure}, line 7",),
        {
            name: {
                "includeme": f"config.add_route('{name}.a', '/'); config.add_start_page('{name}.a', 'A', '{name}.a')"
            }
            for name in ("figure", "figura")
        },
    ),
    "add-on that commits": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': calls config.commit(), which would let it replace the core unseen",),
        {"figure": {"includeme": "config.commit()"}},
    ),
    "add-on that fails when it is included": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': its includeme failed (OSError: no disk)",),
        {"figure": {"includeme": "raise OSError('no disk')"}},
    ),
    "add-on that adds a tween": Wrong(
        {"omeropyr.addons": "figure"},
        ("add-on 'figure': adds a tween; only the core may",),
        {"figure": {"includeme": "config.add_tween('omeropyr.settings.get_settings')"}},
    ),
    "settings of an add-on": Wrong(
        {"omeropyr.addons": "figure", "addon.figure.size": "big", "addon.figure.sise": "3"},
        (
            "addon.figure.token: is required. Key of the service.",
            "addon.figure.size = 'big': expected a whole number. How many.",
            "addon.figure.sise: unknown setting (did you mean addon.figure.size?)",
        ),
        {"figure": {"body": SETTINGS_BODY, "settings": "Settings"}},
    ),
}


@pytest.fixture
def start(
    tmp_path: Path, make_addon: MakeAddon, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Wrong], tuple[tuple[str, ...], tuple[str, ...]]]:
    """What is said about a wrong configuration, and what the table has, the paths of this run put in."""
    for name in [name for name in loader.installed() if name not in ("client", "gateway", "viewer")]:
        del loader.installed()[name]
    (tmp_path / "open" / "sessions").mkdir(parents=True)
    for folder in ("open", "open/sessions"):
        (tmp_path / folder).chmod(0o755)
    monkeypatch.delenv("OMERODIR", raising=False)

    def call(wrong: Wrong) -> tuple[tuple[str, ...], tuple[str, ...]]:
        for name, facts in wrong.addons.items():
            given = dict(facts)
            # What the add-on calls itself may differ from the name it is installed under.
            own = str(given.pop("name", name))
            make_addon(own, **given)
            if own != name:
                point = loader.installed().pop(own)
                loader.installed()[name] = type(point)(name, point.value, point.group)
        paths = {"tmp": str(tmp_path)}
        paths |= {name: str(next(tmp_path.glob(f"test_addon_{name}*.py"), "")) for name in wrong.addons}
        raw = settings_of(wrong, paths)
        server = raw.pop("server:main", None)
        ini = tmp_path / "site.ini"
        ini.write_text(f"[server:main]\nuse = egg:waitress#main\n{server}\n" if server else "")
        with pytest.raises(SettingsError) as caught:
            main({"__file__": str(ini)}, **raw)
        return caught.value.problems, tuple(put_in(line, paths) for line in wrong.words)

    return call


def settings_of(wrong: Wrong, paths: dict[str, str]) -> dict[str, str]:
    good = {
        "omeropyr.state_dir": "{tmp}/state",
        "omeropyr.development": "true",
        "omero.web.server_list": '[["127.0.0.1", 1, "nothing"]]',
    }
    if wrong.settings.get("omeropyr.embedded"):
        del good["omero.web.server_list"]
    return {name: put_in(text, paths) for name, text in {**good, **wrong.settings}.items() if text is not None}


def put_in(text: str, paths: dict[str, str]) -> str:
    for name, path in paths.items():
        text = text.replace(f"{{{name}}}", path)
    return text


@pytest.mark.parametrize("wrong", TABLE.values(), ids=TABLE)
def test_words(wrong: Wrong, start: Callable[[Wrong], tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
    said, expected = start(wrong)
    assert said == expected


def test_all_of_them_in_one_go(start: Callable[[Wrong], tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
    """Everything that can be wrong at once, from the spelling of a setting to what an add-on does when included."""
    names = [
        "core setting misspelt",
        "setting of OMERO.web misspelt",
        "text for a number",
        "number out of range",
        "loose boolean",
        "choice that is none",
        "server list that is no JSON",
        "prefix without slash",
        "host with a port",
        "origin without scheme",
        "proxy that is no address",
        "weak secret, not shown",
        "secret in an environment that lacks it",
    ]
    settings = {name: text for row in names for name, text in TABLE[row].settings.items()}
    settings["omeropyr.addons"] = "gateway viever pushy failing broken odd"
    together = Wrong(
        settings,
        (
            *(line for row in names for line in TABLE[row].words),
            "omeropyr.addons: 'viever' is not installed (did you mean viewer?)",
            "add-on 'pushy': calls config.commit(), which would let it replace the core unseen",
            "add-on 'failing': its includeme failed (OSError: no disk)",
            "add-on 'broken': cannot be imported (ModuleNotFoundError: No module named 'no_such_module_anywhere')",
            "add-on 'odd': written for API 2, this is 1",
        ),
        {
            "pushy": {"includeme": "config.commit()"},
            "failing": {"includeme": "raise OSError('no disk')"},
            "broken": {"body": "import no_such_module_anywhere"},
            "odd": {"api": 2},
        },
    )
    said, expected = start(together)
    assert sorted(said) == sorted(expected)
    assert len(said) == 18


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("omero.web.prefix = /x", "File contains no section headers."),
        ("[app:main]\nuse = egg:omeropyr\nomeropyr.state_dir = %(her)s/x", "Bad value substitution"),
        (
            "[app:main]\nuse = egg:omeropyr\nomeropyr.addons =\n omero.web.prefix = /x\n]",
            "Source contains parsing errors",
        ),
        ("[app:other]\nuse = egg:omeropyr", "No section 'main'"),
    ],
    ids=["no section", "interpolation", "syntax", "other section"],
)
def test_a_file_that_cannot_be_read_is_named(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ini = tmp_path / "site.ini"
    ini.write_text(text)
    assert command(["serve", "--ini", str(ini)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"omeropyr serve: {ini} cannot be read: ")
    assert said in error
    assert error.count("\n") == 1


def test_the_command_says_it_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omeropyr.serve.setup_logging", lambda _ini: None)
    ini = tmp_path / "site.ini"
    ini.write_text("[app:main]\nuse = egg:omeropyr\nomeropyr.state_dir = var\nomero.web.page_size = 0\n")
    assert command(["serve", "--ini", str(ini)]) == 1
    assert capsys.readouterr().err == (
        "omeropyr serve: omeropyr cannot start, there are 2 problems:\n"
        "  omeropyr.state_dir = 'var': expected an absolute path (%(here)s is the folder of the INI file). "
        "Folder of what the web keeps: secret, sessions, caches. Made with mode 0700 where it is missing.\n"
        "  omero.web.page_size = '0': expected a number between 1 and 10000. "
        "Items a page of the tree and of the lists.\n"
    )
