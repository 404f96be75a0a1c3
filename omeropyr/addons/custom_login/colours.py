"""The colours of the page: which can be read on which, and the style sheet that sets them."""

from __future__ import annotations

from types import MappingProxyType

#: What the accent stands on: the panel of the light and of the dark theme (tokens.css).
PANELS = MappingProxyType({"accent": "#ffffff", "accent_dark": "#1b1e22"})
INKS = ("#ffffff", "#121417")


def contrast(one: str, other: str) -> float:
    """Contrast of two colours ``#rrggbb``, 1 to 21: WCAG 2.2, contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def style_sheet(accent: str | None, accent_dark: str | None, page: str | None, page_dark: str | None) -> str:
    """CSS that gives the tokens of a theme the colours that are set, and keeps the others."""
    parts = []
    for theme, other, system, tokens in (
        ("light", "dark", "not (prefers-color-scheme: dark)", _tokens(accent, page)),
        ("dark", "light", "(prefers-color-scheme: dark)", _tokens(accent_dark, page_dark)),
    ):
        if tokens:
            parts.append(f'@media {system} {{ :root:not([data-theme="{other}"]) {{ {tokens} }} }}\n')
            parts.append(f':root[data-theme="{theme}"] {{ {tokens} }}\n')
    return "".join(parts)


def _tokens(accent: str | None, page: str | None) -> str:
    words = []
    if accent is not None:
        ink = max(INKS, key=lambda one: contrast(one, accent))
        words += [f"--accent: {accent};", f"--on-accent: {ink};"]
    if page is not None:
        words.append(f"--page: {page};")
        ink = max(INKS, key=lambda one: contrast(one, page))
        words.append(f"--on-page: {ink};")
    return " ".join(words)


def _luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, 0 to 1: WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
