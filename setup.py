"""Packages, entry points and dependencies of omeropyr; tool settings stand in pyproject.toml."""

from itertools import chain
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
about: dict[str, str] = {}
exec((HERE / "omeropyr" / "version.py").read_text(encoding="utf-8"), about)  # noqa: S102 - our own file

# What the web application needs. Pyramid 2.1 imports pkg_resources, hence setuptools < 82.
WEB = [
    "pyramid>=2.1,<3",
    "setuptools<82",
    "webob>=1.8.11",
    "waitress>=3.0.1",
    "pyramid_beaker>=0.9",
    "Beaker>=1.14.1",
    "pyramid_chameleon>=0.3",
    "Chameleon>=4.6",
    "PasteDeploy>=3.1",
]
# What talks to OMERO, as a client of it.
OMERO = ["omero-py>=5.19", "omero-marshal>=0.9", "zeroc-ice>=3.6.5,<3.7"]
# Charts of webadmin; text of a site's own pages, cleaned.
PAGES = ["matplotlib>=3.8", "markdown-it-py>=3", "nh3>=0.2.17"]
# What the embedded server stores, reads and renders with.
EMBEDDED = [
    "SQLAlchemy>=2.0",
    "lark>=1.2",
    "argon2-cffi>=23.1",
    "cryptography>=42",
    "numpy>=1.26",
    "numba>=0.60",
    "tifffile>=2024.8.30",
    "imagecodecs>=2024.6.1",
    "Pillow>=10.3",
    "defusedxml>=0.7.1",
    "rich>=13",
]
# Web sessions elsewhere than in files.
SESSION_STORES = {"memcached": ["pymemcache>=4.0"], "redis": ["redis>=5"]}
TESTING = ["pytest>=8", "WebTest>=3.0.1", "hypothesis>=6.100"]
# Files of microscope makers: CZI, ND2, LIF, MRC.
FORMATS = ["pylibCZIrw>=5.1", "nd2>=0.10.4", "liffile>=2025.5.10", "mrcfile>=1.5.3"]
# What writes the sample files that our own readers are held against.
SAMPLES = ["tensorstore>=0.1.60"]

setup(
    name="omeropyr",
    version=about["__version__"],
    description="OMERO.web anew, on Pyramid: browse, view, annotate and administer microscopy images.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="GPL-2.0-or-later",
    python_requires=">=3.10",
    packages=find_packages(include=["omeropyr", "omeropyr.*"]),
    include_package_data=True,
    install_requires=WEB + OMERO + PAGES + EMBEDDED,
    extras_require={
        "testing": TESTING,
        "formats": FORMATS,
        **SESSION_STORES,
        "dev": [
            *TESTING,
            *SAMPLES,
            *FORMATS,
            *chain.from_iterable(SESSION_STORES.values()),
            "playwright>=1.45",
            "granian>=2",
            "schemathesis>=4",
            "ruff>=0.6",
            "mypy>=1.11",
            "types-docutils",
            "pip-licenses>=5",
        ],
    },
    entry_points={
        "console_scripts": ["omeropyr = omeropyr.cli:main"],
        "paste.app_factory": ["main = omeropyr:main"],
        "beaker.backends": [
            f"omeropyr_{name} = omeropyr.sessions.namespace:RecordNamespace"
            for name in ("file", "memcached", "redis", "database")
        ],
        "omeropyr.addons": [
            "api = omeropyr.api:addon",
            "admin = omeropyr.admin:addon",
            "client = omeropyr.client:addon",
            "custom_index = omeropyr.addons.custom_index:addon",
            "custom_login = omeropyr.addons.custom_login:addon",
            "gateway = omeropyr.gateway:addon",
            "iviewer = omeropyr.addons.iviewer:addon",
            "public_user = omeropyr.addons.public_user:addon",
            "viewer = omeropyr.viewer:addon",
        ],
    },
)
