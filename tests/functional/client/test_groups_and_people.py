"""Groups, pictures of people, moving data to another group and giving them to another owner."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from omeropyr.testing import OmeroData, WebApp
from tests.functional.client.conftest import ELLA, FRED, PLANE, Lab

GatewayOf = Callable[..., Any]


def post(browser: WebApp, address: str, fields: Any, **more: Any) -> Any:
    headers = {**browser.csrf(), "X-Requested-With": "XMLHttpRequest"}
    return browser.post(f"/webclient/{address}/", fields, headers=headers, **more)


@pytest.fixture
def conn(gateway_of: GatewayOf, lab: Lab) -> Any:
    found = gateway_of(ELLA)
    found.SERVICE_OPTS.setOmeroGroup(-1)
    return found


def test_the_active_group(ella: WebApp, lab: Lab, conn: Any, omero_data: OmeroData) -> None:
    def make() -> int:
        fields = {"folder_type": "project", "name": "where"}
        made = post(ella, "action/addnewcontainer", fields).json["id"]
        return int(conn.getObject("Project", made).getDetails().group.id.val)

    assert make() == lab.group
    answer = post(ella, "active_group", {"active_group": lab.private, "url": "/webclient/?show=x"}, status=303)
    assert answer.location == "http://localhost/webclient/?show=x"
    assert make() == lab.private
    elsewhere = post(ella, "active_group", {"active_group": lab.group, "url": "//evil.example/"}, status=303)
    assert elsewhere.location == "http://localhost/"
    assert make() == lab.group
    for group, status in ((omero_data.add_group(), 403), ("x", 400), ("-2", 403)):
        post(ella, "active_group", {"active_group": group}, status=status)
    assert make() == lab.group


def test_groups_with_their_members(ella: WebApp, lab: Lab) -> None:
    page = ella.get("/webclient/group_user_content/").html
    found = {one["id"]: one.get_text() for one in page.find_all("li") if one.get("data-experimenter")}
    assert found[f"user-{lab.group}-{lab.ella}"] == "Ella Ehrlich"
    assert found[f"user-{lab.private}-{lab.fred}"] == "Fred Fleming"


def test_pictures_of_people(ella: WebApp, lab: Lab, gateway_of: GatewayOf) -> None:
    plain = ella.get(f"/webclient/avatar/{lab.fred}/")
    with Image.open(io.BytesIO(plain.body)) as picture:
        assert (plain.content_type, picture.format, picture.size) == ("image/png", "PNG", (96, 96))
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "#ff0000").save(out, "PNG")
    gateway_of(FRED).getAdminService().uploadMyUserPhoto("me.png", "image/png", out.getvalue())
    own = ella.get(f"/webclient/avatar/{lab.fred}/")
    assert (own.body, own.content_type) == (out.getvalue(), "image/png")
    gateway_of(FRED).getAdminService().uploadMyUserPhoto("me.svg", "image/svg+xml", b"<svg/>")
    hostile = ella.get(f"/webclient/avatar/{lab.fred}/")
    assert hostile.headers["Content-Disposition"].startswith("attachment")


def test_where_data_may_go(ella: WebApp, lab: Lab, omero_data: OmeroData) -> None:
    found = ella.get(f"/webclient/load_chgrp_groups/?Image={lab.image}&Dataset={lab.dataset}").json
    assert found["owners"] == [[lab.ella, "Ella Ehrlich"]]
    perms = {"write": False, "annotate": False, "read": False}
    assert found["groups"] == [{"id": lab.private, "name": "notes-private", "perms": perms}]


def test_moving(ella: WebApp, lab: Lab, conn: Any, omero_data: OmeroData) -> None:
    dataset = omero_data.add_dataset(user=ELLA)
    image = omero_data.add_image(PLANE, dataset=dataset, user=ELLA)
    fields = {"group_id": lab.private, "Image": image, "new_container_name": "moved", "new_container_type": "dataset"}
    answer = post(ella, "chgrp", fields).json["update"]
    assert answer["remove"] == {"project": [], "dataset": [], "screen": [], "plate": [], "image": [image]}
    assert answer["childless"] == {"project": [], "dataset": [dataset], "orphaned": False}
    moved = conn.getObject("Image", image)
    (parent,) = moved.listParents()
    assert (moved.getDetails().group.id.val, parent.getName()) == (lab.private, "moved")
    back = {"group_id": lab.group, "Image": image, "target_id": f"dataset-{dataset}"}
    post(ella, "chgrp", back)
    assert [one.id for one in conn.getObject("Image", image).listParents()] == [dataset]
    wrong = {"group_id": lab.private, "Image": image, "target_id": f"dataset-{dataset}"}
    post(ella, "chgrp", wrong, status=400)
    post(ella, "chgrp", {"group_id": omero_data.add_group(), "Image": image}, status=403)
    assert conn.getObject("Image", image).getDetails().group.id.val == lab.group


def test_nobody_moves_what_is_another_s(fred: WebApp, lab: Lab, conn: Any) -> None:
    for image, status in ((lab.image, 403), (lab.hidden, 404)):
        before = conn.getObject("Image", image).getDetails().group.id.val
        post(fred, "chgrp", {"group_id": lab.private, "Image": image}, status=status)
        assert conn.getObject("Image", image).getDetails().group.id.val == before
        post(fred, "chown", {"owner_id": lab.fred, "Image": image}, status=status)
        assert conn.getObject("Image", image).getOwner().id == lab.ella


def test_giving(testapp: WebApp, login: Callable[..., Any], lab: Lab, conn: Any, omero_data: OmeroData) -> None:
    image = omero_data.add_image(PLANE, user=ELLA)
    login("root")
    post(testapp, "chown", {"owner_id": 99999999, "Image": image}, status=404)
    post(testapp, "chown", {"owner_id": "x", "Image": image}, status=400)
    assert post(testapp, "chown", {"owner_id": lab.fred, "Image": image}).json == {"jobIds": []}
    assert conn.getObject("Image", image).getOwner().id == lab.fred


def test_filesets_that_would_be_split(ella: WebApp, lab: Lab) -> None:
    found = ella.get(f"/webclient/fileset_check/delete/?Image={lab.image}").json
    assert found == {"action": "delete", "filesets": []}
