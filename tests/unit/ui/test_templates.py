"""What holds for every template and for the icons, without a browser."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from chameleon import PageTemplateFile

PACKAGE = Path(__file__).parents[3] / "omeropyr"
TEMPLATES = sorted(PACKAGE.glob("**/*.pt"))
SPRITE = (PACKAGE / "web" / "static" / "icons.svg").read_text(encoding="utf-8")


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_it_compiles(path: Path) -> None:
    template = PageTemplateFile(str(path))
    template.cook_check()


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_nothing_that_the_csp_would_block(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|\son[a-z]+=|<style", text) == []
    scripts = re.findall(r"<script[^>]*>", text)
    assert [script for script in scripts if 'nonce="${request.csp_nonce}"' not in script] == []
    inline = [script for script in scripts if "src=" not in script]
    assert inline == (['<script type="importmap" nonce="${request.csp_nonce}">'] if path.name == "layout.pt" else [])


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_forms_that_post_send_the_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(r'method="post"', text)) == text.count('name="csrfmiddlewaretoken"')


def test_every_file_that_a_template_names_is_kept() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    assets = {asset for asset in re.findall(r"static_path\('omeropyr([^']+)'\)", text) if "/vendor/" not in asset}
    paths = {package.replace(".", "/") + "/" + file for package, _, file in (asset.partition(":") for asset in assets)}
    asked = subprocess.run(["git", "ls-files", "-z"], cwd=PACKAGE, capture_output=True, text=True, check=False)
    # Without a repository (an unpacked archive), what lies there counts.
    kept = set(asked.stdout.split("\0")) if asked.returncode == 0 else None
    found = {path.lstrip("/") for path in paths if kept is None or path.lstrip("/") in kept}
    assert len(found) > 15
    assert {path.lstrip("/") for path in paths} - found == set()
    assert [path for path in found if not (PACKAGE / path).is_file()] == []


def test_the_sprite_holds_the_icons_in_use_and_no_others() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    used = set(re.findall(r"\$\{icons\}#([a-z-]+)|icons\.svg'\)\}#([a-z-]+)", text))
    names = {first or second for first, second in used}
    scripts = [path for path in PACKAGE.glob("*/static/**/*.js") if "vendor" not in path.parts]
    code = "".join(path.read_text(encoding="utf-8") for path in scripts)
    drawn = set(re.findall(r'id="([a-z-]+)"', SPRITE))
    names |= {name for name in drawn if f'"{name}"' in code}
    assert names == drawn
    assert set(re.findall(r'icon(?:Button)?\("([a-z-]+)"', code)) <= drawn
    assert set(re.findall(r'icon: "([a-z-]+)"', code)) <= drawn


def test_no_script_makes_html_of_text() -> None:
    scripts = [path for path in PACKAGE.glob("*/static/**/*.js") if "vendor" not in path.parts]
    assert len(scripts) > 20
    risky = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert [named(path) for path in scripts if risky.search(path.read_text(encoding="utf-8"))] == []
