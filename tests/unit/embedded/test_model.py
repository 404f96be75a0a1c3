"""The model as it is read from omero-py: classes, fields, inverses, tables."""

from __future__ import annotations

import warnings

import omero
import omero.all
import pytest

from omeropyr.embedded.model import FieldKind, model
from omeropyr.embedded.schema import CLASS, GROUP, OWNER, order_column, schema


def stored_classes() -> list[str]:
    names = [name.removesuffix("I") for name in dir(omero.model) if name.endswith("I")]
    classes = {name: getattr(omero.model, name + "I") for name in names}
    return [n for n, cls in classes.items() if isinstance(cls, type) and issubclass(cls, omero.model.IObject)]


def test_every_class_that_can_be_made_has_a_table() -> None:
    names = stored_classes()
    assert len(names) > 150
    missing = [name for name in names if name not in model().kinds or model()[name].root.name not in schema().tables]
    assert missing == []


def test_making_the_model_warns_of_no_deprecated_class() -> None:
    model.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model()
    schema.cache_clear()


@pytest.mark.parametrize(
    ("kind", "field", "what", "type_name", "inverse"),
    [
        ("Dataset", "name", FieldKind.SCALAR, "rstring", ""),
        ("Pixels", "physicalSizeX", FieldKind.UNIT, "Length", ""),
        ("Pixels", "pixelsType", FieldKind.ENTITY, "PixelsType", ""),
        ("Image", "pixels", FieldKind.COLLECTION, "Pixels", "image"),
        ("Dataset", "imageLinks", FieldKind.COLLECTION, "DatasetImageLink", "parent"),
        ("Image", "datasetLinks", FieldKind.COLLECTION, "DatasetImageLink", "child"),
        ("Well", "wellSamples", FieldKind.COLLECTION, "WellSample", "well"),
        ("Roi", "shapes", FieldKind.COLLECTION, "Shape", "roi"),
        ("MapAnnotation", "mapValue", FieldKind.MAP, "NamedValue", ""),
        ("Plate", "annotationLinks", FieldKind.COLLECTION, "PlateAnnotationLink", "parent"),
    ],
)
def test_fields(kind: str, field: str, what: FieldKind, type_name: str, inverse: str) -> None:
    found = model()[kind].fields[field]
    assert (found.kind, found.type, found.inverse) == (what, type_name, inverse)


def test_ordered_collections_have_a_column_for_the_place() -> None:
    for kind, field in (("Pixels", "channels"), ("Image", "pixels"), ("Well", "wellSamples"), ("Roi", "shapes")):
        item = model()[kind].fields[field]
        assert item.ordered
        assert order_column(item.inverse) in schema().of(model()[item.type]).c
    assert not model()["Dataset"].fields["imageLinks"].ordered


def test_hierarchies_share_the_table_of_their_root() -> None:
    assert model()["TagAnnotation"].root is model()["Annotation"]
    assert "LongAnnotation" in model()["NumericAnnotation"].names
    assert "NumericAnnotation" not in model()["NumericAnnotation"].names
    assert CLASS in schema().of(model()["TagAnnotation"]).c
    assert CLASS not in schema().of(model()["Dataset"]).c


def test_global_classes_have_no_owner_and_group() -> None:
    for name in ("PixelsType", "Experimenter", "ExperimenterGroup"):
        assert model()[name].is_global
        assert OWNER not in schema().of(model()[name]).c
    assert {OWNER, GROUP} <= set(schema().of(model()["Dataset"]).c.keys())


def test_names_that_clients_use() -> None:
    for name in ("Dataset", "DatasetI", "dataset", "ome.model.containers.Dataset", "omero::model::Dataset"):
        assert model().find(name) is model()["Dataset"]
    assert model().find("Nothing") is None
    assert model().of(omero.model.TagAnnotationI()).name == "TagAnnotation"
    with pytest.raises(omero.ValidationException):
        model().of(omero.model.DetailsI())
