"""A site with a public user: a lab whose dataset everybody may see, and one that nobody else may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.data import PASSWORD
from omeropyr.testing.web import close_web_app, web_app, web_settings

USER = "public-paula"
ADDONS = "gateway client viewer api admin public_user"


@dataclass(frozen=True)
class Scene:
    """Ids of what the public user sees, and of an image of somebody else's."""

    dataset: int
    image: int
    hidden: int


@pytest.fixture(scope="package")
def scene(omero_data: OmeroData) -> Scene:
    omero_data.add_user(USER, omero_data.add_group("public-lab", "rwr---"))
    omero_data.add_user("private-pete", omero_data.add_group("private-lab"))
    dataset = omero_data.add_dataset("shown to all", user=USER)
    plane = np.arange(64 * 48, dtype=np.uint16).reshape(1, 1, 1, 48, 64)
    image = omero_data.add_image(plane, "shown", dataset=dataset, user=USER)
    return Scene(dataset, image, omero_data.add_image(plane, "hidden", user="private-pete"))


@pytest.fixture(scope="session")
def site(embedded: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """A function ``(**settings)`` to an application with the public user switched on, with ``__`` for each dot."""
    made = []

    def make(**settings: str) -> Any:
        folder = tmp_path_factory.mktemp("public")
        folder.chmod(0o700)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o600)
        given = {
            "omeropyr__addons": ADDONS,
            "omero__web__public__enabled": "true",
            "omero__web__public__user": USER,
            "omero__web__public__password": f"file:{folder / 'password'}",
            "omero__web__public__url_filter": "^/",
            **settings,
        }
        made.append(web_app(web_settings(embedded, folder, **given)))
        return made[-1]

    yield make
    for app in made:
        close_web_app(app)


@pytest.fixture(scope="package")
def open_site(site: Callable[..., Any], scene: Scene) -> Any:
    """The application whose filter matches every address."""
    return site()


@pytest.fixture
def visitor(open_site: Any, embedded: Any) -> WebApp:
    """A browser without a log-in."""
    return WebApp(open_site, embedded)
