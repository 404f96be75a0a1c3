"""The OpenAPI 3.1 description of the JSON API, made from the declarations that its routes are made from."""

from __future__ import annotations

from typing import Any

from omeropyr.api.endpoints import ENDPOINTS, INDEX, Endpoint, Operation
from omeropyr.api.schemas import ID, list_of, record, ref, schemas
from omeropyr.marshal.numbers import MAX_INT
from omeropyr.security.csrf import COOKIE, HEADER
from omeropyr.version import __version__

_TITLE = "OMERO JSON API"
_ABOUT = (
    "Projects, datasets, images, screens, plates, wells, regions of interest, users and groups of an OMERO server, as "
    "omero-marshal writes them. Log in first: the answer sets the cookie that all else needs. Whatever changes "
    f"something needs the token of /api/v0/token/ in the header {HEADER}."
)
# Status, and when it is answered; `changes` for methods that need the token.
_ERRORS = {
    400: "The request is malformed.",
    403: "Nobody is logged in, the token is missing, or this is not allowed.",
    404: "There is no such object, or it may not be seen.",
    405: "This is not done here.",
    409: "Something else needs the object, or it changed meanwhile.",
    413: "This is more than the site allows at once.",
    429: "Too many failed attempts to log in.",
    503: "OMERO does not answer at the moment.",
}
_FORM = "application/x-www-form-urlencoded"
_CHANGES = ("POST", "PUT", "DELETE")


def describe(root: str, limit: int, most: int) -> dict[str, Any]:
    """Give the description; `root` is the address of ``/api/``, `limit` and `most` are the site's page sizes."""
    server = root.removesuffix("/").removesuffix("api").removesuffix("/") or "/"
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": "0.2", "description": f"{_ABOUT} omeropyr {__version__}."},
        "servers": [{"url": server}],
        "paths": {endpoint.path: _path(endpoint, limit, most) for endpoint in ENDPOINTS},
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
                "token": {"type": "apiKey", "in": "header", "name": HEADER, "description": f"As in cookie {COOKIE}."},
            },
            "responses": {
                str(status): {"description": text, "content": {"application/json": {"schema": ref("Error")}}}
                for status, text in _ERRORS.items()
            },
        },
    }


def _path(endpoint: Endpoint, limit: int, most: int) -> dict[str, Any]:
    numbers = {name: {**ID, "maximum": MAX_INT} if name == INDEX else ID for name in endpoint.parts}
    parts = [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in numbers.items()]
    found: dict[str, Any] = {"parameters": parts} if parts else {}
    for operation in endpoint.operations:
        found[operation.method.lower()] = _operation(endpoint, operation, limit, most)
    return found


def _operation(endpoint: Endpoint, operation: Operation, limit: int, most: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{endpoint.name.removeprefix('api.')}_{operation.method.lower()}",
        "summary": operation.summary,
        "tags": [endpoint.kind.plural if endpoint.kind else "site"],
        "responses": _responses(endpoint, operation),
    }
    texts = {"limit": f" {limit} where left out, {most} at most."}
    if operation.query:
        found["parameters"] = [
            {"name": one.name, "in": "query", "description": one.doc + texts.get(one.name, ""), "schema": one.schema()}
            for one in operation.query
        ]
    if operation.body:
        kinds = ("application/json", _FORM) if operation.body == "Login" else ("application/json",)
        schema = ref(f"{operation.body}Body")
        found["requestBody"] = {
            "required": operation.body != "Login",
            "content": {kind: {"schema": schema} for kind in kinds},
        }
    security: dict[str, list[str]] = {} if operation.public else {"session": []}
    security |= {"token": []} if operation.method in _CHANGES else {}
    found["security"] = [security] if security else []
    return found


def _responses(endpoint: Endpoint, operation: Operation) -> dict[str, Any]:
    content = {"application/json": {"schema": _answer(endpoint, operation)}}
    found: dict[str, Any] = {str(operation.status): {"description": operation.summary, "content": content}}
    return found | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in _errors(endpoint, operation)
    }


def _answer(endpoint: Endpoint, operation: Operation) -> dict[str, Any]:
    schema = ref(operation.answer)
    if endpoint.kind is None:
        return schema
    if operation.view != "objects.many":
        return record({"data": schema})
    apart = {"experimenters": list_of(ref("Experimenter")), "experimenterGroups": list_of(ref("ExperimenterGroup"))}
    return record({"data": list_of(schema), "meta": ref("Meta")}, **apart)


def _errors(endpoint: Endpoint, operation: Operation) -> list[int]:
    if operation.public and operation.method == "GET":
        return []
    found = {503, 403} | ({400} if operation.query or operation.body else set())
    found |= {404} if endpoint.parts or operation.method == "PUT" else set()
    found |= {409} if operation.method in ("PUT", "DELETE") else set()
    found |= {405} if operation.body and endpoint.name == "api.save" else set()
    found |= {413} if operation.body else set()
    found |= {429} if operation.body == "Login" else set()
    return sorted(found)
