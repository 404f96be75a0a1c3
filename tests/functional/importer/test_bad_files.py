"""Broken and hostile files: one clear line each, little memory, nothing left behind, and the rest goes on."""

from __future__ import annotations

import json
import re
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omeropyr.embedded.importer.run import import_files

NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
PLANE = np.arange(600, dtype=np.uint16).reshape(20, 30)
MEMORY = 200 * 2**20


def tiff(path: Path) -> bytes:
    tifffile.imwrite(path, PLANE)
    return path.read_bytes()


def truncated(path: Path) -> None:
    path.write_bytes(tiff(path)[:700])


def empty(path: Path) -> None:
    path.touch()


def nonsense(path: Path) -> None:
    path.write_bytes(b"II*\0" + bytes(range(256)) * 40)


def huge_header(path: Path) -> None:
    def entry(tag: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, 4, 1, value)

    tags = [(256, 10**9), (257, 10**9), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 10**9), (279, 1)]
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entry(*one) for one in tags) + bytes(8))


def described(path: Path, xml: str) -> None:
    tifffile.imwrite(path, PLANE, description=xml.encode(), metadata=None)


def xml_bomb(path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    described(path, f'<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY e0 "ha">{entities}]><OME xmlns="{NS}">&e11;</OME>')


def external_entity(path: Path) -> None:
    declared = '<!DOCTYPE OME [<!ENTITY x SYSTEM "http://127.0.0.1:9/never">]>'
    described(path, f'<?xml version="1.0"?>{declared}<OME xmlns="{NS}">&x;</OME>')


def image_bomb(path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(60000 * 3 * 200), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def many_series(path: Path) -> None:
    images = "".join(
        f'<Image ID="Image:{n}"><Pixels ID="Pixels:{n}" DimensionOrder="XYZCT" Type="uint16" SizeX="30" SizeY="20"'
        f' SizeZ="1000000" SizeC="1000" SizeT="1000"><TiffData/></Pixels></Image>'
        for n in range(50)
    )
    described(path, f'<?xml version="1.0"?><OME xmlns="{NS}">{images}</OME>')


def zarr_outside(path: Path) -> None:
    path.mkdir()
    axes = [{"name": name} for name in "yx"]
    multiscales = [{"axes": axes, "datasets": [{"path": "../../../../../etc"}]}]
    (path / ".zattrs").write_text(json.dumps({"multiscales": multiscales}))


def text(path: Path) -> None:
    path.write_text("hello")


BAD: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "truncated": ("a.tif", truncated, "truncated|holds"),
    "empty": ("a.tif", empty, "the file is empty"),
    "nonsense": ("a.tif", nonsense, "not a readable TIFF|no image|empty"),
    "a header of 10^9 x 10^9": ("a.tif", huge_header, "claims 1000000000 x 1000000000"),
    "an XML bomb": ("a.ome.tif", xml_bomb, "document type declaration is refused"),
    "an external entity": ("a.ome.tif", external_entity, "document type declaration is refused"),
    "an image bomb": ("a.png", image_bomb, "."),
    "planes without end": ("a.ome.tif", many_series, "."),
    "a Zarr that points outside": ("a.zarr", zarr_outside, "outside of its folder"),
    "text": ("a.tif", text, "not a format that can be read"),
}


def everything(data: Path) -> list[Path]:
    return sorted(path for name in ("Uploads", "ManagedRepository") for path in (data / name).rglob("*"))


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_one_line_and_leaves_nothing(embedded: Any, omero_data: Any, tmp_path: Path, kind: str) -> None:
    name, make, words = BAD[kind]
    make(tmp_path / name)
    good = tmp_path / "good.tif"
    tifffile.imwrite(good, PLANE)
    before = everything(embedded.data)
    tracemalloc.start()
    done, bad = import_files(embedded, omero_data.actor("root"), [tmp_path / name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (done, [one.path for one in bad]) == ([], [tmp_path / name])
    assert len(bad[0].reason.splitlines()) == 1
    assert len(bad[0].reason) <= 300
    assert re.search(words, bad[0].reason)
    assert "Traceback" not in bad[0].reason
    assert str(tmp_path) not in bad[0].reason
    assert peak < MEMORY
    assert everything(embedded.data) == before
    done, bad = import_files(embedded, omero_data.actor("root"), [good])
    assert (len(done), bad) == (1, [])


def test_another_users_files_are_not_drawn_in_by_name(embedded: Any, omero_data: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret" / "b.ome.tif"
    secret.parent.mkdir()
    tifffile.imwrite(secret, PLANE + 1)
    planes = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{z}</UUID></TiffData>'
        for z, name in enumerate(("a.ome.tif", "secret/b.ome.tif", "../../etc/passwd", "link.tif"))
    )
    described(
        tmp_path / "a.ome.tif",
        f'<?xml version="1.0"?><OME xmlns="{NS}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT"'
        f' Type="uint16" SizeX="30" SizeY="20" SizeZ="4" SizeC="1" SizeT="1">{planes}</Pixels></Image></OME>',
    )
    (tmp_path / "link.tif").symlink_to(secret)
    done, _ = import_files(embedded, omero_data.actor("root"), [tmp_path / "a.ome.tif"])
    names = [path.name for path in everything(embedded.data)]
    assert "passwd" not in names
    assert "link.tif" not in names
    for image in done:
        with embedded.store.read(omero_data.actor("root")) as transaction:
            files = transaction.values(
                "select o.name from FilesetEntry e join e.originalFile o join e.fileset f join f.images i"
                " where i.id = :id",
                {"id": image.image_id},
            )
        assert files == [("a.ome.tif",)]


def test_a_link_out_of_the_folder_is_not_followed(embedded: Any, omero_data: Any, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "outside.tif", PLANE)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.tif").symlink_to(tmp_path / "outside.tif")
    (tmp_path / "in" / "folder").symlink_to(tmp_path)
    assert import_files(embedded, omero_data.actor("root"), [tmp_path / "in"]) == ([], [])
