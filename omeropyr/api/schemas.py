"""What the API's answers and bodies look like, as JSON Schema: what its description needs beside declarations."""

from __future__ import annotations

from typing import Any

from omeropyr.api.endpoints import LISTED, SAVED
from omeropyr.api.kinds import KINDS, Kind
from omeropyr.marshal.numbers import MAX_ID
from omeropyr.marshal.ome import SCHEMA

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
YES_NO: Schema = {"type": "boolean"}
ID: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_ID}
COUNT: Schema = {"type": "integer", "minimum": 0}
ADDRESS: Schema = {"type": "string", "format": "uri"}
TIME: Schema = {"type": "integer", "description": "Milliseconds since 1970, UTC."}
PERMISSIONS = (
    *("canAnnotate", "canDelete", "canEdit", "canLink", "isWorldWrite", "isWorldRead", "isGroupWrite"),
    *("isGroupRead", "isGroupAnnotate", "isUserWrite", "isUserRead"),
)


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(items: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": items}


def record(required: dict[str, Schema], **more: Schema) -> Schema:
    """An object with what it must have and what it may have; further keys are allowed, as OMERO's objects grow."""
    return {"type": "object", "required": list(required), "properties": {**required, **more}}


def schemas() -> dict[str, Schema]:
    """All schemas by name."""
    return {
        **_documents(),
        **_bodies(),
        **_parts(),
        **{kind.name: _object(kind) for kind in KINDS},
    }


def type_name(kind: Kind) -> str:
    """The `@type` of a kind's objects; shapes have that of their own sort."""
    return f"{SCHEMA}#{'ROI' if kind.name == 'Roi' else kind.name}"


def _documents() -> dict[str, Schema]:
    context = record(
        {
            **dict.fromkeys(("sessionId", "userId", "groupId", "eventId"), WHOLE),
            **dict.fromkeys(("userName", "groupName", "eventType"), TEXT),
            "isAdmin": YES_NO,
            **dict.fromkeys(("memberOfGroups", "leaderOfGroups"), list_of(WHOLE)),
        },
        sessionUuid=TEXT,
    )
    names = (*(kind.plural for kind in LISTED), "token", "servers", "login", "save", "schema", "openapi")
    version = record({"version": TEXT, "url:base": ADDRESS})
    server = record({"id": WHOLE, "host": TEXT, "port": WHOLE, "server": TEXT})
    return {
        "Versions": record({"data": list_of(version)}),
        "Base": record({f"url:{name}": ADDRESS for name in names}),
        "Token": record({"data": TEXT}),
        "Servers": record({"data": list_of(server)}),
        "Login": record({"success": {"const": True}, "eventContext": context}),
        "Description": record({"openapi": TEXT, "info": {"type": "object"}, "paths": {"type": "object"}}),
        "Saved": record({"data": {"anyOf": [ref(name) for name in SAVED]}}),
        "Meta": record(dict.fromkeys(("offset", "limit", "maxLimit", "totalCount"), COUNT)),
        "Error": record({"message": TEXT, "code": TEXT, "request_id": TEXT}, details={"type": "object"}),
    }


def _bodies() -> dict[str, Schema]:
    details = record({"group": record({"@id": ID})})
    texts = {
        name: {"type": ["string", "null"]}
        for name in (
            *("Description", "ProtocolDescription", "ProtocolIdentifier"),
            *("ReagentSetDescription", "ReagentSetIdentifier", "Type"),
        )
    }
    required: dict[str, Schema] = {
        "@type": {"enum": [f"{SCHEMA}#{name}" for name in SAVED]},
        "Name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"\S"},
    }
    credentials = record({}, username=TEXT, password=TEXT, server=WHOLE, csrfmiddlewaretoken=TEXT)
    return {
        "NewBody": {**record(required, **texts, **{"omero:details": details}), "not": {"required": ["@id"]}},
        "ReplacementBody": record({**required, "@id": ID}, **texts),
        "LoginBody": credentials,
    }


def _parts() -> dict[str, Schema]:
    quantity = record({"@type": TEXT, "Unit": TEXT, "Symbol": TEXT, "Value": NUMBER})
    enumeration = record({"@type": TEXT, "value": TEXT}, **{"@id": ID})
    owner = {"anyOf": [ref("Experimenter"), record({"@id": ID})]}
    group = {"anyOf": [ref("ExperimenterGroup"), record({"@id": ID})]}
    lengths = dict.fromkeys(("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ"), ref("Quantity"))
    wavelengths = dict.fromkeys(("EmissionWavelength", "ExcitationWavelength"), ref("Quantity"))
    return {
        "Quantity": quantity,
        "Enumeration": enumeration,
        "Permissions": record({"@type": TEXT, "perm": TEXT, **dict.fromkeys(PERMISSIONS, YES_NO)}),
        "Details": record({"@type": TEXT}, owner=owner, group=group, permissions=ref("Permissions")),
        "Pixels": record(
            {"@id": ID, "@type": TEXT, **dict.fromkeys(("SizeX", "SizeY", "SizeZ", "SizeC", "SizeT"), WHOLE)},
            SignificantBits=WHOLE,
            Type=ref("Enumeration"),
            Channels=list_of(ref("Channel")),
            **lengths,
        ),
        "Channel": record({"@id": ID, "@type": TEXT}, Name=TEXT, Color=WHOLE, **wavelengths),
        "WellSample": record(
            {"@id": ID, "@type": TEXT},
            PositionX=ref("Quantity"),
            PositionY=ref("Quantity"),
            Image=ref("Image"),
            PlateAcquisition={"anyOf": [ref("PlateAcquisition"), record({"@id": ID})]},
        ),
    }


_FIELDS: dict[str, dict[str, Schema]] = {
    "Project": {},
    "Dataset": {},
    "Image": {
        "AcquisitionDate": TIME,
        "Pixels": ref("Pixels"),
        "omero:series": WHOLE,
        "omero:archived": YES_NO,
        "omero:partial": YES_NO,
    },
    "Screen": dict.fromkeys(("Type", "ProtocolDescription", "ProtocolIdentifier"), TEXT),
    "Plate": {
        **dict.fromkeys(("Columns", "Rows", "FieldIndex"), WHOLE),
        **dict.fromkeys(("ColumnNamingConvention", "RowNamingConvention", "ExternalIdentifier", "Status"), TEXT),
        **dict.fromkeys(("WellOriginX", "WellOriginY"), ref("Quantity")),
    },
    "PlateAcquisition": {"StartTime": TIME, "EndTime": TIME, "MaximumFieldCount": WHOLE},
    "Well": {
        **dict.fromkeys(("Column", "Row", "Color"), WHOLE),
        **dict.fromkeys(("ExternalDescription", "ExternalIdentifier", "Type", "omero:status"), TEXT),
        "WellSamples": list_of(ref("WellSample")),
    },
    "Roi": {"shapes": list_of(ref("Shape"))},
    "Shape": {
        **dict.fromkeys(("TheC", "TheT", "TheZ", "FillColor", "StrokeColor"), WHOLE),
        **dict.fromkeys(("Text", "FontFamily", "FontStyle", "StrokeDashArray", "Points", "MarkerStart"), TEXT),
        **dict.fromkeys(("FontSize", "StrokeWidth"), ref("Quantity")),
        **dict.fromkeys(("X", "Y", "Width", "Height", "RadiusX", "RadiusY", "X1", "Y1", "X2", "Y2"), NUMBER),
        "Locked": YES_NO,
        "Transform": record({}, **dict.fromkeys(("A00", "A10", "A01", "A11", "A02", "A12"), NUMBER)),
        "url:roi": ADDRESS,
    },
    "Experimenter": dict.fromkeys(("FirstName", "MiddleName", "LastName", "Email", "Institution", "UserName"), TEXT),
    "ExperimenterGroup": {},
}


def _object(kind: Kind) -> Schema:
    links = {f"url:{name}": ADDRESS for name in (kind.singular, *kind.related)}
    more: dict[str, Schema] = {"Name": TEXT, "Description": TEXT, **_FIELDS[kind.name], **links}
    if kind.children:
        more["omero:childCount"] = COUNT
    if kind.indexed:
        more["omero:wellsampleIndex"] = {**list_of(WHOLE), "minItems": 2, "maxItems": 2}
        more["url:wellsampleindex_wells"] = list_of(ADDRESS)
    named: Schema = TEXT if kind.name == "Shape" else {"const": type_name(kind)}
    return record({"@id": ID, "@type": named}, **{"omero:details": ref("Details")}, **more)
