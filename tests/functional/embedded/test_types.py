"""ITypes: enumerations are everybody's to read and to add to, and administrators' to change."""

from __future__ import annotations

from typing import Any

import numpy as np
import omero
import omero.all
import pytest
from omero.rtypes import rint, rstring

from omeropyr.embedded.dispatch import operations
from omeropyr.embedded.services.types import Types

PIXELS = {"bit": 1, "int8": 8, "int16": 16, "int32": 32, "uint8": 8, "uint16": 16, "uint32": 32, "float": 32}
PIXELS |= {"double": 64, "complex": 64, "double-complex": 128}


@pytest.fixture(scope="module")
def types(gateway: Any) -> Any:
    return gateway.getTypesService()


@pytest.fixture(scope="module")
def plain(omero_data: Any, gateway_of: Any) -> Any:
    omero_data.add_user("types-plain")
    return gateway_of("types-plain")


def new(kind: str, value: str) -> Any:
    made = getattr(omero.model, f"{kind}I")()
    made.value = rstring(value)
    return made


def values(types: Any, kind: str) -> list[str]:
    return [one.value.val for one in types.allEnumerations(kind)]


def test_every_operation_is_there() -> None:
    wanted = operations(omero.api.ITypes)
    assert len(wanted) == 11
    assert [one for one in wanted if not hasattr(Types, one)] == []


def test_what_there_is(plain: Any) -> None:
    types = plain.getTypesService()
    kinds = types.getEnumerationTypes()
    assert {"PixelsType", "Format", "AdminPrivilege", "Immersion", "JobStatus"} <= set(kinds)
    assert not {"Experimenter", "Dataset", "DBPatch"} & set(kinds)
    found = types.getEnumerationsWithEntries()
    assert sorted(found) == sorted(kinds)
    assert {one.value.val: one.bitSize.val for one in found["PixelsType"]} == PIXELS
    assert types.getEnumeration("PixelsType", "uint16").bitSize.val == 16
    assert types.getEnumeration("omero.model.DimensionOrder", "XYZCT").id.val > 0
    assert {one.value for one in plain.getEnumerationEntries("ProjectionAxis")} == {"Z", "T", "C"}
    for kind, value in (("PixelsType", "uint17"), ("Dataset", "x"), ("Nothing", "x")):
        with pytest.raises(omero.ApiUsageException):
            types.getEnumeration(kind, value)


def test_what_can_be_annotated(types: Any) -> None:
    found = types.getAnnotationTypes()
    assert {"Project", "Dataset", "Image", "Well", "Roi", "Experimenter", "Annotation", "OriginalFile"} <= set(found)
    assert not {"PixelsType", "Event", "ProjectDatasetLink"} & set(found)


def test_everyone_adds_a_value(types: Any, plain: Any) -> None:
    """OMERO allows it (``TypesImpl.createEnumeration``): an import may meet a value that nobody had before."""
    made = plain.getTypesService().createEnumeration(new("Format", "types/by-a-user"))
    assert (made.id.val, made.value.val) == (
        types.getEnumeration("Format", "types/by-a-user").id.val,
        "types/by-a-user",
    )
    again = types.createEnumeration(new("Format", "types/by-a-user"))
    assert again.id.val == made.id.val
    assert values(types, "Format").count("types/by-a-user") == 1


def test_adding_does_not_change_what_is_there(types: Any, plain: Any) -> None:
    """A user who sends a stored value under another name adds one."""
    known = types.getEnumeration("PixelsType", "uint8")
    sent = plain.getTypesService().getEnumeration("PixelsType", "uint8")
    sent.value, sent.bitSize = rstring("types-of-mine"), rint(3)
    made = plain.getTypesService().createEnumeration(sent)
    assert made.id.val != known.id.val
    assert (made.value.val, made.bitSize.val) == ("types-of-mine", 3)
    after = types.getEnumeration("PixelsType", "uint8")
    assert (after.id.val, after.bitSize.val) == (known.id.val, 8)


NOT_VALUES = {"null": None, "empty": new("Format", ""), "blank": new("Format", "  "), "else": omero.model.ProjectI()}


@pytest.mark.parametrize("bad", NOT_VALUES.values(), ids=NOT_VALUES)
def test_what_is_no_value_is_refused(types: Any, bad: Any) -> None:
    before = values(types, "Format")
    for attempt in (types.createEnumeration, types.updateEnumeration, types.deleteEnumeration):
        with pytest.raises((omero.ApiUsageException, omero.ValidationException)):
            attempt(bad)
    for attempt in (types.updateEnumeration, types.deleteEnumeration):  # of a value that is not stored
        with pytest.raises(omero.ApiUsageException):
            attempt(new("Format", "x"))
    assert values(types, "Format") == before


def test_administrators_change_and_delete(types: Any, plain: Any) -> None:
    made = types.createEnumeration(new("Medium", "Honey"))
    users = plain.getTypesService()
    made.value = rstring("Syrup")
    attempts = (
        lambda: users.updateEnumeration(made),
        lambda: users.updateEnumerations([made]),
        lambda: users.deleteEnumeration(made),
        lambda: users.resetEnumerations("Medium"),
        users.getOriginalEnumerations,
    )
    for attempt in attempts:
        with pytest.raises(omero.SecurityViolation):
            attempt()
    assert "Honey" in values(types, "Medium")
    assert types.updateEnumeration(made).value.val == "Syrup"
    made = types.getEnumeration("Medium", "Syrup")
    made.value = rstring("Jam")
    types.updateEnumerations([made])
    assert "Jam" in values(types, "Medium")
    types.deleteEnumeration(types.getEnumeration("Medium", "Jam"))
    assert values(types, "Medium") == ["Air", "Oil", "Water", "Glycerol", "Other", "Unknown"]


def test_a_value_in_use_stays(gateway: Any, types: Any, omero_data: Any) -> None:
    omero_data.add_image(np.zeros((4, 4), np.uint8))
    used = types.getEnumeration("PixelsType", "uint8")
    with pytest.raises(omero.ValidationException, match="in use"):
        types.deleteEnumeration(used)
    assert types.getEnumeration("PixelsType", "uint8").id.val == used.id.val


def test_an_enumeration_is_reset(types: Any) -> None:
    types.createEnumeration(new("Binning", "16x16"))
    types.deleteEnumeration(types.getEnumeration("Binning", "4x4"))
    kept = types.getEnumeration("Binning", "2x2").id.val
    types.resetEnumerations("Binning")
    assert sorted(values(types, "Binning")) == ["1x1", "2x2", "4x4", "8x8"]
    assert types.getEnumeration("Binning", "2x2").id.val == kept
    original = [one for one in types.getOriginalEnumerations() if isinstance(one, omero.model.BinningI)]
    assert [(one.id, one.value.val) for one in original] == [(None, one) for one in ("1x1", "2x2", "4x4", "8x8")]


def test_privileges_are_not_made_up(types: Any) -> None:
    known = types.getEnumeration("AdminPrivilege", "Sudo")
    known.value = rstring("Dance")
    for attempt in (
        lambda: types.createEnumeration(new("AdminPrivilege", "Dance")),
        lambda: types.updateEnumeration(known),
        lambda: types.updateEnumerations([known]),
        lambda: types.deleteEnumeration(known),
        lambda: types.resetEnumerations("AdminPrivilege"),
    ):
        with pytest.raises(omero.SecurityViolation):
            attempt()
    assert len(values(types, "AdminPrivilege")) == 15
