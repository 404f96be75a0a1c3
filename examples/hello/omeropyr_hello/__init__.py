"""An add-on that says hello."""

from dataclasses import dataclass

from omeropyr.addons import Addon
from omeropyr.settings import setting


@dataclass(frozen=True)
class Settings:
    """Set in the INI as ``addon.hello.greeting``."""

    greeting: str = setting("Hello", doc="The first word of the page.")


addon = Addon(name="hello", title="Hello", includeme="omeropyr_hello.web", settings=Settings)
