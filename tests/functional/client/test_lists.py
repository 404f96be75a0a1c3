"""Plates of a screen, and how many Ice calls the lists cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.testing import WebApp
from tests.functional.client.conftest import ELLA, Lab, Plate


def test_plates_of_a_screen(ella: WebApp, plate: Plate, lab: Lab, gateway_of: Callable[..., Any]) -> None:
    (row,) = ella.get(f"/webclient/api/plates/?id={plate.screen}").json["plates"]
    (theirs,) = gateway_of(ELLA).getObject("Screen", plate.screen).listChildren()
    assert (row["id"], row["name"], row["ownerId"]) == (theirs.id, theirs.getName(), lab.ella)
    assert row["childCount"] == len(list(theirs.listPlateAcquisitions())) == 1
    assert row["permsCss"] == "canEdit canAnnotate canLink canDelete canChgrp isOwned"


LISTS = {
    "groups": ("api/groups/", 4),
    "experimenter": ("api/experimenters/{lab.ella}/", 4),
    "datasets": ("api/datasets/?id={lab.project}", 4),
    "images": ("api/images/?id={lab.dataset}&sizeXYZ=true&date=true&thumbVersion=true", 4),
    "plates": ("api/plates/?id={plate.screen}", 4),
    "runs": ("api/plate_acquisitions/?id={plate.plate}", 4),
    "tags": ("api/tags/", 4),
    "parent links": ("api/parent_links/?image={lab.image}&dataset={lab.dataset}&plate={plate.plate}", 4),
    "annotations": ("api/annotations/?image={lab.image}", 4),
    "path to an image": ("api/paths_to_object/?image={lab.image}&page_size=1", 4),
    "path to a well": ("api/paths_to_object/?image={plate.fields[0]}", 4),
}


@pytest.mark.parametrize("name", LISTS)
def test_calls_of_a_list(ella: WebApp, lab: Lab, plate: Plate, name: str) -> None:
    address, most = LISTS[name]
    ella.get(f"/webclient/{address.format(lab=lab, plate=plate)}")
    assert 1 <= ella.ice_calls <= most
