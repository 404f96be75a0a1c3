"""Set up everything that ``make`` needs on a fresh machine that has only python3, git and make.

``python3 tools/bootstrap.py PROFILE [--venv DIR]`` with PROFILE one of ``demo`` (run it), ``test`` (and check it)
or ``install`` (a plain, not editable, installation for an admin). Steps already done are skipped; every step prints the
seconds it took. Standard library only: nothing is installed yet when this runs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ICE_VERSION = "3.6.5"
IVIEWER = "omero-iviewer==0.19.1"
"""A program of others (AGPL) that the tests run unmodified; no part of omeropyr, and not installed with it."""
VENDORED = {  # file of an npm package -> file below omeropyr/web/static/vendor
    "ol/dist/ol.js": "ol/ol.js",
    "ol/ol.css": "ol/ol.css",
    "ol/LICENSE.md": "ol/LICENSE.md",
}


class SetupError(Exception):
    """What is missing and the line that mends it."""


def run(*command: str | Path, cwd: Path = ROOT, quiet: bool = False) -> None:
    """Run *command*; with *quiet* show its output only when it fails."""
    arguments = [str(part) for part in command]
    done = subprocess.run(arguments, cwd=cwd, capture_output=quiet, text=True, check=False)
    if done.returncode != 0:
        if quiet:
            sys.stderr.write(done.stdout + done.stderr)
        raise SetupError(f"`{' '.join(arguments)}` failed (status {done.returncode}); what it said stands above.")


def step(title: str, work: Callable[[], str | None]) -> None:
    """Run one step and say how long it took; *work* returns a word on what it found."""
    print(f"-- {title} ...", flush=True)
    started = time.monotonic()
    outcome = work() or "done"
    print(f"-- {title}: {outcome} ({time.monotonic() - started:.1f} s)", flush=True)


# --- packages of the operating system ---


def python_can(statement: str) -> bool:
    """Whether the Python that runs this script can execute *statement*."""
    return subprocess.run([sys.executable, "-c", statement], capture_output=True, check=False).returncode == 0


def c_header_found(header: str) -> bool:
    """Whether the C++ compiler finds *header*."""
    if shutil.which("g++") is None:
        return False
    source = f"#include <{header}>\n"
    command = ["g++", "-E", "-x", "c++", "-"]
    return subprocess.run(command, input=source, text=True, capture_output=True, check=False).returncode == 0


def missing_packages(profile: str, ice_at_hand: bool) -> list[str]:
    """Debian packages that *profile* needs and this machine lacks."""
    wanted: list[str] = []
    if not python_can("import ensurepip, venv"):
        wanted.append("python3-venv")
    if not ice_at_hand:
        if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
            wanted.append("python3-dev")
        wanted += [] if shutil.which("g++") else ["g++"]
        wanted += [] if c_header_found("openssl/ssl.h") else ["libssl-dev"]
        wanted += [] if c_header_found("bzlib.h") else ["libbz2-dev"]
    wanted += [name for name, program in (("nodejs", "node"), ("npm", "npm")) if shutil.which(program) is None]
    if profile == "test":
        needed = (("chromium", "chromium"), ("memcached", "memcached"), ("redis-server", "redis-server"))
        wanted += [name for name, program in needed if shutil.which(program) is None]
    return wanted


def install_packages(packages: Sequence[str]) -> str:
    """Install Debian *packages* when root; otherwise raise with the line to run."""
    if not packages:
        return "nothing missing"
    line = f"apt-get install -y {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupError(f"These are missing. Install them, then run make again:\n    sudo {line}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", "-q", quiet=True)
    run(*line.split(), quiet=True)
    return f"installed {', '.join(packages)}"


# --- Ice ---


def base_python_has_ice() -> bool:
    """Whether this Python already has Ice 3.6 *and* its package metadata, so that pip is content with it."""
    found = "import Ice, importlib.metadata as m; assert Ice.stringVersion().startswith('3.6'); m.version('zeroc-ice')"
    # An environment made from within another one sees what lies under both, not the other's own packages.
    return sys.prefix == sys.base_prefix and python_can(found)


def wheel_cache() -> Path:
    """Where built wheels are kept: one folder for each Python ABI and machine."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    abi = sysconfig.get_config_var("SOABI") or f"cp{sys.version_info[0]}{sys.version_info[1]}-{platform.machine()}"
    return cache / "omeropyr" / "wheels" / abi


