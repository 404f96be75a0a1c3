"""IRenderingSettings: settings of many images at once, reset or copied from one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import omero

from omeropyr.embedded.dispatch import Service
from omeropyr.embedded.pixels import renderdefs
from omeropyr.embedded.pixels.errors import as_omero
from omeropyr.rendering.settings import RenderingDef

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call

_MEMBERS = {
    "Pixels": "select p.id, p.image.id from Pixels p where p.id in (:ids)",
    "Image": "select p.id, p.image.id from Pixels p where p.image.id in (:ids)",
    "Dataset": "select p.id, i.id from DatasetImageLink l join l.child i join i.pixels p where l.parent.id in (:ids)",
    "Project": (
        "select p.id, i.id from ProjectDatasetLink pl join pl.child d join d.imageLinks l join l.child i"
        " join i.pixels p where pl.parent.id in (:ids)"
    ),
    "Plate": (
        "select p.id, i.id from WellSample s join s.well w join s.image i join i.pixels p where w.plate.id in (:ids)"
    ),
    "PlateAcquisition": (
        "select p.id, i.id from WellSample s join s.image i join i.pixels p where s.plateAcquisition.id in (:ids)"
    ),
    "Well": "select p.id, i.id from WellSample s join s.image i join i.pixels p where s.well.id in (:ids)",
    "WellSample": "select p.id, i.id from WellSample s join s.image i join i.pixels p where s.id in (:ids)",
    "Screen": (
        "select p.id, i.id from ScreenPlateLink sl join sl.child plate join plate.wells w join w.wellSamples s"
        " join s.image i join i.pixels p where sl.parent.id in (:ids)"
    ),
}
Outcome = dict[bool, list[int]]


class RenderingSettings(Service):
    """``omero.api.IRenderingSettings``. Lists that come back hold the ids of images whose settings were changed.

    Settings that are applied reach their own image, too: it is among those that were done.
    """

    slice_type: ClassVar[type] = omero.api.IRenderingSettings

    def getRenderingSettings(self, call: Call, pixelsId: int) -> Any:
        """The caller's settings of the Pixels, else their owner's, else nothing."""
        with call.server.store.read(call.actor) as transaction:
            owner = renderdefs.load_pixels(transaction, pixelsId).details.owner.id.val
            return renderdefs.choose(renderdefs.load_all(transaction, [pixelsId]), call.actor.user_id, owner)

    def createNewRenderingDef(self, call: Call, pixels: Any) -> Any:
        """Make and save the settings of the first sight for Pixels; returns them."""
        made = self._reset(call, pixels.id.val, new=True)
        with call.server.store.read(call.actor) as transaction:
            return renderdefs.load(transaction, made)

    def sanityCheckPixels(self, _call: Call, pFrom: Any, pTo: Any) -> bool:
        """Whether settings of one image fit another: pixel type and number of channels are the same."""
        return _fits(pFrom, pTo)

    # --- back to the beginning ---------------------------------------------------------------------------------------

    def resetDefaults(self, call: Call, _def: Any, pixels: Any) -> None:
        """The settings of the first sight, saved as the caller's."""
        self._reset(call, pixels.id.val)

    def resetDefaultsNoSave(self, call: Call, _def: Any, pixels: Any) -> Any:
        """The settings of the first sight in the RenderingDef that is given, which is answered and not saved."""
        loaded, _, _ = self._pixels(call, pixels.id.val)
        with as_omero():
            settings = renderdefs.defaults_of(loaded, call.server.pixels)
        with call.server.store.read(call.actor) as transaction:
            return renderdefs.unsaved(transaction, pixels.id.val, settings)

    def resetDefaultsForPixels(self, call: Call, pixelsId: int) -> None:
        """The same by id."""
        self._reset(call, pixelsId)

    def resetDefaultsInImage(self, call: Call, imageId: int) -> None:
        """The same for an image."""
        self._each(call, "Image", [imageId], self._reset)

    def resetDefaultsInDataset(self, call: Call, dataSetId: int) -> list[int]:
        """The same for the images of a dataset."""
        return self._each(call, "Dataset", [dataSetId], self._reset)

    def resetDefaultsInSet(self, call: Call, type: str, nodeIds: Sequence[int]) -> list[int]:
        """The same for everything in containers of a class."""
        return self._each(call, type, nodeIds, self._reset)

    def setOriginalSettingsForPixels(self, call: Call, pixelsId: int) -> None:
        """As ``resetDefaultsForPixels``: the file's own colours and ranges are where these come from."""
        self._reset(call, pixelsId)

    def setOriginalSettingsInImage(self, call: Call, imageId: int) -> None:
        """The same for an image."""
        self._each(call, "Image", [imageId], self._reset)

    def setOriginalSettingsInDataset(self, call: Call, dataSetId: int) -> list[int]:
        """The same for the images of a dataset."""
        return self._each(call, "Dataset", [dataSetId], self._reset)

    def setOriginalSettingsInSet(self, call: Call, type: str, nodeIds: Sequence[int]) -> list[int]:
        """The same for everything in containers of a class."""
        return self._each(call, type, nodeIds, self._reset)

    def resetMinMaxInSet(self, call: Call, type: str, nodeIds: Sequence[int]) -> list[int]:
        """Windows from the channels' ranges; everything else stays."""
        return self._each(call, type, nodeIds, self._reset_windows)

    def resetDefaultsByOwnerInSet(self, call: Call, type: str, nodeIds: Sequence[int]) -> list[int]:
        """The owner's settings of each image, saved as the caller's; images whose owner has none are left out."""
        members = self._members(call, type, nodeIds)
        return [image for pixels, image in members.items() if self._take_owners(call, pixels)]

    # --- from one image to others ------------------------------------------------------------------------------------

    def applySettingsToPixels(self, call: Call, from_: int, to: int) -> bool:
        """Copy the caller's settings from Pixels to Pixels; False when they do not fit."""
        return bool(self._copy(call, from_, "Pixels", [to])[True])

    def applySettingsToImage(self, call: Call, from_: int, to: int) -> bool:
        """Copy from Pixels to an image."""
        return bool(self._copy(call, from_, "Image", [to])[True])

    def applySettingsToImages(self, call: Call, from_: int, to: Sequence[int]) -> Outcome:
        """Copy from Pixels to images: ids by whether it was done."""
        return self._copy(call, from_, "Image", to)

    def applySettingsToDataset(self, call: Call, from_: int, to: int) -> Outcome:
        """Copy from Pixels to the images of a dataset."""
        return self._copy(call, from_, "Dataset", [to])

    def applySettingsToProject(self, call: Call, from_: int, to: int) -> Outcome:
        """Copy from Pixels to the images of a project."""
        return self._copy(call, from_, "Project", [to])

    def applySettingsToSet(self, call: Call, from_: int, toType: str, to: Sequence[int]) -> Outcome:
        """Copy from Pixels to everything in containers of a class."""
        return self._copy(call, from_, toType, to)

    # --- inner -------------------------------------------------------------------------------------------------------

    @staticmethod
    def _members(call: Call, kind: str, ids: Sequence[int]) -> dict[int, int]:
        """The ids of images by those of their Pixels."""
        name = kind.rpartition(".")[2].removesuffix("I")
        if name not in _MEMBERS:
            raise omero.ApiUsageException(None, None, f"settings of a {kind!r} cannot be changed")
        if not ids:
            return {}
        with call.server.store.read(call.actor) as transaction:
            return {pixels: image for pixels, image in transaction.values(_MEMBERS[name], {"ids": list(ids)})}

    def _each(self, call: Call, kind: str, ids: Sequence[int], work: Callable[[Call, int], Any]) -> list[int]:
        members = self._members(call, kind, ids)
        for pixels_id in members:
            work(call, pixels_id)
        return list(members.values())

    @staticmethod
    def _pixels(call: Call, pixels_id: int) -> tuple[Any, RenderingDef | None, RenderingDef | None]:
        """Loaded Pixels, the settings the caller sees, the owner's settings."""
        with call.server.store.read(call.actor) as transaction:
            pixels = renderdefs.load_pixels(transaction, pixels_id)
            found = renderdefs.load_all(transaction, [pixels_id])
        owner = pixels.details.owner.id.val
        seen, owners = renderdefs.choose(found, call.actor.user_id, owner), renderdefs.choose(found, owner, owner)
        return pixels, *(renderdefs.to_settings(one) if one is not None else None for one in (seen, owners))

    def _reset(self, call: Call, pixels_id: int, *, new: bool = False) -> int:
        pixels, _, _ = self._pixels(call, pixels_id)
        with as_omero():
            settings = renderdefs.defaults_of(pixels, call.server.pixels)
        return renderdefs.save_for(call.server.store, call.actor, pixels, settings, new=new)

    def _reset_windows(self, call: Call, pixels_id: int) -> None:
        pixels, seen, _ = self._pixels(call, pixels_id)
        with as_omero():
            defaults = renderdefs.defaults_of(pixels, call.server.pixels)
        settings = seen or defaults
        channels = tuple(
            replace(channel, input_start=default.input_start, input_end=default.input_end)
            for channel, default in zip(settings.channels, defaults.channels, strict=True)
        )
        renderdefs.save_for(call.server.store, call.actor, pixels, replace(settings, channels=channels))

    def _take_owners(self, call: Call, pixels_id: int) -> bool:
        pixels, _, owners = self._pixels(call, pixels_id)
        if owners is not None:
            renderdefs.save_for(call.server.store, call.actor, pixels, owners)
        return owners is not None

    def _copy(self, call: Call, source_id: int, kind: str, ids: Sequence[int]) -> Outcome:
        source, settings, _ = self._pixels(call, source_id)
        if settings is None:
            with as_omero():
                settings = renderdefs.defaults_of(source, call.server.pixels)
        outcome: Outcome = {True: [], False: []}
        for pixels_id, image_id in self._members(call, kind, ids).items():
            if pixels_id == source_id:
                outcome[True].append(image_id)
                continue
            pixels, _, _ = self._pixels(call, pixels_id)
            fits = _fits(source, pixels)
            if fits:
                z, t = min(settings.default_z, pixels.sizeZ.val - 1), min(settings.default_t, pixels.sizeT.val - 1)
                made = replace(settings, default_z=z, default_t=t)
                renderdefs.save_for(call.server.store, call.actor, pixels, made)
            outcome[fits].append(image_id)
        return outcome


def _fits(source: Any, target: Any) -> bool:
    same = source.pixelsType.value.val == target.pixelsType.value.val
    return bool(same and source.sizeC.val == target.sizeC.val)
