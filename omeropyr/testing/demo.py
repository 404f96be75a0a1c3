"""A data folder with the demo in it: made once, kept in the user's cache, copied for each use."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from tempfile import mkdtemp

from omeropyr.embedded.demo.build import build_demo, is_complete
from omeropyr.embedded.demo.files import cache_folder
from omeropyr.embedded.server import EmbeddedServer


def demo_folder(target: Path) -> Path:
    """Fill *target*, which must not be there yet, with the demo's data; an EmbeddedServer on it has them at once.

    The first time this takes about a minute, later the time of the copy.
    """
    shutil.copytree(_kept(), target, symlinks=True)
    target.chmod(0o700)
    return target


def _kept() -> Path:
    """The folder in the cache that copies are made of; it appears under its name only when it is whole."""
    pictures = cache_folder()
    kept = pictures.with_name(f"{pictures.name}-server")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test runs at the same time make it once
        if not is_complete(kept):
            shutil.rmtree(kept, ignore_errors=True)
            making = Path(mkdtemp(prefix=f"{kept.name}.", dir=kept.parent))
            try:
                _make(making / "data")
                (making / "data").rename(kept)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    return kept


def _make(folder: Path) -> None:
    with EmbeddedServer(folder, port=0, ssl_port=0) as server:
        build_demo(server)
