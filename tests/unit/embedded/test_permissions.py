"""The permission matrix as one table: levels x roles x what may be done."""

import omero
import omero.all
import pytest
from omero.model import PermissionsI

from omeropyr.embedded.permissions import LEVELS, SYSTEM, Actor, level, perm1_of, readable, rights

GROUP, OTHER_GROUP = 10, 11
EVERY_PRIVILEGE = frozenset({"WriteOwned", "DeleteOwned", "Chgrp", "Chown"})
ROLES = {
    "owner": Actor(5, "owner", GROUP, member_of=frozenset({GROUP})),
    "member": Actor(6, "member", GROUP, member_of=frozenset({GROUP})),
    "leader": Actor(7, "leader", GROUP, member_of=frozenset({GROUP}), leader_of=frozenset({GROUP})),
    "admin": Actor(0, "root", GROUP, is_admin=True, member_of=frozenset({0}), privileges=EVERY_PRIVILEGE),
    "restricted": Actor(8, "light", GROUP, is_admin=True, member_of=frozenset({0}), privileges=frozenset({"Chgrp"})),
    "outsider": Actor(9, "outsider", OTHER_GROUP, member_of=frozenset({OTHER_GROUP})),
}
# R read, A annotate, E edit, L link, D delete, G change group, O change owner.
MATRIX = {
    ("rw----", "owner"): "RAELDG",
    ("rw----", "member"): "",
    ("rw----", "leader"): "REDO",
    ("rw----", "admin"): "REDGO",
    ("rw----", "restricted"): "RG",
    ("rw----", "outsider"): "",
    ("rwr---", "owner"): "RAELDG",
    ("rwr---", "member"): "R",
    ("rwr---", "leader"): "RAELDO",
    ("rwr---", "admin"): "RAELDGO",
    ("rwr---", "restricted"): "RG",
    ("rwr---", "outsider"): "",
    ("rwra--", "owner"): "RAELDG",
    ("rwra--", "member"): "RA",
    ("rwra--", "leader"): "RAELDO",
    ("rwra--", "admin"): "RAELDGO",
    ("rwra--", "restricted"): "RG",
    ("rwra--", "outsider"): "",
    ("rwrw--", "owner"): "RAELDG",
    ("rwrw--", "member"): "RAELD",
    ("rwrw--", "leader"): "RAELDO",
    ("rwrw--", "admin"): "RAELDGO",
    ("rwrw--", "restricted"): "RG",
    ("rwrw--", "outsider"): "",
}


@pytest.mark.parametrize(("text", "role"), MATRIX)
def test_the_matrix(text: str, role: str) -> None:
    may = rights(ROLES[role], 5, GROUP, perm1_of(text))
    named = zip("RAELDGO", (may.read, may.annotate, may.edit, may.link, may.delete, may.chgrp, may.chown), strict=True)
    assert "".join(letter for letter, granted in named if granted) == MATRIX[text, role]


def test_the_bits_are_omeros() -> None:
    for one in LEVELS:
        assert one.perm1 == PermissionsI(one.text).getPerm1()
        assert str(PermissionsI(one.perm1)) == one.text
        assert level(one.perm1) is one


def test_restrictions_are_what_omero_py_reads() -> None:
    permissions = PermissionsI("rwra--")
    permissions._restrictions = rights(ROLES["member"], 5, GROUP, perm1_of("rwra--")).restrictions()
    assert permissions.canAnnotate()
    can = (permissions.canEdit(), permissions.canLink(), permissions.canDelete(), permissions.canChgrp())
    assert can == (False, False, False, False)


def test_an_unknown_permission_text_is_refused() -> None:
    with pytest.raises(omero.ValidationException):
        perm1_of("rwxrwx")


def test_only_administrators_change_what_is_global() -> None:
    assert rights(ROLES["member"], None, None, 0).read
    assert not rights(ROLES["member"], None, None, 0).edit
    assert rights(ROLES["admin"], None, None, 0).edit


def test_what_a_member_may_read_follows_the_level_and_the_context() -> None:
    groups = {GROUP: perm1_of("rwr---"), OTHER_GROUP: perm1_of("rw----"), 12: perm1_of("rwrw--")}
    actor = Actor(6, "member", -1, member_of=frozenset({GROUP, OTHER_GROUP}))
    may = readable(actor, groups)
    assert (may.everything, may.whole_groups, may.own_groups) == (False, (GROUP,), (OTHER_GROUP,))
    one = readable(actor.in_group(OTHER_GROUP), groups)
    assert (one.whole_groups, one.own_groups) == ((), (OTHER_GROUP,))


def test_an_administrator_reads_everything_or_one_group() -> None:
    assert readable(ROLES["admin"].in_group(-1), {GROUP: 0}).everything
    assert readable(ROLES["admin"], {GROUP: 0, OTHER_GROUP: 0}).whole_groups == (GROUP,)
    assert readable(SYSTEM, {}).everything


def test_a_group_that_is_not_the_callers_is_refused() -> None:
    with pytest.raises(omero.SecurityViolation):
        ROLES["member"].in_group(OTHER_GROUP)
