"""An add-on that uses every directive of docs/addons.md once, as a package of its own."""

from setuptools import setup

setup(
    name="omeropyr-panel",
    version="1.0",
    description="Facts about what is selected, beside it: an example of an add-on for omeropyr.",
    license="GPL-2.0-or-later",
    packages=["omeropyr_panel"],
    package_data={"omeropyr_panel": ["templates/*.pt", "static/*"]},
    install_requires=["omeropyr"],
    entry_points={"omeropyr.addons": ["panel = omeropyr_panel:addon"]},
)
