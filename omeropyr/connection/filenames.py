"""Names that users or OMERO gave to files, as any system can store them."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 200
_RESERVED = re.compile(r'[\x00-\x1f\x7f"<>|:*?\\/]+')


def safe_name(name: str, default: str = "file") -> str:
    """The last part of *name* as any system can store it: no folders, no control or direction marks, not hidden."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(one for one in last if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    plain = _RESERVED.sub("_", unicodedata.normalize("NFC", seen)).strip(" .")
    if len(plain) > LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".")
        short = len(ending) <= 20 and bool(dot)
        plain = f"{stem[: LONGEST_NAME - 1 - len(ending)]}.{ending}" if short else plain[:LONGEST_NAME]
    return plain or default
