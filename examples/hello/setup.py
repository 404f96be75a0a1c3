"""The add-on of docs/addons.md, as a package of its own."""

from setuptools import setup

setup(
    name="omeropyr-hello",
    version="1.0",
    description="Says hello, and names the images it is opened with: an example of an add-on for omeropyr.",
    license="GPL-2.0-or-later",
    packages=["omeropyr_hello"],
    package_data={"omeropyr_hello": ["templates/*.pt"]},
    install_requires=["omeropyr"],
    entry_points={"omeropyr.addons": ["hello = omeropyr_hello:addon"]},
)
