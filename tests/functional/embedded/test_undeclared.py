"""Operations whose Slice declares no exception: what a client is told when they fail, and that it is nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import Ice
import omero
import omero.all
import omero.cmd
import pytest
from omero.rtypes import rstring

from omeropyr.embedded.dispatch import UNDECLARED
from tests.functional.embedded.hostility import INSIDE

NOWHERE = {"omero.group": "no such lab"}
SAID = "omero::ApiUsageException: There is no group 'no such lab'."
ARGUMENTS: dict[str, list[Any]] = {
    "addCallback": [None],
    "removeCallback": [None],
    "submit": [None],
    "suggestChecksumAlgorithm": [[]],
}


@pytest.fixture
def proxies(gateway: Any) -> Iterator[dict[str, Any]]:
    """A proxy of each interface that has such operations."""
    factory = gateway.c.sf
    repositories = factory.sharedResources().repositories().proxies
    repository = next(one for one in map(omero.grid.ManagedRepositoryPrx.checkedCast, repositories) if one)
    entry = omero.model.FilesetEntryI()
    entry.clientPath = rstring("undeclared/a.fake")
    fileset = omero.model.FilesetI()
    fileset.addFilesetEntry(entry)
    settings = omero.grid.ImportSettings(checksumAlgorithm=omero.model.ChecksumAlgorithmI())
    settings.checksumAlgorithm.value = rstring("SHA1-160")
    process = repository.importFileset(fileset, settings)
    handle = factory.submit(omero.cmd.Timing())
    yield {
        "Handle": omero.cmd.HandlePrx.uncheckedCast(handle),
        "ImportProcess": process,
        "ManagedRepository": repository,
        "ServiceFactory": factory,
    }
    process.close()


@pytest.mark.parametrize("name", sorted(UNDECLARED))
def test_it_fails_in_words_and_without_the_inside(proxies: dict[str, Any], name: str) -> None:
    interface, operation = name.split(".")
    with pytest.raises(Ice.UnknownUserException) as failed:
        getattr(proxies[interface], operation)(*ARGUMENTS.get(operation, []), NOWHERE)
    assert failed.value.unknown == SAID


def test_what_nobody_expected_is_not_told_either(proxies: dict[str, Any]) -> None:
    with pytest.raises(Ice.UnknownUserException) as failed:
        proxies["Handle"].addCallback(None)  # has no identity to call back
    assert failed.value.unknown.startswith(("omero::ApiUsageException: ", "omero::InternalException: "))
    assert not INSIDE.search(failed.value.unknown)
