"""Chameleon templates, compiled by one thread at a time.

Until Python 3.13 building syntax trees in two threads fails now and then with "AST constructor recursion depth
mismatch" (https://github.com/malthe/chameleon/issues/387): the first visitors of a site would see error 500.
"""

from __future__ import annotations

import threading
from typing import Any

from pyramid.config import Configurator
from pyramid.decorator import reify
from pyramid_chameleon.renderer import template_renderer_factory
from pyramid_chameleon.zpt import PyramidPageTemplateFile, ZPTTemplateRenderer

# One for the process, as what it guards is the interpreter's: it holds nothing of any application.
_compiling = threading.RLock()


class Template(PyramidPageTemplateFile):  # type: ignore[misc]
    """A template file; those that it loads are of this class, too."""

    macro: str | None = None

    def cook_check(self) -> bool:
        """Compile it where that was not done, or where the file changed; whether it did."""
        # To look at the file needs no lock: threads that look would wait for each other.
        if self._cooked and not (self.auto_reload and self.mtime() != self._v_last_read):
            return False
        with _compiling:
            return bool(super().cook_check())


class Renderer(ZPTTemplateRenderer):  # type: ignore[misc]
    """Shows a template for a view."""

    @reify  # type: ignore[untyped-decorator]
    def template(self) -> Template:
        """The file; made when it is first shown."""
        return Template(
            self.path,
            auto_reload=self.lookup.auto_reload,
            debug=self.lookup.debug,
            translate=self.lookup.translate,
            macro=self.macro,
        )


def includeme(config: Configurator) -> None:
    """Register the renderer of ``.pt`` in the place of pyramid_chameleon's."""
    config.include("pyramid_chameleon")
    config.add_renderer(".pt", _renderer)


def _renderer(info: Any) -> Any:
    return template_renderer_factory(info, Renderer)
