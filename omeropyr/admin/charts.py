"""Drive space as a picture: horizontal bars drawn by matplotlib, as SVG or PNG."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from omeropyr.admin.drive_space import Share, words_for_bytes

MOST_BARS = 15
LONGEST_NAME = 28
# The colours of tokens.css: text, muted, line, accent.
COLOURS = {
    "light": ("#1b1f23", "#5b646d", "#d9dde1", "#0b6b8a"),
    "dark": ("#e7eaed", "#9aa4ae", "#31363c", "#5cc1e0"),
}


class Charts:
    """Draws one chart at a time: matplotlib is not made for several threads. One for each application."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def draw(self, shares: Sequence[Share], theme: str, kind: str) -> bytes:
        """The largest shares, and the rest as one bar; *theme* is ``light`` or ``dark``, *kind* ``svg`` or ``png``."""
        with (
            self._lock,
            warnings.catch_warnings(),
            mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "omeropyr"}),
        ):
            # A glyph that matplotlib's font lacks: in an SVG the browser has one, in a PNG a box stands for it.
            warnings.filterwarnings("ignore", message="Glyph")
            return _draw(_bars(shares), theme, kind)


def _bars(shares: Sequence[Share]) -> list[tuple[str, int]]:
    if len(shares) <= MOST_BARS:
        return [(_short(one.name), one.size) for one in shares]
    rest = shares[MOST_BARS - 1 :]
    shown = [(_short(one.name), one.size) for one in shares[: MOST_BARS - 1]]
    return [*shown, (f"{len(rest)} others", sum(one.size for one in rest))]


def _short(name: str) -> str:
    # A dollar sign begins mathematics in matplotlib.
    text = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 8]}…{name[-7:]}"
    return text.replace("$", r"\$")


def _draw(bars: Sequence[tuple[str, int]], theme: str, kind: str) -> bytes:
    text, muted, line, accent = COLOURS[theme]
    figure = Figure(figsize=(8, 0.6 + 0.34 * max(1, len(bars))), dpi=160)
    canvas = FigureCanvasSVG(figure) if kind == "svg" else FigureCanvasAgg(figure)
    axes = figure.subplots()
    places = range(len(bars))
    drawn = axes.barh(places, [size for _, size in bars], color=accent, height=0.62)
    axes.bar_label(drawn, [words_for_bytes(size) for _, size in bars], padding=5, color=text, fontsize=9)
    axes.set_yticks(places, [name for name, _ in bars], color=text, fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.xaxis.set_visible(False)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(line)
    axes.tick_params(axis="y", length=0, pad=6)
    if not bars:
        axes.text(0.5, 0.5, "No data yet", color=muted, ha="center", transform=axes.transAxes)
    out = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    canvas.figure.savefig(out, format=kind, transparent=True, bbox_inches="tight", pad_inches=0.05, metadata=metadata)
    return out.getvalue()
