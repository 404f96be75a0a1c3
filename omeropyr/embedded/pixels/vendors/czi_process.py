"""A process of its own that reads one CZI file: a damaged file can bring down libCZI's decoders, but not the server.

Run as a script with the file's path. A request is a line of JSON; the answer is a line of JSON, followed by the bytes
of the pixels if there are any. It ends when nobody asks for a while, or when its input is closed.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import sys
from typing import IO, Any

IDLE_SECONDS = 10
MEMORY = 4 * 2**30
_SMALLEST = 32  # pixels; the scale of a smaller block is not told well by its rounded sizes
_MAX_BLOCKS = 1_000_000


def describe(file: Any) -> dict[str, Any]:
    """Everything that is known before pixels are read."""
    box = {axis: end - start for axis, (start, end) in file.total_bounding_box.items()}
    return {
        "box": box,
        "types": sorted({file.get_channel_pixel_type(channel) for channel in range(min(box["C"], 10_000))}),
        "scenes": [[number, *place] for number, place in file.scenes_bounding_rectangle_no_pyramid.items()],
        "whole": list(file.total_bounding_rectangle_no_pyramid),
        "scales": scales(file),
        "metadata": file.raw_metadata,
    }


def scales(file: Any) -> list[int]:
    """How much smaller each level is that the file holds, 1 first."""
    found = {1}

    def look(index: int, info: Any) -> bool:
        stored = max(info.physicalSize.w, info.physicalSize.h)
        if stored >= _SMALLEST:
            found.add(round(max(info.logicalRect.w, info.logicalRect.h) / stored))
        return index < _MAX_BLOCKS

    file.enumerate_subblocks(look)
    return sorted(scale for scale in found if scale >= 1)


def answer(file: Any, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The answer to one request: what the file is, or pixels ``(h, w, samples)``."""
    if "window" not in request:
        return describe(file), b""
    pixels = file.read(
        roi=tuple(request["window"]), plane=request["plane"], scene=request["scene"], zoom=1 / request["scale"]
    )
    return {"shape": pixels.shape, "dtype": pixels.dtype.str, "bytes": pixels.nbytes}, pixels.tobytes()


def serve(path: str, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until nobody asks any more."""
    library: Any = importlib.import_module("pylibCZIrw.czi")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    file = None
    while select.select([requests], [], [], IDLE_SECONDS)[0] and (line := requests.readline()):
        try:
            file = file or library.CziReader(path)
            said, pixels = answer(file, json.loads(line))
        except Exception as error:  # noqa: BLE001 # the other side raises it
            said, pixels = {"error": str(error) or type(error).__name__}, b""
        answers.write(json.dumps(said).encode() + b"\n" + pixels)
        answers.flush()


if __name__ == "__main__":
    # What the library prints must not get between the answers.
    with os.fdopen(os.dup(1), "wb") as out, open(0, "rb", buffering=0) as into:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        serve(sys.argv[1], into, out)
