"""``IConfig`` over real Ice: settings that are kept, who reads them, and patterns of names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import omero
import pytest

from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData
from omeropyr.testing.plugin import GatewayOf

# What OMERO.web asks for at log-in, and OMERO's defaults.
CLIENT_DEFAULTS = {
    "omero.client.ui.tree.orphans.enabled": "true",
    "omero.client.ui.tree.orphans.name": "Orphaned Images",
    "omero.client.ui.tree.type_order": "tagset,tag,project,dataset,screen,plate,acquisition,image",
    "omero.client.ui.menu.dropdown.leaders.enabled": "true",
    "omero.client.ui.menu.dropdown.leaders.label": "Owners",
    "omero.client.ui.menu.dropdown.colleagues.enabled": "true",
    "omero.client.ui.menu.dropdown.colleagues.label": "Members",
    "omero.client.ui.menu.dropdown.everyone.enabled": "true",
    "omero.client.ui.menu.dropdown.everyone.label": "All Members",
    "omero.client.viewer.interpolate_pixels": "true",
    "omero.client.viewer.roi_limit": "2000",
    "omero.client.viewer.initial_zoom_level": "0",
    "omero.client.browser.thumb_default_size": "96",
    "omero.client.download_as.max_size": "144000000",
    "omero.client.scripts_to_ignore": "",
}


@pytest.fixture(scope="module")
def user(omero_data: OmeroData, gateway_of: GatewayOf) -> Any:
    """IConfig of a plain user."""
    omero_data.add_user("config-user")
    return gateway_of("config-user").getConfigService()


@pytest.fixture(scope="module")
def admin(gateway: Any) -> Any:
    """IConfig of root."""
    return gateway.getConfigService()


def test_clients_read_omeros_defaults(user: Any) -> None:
    values = user.getClientConfigValues()
    assert {name: values.get(name) for name in CLIENT_DEFAULTS} == CLIENT_DEFAULTS
    assert all(name.startswith("omero.client.") for name in values)
    assert user.getClientConfigDefaults() == values


def test_what_omero_py_itself_asks_for(gateway_of: GatewayOf, omero_data: OmeroData) -> None:
    omero_data.add_user("config-gateway")
    conn = gateway_of("config-gateway")
    assert conn.getMaxPlaneSize() == (3192, 3192)
    assert conn.getClientSettings() == conn.getConfigService().getClientConfigValues()
    assert (conn.getRoiLimitSetting(), conn.getInitialZoomLevel()) == (2000, "0")
    assert conn.getInterpolateSetting() is True
    assert conn.canCreate()


def test_a_setting_is_kept_and_the_default_comes_back(admin: Any, user: Any) -> None:
    name = "omero.client.viewer.roi_limit"
    admin.setConfigValue(name, "5000")
    assert (user.getConfigValue(name), user.getClientConfigValues()[name]) == ("5000", "5000")
    assert user.getClientConfigDefaults()[name] == "2000"
    admin.setConfigValue(name, "")
    assert user.getConfigValue(name) == "2000"


def test_a_setting_outlives_the_server(tmp_path: Path) -> None:
    for step, expected in enumerate(("96", "128")):
        with EmbeddedServer(tmp_path / "data", port=0, ssl_port=0) as server:
            client = omero.client("127.0.0.1", server.ssl_port)
            try:
                config = client.createSession("root", "omero").getConfigService()
                assert config.getConfigValue("omero.client.browser.thumb_default_size") == expected, step
                config.setConfigValue("omero.client.browser.thumb_default_size", "128")
            finally:
                client.closeSession()


def test_a_value_is_changed_only_from_what_it_was(admin: Any) -> None:
    name = "omero.client.web.host"
    assert admin.setConfigValueIfEquals(name, "https://one.example.org/", "")
    assert not admin.setConfigValueIfEquals(name, "https://two.example.org/", "https://other.example.org/")
    assert admin.getConfigValue(name) == "https://one.example.org/"
    assert admin.setConfigValueIfEquals(name, "", "https://one.example.org/")
    assert admin.getConfigValue(name) == ""


CHANGES: dict[str, Callable[[Any], Any]] = {
    "set": lambda config: config.setConfigValue("omero.client.web.host", "https://evil.example.org"),
    "set if equals": lambda config: config.setConfigValueIfEquals("omero.client.web.host", "https://x.org", ""),
    "defaults": lambda config: config.getConfigDefaults(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_plain_users_change_nothing(user: Any, change: Callable[[Any], Any]) -> None:
    with pytest.raises(omero.SecurityViolation):
        change(user)
    assert user.getConfigValue("omero.client.web.host") == ""


SECRETS = ["omero.db.pass", "omero.db.user", "omero.mail.password", "omero.security.keyStorePassword", "site.token"]


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_nobodys(admin: Any, user: Any, name: str) -> None:
    with pytest.raises(omero.ApiUsageException):
        admin.setConfigValue(name, "hunter2")
    for config in (admin, user):
        with pytest.raises(omero.SecurityViolation, match="Cannot read configuration"):
            config.getConfigValue(name)
        assert name not in config.getConfigValues(".")


def test_settings_without_a_rule_are_the_administrators(admin: Any, user: Any) -> None:
    admin.setConfigValue("site.own", "value")
    assert admin.getConfigValue("site.own") == "value"
    assert admin.getConfigValues("^site") == {"site.own": "value"}
    assert user.getConfigValues("^site") == {}
    with pytest.raises(omero.SecurityViolation):
        user.getConfigValue("site.own")
    admin.setConfigValue("site.own", "")
    assert admin.getConfigValue("site.own") == ""


@pytest.mark.parametrize("name", ["omero.version", "omero.db.uuid", "", "x" * 256])
def test_what_cannot_be_set(admin: Any, name: str) -> None:
    with pytest.raises(omero.ApiUsageException):
        admin.setConfigValue(name, "other")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^omero\\.cluster\\.read_only\\.runtime", ["db", "repo"]),
        ("read_only\\.runtime\\.db$", ["db"]),
        ("omero.cluster.read_only.*", ["db", "repo"]),
        ("^cluster", []),
        ("", []),
    ],
    ids=["beginning", "found inside", "as omero-py asks", "not at the beginning", "empty"],
)
def test_patterns_are_found_in_names(user: Any, pattern: str, expected: list[str]) -> None:
    assert sorted(name.rsplit(".")[-1] for name in user.getConfigValues(pattern)) == expected


@pytest.mark.parametrize("pattern", ["(", "(a+)+$", "(a|a)*b", ".*.*.*.*x", "a" * 201])
def test_patterns_that_are_wrong_or_take_long_are_refused(user: Any, pattern: str) -> None:
    with pytest.raises(omero.ApiUsageException, match="pattern"):
        user.getConfigValues(pattern)


def test_what_the_server_is(embedded: EmbeddedServer, user: Any, admin: Any) -> None:
    assert user.getDatabaseUuid() == user.getConfigValue("omero.db.uuid") == embedded.store.uuid
    assert user.getVersion() == user.getConfigValue("omero.version") == "5.6.14"
    assert user.getConfigValue("omero.security.password_required") == "true"
    assert abs(user.getServerTime().val - user.getDatabaseTime().val) < 5000
    assert "omero.version" in admin.getConfigDefaults()


def test_the_counts_of_a_server_under_test_are_the_administrators(admin: Any, user: Any) -> None:
    counted = json.loads(admin.getConfigValue("omeropyr.instrument.calls"))
    assert counted["Router.createSession"] >= 1
    assert counted["IConfig.getConfigValue"] >= 1
    with pytest.raises(omero.SecurityViolation):
        user.getConfigValue("omeropyr.instrument.calls")
