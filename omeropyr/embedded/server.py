"""The embedded OMERO server: a communicator, an adapter with tcp and ssl, a router, and the data folder behind them."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import Ice
import omero.all  # noqa: F401 - before anything else of omero: makes omero.model a package
from omero import ObjectFactoryRegistrar
from omero.rtypes import ObjectFactories

from omeropyr.embedded import accounts, scripts, tls
from omeropyr.embedded.counter import CallCounter
from omeropyr.embedded.faults import Faults
from omeropyr.embedded.importer.in_place import ImportRoots
from omeropyr.embedded.importer.run import recover
from omeropyr.embedded.later import Later
from omeropyr.embedded.pixels.access import PixelAccess
from omeropyr.embedded.router import IDENTITY, Router
from omeropyr.embedded.sessions import Sessions
from omeropyr.embedded.settings import VERSION
from omeropyr.embedded.store import Store
from omeropyr.embedded.tables.files import OpenTables

log = logging.getLogger(__name__)

THREADS = 24
MESSAGE_KILOBYTES = 250_000
DEMO_PASSWORD = "omero"  # noqa: S105 - the documented password of a first start
SWEEP_SECONDS = 30.0
FAULTS = "faults.json"


class FolderInUse(Exception):
    """Another server works on the data folder; the message names it."""


class EmbeddedServer:
    """One server on one data folder; a context manager. ``port`` and ``ssl_port`` 0 take free ones.

    Files below ``import_roots`` may be imported in place; ``ValueError`` for one that cannot be such a folder.

    The folder holds ``omero.sqlite``, ``ManagedRepository/`` (imported files), ``Files/`` (original files by id),
    ``Pixels/`` (planes that clients wrote), ``Thumbnails/``, ``Scripts/`` (official scripts and lookup tables),
    ``tls/`` and ``server.json`` (who works here).
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int = 4063,
        ssl_port: int = 4064,
        bind: str = "127.0.0.1",
        root_password: str = DEMO_PASSWORD,
        instrument: bool = False,
        import_roots: Sequence[Path] = (),
    ) -> None:
        self.data = data.absolute()
        self.import_roots = ImportRoots(self.data, import_roots)
        self.port = port
        self.ssl_port = ssl_port
        self.bind = bind
        self.version = VERSION
        """What clients are told; a test of what they say to another one sets it."""
        self.counter = CallCounter(instrument)
        self.later = Later()
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock_file = self._lock_folder()
        self.faults = Faults(self.data / FAULTS if instrument else None, self.later)
        self.store = Store(self.data / "omero.sqlite")
        accounts.set_first_password(self.store, root_password)
        self.sessions = Sessions(self.store)
        self.pixels = PixelAccess(self.data, self.store, import_roots=self.import_roots)
        self.tables = OpenTables(self.data)
        self.router = Router(self)
        self.sessions.on_end = lambda session: self.later.after(0, lambda: self.router.session_ended(session))
        self.adapter: Any = None
        self._communicator: Any = None
        self._jobs = ThreadPoolExecutor(max_workers=4, thread_name_prefix="job")
        self._stopping = threading.Event()

    def start(self) -> None:
        """Listen. Raises ``Ice.SocketException`` when a port is taken."""
        for name in ("ManagedRepository", "Files", "Pixels", "Thumbnails", scripts.FOLDER):
            (self.data / name).mkdir(exist_ok=True)
        scripts.plant(self.store, self.data)
        recover(self)
        self._communicator = Ice.initialize(self._properties())
        _register_factories(self._communicator)
        endpoints = f"tcp -h {self.bind} -p {self.port}:ssl -h {self.bind} -p {self.ssl_port}"
        self.adapter = self._communicator.createObjectAdapterWithEndpoints("omeropyr", endpoints)
        self.adapter.add(self.router, IDENTITY)
        for endpoint in self.adapter.getEndpoints():
            info = endpoint.getInfo()
            if info.secure():
                self.ssl_port = info.port
            else:
                self.port = info.port
        self.adapter.activate()
        self._announce()
        threading.Thread(target=self._sweep, name="sweep", daemon=True).start()
        log.info("embedded server ready", extra={"port": self.port, "ssl_port": self.ssl_port})

    def stop(self) -> None:
        """End all connections, wait for jobs, close the files."""
        self._stopping.set()
        self.router.announce_stop(0)
        self.faults.clear()
        self.later.close()
        if self._communicator is not None:
            self.router.forget_all()
            self._communicator.destroy()
            self._communicator = None
        self._jobs.shutdown(wait=True)
        self.pixels.close()
        self.tables.close()
        self.store.close()
        self._lock_file.close()

    def run(self, work: Callable[[], None]) -> None:
        """Do *work* in the background."""
        self._jobs.submit(work)

    def __enter__(self) -> EmbeddedServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _properties(self) -> Ice.InitializationData:
        data = Ice.InitializationData()
        data.properties = Ice.createProperties()
        for name, value in {
            "Ice.Plugin.IceSSL": "IceSSL:createIceSSL",
            "IceSSL.CertFile": str(tls.certificate(self.data / "tls")),
            "IceSSL.VerifyPeer": "0",
            "Ice.MessageSizeMax": str(MESSAGE_KILOBYTES),
            "Ice.ThreadPool.Server.Size": "4",
            "Ice.ThreadPool.Server.SizeMax": str(THREADS),
            "Ice.ThreadPool.Client.Size": "1",
            "Ice.ThreadPool.Client.SizeMax": "4",
            "Ice.ThreadPool.Server.ThreadIdleTime": "10",
            "Ice.ACM.Server.Timeout": "0",
            # A client that does not answer must not keep the server from stopping.
            "Ice.Override.CloseTimeout": "5000",
            "Ice.Warn.Connections": "0",
        }.items():
            data.properties.setProperty(name, value)
        return data

    def _lock_folder(self) -> IO[str]:
        """Take the folder for this process; FolderInUse names the one that has it."""
        path = self.data / "server.json"
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = file.read()
            file.close()
            facts = json.loads(text) if text else {}
            where = f"process {facts.get('pid', '?')}, ports {facts.get('port', '?')} and {facts.get('ssl_port', '?')}"
            raise FolderInUse(f"{self.data} is in use by an embedded server that runs already ({where}).") from None
        return file

    def _announce(self) -> None:
        self._lock_file.seek(0)
        self._lock_file.truncate()
        json.dump(
            {"pid": os.getpid(), "bind": self.bind, "port": self.port, "ssl_port": self.ssl_port}, self._lock_file
        )
        self._lock_file.flush()

    def _sweep(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            try:
                # Those whose session ends now hear of it before their connection is closed, the next time.
                self.router.forget_ended()
                self.sessions.sweep()
                self.router.ask_for_life()
            except Exception:
                # Tomorrow's sessions have to end, too.
                log.exception("sweeping failed")


def _register_factories(communicator: Any) -> None:
    """Tell Ice how to make the objects that clients send: model objects and rtypes.

    Columns of tables need no factory; omero-py's own cannot be made without PyTables.
    """
    ObjectFactoryRegistrar.registerObjectFactory(communicator, None)
    for factory in ObjectFactories.values():
        factory.register(communicator)
