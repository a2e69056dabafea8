"""The routes as the router has them, and requests made up from the document."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.routing import iter_route_contexts

from reachly.api.app import build_api

API = build_api()
DOCUMENT: dict[str, Any] = API.openapi()
BODIES: dict[str, Any] = {
    "POST /api/campaigns/{campaign_id}/enrollments": {"all_leads": True},
    "POST /api/campaigns/{campaign_id}/test-send": {"to_email": "mira@example.com"},
    "POST /api/unknown-messages/resolve": {"all": True},
}
"""Where the fields that are required are not enough."""
OUTSIDE_THE_DOCUMENT = {"/metrics", "/api/openapi.json"}


@dataclass(frozen=True)
class RouteFacts:
    """One method of one route. `access` is a permission, `signed_in` or `public`; None when it forgot to say."""

    method: str
    path: str
    access: str | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def operation(self) -> dict[str, Any]:
        found: dict[str, Any] = DOCUMENT["paths"][self.path][self.method.lower()]
        return found

    @property
    def path_ids(self) -> list[str]:
        """Path parameters that are ids."""
        return [
            p["name"]
            for p in self.operation.get("parameters", [])
            if p["in"] == "path" and p["schema"].get("format") == "uuid"
        ]

    def queries(self) -> list[dict[str, Any]]:
        return [p for p in self.operation.get("parameters", []) if p["in"] == "query"]

    def fill(self, **ids: Any) -> str:
        """The path with these ids; other parameters get a value that fits."""
        path = self.path
        for parameter in self.operation.get("parameters", []):
            if parameter["in"] == "path":
                value = ids.get(parameter["name"], invent(parameter["schema"]))
                path = path.replace("{" + parameter["name"] + "}", str(value))
        return path

    def body(self) -> Any:
        """A body that fits the schema, or None where the route takes none."""
        if self.name in BODIES:
            return BODIES[self.name]
        content = self.operation.get("requestBody", {}).get("content", {})
        return invent(content["application/json"]["schema"]) if "application/json" in content else None

    def body_schema(self) -> dict[str, Any]:
        content = self.operation.get("requestBody", {}).get("content", {})
        return resolve(content.get("application/json", {}).get("schema", {}))

    @property
    def is_form(self) -> bool:
        return "multipart/form-data" in self.operation.get("requestBody", {}).get("content", {})


def walk() -> Iterator[RouteFacts]:
    for route in iter_route_contexts(API.routes):
        if route.path in OUTSIDE_THE_DOCUMENT:
            continue
        for method in sorted(route.methods or ()):
            yield RouteFacts(method, route.path or "", _access(route.dependant))


def _access(dependant: Any) -> str | None:
    found = {str(a) for d in _calls(dependant) if (a := getattr(d, "access", None))}
    assert len(found) <= 1, f"{dependant.path}: {found}"
    return next(iter(found), None)


def _calls(dependant: Any) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


ROUTES = list(walk())


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """Follows references, and takes the branch that is not null."""
    while True:
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in schema:
            schema = next(branch for branch in schema["anyOf"] if branch.get("type") != "null")
        else:
            return schema


def invent(schema: dict[str, Any]) -> Any:
    """A value that fits: required fields only."""
    schema = resolve(schema)
    if "example" in schema or schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {n: invent(schema["properties"][n]) for n in schema.get("required", [])}
        case "array":
            return [invent(schema["items"])] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    formats = {
        "uuid": str(uuid.UUID(int=7)),
        "date-time": "2026-01-01T00:00:00Z",
        "date": "2026-01-01",
        "password": "correct horse battery",
    }
    return formats.get(schema.get("format", ""), "x" * max(3, schema.get("minLength", 0)))
