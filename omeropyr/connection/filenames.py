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


def untaken(path: str, taken: set[str]) -> str:
    """A path that no other has, whatever its case: a number stands behind the name. It is *taken* from now on."""
    folder, slash, last = path.rpartition("/")
    stem, dot, ending = last.partition(".")
    number, made = 1, path
    while made.lower() in taken:
        number += 1
        made = f"{folder}{slash}{stem} ({number}){dot}{ending}"
    taken.add(made.lower())
    return made


def without_ending(name: str) -> str:
    """A name without what says its format: at most two short endings, as in ``a.ome.tiff``."""
    found = re.fullmatch(r"(.+?)((?:\.[A-Za-z][A-Za-z0-9]{0,5}){1,2})", name)
    return found[1] if found else name
