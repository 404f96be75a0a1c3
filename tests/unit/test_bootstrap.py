"""tools/bootstrap.py: where Ice comes from, and what is said to somebody who may not install."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "tools" / "bootstrap.py"


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_who_is_not_root_gets_the_line_to_run(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(bootstrap.SetupError) as refused:
        bootstrap.install_packages(["g++", "libssl-dev"])
    assert str(refused.value).endswith("\n    sudo apt-get install -y g++ libssl-dev")


def test_nothing_missing_installs_nothing(bootstrap: ModuleType) -> None:
    assert bootstrap.install_packages([]) == "nothing missing"


def test_a_wheel_that_is_named_is_taken(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wheel = tmp_path / "zeroc_ice-3.6.5-any.whl"
    wheel.touch()
    monkeypatch.setenv("OMEROPYR_ICE_WHEEL", str(wheel))
    assert bootstrap.given_or_cached_wheel() == wheel


def test_a_named_wheel_that_is_not_there_is_said(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMEROPYR_ICE_WHEEL", str(tmp_path / "none.whl"))
    with pytest.raises(bootstrap.SetupError, match=r"OMEROPYR_ICE_WHEEL=.*none\.whl: there is no such file"):
        bootstrap.given_or_cached_wheel()


def test_a_built_wheel_is_found_again_for_this_python_only(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OMEROPYR_ICE_WHEEL", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    other, own = (tmp_path / "omeropyr" / "wheels" / abi for abi in ("another-abi", sysconfig.get_config_var("SOABI")))
    for folder in (other, own):
        folder.mkdir(parents=True)
    (other / "zeroc_ice-3.6.5-x.whl").touch()
    assert bootstrap.given_or_cached_wheel() is None
    (own / "zeroc_ice-3.6.5-x.whl").touch()
    assert bootstrap.given_or_cached_wheel() == own / "zeroc_ice-3.6.5-x.whl"


def test_ice_of_another_environment_does_not_count(bootstrap: ModuleType) -> None:
    """These tests run in an environment that has Ice; one made from it would not see it."""
    assert bootstrap.python_can("import Ice")
    assert not bootstrap.base_python_has_ice()
