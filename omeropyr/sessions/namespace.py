"""What Beaker's session reads and writes through, in place of its own back ends: those pickle every record."""

from __future__ import annotations

import base64
import json
from typing import Any

from beaker.container import NamespaceManager

from omeropyr.sessions.records import Values, is_session_id
from omeropyr.sessions.store import SessionStore

_KEY = "session"  # the one key that Beaker's session asks a namespace for


class JsonSerializer:
    """Beaker's way from values to bytes and back."""

    @staticmethod
    def dumps(values: Any) -> bytes:
        """JSON."""
        return json.dumps(values).encode("ascii")

    @staticmethod
    def loads(content: bytes) -> Any:
        """The values."""
        return json.loads(content)


class RecordNamespace(NamespaceManager):  # type: ignore[misc]
    """One record of *store*; every ``beaker.backends`` entry point of ours leads here.

    No lock: what is read is whole, and a write keeps what others wrote meanwhile.
    """

    def __init__(self, namespace: str, store: SessionStore, **_kwargs: Any) -> None:
        super().__init__(namespace)
        self._store = store
        self._base: Values | None = None

    def __getitem__(self, key: str) -> str:
        values = self._store.values(self.namespace) if key == _KEY and is_session_id(self.namespace) else None
        if values is None:
            raise KeyError(key)
        self._base = values
        # As Beaker itself would have encoded them.
        return base64.b64encode(JsonSerializer.dumps(values)).decode("ascii")

    def __contains__(self, key: str) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __setitem__(self, key: str, value: str) -> None:
        mine = JsonSerializer.loads(base64.b64decode(value))
        if self._base is None:
            self._store.create(self.namespace, mine)
        else:
            # What is gone was logged out meanwhile: a slow request does not bring it back.
            self._store.update(self.namespace, self._base, mine)
        self._base = mine

    def __delitem__(self, key: str) -> None:
        self._store.remove(self.namespace)

    def do_remove(self) -> None:
        """Remove the record."""
        self._store.remove(self.namespace)

    def keys(self) -> list[str]:
        """The one key, when the record is there."""
        return [_KEY] if _KEY in self else []
