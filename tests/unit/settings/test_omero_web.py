"""OMERO.web's names: what is typed, what is accepted without effect, what waits, what is called differently now."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from omeropyr import main
from omeropyr.settings import SettingsError, checks, setting
from omeropyr.settings.declare import Declaration, convert, declarations
from omeropyr.settings.ini import sections, text_of
from omeropyr.settings.known import KNOWN, RENAMED
from omeropyr.settings.parsers import METADATA_PANES, TOP_LINKS, Link, Pane
from omeropyr.settings.web import Web
from omeropyr.site import read_site

GOOD = {"omeropyr.state_dir": "/nowhere/omeropyr", "omeropyr.development": "true"}
PACKAGE = Path(__file__).resolve().parents[3] / "omeropyr"
DECLARED = [one for _, declared in sections() for one in declared]
# The names of OMERO.web 5.33's own table, without the prefix, and those its older versions had.
NAMES = re.findall(
    r"\S+",
    """
    debug secret_key admins application_server application_server.host application_server.port
    application_server.max_requests wsgi_args wsgi_workers wsgi_timeout wsgi_worker_class wsgi_worker_connections
    wsgi_threads middleware prefix use_x_forwarded_host secure_proxy_ssl_header static_url static_root staticfile_dirs
    template_dirs pipeline_js_compressor pipeline_css_compressor pipeline_staticfile_storage logdir databases caches
    django_additional_settings time_zone nginx_server_extra_config allowed_hosts system_checks check_version
    upgrades.url admins.email_subject_prefix session_engine session_serializer session_expire_at_browser_close
    session_cookie_age session_cookie_domain session_cookie_name session_cookie_path session_cookie_secure
    csrf_cookie_secure session_cookie_samesite csrf_cookie_samesite csrf_cookie_httponly csrf_trusted_origins secure
    cors_origin_whitelist cors_origin_allow_all x_frame_options html_meta_referrer redirect_allowed_hosts server_list
    ping_interval login_view login_incorrect_credentials_text login_redirect login_logo login.show_client_downloads
    login.client_downloads_base show_forgot_password public.enabled public.url_filter public.get_only
    public.server_id public.user public.password public.cache.enabled public.cache.key public.cache.timeout apps
    root_application index_template base_include_template ui.top_links ui.metadata_panes ui.right_plugins
    ui.center_plugins open_with viewer.view plate_layout page_size thumbnails_batch search.default_user
    search.default_group top_logo top_logo_link user_dropdown favicon_url feedback.comment.enabled
    feedback.error.enabled sharing.twitter sharing.opengraph chunk_size maximum_multifile_download_size
    max_table_download_rows max_table_slice_size api.limit api.max_limit api.absolute_url
    force_script_name server_email email_host email_host_password email_host_user email_port email_use_tls
    email_subject_prefix plate_download.enabled viewer.initial_zoom_level send_broken_link_emails
