"""Pages of administration that other add-ons bring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omeropyr import make_app
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.site import read_site
from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.web import close_web_app, web_settings
from tests.functional.admin import billing


@pytest.fixture(scope="module")
def site(embedded: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebApp]:
    folder: Path = tmp_path_factory.mktemp("billing")
    folder.chmod(0o700)
    settings = web_settings(embedded, folder, omeropyr__addons="admin")
    read = read_site(settings)
    app = make_app(replace(read, addons=(*read.addons, billing.addon)), settings)
    yield WebApp(app, embedded)
    close_web_app(app)


def links(page: object) -> dict[str, str | None]:
    return {link.get_text(): link.get("aria-current") for link in page.html.select(".admin-nav a")}  # type: ignore[attr-defined]


def test_they_stand_in_the_same_navigation_and_frame(site: WebApp, omero_data: OmeroData) -> None:
    site.log_in()
    users = site.get("/webadmin/experimenters/")
    assert list(links(users))[-2:] == ["Billing <b>", "My account"]
    page = users.click("Billing")
    assert "42 owed" in page.html.select_one(".admin-main").get_text()
    assert {title for title, current in links(page).items() if current} == {"Billing <b>"}
    site.log_out()
    omero_data.add_user("no-billing")
    site.log_in("no-billing")
    assert list(links(site.get("/webadmin/myaccount/"))) == ["Drive space", "My account"]
    site.get("/billing/page/", status=403)
