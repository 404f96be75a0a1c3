"""Archives of files with hostile, equal and odd paths (T16), and of more bytes than 32 bits can count."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from omeropyr.connection.archive import zip_chunks
from omeropyr.connection.download import DEEPEST, entries
from omeropyr.connection.files import FileFacts


def file(number: int, path: str, name: str) -> FileFacts:
    return FileFacts(number, name, path, 1, "", "")


def names(*files: tuple[int, str, str]) -> list[str]:
    given = [(fileset, file(number, path, name)) for number, (fileset, path, name) in enumerate(files)]
    return [entry.name for entry in entries(given)]


HOSTILE = {
    "climbing": ("../../", "x"),
    "absolute": ("/etc/", "passwd"),
    "up and down": ("a/../../", "x"),
    "in the name": ("", "../../x"),
    "Windows": ("C:\\Users\\", "x"),
    "drive": ("", "C:\\x"),
    "NUL": ("a\0/", "x\0.tif"),
    "only dots": ("./../", ".."),
    "empty": ("", ""),
    "deep": ("d/" * 1000, "x"),
    "new line": ("a\nb/", "x\n"),
}


@pytest.mark.parametrize(("path", "name"), HOSTILE.values(), ids=HOSTILE)
def test_nothing_leads_out_of_an_archive(path: str, name: str) -> None:
    # A second file of the fileset keeps the folders from being common, and so left out.
    made = names((1, path, name), (1, "elsewhere/", "y"))
    for one in made:
        parts = PurePosixPath(one).parts
        assert one.isprintable()
        assert not one.startswith("/")
        assert "\\" not in one
        assert ":" not in one
        assert ".." not in parts
        assert 1 <= len(parts) <= DEEPEST + 1
    assert len(set(made)) == 2


def test_a_fileset_keeps_its_folders_below_the_common_one() -> None:
    folder = "user_2/2026-01/"
    made = names((1, folder, "a.mdb"), (1, f"{folder}b/", "1.tif"), (1, f"{folder}b/", "2.tif"))
    assert made == ["a.mdb", "b/1.tif", "b/2.tif"]


def test_filesets_of_the_same_names_are_parted_and_files_numbered() -> None:
    assert names((1, "x/", "a.tif"), (2, "y/", "A.TIF"), (2, "y/", "b.tif"), (3, "z/", "c.tif")) == [
        "a.tif",
        "fileset-2/A.TIF",
        "fileset-2/b.tif",
        "c.tif",
    ]
    assert names((1, "x/", "a.ome.tif"), (1, "x/", "a.ome.tif"), (1, "x/", "a:ome.tif")) == [
        "a.ome.tif",
        "a (2).ome.tif",
        "a_ome.tif",
    ]


def test_an_archive_is_made_as_it_is_read() -> None:
    asked: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield bytes([number]) * 1000

    made = zip_chunks([("a/\u00fc.bin", 3000, chunks()), ("empty", 0, [])])
    first = next(made)
    assert asked == [0]
    assert len(first) < 1200
    whole = first + b"".join(made)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a/\u00fc.bin", "empty"]
        assert archive.read("a/\u00fc.bin") == b"".join(bytes([number]) * 1000 for number in range(3))
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED


def test_a_file_of_more_than_four_gigabytes(tmp_path_factory: pytest.TempPathFactory) -> None:
    piece = bytes(2**26)
    count = 65
    path = tmp_path_factory.mktemp("zip64") / "large.zip"
    with path.open("wb") as stream:
        for chunk in zip_chunks([("large", len(piece) * count, (piece for _ in range(count))), ("after", 3, [b"end"])]):
            # Zeros as holes: the file takes no room.
            if chunk.count(0) == len(chunk):
                stream.seek(len(chunk), io.SEEK_CUR)
            else:
                stream.write(chunk)
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("large").file_size == 65 * 2**26 > 2**32
        assert archive.read("after") == b"end"
    path.unlink()