""",
)


def problems(**raw: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_site({**GOOD, **{f"omero.web.{name}": text for name, text in raw.items()}})
    return caught.value.problems


def web(**raw: str) -> Web:
    return read_site({**GOOD, **{f"omero.web.{name}": text for name, text in raw.items()}}).settings.web


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_omero_web_is_known_once(name: str) -> None:
    declared = [one.name for one in DECLARED]
    found = [f"omero.web.{name}" in names for names in (declared, KNOWN, RENAMED)]
    assert found.count(True) == 1


def test_every_setting_is_declared_once_and_says_what_it_is_for() -> None:
    names = [one.name for one in DECLARED]
    assert [name for name in names if names.count(name) > 1] == []
    assert [one.name for one in DECLARED if not one.doc.endswith(".")] == []


@pytest.mark.parametrize("one", [one for one in DECLARED if not one.required], ids=lambda one: one.name)
def test_a_default_is_read_back_from_what_an_ini_shows(one: Declaration) -> None:
    text = text_of(one)
    if one.default is None:
        assert text == ""
    else:
        assert convert(one, text) == one.default
    if one.example and not one.secret:
        assert convert(one, one.example)


@pytest.mark.parametrize("one", declarations(Web, "omero.web."), ids=lambda one: one.name)
def test_a_setting_waits_exactly_while_nothing_reads_it(one: Declaration) -> None:
    sources = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".pt") and path.parent.name != "settings"]
    readers = [path.name for path in sources if re.search(rf"\.{one.field}\b", path.read_text("utf-8"))]
    if one.pending:
        assert readers == [], f"{one.name} is read: remove pending= from its declaration"
    else:
        assert readers != [], f"{one.name} is read by nothing: say pending= in its declaration"


@dataclass(frozen=True)
class Waiting:
    shape: str = setting("round", doc="Shape.", pending="the drawing")
    size: int = setting(3, doc="Size.", pending="the drawing")
    colour: str = setting("red", doc="Colour.")


def test_who_sets_what_waits_is_told() -> None:
    raw = {"a.shape": "square", "a.size": " 3", "a.colour": "blue"}
    assert checks.waiting(raw, declarations(Waiting, "a.")) == [
        "a.shape is accepted but has no effect yet: it is for the drawing"
    ]
    one = next(one for one in DECLARED if one.pending and one.type is int)
    other = str(one.default + 1)
    assert read_site({**GOOD, one.name: other}).notes == (
        f"{one.name} is accepted but has no effect yet: it is for {one.pending}",
    )


def test_renamed_settings_are_read_and_the_new_name_wins() -> None:
    site = read_site({**GOOD, "omero.web.force_script_name": "/old"})
    assert site.settings.web.prefix == "/old"
    assert site.notes == ("omero.web.force_script_name is called omero.web.prefix today; please rename it",)
    site = read_site({**GOOD, "omero.web.force_script_name": "/old", "omero.web.prefix": "/new"})
    assert site.settings.web.prefix == "/new"
    assert site.notes == ("omero.web.force_script_name is ignored: omero.web.prefix, its name today, is set as well",)
    key = "0123456789abcdefghijklmnopqrstuvwxyz"
    assert read_site({**GOOD, "omero.web.secret_key": key}).settings.core.session_secret == key


def test_a_note_is_one_warning_in_the_log(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with caplog.at_level(logging.WARNING, "omeropyr.site"):
        main({}, **{**GOOD, "omeropyr.state_dir": str(tmp_path / "state"), "omero.web.apps": '["omero_iviewer"]'})
    assert [record.message for record in caplog.records if record.name == "omeropyr.site"] == [
        "omero.web.apps is accepted but has no effect: "
        "add-ons stand in omeropyr.addons, and bring their own pages, panels and links"
    ]


def test_lists_of_omero_web_are_typed() -> None:
    found = web(
        **{
            "ui.top_links": '[["Figure", {"viewname": "figure_index"}, {"title": "F"}], ["W", "https://w.example.org"]]',
            "ui.metadata_panes": '[{"name": "map", "label": "Pairs", "index": 2}, {"name": "tag", "index": 1}]',
            "allowed_hosts": '["OMERO.example.org", ".lab.example.org", "[::1]", "*"]',
            "cors_origin_whitelist": '["https://www.example.org/", "http://localhost:8080"]',
            "public.url_filter": "^/webclient/(?!script)",
            "api.absolute_url": "https://omero.example.org/omero",
        }
    )
    assert found.ui_top_links == (
        Link("Figure", "figure_index", {"viewname": "figure_index", "title": "F"}),
        Link("W", "https://w.example.org", {}),
    )
    assert found.ui_metadata_panes == (Pane("tag", "tag", 1), Pane("map", "Pairs", 2))
    assert found.allowed_hosts == ("omero.example.org", ".lab.example.org", "[::1]", "*")
    assert found.cors_origin_whitelist == ("https://www.example.org", "http://localhost:8080")
    assert found.public_url_filter.search("/webclient/") is not None
    assert found.api_absolute_url == "https://omero.example.org/omero/"
    assert (web().ui_top_links, web().ui_metadata_panes) == (TOP_LINKS, METADATA_PANES)
    assert web().public_url_filter.search("/webclient/") is None


HOSTS = 'expected a JSON list of hosts without port, like ["omero.example.org", ".lab.example.org"]'
ORIGINS = 'expected a JSON list of origins like ["https://www.example.org"]'


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("allowed_hosts", "[]", HOSTS),
        ("allowed_hosts", '["a.example.org:80"]', HOSTS),
        ("allowed_hosts", '["https://a.example.org"]', HOSTS),
        ("allowed_hosts", "a.example.org", HOSTS),
        ("csrf_trusted_origins", '["www.example.org"]', ORIGINS),
        ("csrf_trusted_origins", '["https://*.example.org"]', ORIGINS),
        ("cors_origin_whitelist", '["https://a.example.org/path"]', ORIGINS),
        ("cors_origin_whitelist", '["https://me@a.example.org"]', ORIGINS),
        ("cors_origin_whitelist", '["null"]', ORIGINS),
        ("public.url_filter", "(", "expected a regular expression (missing ), unterminated subpattern at position 0)"),
        ("nginx_server_extra_config", "[1]", 'expected a JSON list like ["first line", "second line"]'),
        (
            "ui.top_links",
            '[["Help"]]',
            'expected JSON like [["Help", "https://www.example.org/", {"title": "Help", "target": "new"}]]',
        ),
        (
            "ui.metadata_panes",
            '[{"name": "tags", "index": 1}]',
            'expected JSON like [{"name": "tag", "label": "Tags", "index": 1}], '
            "names among tag, map, table, file, comment, rating, other",
        ),
        ("plate_layout", "huge", "expected shrink or trim or expand"),
        ("api.absolute_url", "omero.example.org", "expected an address like https://omero.example.org/omero/"),
        ("server_list", "[" * 100_000, 'expected JSON like [["omero.example.org", 4064, "omero"]]'),
    ],
)
def test_wrong_values_say_what_is_expected(name: str, text: str, expected: str) -> None:
    (line,) = problems(**{name: text})
    assert line.startswith(f"omero.web.{name} = {text!r}: {expected}. ")


def test_settings_that_must_agree() -> None:
    assert problems(**{"api.limit": "600", "public.enabled": "true", "public.server_id": "2"}) == (
        "omero.web.api.limit = 600: is above omero.web.api.max_limit, 500",
        "omero.web.public.server_id = 2: omero.web.server_list has 1",
        "omero.web.public.enabled = true: needs omero.web.public.user and omero.web.public.password",
    )
