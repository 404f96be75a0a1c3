"""Deleting by OMERO's Delete2, waited for: what hangs on an object goes too, tags and files only if that is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import omero
import omero.all
import omero.cmd

from omeropyr.client.targets import check_may
from omeropyr.connection.commands import run_command

# Annotations that stand for themselves: one of them may hang on many things.
_SHARED = ("TagAnnotation", "TermAnnotation", "FileAnnotation")
_INSIDE = {"Project": ("Dataset", "Image"), "Dataset": ("Image",), "Screen": ("Plate", "Image"), "Plate": ("Image",)}


def delete(
    conn: Any, targets: Mapping[str, Sequence[int]], *, children: bool = False, annotations: bool = False
) -> dict[str, list[int]]:
    """Delete objects (ids by class), all or none; give the ids of all that is gone, by class.

    `children` deletes what lies in containers too, `annotations` the tags and files that nothing else bears.
    Raises `ObjectNotFound`, `Forbidden` or `InvalidInput`, and then nothing is deleted.
    """
    for name, ids in targets.items():
        check_may(conn, name, ids, "canDelete")
    requests = []
    for name, ids in targets.items():
        excluded = [] if annotations or name.endswith("Annotation") else list(_SHARED)
        if not children:
            excluded += _INSIDE.get(name, ())
        request = omero.cmd.Delete2(targetObjects={name: list(ids)}, dryRun=False)
        if excluded:
            request.childOptions = [omero.cmd.graphs.ChildOption(excludeType=excluded)]
        requests.append(request)
    gone: dict[str, list[int]] = {}
    for answer in run_command(conn, requests):
        for name, ids in answer.deletedObjects.items():
            gone.setdefault(name.rpartition(".")[2], []).extend(ids)
    return gone
