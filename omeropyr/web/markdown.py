"""A site's own words, written in Markdown, as HTML that can do no harm."""

from __future__ import annotations

from types import MappingProxyType

import nh3
from markdown_it import MarkdownIt

TAGS = frozenset(
    (
        *("h1", "h2", "h3", "h4", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong"),
        *("a", "img", "ul", "ol", "li", "dl", "dt", "dd"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    )
)
ATTRIBUTES = MappingProxyType({"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}})
SCHEMES = frozenset({"http", "https", "mailto"})


def to_html(text: str) -> str:
    """CommonMark with tables; HTML in it is shown as text, and links lead to http, https, mailto or the site."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    attributes = {tag: set(names) for tag, names in ATTRIBUTES.items()}
    return nh3.clean(html, tags=set(TAGS), attributes=attributes, url_schemes=set(SCHEMES), link_rel="noopener")
