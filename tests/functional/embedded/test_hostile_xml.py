"""XML that somebody else wrote (security T20): nothing is fetched, nothing expands, annotations stay text."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from omero.gateway import XmlAnnotationWrapper

from omeropyr.testing import OmeroData

SECRET = "walls have ears"
OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="{name}"><Pixels '
    'ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="8" SizeY="8" SizeZ="1" SizeC="1" SizeT="1">'
    '<Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData/></Pixels></Image></OME>'
)
BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port that notes who connects."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def note() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                came.append(b"connected")
                connection.close()

        threading.Thread(target=note, daemon=True).start()
        yield server.getsockname()[1], came


def documents(port: int, secret: Path) -> dict[str, str]:
    """Documents that try to read a file, to call out, to fill the memory."""
    named = OME.replace("{name}", "&x;")
    url = f"http://127.0.0.1:{port}/x"
    return {
        "file": f'<!DOCTYPE OME [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{named}',
        "network": f'<!DOCTYPE OME [<!ENTITY x SYSTEM "{url}">]>{named}',
        "parameter": f'<!DOCTYPE OME [<!ENTITY % p SYSTEM "{url}"> %p;]>{OME.format(name="x")}',
        "dtd": f'<!DOCTYPE OME SYSTEM "{url}">{OME.format(name="x")}',
        "public": f'<!DOCTYPE OME PUBLIC "-//x" "{url}">{OME.format(name="x")}',
        "bomb": f'<!DOCTYPE OME [<!ENTITY l0 "ha">{BOMB}]>{OME.replace("{name}", "&l11;")}',
        "undefined": named,
        "include": OME.format(name="x").replace(
            "</OME>", f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}"/></OME>'
        ),
        "schema": OME.format(name="x").replace(
            "<OME ", f'<OME xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="a {url}" '
        ),
        "stylesheet": f'<?xml-stylesheet type="text/xsl" href="{url}"?>{OME.format(name="x")}',
    }


def what_it_says(omero_data: OmeroData, gateway: Any, path: Path) -> str:
    """Name and description of the image, or why the file was refused."""
    try:
        image = gateway.getObject("Image", omero_data.import_file(path))
    except ValueError as refused:
        return str(refused)
    return f"{image.getName()} {image.getDescription()}"


@pytest.mark.parametrize("name", documents(0, Path("/nowhere")))
def test_a_tiff_with_hostile_ome_xml(
    name: str, omero_data: OmeroData, gateway: Any, tmp_path: Path, listener: tuple[int, list[bytes]]
) -> None:
    port, came = listener
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    path = tmp_path / "hostile.ome.tiff"
    text = '<?xml version="1.0" encoding="UTF-8"?>' + documents(port, secret)[name]
    tifffile.imwrite(path, np.zeros((8, 8), dtype=np.uint8), description=text, metadata=None, photometric="minisblack")
    said = what_it_says(omero_data, gateway, path)
    assert SECRET not in said
    assert len(said) < 1000
    assert "\n" not in said
    assert "Traceback" not in said
    assert came == []


@pytest.mark.parametrize("name", documents(0, Path("/nowhere")))
def test_an_xml_annotation_is_text(
    name: str, gateway: Any, omero_data: OmeroData, tmp_path: Path, listener: tuple[int, list[bytes]]
) -> None:
    port, came = listener
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    text = documents(port, secret)[name]
    annotation = XmlAnnotationWrapper(gateway)
    annotation.setValue(text)
    annotation.save()
    assert gateway.getObject("Annotation", annotation.getId()).getValue() == text
    assert came == []
