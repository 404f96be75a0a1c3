"""The one function that decides where a redirect may lead."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pyramid.request import Request

# Browsers drop these before they read an address, so "/\t/host" is "//host" to them.
_DROPPED = {chr(code) for code in range(0x21)} | {"\x7f"}


def safe_url(request: Request, url: str) -> str:
    """*url* if it leads to this site (or a host of ``omero.web.redirect_allowed_hosts``), else the start page."""
    start = f"{request.script_name}/"
    if not url or set(url) & _DROPPED or "\\" in url:
        return start
    # What a proxy in between decodes once more must be harmless, too. A query may hold anything.
    decoded = unquote(url.partition("?")[0])
    if "\\" in decoded or decoded.startswith("//") or set(decoded) & (_DROPPED - {" "}):
        return start
    try:
        parts = urlsplit(url)
    except ValueError:
        return start
    if not parts.scheme and not parts.netloc:
        return url if url.startswith("/") and not url.startswith("//") else start
    own = urlsplit(request.host_url).netloc.lower()
    allowed = {own, *(host.lower() for host in request.settings.web.redirect_allowed_hosts)}
    harmless = parts.scheme in ("http", "https") and "@" not in parts.netloc and parts.netloc.lower() in allowed
    return url if harmless else start
