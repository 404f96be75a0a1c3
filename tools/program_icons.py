"""Draw the small icons that programs of OMERO.web load by fixed addresses (QuPath's browser): our own pictures.

``python tools/program_icons.py`` writes them into omeropyr/gateway/icons; ``--check`` says whether they are there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "omeropyr" / "gateway" / "icons"
SIZE, SCALE = 16, 8
INK, BLUE, YELLOW, GREEN, PAPER = "#44505c", "#7aa7d9", "#e8b84a", "#6fb58a", "#ffffff"
Draw = ImageDraw.ImageDraw


def folder(colour: str) -> Callable[[Draw], None]:
    """A folder with a tab."""

    def draw(on: Draw) -> None:
        _box(on, 1, 3, 7, 6, colour)
        _box(on, 1, 5, 15, 13, colour)

    return draw


def with_grid(on: Draw) -> None:
    """A folder of plates."""
    folder(BLUE)(on)
    for x in (5, 8, 11):
        for y in (7.5, 10.5):
            _dot(on, x, y, 1.1, PAPER)


def screen(on: Draw) -> None:
    """Plates behind each other."""
    _box(on, 3, 2, 15, 10, GREEN)
    _box(on, 1, 5, 13, 14, BLUE)


def picture(on: Draw) -> None:
    """A field of view with two cells."""
    _box(on, 1, 2, 15, 14, INK)
    _dot(on, 6, 7, 3, BLUE)
    _dot(on, 11, 10.5, 2, GREEN)


def folder_of_pictures(on: Draw) -> None:
    """A folder with a picture."""
    folder(BLUE)(on)
    _box(on, 4, 6.5, 12, 11.5, PAPER)
    _dot(on, 8, 9, 1.6, INK)


def run(on: Draw) -> None:
    """A pass over a plate."""
    _dot(on, 8, 8, 6.5, GREEN)
    on.polygon([(x * SCALE, y * SCALE) for x, y in ((6, 4.5), (12, 8), (6, 11.5))], fill=PAPER)


ICONS: dict[str, Callable[[Draw], None]] = {
    "webgateway/img/folder16.png": folder(BLUE),
    "webgateway/img/folder_yellow16.png": folder(YELLOW),
    "webgateway/img/icon_folder.png": folder(YELLOW),
    "webgateway/img/folder_image16.png": folder_of_pictures,
    "webclient/image/image16.png": picture,
    "webclient/image/folder_screen16.png": screen,
    "webclient/image/folder_plate16.png": with_grid,
    "webclient/image/run16.png": run,
}


def drawn(draw: Callable[[Draw], None]) -> Image.Image:
    """An icon ``16 x 16`` with a clear ground."""
    large = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE), (0, 0, 0, 0))
    draw(ImageDraw.Draw(large))
    return large.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def main() -> int:
    """Write them, or with ``--check`` say which are missing."""
    missing = [name for name in ICONS if not (FOLDER / name).is_file()]
    if "--check" in sys.argv:
        print("".join(f"missing: {name}\n" for name in missing), end="")
        return int(bool(missing))
    for name, draw in ICONS.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        drawn(draw).save(FOLDER / name, optimize=True)
    return 0


def _box(on: Draw, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
    on.rounded_rectangle([x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE], SCALE, fill=colour)


def _dot(on: Draw, x: float, y: float, radius: float, colour: str) -> None:
    on.ellipse([(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE], fill=colour)


if __name__ == "__main__":
    sys.exit(main())