def given_or_cached_wheel() -> Path | None:
    """The wheel named by OMEROPYR_ICE_WHEEL, else one built earlier, else None."""
    given = os.environ.get("OMEROPYR_ICE_WHEEL")
    if given:
        if not Path(given).is_file():
            raise SetupError(f"OMEROPYR_ICE_WHEEL={given}: there is no such file.")
        return Path(given)
    return next(iter(sorted(wheel_cache().glob(f"zeroc_ice-{ICE_VERSION}-*.whl"))), None)


def build_wheel() -> Path:
    """Build the Ice wheel in a throw-away environment and keep it in the cache."""
    with tempfile.TemporaryDirectory(prefix="omeropyr-build-") as name:
        run(sys.executable, "-m", "venv", name)
        python = Path(name) / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "setuptools<82", "wheel", quiet=True)
        run(python, ROOT / "tools" / "ice" / "build_wheel.py", wheel_cache())
    wheel = given_or_cached_wheel()
    assert wheel is not None
    return wheel


# --- Python environment and browser libraries ---


def fingerprint(profile: str) -> str:
    """Changes when the environment has to be made anew."""
    sources = (ROOT / "setup.py", ROOT / "omeropyr" / "version.py")
    facts = [profile, sys.version, *(path.read_text("utf-8") for path in sources)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def install_python_packages(venv: Path, profile: str) -> str:
    """Make *venv* hold omeropyr and what it depends on."""
    stamp = venv / ".omeropyr-stamp"
    done = (fingerprint(profile), fingerprint("test"))
    if profile != "install" and stamp.exists() and stamp.read_text("utf-8") in done:
        return "up to date"
    has_ice = base_python_has_ice()
    run(sys.executable, "-m", "venv", *(["--system-site-packages"] if has_ice else []), venv)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not has_ice:
        run(*pip, given_or_cached_wheel() or build_wheel(), quiet=True)
    target = {"demo": ["-e", "."], "test": ["-e", ".[dev]"], "install": [".", "--upgrade"]}[profile]
    run(*pip, *target, quiet=True)
    stamp.write_text(fingerprint(profile), "utf-8")
    return f"omeropyr in {venv}"


def install_foreign_programs(venv: Path) -> str:
    """Lay what only tests run beside the environment, out of its reach: nothing can import it by accident."""
    target = venv / "foreign"
    stamp = target / ".omeropyr-stamp"
    if stamp.exists() and stamp.read_text("utf-8") == IVIEWER:
        return "up to date"
    shutil.rmtree(target, ignore_errors=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--no-deps", "--target", target, IVIEWER, quiet=True)
    stamp.write_text(IVIEWER, "utf-8")
    return IVIEWER


def install_browser_libraries(profile: str) -> str:
    """Fetch the npm packages of package-lock.json and copy the files that browsers load to static/vendor."""
    modules, lock = ROOT / "node_modules", ROOT / "package-lock.json"
    stamp = modules / ".omeropyr-stamp"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest() + (" dev" if profile == "test" else "")
    if not (stamp.exists() and stamp.read_text("utf-8").startswith(wanted)):
        run("npm", "ci", "--no-audit", "--no-fund", *([] if profile == "test" else ["--omit=dev"]), quiet=True)
        stamp.write_text(wanted, "utf-8")
    vendor = ROOT / "omeropyr" / "web" / "static" / "vendor"
    for source, target in VENDORED.items():
        (vendor / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, vendor / target)
    return f"{len(VENDORED)} files in {vendor.relative_to(ROOT)}"


def set_up(profile: str, venv: Path) -> None:
    """All steps for *profile*, in order."""
    if sys.version_info < (3, 10):  # noqa: UP036 - this runs on whatever python3 there is
        raise SetupError(f"omeropyr needs Python 3.10 or later; {sys.executable} is {platform.python_version()}.")
    ice_at_hand = base_python_has_ice() or given_or_cached_wheel() is not None
    step("system packages", lambda: install_packages(missing_packages(profile, ice_at_hand)))
    # Before the Python packages: a plain installation copies the browser libraries into site-packages.
    step("browser libraries", lambda: install_browser_libraries(profile))
    step("Python packages", lambda: install_python_packages(venv, profile))
    if profile == "test":
        step("programs of others, for tests", lambda: install_foreign_programs(venv))


def main() -> int:
    """Read the command line, set up, explain a failure in one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("profile", choices=("demo", "test", "install"))
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    arguments = parser.parse_args()
    try:
        set_up(arguments.profile, arguments.venv.absolute())
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
