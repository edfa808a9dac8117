"""The service's OpenAPI document, made from the contract of the version that answers."""

from typing import Any

from artifacts.lookup import UpcomingColumns
from serving.loaded import LoadedVersion
from serving.openapi_schemas import schemas
from serving.schema import Schema, policy_text
from serving.settings import ServingSettings

_JSON: Schema = {"application/json": {}}
_REFUSALS = {
    "400": "Not JSON, or a key twice.",
    "401": "The API key is missing or wrong.",
    "404": "Another model or version than this service has loaded, or an entity that is not among the upcoming rows.",
    "408": "The body took too long to come.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "A field is missing, unknown, of another type, or odd. `field` names it, but for one that the model "
    "does not have, which the message tells by its place, and a row of nulls alone, which is every field.",
    "503": "Too many requests at once, too slow, the prediction log is full, or the upcoming rows are too old.",
}


def document(
    version: LoadedVersion, settings: ServingSettings, upcoming: UpcomingColumns | None, *, with_key: bool
) -> dict[str, Any]:
    """The whole document; `upcoming` are the columns that can be looked up now, `with_key` when callers send a key."""
    model = {"name": "model", "in": "path", "required": True, "schema": {"type": "string", "enum": [version.model]}}
    number = {"name": "version", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    asked, answered = "#/components/schemas/Request", "#/components/schemas/Answer"
    paths: dict[str, Any] = {
        "/v1/models/{model}/versions/{version}/predict": {
            "post": _operation("Predict with this version, and no other.", asked, answered),
            "parameters": [model, number],
        },
        "/v1/models/{model}/predict": {
            "post": _operation("Predict with the champion.", asked, answered),
            "parameters": [model],
        },
        "/v1/models/{model}": {
            "get": _read("Versions, champion, contract, policy and limits.", _refusals("401", "404", "503")),
            "parameters": [model],
        },
        "/invocations": {
            "post": _operation(
                "Predict as MLflow's scoring server does.",
                "#/components/schemas/Invocation",
                "#/components/schemas/Predictions",
            )
        },
        "/health/live": {"get": _open(_read("Whether the process answers.", {}))},
        "/ping": {"get": _open(_read("As /health/live, where MLflow's clients look.", {}))},
        "/version": {"get": _read("MLflow's version, where its clients look.", _refusals("401"), "text/plain")},
        "/health/ready": {"get": _open(_ready())},
        "/metrics": {"get": _read("Counters for Prometheus.", _refusals("401"), "text/plain")},
        "/openapi.json": {"get": _read("This document.", _refusals("401"))},
    }
    components: dict[str, Any] = {"schemas": schemas(version, settings, upcoming)}
    info = {
        "title": f"Predictions of {version.model}",
        "version": str(version.version),
        "description": f"Version {version.id} answers, trained on {version.training_set}.\n\n"
        f"Odd rows:\n\n{policy_text(settings.policy)}\n\n"
        f"Limits: {settings.max_rows} rows and {settings.max_body_bytes} bytes a request, {settings.timeout_seconds:g} "
        f"seconds, {settings.max_in_flight} requests at once in each of {settings.workers} workers.",
    }
    told: dict[str, Any] = {"openapi": "3.1.0", "info": info, "paths": paths, "components": components}
    if with_key:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        told["security"] = [{"key": []}]
    return told


def _operation(about: str, asked: str, answered: str) -> Schema:
    return {
        "summary": about,
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": asked}}}},
        "responses": {
            "200": {
                "description": "Logged, and answered.",
                "content": {"application/json": {"schema": {"$ref": answered}}},
            },
            **_refusals(*_REFUSALS),
        },
    }


def _read(about: str, refusals: Schema, kind: str = "application/json") -> Schema:
    return {"summary": about, "responses": {"200": {"description": about, "content": {kind: {}}}, **refusals}}


def _open(operation: Schema) -> Schema:
    """An operation that wants no key, also where all others do."""
    return operation | {"security": []}


def _ready() -> Schema:
    told = _read("ready; or degraded, and why: the version before the champion answers.", {})
    told["responses"]["503"] = {"description": "refusing, and why: nothing is answered.", "content": _JSON}
    return told


def _refusals(*statuses: str) -> Schema:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}
