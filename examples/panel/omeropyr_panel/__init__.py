"""An add-on with something in every place that omeropyr offers."""

from dataclasses import dataclass

from omeropyr.addons import Addon
from omeropyr.settings import setting
from omeropyr.settings.declare import between


@dataclass(frozen=True)
class Settings:
    """Set in the INI as ``addon.panel.heading`` and so on."""

    heading: str = setting("At a glance", doc="What stands above the facts of the right panel.")
    most_images: int = setting(50, doc="Images that the table in the centre lists.", check=between(1, 500))


addon = Addon(
    name="panel", title="Facts beside the data", includeme="omeropyr_panel.web", settings=Settings, requires=("client",)
)
