"""Write the SVG sprite of the icons in use: tools/icons.py [--check].

The drawings are Lucide's (npm package lucide-static, ISC licence; parts from Feather, MIT). Each becomes a
``<symbol>`` whose id is the icon's name; pages use ``<use href="…/icons.svg#name"/>``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules" / "lucide-static" / "icons"
SPRITE = ROOT / "omeropyr" / "web" / "static" / "icons.svg"
ICONS = [
    "arrow-down",
    "arrow-left",
    "arrow-up",
    "check",
    "chevron-down",
    "chevron-right",
    "contrast",
    "download",
    "eye",
    "folder",
    "grid-3x3",
    "image",
    "image-off",
    "images",
    "inbox",
    "info",
    "keyboard",
    "layers",
    "lock",
    "log-out",
    "mail",
    "maximize",
    "menu",
    "message-square",
    "minus",
    "moon",
    "panel-right",
    "paperclip",
    "pause",
    "pencil",
    "play",
    "plus",
    "rotate-ccw",
    "rotate-cw",
    "search",
    "shield",
    "shield-half",
    "sliders-horizontal",
    "star",
    "sun",
    "tag",
    "trash-2",
    "triangle-alert",
    "user",
    "user-x",
    "users",
    "x",
]


def symbol(name: str) -> str:
    """Return the drawing of the icon *name* as a symbol.

    Raises FileNotFoundError if lucide has no such icon.
    """
    text = (SOURCE / f"{name}.svg").read_text(encoding="utf-8")
    body = re.search(r"<svg[^>]*>(.*)</svg>", text, re.S)
    assert body is not None, name
    shapes = " ".join(line.strip() for line in body[1].strip().splitlines())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def sprite() -> str:
    """Return the whole sprite."""
    licence = "Icons by Lucide (lucide.dev), ISC licence, copyright the Lucide contributors; parts by Feather, MIT."
    symbols = "\n".join(symbol(name) for name in sorted(set(ICONS)))
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n<!-- {licence} -->\n{symbols}\n</svg>\n'


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(
            0 if SPRITE.read_text(encoding="utf-8") == sprite() else "icons.svg is out of date: run tools/icons.py"
        )
    SPRITE.write_text(sprite(), encoding="utf-8")
