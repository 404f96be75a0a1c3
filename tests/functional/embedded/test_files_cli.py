"""The unmodified ``omero`` command on files: upload, download, and ``fs``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from omeropyr.testing import OmeroData

Rows = Callable[[str], list[list[str]]]


@dataclass
class World:
    run: Any  # the command, with the user cli-fay logged in
    user: int
    image: int
    fileset: int
    prefix: str
    name: str
    size: int
    hash: str


@pytest.fixture(scope="module")
def world(omero_command: Any, omero_data: OmeroData, gateway_of: Any) -> World:
    user = omero_data.add_user("cli-fay", omero_data.add_group("cli-files", "rwr---"))
    image_id = omero_data.add_image(np.arange(80, dtype=np.uint16).reshape(8, 10), "fay.ome.tiff", user="cli-fay")
    omero_command.log_in("cli-fay")
    image = gateway_of("cli-fay").getObject("Image", image_id)
    fileset, file = image.getFileset(), next(iter(image.getImportedImageFiles()))
    prefix = fileset.getTemplatePrefix()
    return World(omero_command, user, image_id, fileset.getId(), prefix, file.getName(), file.getSize(), file.getHash())


def test_repositories(world: World, rows_of: Rows, embedded: Any) -> None:
    heading, *rows = rows_of(world.run("fs", "repos"))
    assert heading[1:] == ["Id", "UUID", "Type", "Path"]
    assert [embedded.store.uuid, "Managed", "/ManagedRepository"] in [row[2:] for row in rows]
    managed = world.run("fs", "repos", "--managed", "--style=plain").splitlines()
    assert [line.split(",")[-1] for line in managed] == ["/ManagedRepository"]


def test_sets(world: World, rows_of: Rows) -> None:
    heading, row = rows_of(world.run("fs", "sets"))
    assert heading[1:] == ["Id", "Prefix", "Images", "Files", "Transfer"]
    assert row[1:] == [str(world.fileset), world.prefix, "1", "1", ""]
    assert len(rows_of(world.run("fs", "sets", "--without-images"))) == 1


def test_files_of_a_set(world: World) -> None:
    assert world.run("fs", "ls", f"Fileset:{world.fileset}") == f"{world.prefix.rstrip('/')}/{world.name}"


@pytest.mark.parametrize("order", ["newest", "oldest", "largest"])
def test_images(world: World, rows_of: Rows, order: str) -> None:
    heading, row = rows_of(world.run("fs", "images", f"--order={order}"))
    assert heading[1:] == ["Image", "Name", "FS", "# Files", "Size"]
    assert row[1:5] == [str(world.image), "fay.ome.tiff", str(world.fileset), "1"]


def test_mkdir_is_for_administrators(world: World, gateway: Any) -> None:
    assert world.run.both("fs", "mkdir", "somewhere") == "SecurityViolation: Admins only!"
    assert not gateway.c.getManagedRepository().fileExists("somewhere")


def test_what_was_uploaded_is_downloaded(world: World) -> None:
    data = bytes(range(256)) * 20_000
    (world.run.home / "up.txt").write_bytes(data)
    said = world.run("upload", "up.txt").splitlines()[-1]
    assert said.startswith("OriginalFile:")
    world.run("download", said, "down.txt")
    assert (world.run.home / "down.txt").read_bytes() == data
    fields = dict(line.split("=", 1) for line in world.run("obj", "get", said).splitlines())
    assert (fields["size"], fields["hash"], fields["mimetype"]) == (
        str(len(data)),
        hashlib.sha1(data).hexdigest(),
        "text/plain",
    )


@pytest.mark.parametrize("kind", ["Image", "Fileset"])
def test_what_was_imported_is_downloaded(world: World, kind: str) -> None:
    number = world.image if kind == "Image" else world.fileset
    world.run("download", f"{kind}:{number}", f"folder-{kind}")
    (found,) = (world.run.home / f"folder-{kind}").rglob("*.*")
    assert (found.name, found.stat().st_size) == (world.name, world.size)
    assert hashlib.sha1(found.read_bytes()).hexdigest() == world.hash


def test_what_is_not_there_is_not_downloaded(world: World) -> None:
    assert "No OriginalFile" in world.run("download", "OriginalFile:999999999", "x", fails=True)
    assert "No Image" in world.run("download", "Image:999999999", "x", fails=True)
