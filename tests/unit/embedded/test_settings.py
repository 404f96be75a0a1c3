"""Who may read which setting, and which patterns are harmless."""

from __future__ import annotations

import omero
import pytest

from omeropyr.embedded.settings import DEFAULTS, Reader, pattern_of, reader

READERS = {
    "omero.client.viewer.roi_limit": Reader.EVERYBODY,
    "omero.client.own.setting": Reader.EVERYBODY,
    "omero.router.insecure": Reader.EVERYBODY,
    "omero.mail.config": Reader.EVERYBODY,
    "omero.cluster.read_only.runtime.db": Reader.EVERYBODY,
    "omero.security.password_required": Reader.EVERYBODY,
    "omero.mail.host": Reader.ADMINS,
    "omero.data.dir": Reader.ADMINS,
    "omero.clientele": Reader.ADMINS,
    "omero.db.pass": Reader.NOBODY,
    "omero.db.user": Reader.NOBODY,
    "omero.mail.password": Reader.NOBODY,
    "omero.client.api_token": Reader.NOBODY,
    "omero.ldap.PASSWORD": Reader.NOBODY,
    "omero.security.trustStore": Reader.NOBODY,
}


@pytest.mark.parametrize(("name", "who"), READERS.items(), ids=READERS)
def test_who_may_read(name: str, who: Reader) -> None:
    assert reader(name) is who


def test_no_default_is_hidden() -> None:
    assert [name for name in DEFAULTS if reader(name) is Reader.NOBODY] == []


@pytest.mark.parametrize("text", ["^omero\\.client\\.", "omero.cluster.read_only.*", "a|b", "[a-z]+\\.db$"])
def test_plain_patterns_pass(text: str) -> None:
    assert pattern_of(text).pattern == text


@pytest.mark.parametrize("text", ["(a*)*", "(?:a|ab){9}", "a*b*c*d*", "[", "x" * 300])
def test_other_patterns_are_refused(text: str) -> None:
    with pytest.raises(omero.ApiUsageException):
        pattern_of(text)
