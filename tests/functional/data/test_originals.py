"""Original files as OMERO has them: whole, in ranges, in archives; and what may not be downloaded."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omeropyr.testing import OmeroData, WebApp

USER = "download-dora"


def original(gateway_of: Callable[..., Any], image_id: int) -> tuple[Any, bytes]:
    """The first file of an image, and its bytes, by omero-py."""
    (file,) = gateway_of(USER).getObject("Image", image_id).getImportedImageFiles()
    return file, b"".join(bytes(chunk) for chunk in file.getFileInChunks())


@pytest.fixture(scope="module")
def images(omero_data: OmeroData, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Two files of one name, and one of 3 MB with a name that is no plain text."""
    omero_data.add_user(USER)
    made = []
    for number, name in enumerate(("same.ome.tiff", "same.ome.tiff", "Gr\u00fc\u00dfe, 1.ome.tiff")):
        path = tmp_path_factory.mktemp("file") / name
        planes = np.random.default_rng(number).integers(0, 65535, (3 if number == 2 else 1, 700, 700), np.uint16)
        tifffile.imwrite(path, planes, ome=True, photometric="minisblack", metadata={"axes": "ZYX"})
        made.append(omero_data.import_file(path, f"image {number}", user=USER))
    return made


@pytest.fixture
def dora(testapp: WebApp, images: list[int]) -> WebApp:
    testapp.log_in(USER)
    return testapp


def address(image_id: int) -> str:
    return f"/webgateway/archived_files/download/{image_id}/"


def test_one_file(dora: WebApp, images: list[int], gateway_of: Callable[..., Any]) -> None:
    file, content = original(gateway_of, images[2])
    assert len(content) == file.getSize() > 2_900_000
    dora.get(address(images[2]))
    answer = dora.get(address(images[2]))
    assert dora.ice_calls <= 10  # three look-ups, three chunks, opening and closing, and the router
    assert answer.body == content
    assert hashlib.sha1(answer.body).hexdigest() == file.getHash()
    assert answer.content_length == len(content)
    headers = answer.headers
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"Grue, 1.ome.tiff\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%2C%201.ome.tiff"
    )
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"].split("; ")
    assert headers["Accept-Ranges"] == "bytes"
    assert dora.get(f"/webgateway/archived_files/download/?image={images[2]}").body == content


RANGES = {
    "from the start": ("bytes=0-99", slice(0, 100)),
    "inside": ("bytes=1048570-1048585", slice(1048570, 1048586)),
    "to the end": ("bytes=2900000-", slice(2900000, None)),
    "the last": ("bytes=-7", slice(-7, None)),
    "more than there is": ("bytes=100-99999999999", slice(100, None)),
    "all of it": ("bytes=-99999999999", slice(0, None)),
}


@pytest.mark.parametrize("name", RANGES)
def test_ranges(dora: WebApp, images: list[int], gateway_of: Callable[..., Any], name: str) -> None:
    _, content = original(gateway_of, images[2])
    asked, part = RANGES[name]
    answer = dora.get(address(images[2]), headers={"Range": asked}, status=206)
    first, last, _ = part.indices(len(content))
    assert answer.headers["Content-Range"] == f"bytes {first}-{last - 1}/{len(content)}"
    assert answer.content_length == last - first
    assert answer.body == content[part]


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=1"])
def test_what_is_no_single_range_gives_all(dora: WebApp, images: list[int], asked: str) -> None:
    answer = dora.get(address(images[0]), headers={"Range": asked}, status=200)
    assert len(answer.body) == answer.content_length > 900_000


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_range_behind_the_end(dora: WebApp, images: list[int], asked: str) -> None:
    size = dora.get(address(images[0])).content_length
    answer = dora.get(address(images[0]), headers={"Range": asked}, status=416)
    assert answer.headers["Content-Range"] == f"bytes */{size}"
    assert answer.body == b""


def test_a_download_goes_on_where_it_was_cut_if_the_file_is_the_same(dora: WebApp, images: list[int]) -> None:
    whole = dora.get(address(images[0]))
    tag = whole.headers["ETag"]
    assert not tag.startswith("W/")
    rest = dora.get(address(images[0]), headers={"Range": "bytes=1000-", "If-Range": tag}, status=206)
    assert whole.body[:1000] + rest.body == whole.body
    for other in (f"W/{tag}", '"another"', "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert dora.get(address(images[0]), headers={"Range": "bytes=1000-", "If-Range": other}).body == whole.body
    assert dora.get(address(images[1])).headers["ETag"] != tag


def test_head_reads_nothing(dora: WebApp, images: list[int]) -> None:
    full = dora.get(address(images[2]))
    calls = dora.ice_calls
    short = dora.head(address(images[2]))
    assert (short.body, short.headers["Content-Length"]) == (b"", str(len(full.body)))
    assert short.headers["ETag"] == full.headers["ETag"]
    assert dora.ice_calls < calls - 3


def unpacked(answer: Any) -> dict[str, bytes]:
    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_several_files_are_an_archive(dora: WebApp, images: list[int], gateway_of: Callable[..., Any]) -> None:
    query = "&".join(f"image={image}" for image in [*images, images[0]])
    answer = dora.get(f"/webgateway/archived_files/download/?{query}&zipname=all of them")
    conn = gateway_of(USER)
    filesets = [conn.getObject("Image", image).getFileset().id for image in images]
    names = ["same.ome.tiff", f"fileset-{filesets[1]}/same.ome.tiff", "Gr\u00fc\u00dfe, 1.ome.tiff"]
    assert unpacked(answer) == {name: original(gateway_of, image)[1] for name, image in zip(names, images, strict=True)}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="all of them.zip"'
    assert (answer.headers["Accept-Ranges"], answer.headers["Cache-Control"]) == ("none", "private, no-store")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["../../x", 'a"b;c', "a\r\nX: y", "", "x" * 300], ids=ascii)
