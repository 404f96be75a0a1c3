"""How long the form for a lost password takes, by whose it is (T8): whether there is an account must not show.

    python benchmarks/lost_password.py [--runs N]

The kinds take turns, each with a fresh account and address, so that no throttle speaks; what is timed is the answer
in the process of the web, without a network. Exit status 1 where two medians are more than a fifth apart.
"""

from __future__ import annotations

import sys

sys.path.append(sys.path.pop(0))  # a neighbour, http.py, has the name of a package of the standard library

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import omero
from omero.rtypes import rbool, rstring

from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData, WebApp
from omeropyr.testing.data import PASSWORD
from omeropyr.testing.plugin import connected
from omeropyr.testing.web import close_web_app, web_app, web_settings

FORM = "/webadmin/forgottenpassword/"
KINDS = ("right address", "another address", "no account", "inactive", "LDAP", "no address")
MOST_APART = 1.2


def main() -> int:
    """Measure and print; 1 when the medians are apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    with site(runs) as app:
        took: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for run in range(-1, runs):
            # In another order each round: what OMERO does for one may reach into the next one's time.
            for place, kind in random.Random(run).sample(list(enumerate(KINDS)), len(KINDS)):
                seconds = ask(app, kind, max(run, 0), f"10.{place}.{(run + 1) // 250}.{(run + 1) % 250 + 1}")
                if run >= 0:  # the first round compiles templates and opens files
                    took[kind].append(seconds)
                time.sleep(0.1)
    medians = {kind: statistics.median(seconds) for kind, seconds in took.items()}
    for kind, median in medians.items():
        print(f"{kind:16} {median * 1000:6.2f} ms")
    apart = max(medians.values()) / min(medians.values())
    print(f"slowest / quickest {apart:.2f}, at most {MOST_APART}, over {runs} runs each")
    return int(apart > MOST_APART)


def ask(app: WebApp, kind: str, run: int, client: str) -> float:
    """Seconds that the answer takes."""
    name = f"{kind.replace(' ', '-')}-{run}"
    address = "somebody@example.org" if kind == "another address" else f"{name}@example.org"
    sent = {"username": name, "email": address, "csrfmiddlewaretoken": app.cookies["csrftoken"], "server": "1"}
    began = time.perf_counter()
    answer = app.post(FORM, sent, extra_environ={"REMOTE_ADDR": client})
    took = time.perf_counter() - began
    assert "If there is an account" in answer.text
    return took


@contextmanager
def site(runs: int) -> Iterator[WebApp]:
    """The web in front of a server with the accounts of all kinds."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedServer(Path(folder) / "omero", port=0, ssl_port=0, instrument=True) as server,
    ):
        data = OmeroData(server)
        for kind in KINDS:
            if kind != "no account":
                make(data, kind, runs)
        made = web_app(web_settings(server, Path(folder) / "web"))
        app = WebApp(made, server)
        app.get(FORM)
        yield app
        close_web_app(made)


def make(data: OmeroData, kind: str, count: int) -> None:
    """Accounts of a kind."""
    server, word = data.server, kind.replace(" ", "-")
    made = [data.add_user(f"{word}-{number}") for number in range(count)]
    with server.store.write(SYSTEM) as tx:
        for number, user_id in enumerate(made):
            known = tx.get("Experimenter", user_id)
            known.ldap = rbool(kind == "LDAP")
            known.email = None if kind == "no address" else rstring(f"{word}-{number}@example.org")
            tx.save(known)
    if kind == "inactive":
        root = connected(server, "root", PASSWORD)
        admin = root.getAdminService()
        everybody = omero.model.ExperimenterGroupI(admin.getSecurityRoles().userGroupId, False)
        for user_id in made:
            admin.removeGroups(omero.model.ExperimenterI(user_id, False), [everybody])
        root.close()


if __name__ == "__main__":
    sys.exit(main())
