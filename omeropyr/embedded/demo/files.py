"""The demo's files: computed once for this version of the generator, then kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

from omeropyr.embedded.demo.content import PICTURES, PLATES, Picture, PlateFolder

_SOURCES = ("cells.py", "content.py", "fields.py", "histology.py", "pictures.py", "screen.py", "tissue.py")
Progress = Callable[[str], None]


def cache_folder() -> Path:
    """The folder of the finished files; its name changes whenever the code that draws them does."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        digest.update(Path(__file__).with_name(source).read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "omeropyr" / f"demo-{digest.hexdigest()[:12]}"


def ensure_files(progress: Progress = lambda _: None) -> Path:
    """The folder with every demo file; makes them if they are not there (under a minute on two cores).

    The folder appears under its name only when complete, so an interrupted run leaves nothing half-made to be used.
    """
    folder = cache_folder()
    if all((folder / name).exists() for name in (*(one.file for one in PICTURES), *(one.folder for one in PLATES))):
        return folder
    shutil.rmtree(folder, ignore_errors=True)  # somebody deleted files in it
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        with ThreadPoolExecutor(max_workers=2) as pool:
            biggest_first = sorted(PICTURES, key=lambda picture: not picture.file.startswith("colon"))
            drawn = [pool.submit(_write, picture, making, progress) for picture in biggest_first]
            drawn += [pool.submit(_draw, plate, making, progress) for plate in PLATES]
            for one in drawn:
                one.result()
        try:
            making.rename(folder)
        except OSError:  # somebody else was faster
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def _write(picture: Picture, folder: Path, progress: Progress) -> None:
    picture.write(folder / picture.file)
    progress(f"drew {picture.file}")


def _draw(plate: PlateFolder, folder: Path, progress: Progress) -> None:
    plate.draw(folder / plate.folder)
    progress(f"drew {plate.folder}")
