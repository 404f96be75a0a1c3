"""``omero.web.*``: what pages show."""

from __future__ import annotations

from dataclasses import dataclass

from omeropyr.settings.declare import between, one_of, setting, web_address
from omeropyr.settings.parsers import METADATA_PANES, TOP_LINKS, Link, Pane, links, panes

TREE = "add-on client"


@dataclass(frozen=True)
class Pages:
    """What pages show"""

    top_logo: str | None = setting(None, check=web_address, doc="URL of an image at the left of the header.")
    top_logo_link: str | None = setting(None, check=web_address, doc="Where the logo in the header leads.")
    favicon_url: str | None = setting(
        None, check=web_address, doc="URL of the icon in the browser's tab; left out, omeropyr's own."
    )
    index_template: str | None = setting(
        None,
        doc="File of the start page, a Chameleon template (.pt) or Markdown (.md), for the add-on custom_index. "
        "A template for Django must be written anew.",
        example="/etc/omeropyr/index.pt",
    )
    user_dropdown: bool = setting(True, doc="Show the menu of the user in the header.")
    ui_top_links: tuple[Link, ...] = setting(
        TOP_LINKS,
        key="ui.top_links",
        parse=links,
        doc="Links of the header after those of add-ons, as JSON: words, address or name of a page, options (title, "
        "target).",
    )
    ui_metadata_panes: tuple[Pane, ...] = setting(
        METADATA_PANES,
        key="ui.metadata_panes",
        parse=panes,
        doc="Order and words of the kinds of annotation at the right, as JSON.",
        pending=TREE,
    )
    open_with: tuple[Link, ...] = setting(
        (),
        parse=links,
        doc="More entries of Open with, as JSON: words, address, options (supported_objects, target). "
        "Those of add-ons need none.",
        example='[["My viewer", "https://viewer.example.org/", {"supported_objects": ["image"], "target": "_blank"}]]',
    )
    plate_layout: str = setting(
        "expand",
        check=one_of("shrink", "trim", "expand"),
        doc="How much of an empty plate is drawn: shrink, its used box; trim, from A1 to it; expand, plates of 8 x 12.",
    )
    page_size: int = setting(200, check=between(1, 10000), doc="Items a page of the tree and of the lists.")
    search_default_user: int = setting(
        0, key="search.default_user", doc="Whose data a search begins with: 0 one's own, -1 everyone's.", pending=TREE
    )
    search_default_group: int = setting(
        0, key="search.default_group", doc="Group a search begins with: 0 or -1 all, else its id.", pending=TREE
    )
