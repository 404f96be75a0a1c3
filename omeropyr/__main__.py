"""``python -m omeropyr`` is the ``omeropyr`` command."""

import sys

from omeropyr.cli import main

if __name__ == "__main__":
    sys.exit(main())
