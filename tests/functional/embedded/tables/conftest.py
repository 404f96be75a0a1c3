"""Tables that the tests begin with."""

from __future__ import annotations

from typing import Any

import omero.grid
import pytest

from tests.functional.embedded.tables.opening import new_table, numbers

G = omero.grid


@pytest.fixture
def measures(gateway: Any) -> Any:
    """A table of six rows; root's."""
    table = new_table(gateway)
    table.initialize(
        [G.WellColumn("Well", "", []), G.DoubleColumn("x", "a number", []), G.StringColumn("s", "", 8, [])]
    )
    wells, values = [1, 2, 3, 3, 3, 4], [0.5, 1.5, 2.5, 3.5, -1.0, 9.0]
    words = ["a", "b", "ü", "it's", "a", "z"]
    table.addData([G.WellColumn("Well", "", wells), G.DoubleColumn("x", "", values), G.StringColumn("s", "", 8, words)])
    yield table
    table.close()


@pytest.fixture
def people(omero_data: Any, gateway_of: Any) -> Any:
    """A function from a group's level to an owner and a member, connected."""

    def make(level: str) -> tuple[Any, Any]:
        group = omero_data.add_group(permissions=level)
        names = [f"tables-{next(numbers)}" for _ in range(2)]
        for name in names:
            omero_data.add_user(name, group)
        return gateway_of(names[0]), gateway_of(names[1])

    return make
