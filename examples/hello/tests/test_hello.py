"""The add-on keeps the contract, and does what it is for."""

from typing import Any

import numpy as np
from omeropyr_hello import addon

from omeropyr.testing import AddonContract

PLANE = np.zeros((8, 8), np.uint8)


class TestContract(AddonContract):
    """What holds for every add-on."""

    addon = addon


def test_the_page_greets_its_user(testapp: Any, login: Any, omero_data: Any) -> None:
    omero_data.add_user("ada", first_name="Ada", last_name="Lovelace")
    login("ada")
    page = testapp.get("/hello/")
    assert page.html.h1.text == "Hello, Ada Lovelace!"
    assert testapp.get("/webclient/").html.find("a", string="Hello")["href"] == "/hello/"


def test_it_names_the_images_it_is_opened_with(testapp: Any, login: Any, omero_data: Any) -> None:
    omero_data.add_user("bob")
    omero_data.add_user("eve")
    first, second = (omero_data.add_image(PLANE, name, user="bob") for name in ("one", "<b>two</b>"))
    others = omero_data.add_image(PLANE, "secret", user="eve")
    login("bob")
    page = testapp.get(f"/hello/?image={first}&image={second}&image={others}&image=x")
    assert [item.text for item in page.html.ul("li")] == ["one", "<b>two</b>"]
    assert testapp.ice_calls <= 4
