"""Build a wheel of zeroc-ice 3.6.5 for the Python that runs this script.

Ice for Python 3.6 has no wheels on the package index and its source predates Python 3.11. This script
fetches the unchanged source, compiles it with the header beside this file force-included, on all cores,
and writes one wheel. Usage: ``python build_wheel.py OUTPUT_DIR``; needs pip, setuptools < 82, wheel, a C++
compiler and the headers of Python, OpenSSL and bzip2.
"""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

VERSION = "3.6.5"
HERE = Path(__file__).resolve().parent
# Python 3.12 dropped the module `imp`; Ice.py uses this one function of it.
IMP_SHIM = '''"""The one function of Python's former module `imp` that Ice.py calls."""

from types import ModuleType


def new_module(name: str) -> ModuleType:
    """Return a new, empty module called *name*."""
    return ModuleType(name)
'''


def download_source(folder: Path) -> Path:
    """Fetch and unpack the source distribution into *folder*; return the source tree."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    command += ["--no-build-isolation", "--dest", str(folder), f"zeroc-ice=={VERSION}"]
    # The peek at the metadata that pip does runs setup.py, which tolerates no surprises in stdout.
    subprocess.run(command, check=True)
    archive = next(folder.glob("zeroc*ice-*.tar.gz"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder)  # a pinned release, into a folder of our own
    return next(path for path in folder.iterdir() if path.is_dir())


def add_imp_shim(source: Path) -> None:
    """On Python 3.12 and later give the wheel the module `imp` that Ice.py imports."""
    if sys.version_info >= (3, 12):
        (source / "lib" / "imp.py").write_text(IMP_SHIM, encoding="utf-8")
        setup = source / "setup.py"
        text = setup.read_text(encoding="utf-8")
        setup.write_text(text.replace("packages = packages,", "packages = packages, py_modules = ['imp'],"))


def compile_in_parallel() -> None:
    """Teach distutils to compile one extension's files on all cores and to show how far it is."""
    import setuptools  # noqa: F401, I001 - before distutils, which it brings back on Python 3.12 and later
    from distutils.ccompiler import CCompiler

    def compile_all(self: Any, sources: list[str], *given: Any, **named: Any) -> list[str]:
        # The arguments of distutils' own compile(), in its order.
        names = ("output_dir", "macros", "include_dirs", "debug", "extra_preargs", "extra_postargs", "depends")
        asked = {**dict.fromkeys(names), "debug": 0, **dict(zip(names, given, strict=False)), **named}
        _, objects, after, options, build = self._setup_compile(
            asked["output_dir"],
            asked["macros"],
            asked["include_dirs"],
            sources,
            asked["depends"],
            asked["extra_postargs"],
        )
        before = self._get_cc_args(options, asked["debug"], asked["extra_preargs"])
        started = time.monotonic()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(self._compile, name, *build[name], before, after, options) for name in objects]
            for done, job in enumerate(jobs, 1):
                job.result()
                if done % 20 == 0 or done == len(jobs):
                    say(f"  Ice: {done} of {len(jobs)} files, {time.monotonic() - started:.0f} s")
        return list(objects)

    CCompiler.compile = compile_all


def say(line: str) -> None:
    """Show progress at once, beside what the standard output is for: the wheel's path."""
    print(line, file=sys.stderr, flush=True)


def build(source: Path) -> Path:
    """Run the source's own setup.py; return the wheel."""
    os.environ["CPPFLAGS"] = f"-I{HERE} -include {HERE / 'compat.h'}"
    os.environ["CXXFLAGS"] = os.environ["CFLAGS"] = "-g0 -O1"
    compile_in_parallel()
    previous = Path.cwd(), sys.argv
    os.chdir(source)
    sys.argv = ["setup.py", "--quiet", "bdist_wheel"]
    try:
        runpy.run_path("setup.py", run_name="__main__")
    finally:
        os.chdir(previous[0])
        sys.argv = previous[1]
    return next((source / "dist").glob("*.whl"))


def main(output: Path) -> None:
    """Build the wheel and move it, complete, into *output*."""
    say(f"Building Ice {VERSION} for Python {sys.version.split()[0]}: about 5 minutes, once.")
    with tempfile.TemporaryDirectory(prefix="omeropyr-ice-") as name:
        source = download_source(Path(name))
        add_imp_shim(source)
        wheel = build(source)
        output.mkdir(parents=True, exist_ok=True)
        partial = output / (wheel.name + ".part")
        shutil.copyfile(wheel, partial)
        partial.replace(output / wheel.name)
        print(output / wheel.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
