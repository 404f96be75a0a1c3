"""Python's errors of pixel access as OMERO's exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import omero

from omeropyr.embedded.pixels.pyramids import PyramidMissing
from omeropyr.embedded.pixels.reader import ReaderError


@contextmanager
def as_omero() -> Iterator[None]:
    """Inside, what is outside of an image becomes ``ApiUsageException``, and what cannot be read ``ResourceError``.

    An image whose levels are being made: ``MissingPyramidException``, which says when to come back.
    """
    try:
        yield
    except PyramidMissing as missing:
        raise omero.MissingPyramidException(
            None, None, str(missing), backOff=missing.back_off, pixelsID=missing.pixels_id
        ) from missing
    except ReaderError as error:
        raise omero.ResourceError(None, None, str(error)) from error
    except IndexError as error:
        raise omero.ApiUsageException(None, None, str(error)) from error
