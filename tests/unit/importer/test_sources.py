"""Which files become one Fileset, and how broken ones are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from omeropyr.embedded.importer import staging
from omeropyr.embedded.importer.sources import find

PLANE = np.arange(48, dtype=np.uint16).reshape(6, 8)


def write(folder: Path, name: str, plane: np.ndarray = PLANE) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, plane)
    return path


def test_planes_of_one_image_become_one_source(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"cell_{dye}.tif") for dye in ("DAPI", "GFP")]
    alone = write(tmp_path, "other.tif")
    found, bad = find([*paths, alone])
    assert [(source.paths, source.name) for source in found] == [(tuple(paths), "cell"), ((alone,), None)]
    assert bad == []


def test_planes_that_do_not_fit_together_stay_apart(tmp_path: Path) -> None:
    paths = [write(tmp_path, "cell_DAPI.tif"), write(tmp_path, "cell_GFP.tif", PLANE[:4])]
    found, _ = find(paths)
    assert [source.paths for source in found] == [(path,) for path in paths]


def test_a_folder_is_walked_without_links_and_hidden_files(tmp_path: Path) -> None:
    wanted = [write(tmp_path, "in/a/one.tif"), write(tmp_path, "in/b/two.tif")]
    write(tmp_path, "in/.hidden/three.tif")
    (tmp_path / "in" / "notes.txt").write_text("no image")
    (tmp_path / "in" / "link.tif").symlink_to(write(tmp_path, "elsewhere.tif"))
    found, bad = find([tmp_path / "in"])
    assert [source.paths[0] for source in found] == wanted
    assert bad == []


def test_empty_missing_and_foreign_files_get_a_reason_each(tmp_path: Path) -> None:
    empty, text, missing = tmp_path / "empty.tif", tmp_path / "text.tif", tmp_path / "missing.tif"
    empty.touch()
    text.write_text("not an image at all")
    good = write(tmp_path, "good.tif")
    found, bad = find([empty, text, missing, good])
    assert [source.paths for source in found] == [(good,)]
    reasons = {one.path.name: one.reason for one in bad}
    assert reasons["empty.tif"] == "the file is empty"
    assert reasons["missing.tif"] == "no such file or directory"
    assert reasons["text.tif"].startswith("not a format that can be read")
    assert all("\n" not in reason for reason in reasons.values())


@pytest.mark.parametrize(
    ("client_path", "name"),
    [
        ("home/anna/cells.tif", "cells.tif"),
        ("C:\\data\\cells.tif", "cells.tif"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("a/b/..", "file"),
        ("", "file"),
        ("evil\x00\n.tif", "evil__.tif"),
        ("a:b?.tif", "a_b_.tif"),
    ],
)
def test_names_from_clients_lead_nowhere_else(client_path: str, name: str) -> None:
    assert staging.safe_name(client_path) == name


def test_a_long_name_keeps_its_extension() -> None:
    name = staging.safe_name("ä" * 300 + ".ome.tif")
    assert len(name.encode()) <= 200
    assert name.endswith("ä.ome.tif")


def test_equal_names_are_kept_apart_until_they_settle(tmp_path: Path) -> None:
    files = staging.stage(tmp_path, ["a/x.tif", "b/X.tif"])
    assert [file.name for file in files] == ["0/x.tif", "1/X.tif"]
    for file in files:
        file.path.write_bytes(b"x")
    staging.settle(files, tmp_path, "anna_2/2026-03/01/09-00/")
    assert (tmp_path / "ManagedRepository/anna_2/2026-03/01/09-00/1/X.tif").read_bytes() == b"x"
    staging.forget_note(files)
    assert list((tmp_path / "Uploads").iterdir()) == []
    staging.unsettle(tmp_path, "anna_2/2026-03/01/09-00/")
    assert list((tmp_path / "ManagedRepository").iterdir()) == []


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not stored"])
def test_what_a_killed_server_left_is_cleared(tmp_path: Path, stored: bool) -> None:
    kept, uploading = staging.stage(tmp_path, ["x.tif"]), staging.stage(tmp_path, ["y.tif"])
    for files in (kept, uploading):
        files[0].path.write_bytes(b"x")
    staging.settle(kept, tmp_path, "anna_2/2026-03/01/09-00/")
    staging.clear(tmp_path, lambda prefix: stored and prefix == "anna_2/2026-03/01/09-00/")
    assert list((tmp_path / "Uploads").iterdir()) == []
    found = [path.name for path in (tmp_path / "ManagedRepository").rglob("*.tif")]
    assert found == (["x.tif"] if stored else [])


def test_uploads_that_nobody_finished_are_swept_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = staging.stage(tmp_path, ["old.tif"])
    monkeypatch.setattr(staging.time, "time", lambda: old[0].path.parent.stat().st_mtime + staging.ABANDONED + 1)
    staging.sweep(tmp_path)
    assert list((tmp_path / "Uploads").iterdir()) == []