def test_the_name_of_an_archive(dora: WebApp, images: list[int], name: str) -> None:
    answer = dora.get(
        "/webgateway/archived_files/download/", [("image", images[0]), ("image", images[1]), ("zipname", name)]
    )
    told = answer.headers["Content-Disposition"]
    assert told.startswith('attachment; filename="')
    assert ".zip" in told
    assert len(told) < 260


@pytest.fixture(scope="module")
def wells(gateway_of: Any, omero_data: OmeroData, images: list[int], tmp_path_factory: Any) -> list[Any]:
    """The wells of a plate of one file."""
    file = Path(tmp_path_factory.mktemp("plate")) / "down&plateRows=1&plateCols=2&fields=2&sizeX=20&sizeY=20.fake"
    file.touch()
    image_id = omero_data.import_file(file, user=USER)
    conn = gateway_of(USER)
    query = f"select w.plate.id from WellSample s join s.well w where s.image.id = {image_id}"
    plate = conn.getObject("Plate", conn.getQueryService().projection(query, None)[0][0].val)
    return list(plate.listChildren())


@pytest.fixture
def policy(gateway: Any) -> Iterator[Callable[[str], None]]:
    """A function that sets the server's rule for downloads."""
    config = gateway.getConfigService()

    def change(value: str) -> None:
        config.setConfigValue("omero.policy.binary_access", value)

    yield change
    change("")


def test_wells(dora: WebApp, wells: list[Any], policy: Callable[[str], None]) -> None:
    query = "&".join(f"well={well.id}" for well in wells)
    base = "/webgateway/archived_files/download/"
    # As OMERO has it, plates are not for download unless the administrator says so.
    assert dora.get(f"{base}?{query}&index=0", status=403).json["code"] == "forbidden"
    policy("+read,+write,+image,+plate")
    answer = dora.get(f"{base}?{query}&index=1")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="down&plateRows')
    dora.get(f"{base}?{query}&index=2", status=404)
    dora.get(f"{base}?{query}&index=-1", status=400)


@pytest.mark.parametrize(
    ("rule", "owner", "member"),
    [
        ("+read,+write,+image", 200, 200),
        ("-read,+write,+image", 200, 403),
        ("+read,-write,+image", 403, 403),
        ("+read,+write,-image", 403, 403),
        ("+write,+image", 200, 403),
    ],
)
def test_the_servers_rule_for_downloads(
    testapp: WebApp, omero_data: OmeroData, policy: Callable[[str], None], rule: str, owner: int, member: int
) -> None:
    mark = rule.replace("+", "p").replace("-", "m").replace(",", "")
    group = omero_data.add_group(permissions="rwr---")
    for name in (f"owner-{mark}", f"member-{mark}"):
        omero_data.add_user(name, group)
    image = omero_data.add_image(np.zeros((8, 8), np.uint8), user=f"owner-{mark}")
    policy(rule)
    for name, status in ((f"owner-{mark}", owner), (f"member-{mark}", member)):
        testapp.log_in(name)
        answer = testapp.get(address(image), expect_errors=True)
        assert answer.status_int == status, name
        testapp.log_out()


def test_what_is_asked_wrongly(dora: WebApp, images: list[int], omero_data: OmeroData) -> None:
    base = "/webgateway/archived_files/download/"
    dora.get(base, status=400)
    dora.get(f"{base}?image=x", status=400)
    dora.get(f"{base}?well={'9' * 30}", status=400)
    dora.get(f"{base}?{'&'.join('image=1' for _ in range(1001))}", status=400)
    dora.get(f"{base}999999999/", status=404)
    dora.get(f"{base}?image={images[0]}&image=999999999", status=404)
    omero_data.add_user("download-stranger")
    dora.log_out()
    dora.log_in("download-stranger")
    dora.get(address(images[0]), status=404)


def test_an_archive_has_a_limit(
    browser: Callable[..., WebApp], images: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = browser(**{"omero.web.maximum_multifile_download_size": "1500000", "omero.web.chunk_size": "65536"})
    site.log_in(USER)
    answer = site.get("/webgateway/archived_files/download/", [("image", one) for one in images[:2]], status=413)
    assert "1,500,000" in answer.json["message"]
    assert answer.json["details"]["maximum"] == 1_500_000
    # One file is no archive. It is read in the chunks that the setting says.
    assert site.get(address(images[2])).content_length > 1_500_000
    assert site.ice_calls > 2_900_000 / 65536


def test_what_the_browser_has_is_not_sent_again(dora: WebApp, images: list[int]) -> None:
    first = dora.get(address(images[0]))
    again = dora.get(address(images[0]), headers={"If-None-Match": first.headers["ETag"]}, status=304)
    assert (again.body, again.headers["ETag"]) == (b"", first.headers["ETag"])
    assert dora.ice_calls <= 4
