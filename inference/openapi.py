"""The description of the scoring API, as Swagger 2 or OpenAPI 3, made from the model's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_REFUSALS = {
    400: "The body is not a JSON object with rows.",
    401: "No key was sent.",
    403: "The key is not accepted.",
    405: "Only POST scores.",
    408: "The body took too long.",
    413: "The body or the number of rows is too large.",
    415: "The body is not application/json, or encoded otherwise than with gzip.",
    414: "The address is too long.",
    422: "Fields that cannot be used; every one is named with its row and what is expected.",
    429: "The service is busy; Retry-After says when to come back.",
    431: "The header is too large.",
    500: "The service failed.",
    503: "The service is not ready.",
    504: "Scoring took too long.",
}


def document(manifest: Mapping[str, Any], version: int, wants_key: bool) -> Json:
    """Return the description in version 2 (Swagger) or 3 (OpenAPI)."""
    schemas = _schemas(manifest)
    info = {
        "title": str(manifest["name"]),
        "version": str(manifest["version"]),
        "description": f"Scores rows with {manifest.get('algorithm', 'a model')}. {manifest.get('notice', '')}".strip(),
    }
    if version == 3:
        return _openapi(info, schemas, wants_key)
    return _swagger(info, schemas, wants_key)


def _feature(entry: Mapping[str, Any]) -> Json:
    """Return the schema of one input column."""
    if entry["kind"] == "category":
        nullable = {"nullable": True, "x-nullable": True} if None in entry["levels"] else {}
        return {"type": "string", "enum": list(entry["levels"]), **nullable}
    schema: Json = {"type": entry["kind"]}
    schema |= {key: entry[bound] for key, bound in (("minimum", "low"), ("maximum", "high")) if _bounded(entry, bound)}
    if entry.get("unit"):
        schema["description"] = f"In {entry['unit']}."
    return schema


def _bounded(entry: Mapping[str, Any], bound: str) -> bool:
    return entry["kind"] != "boolean" and entry.get(bound) is not None


def _schemas(manifest: Mapping[str, Any]) -> Json:
    """Return the schemas of request, answer and refusal; `#` stands for where the document keeps them."""
    names = [f["name"] for f in manifest["features"]]
    row = {
        "type": "object",
        "properties": {f["name"]: _feature(f) for f in manifest["features"]},
        "required": names,
        "additionalProperties": False,
    }
    told = "predict or predict_proba; any other is answered with a string that holds an error, as Azure does."
    method = {"type": "string", "default": "predict", "description": told}
    request = {"type": "object", "properties": {"data": _rows(), "method": method}, "required": ["data"]}
    bad = {"type": "object", "properties": {"row": {"type": "integer"}, **{k: {"type": "string"} for k in _BAD}}}
    refusal = {
        "type": "object",
        "properties": {**{k: {"type": "string"} for k in ("error", "code", "request_id")}, "fields": _array(bad)},
        "required": ["error", "code", "request_id"],
    }
    answer = {"type": "string", "description": 'A JSON string to be decoded again: {"result": [...]}, one entry per row.'}
    return {"Row": row, "ScoreRequest": request, "ScoreAnswer": answer, "Refusal": refusal}


def _rows() -> Json:
    told = "Records as below; lists of values in the order of a record's fields are read as well."
    return {**_array({"$ref": "#Row"}), "maxItems": 10_000, "description": told}


_BAD = ("field", "problem", "expected")


def _array(items: Json) -> Json:
    return {"type": "array", "items": items}


def _resolve(value: Any, prefix: str) -> Any:
    """Replace `#Name` by the place where this kind of document keeps schemas."""
    if isinstance(value, dict):
        return {k: prefix + v[1:] if k == "$ref" else _resolve(v, prefix) for k, v in value.items()}
    return [_resolve(v, prefix) for v in value] if isinstance(value, list) else value


def _swagger(info: Json, schemas: Json, wants_key: bool) -> Json:
    ref = "#/definitions/"
    responses: Json = {str(s): {"description": d, "schema": {"$ref": f"{ref}Refusal"}} for s, d in _REFUSALS.items()}
    responses["200"] = {"description": "One entry per row.", "schema": {"$ref": f"{ref}ScoreAnswer"}}
    body = {"name": "rows", "in": "body", "required": True, "schema": {"$ref": f"{ref}ScoreRequest"}}
    post: Json = {"operationId": "RunMLService", "parameters": [body], "responses": responses}
    health = {"operationId": "ServiceHealthCheck", "responses": {"200": {"description": "Healthy"}}}
    return {
        "swagger": "2.0",
        "info": info,
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": {"type": "apiKey", "name": "Authorization", "in": "header"}},
        "paths": {"/": {"get": health}, "/score": {"post": post | ({"security": [{"Bearer": []}]} if wants_key else {})}},
        "definitions": _resolve(schemas, ref),
    }


def _openapi(info: Json, schemas: Json, wants_key: bool) -> Json:
    ref = "#/components/schemas/"
    responses: Json = {str(s): {"description": d, "content": _content(f"{ref}Refusal")} for s, d in _REFUSALS.items()}
    answers = {"anyOf": [{"$ref": f"{ref}ScoreAnswer"}, {"$ref": f"{ref}ScoreAnswer2"}]}
    responses["200"] = {"description": "One entry per row.", "content": _content_of(answers)}
    requests = {"anyOf": [{"$ref": f"{ref}ScoreRequest"}, {"$ref": f"{ref}ScoreRequest2"}]}
    body = {"required": True, "content": _content_of(requests)}
    post: Json = {"operationId": "RunMLService", "requestBody": body, "responses": responses}
    return {
        "openapi": "3.0.3",
        "info": info,
        "paths": _states() | {"/score": {"post": post | ({"security": [{"Bearer": []}]} if wants_key else {})}},
        "components": {
            "schemas": _resolve(_with_spellings(schemas) | _second_version(), ref),
            "securitySchemes": {"Bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _with_spellings(schemas: Json) -> Json:
    """Return the schemas with every way in which yes and no may be spelled; true and false come first."""
    fields = schemas["Row"]["properties"]
    spelled = {"anyOf": [{"type": "boolean"}, {"type": "integer", "enum": [0, 1]}, {"type": "string", "enum": ["true", "false"]}]}
    told = {name: spelled if field["type"] == "boolean" else field for name, field in fields.items()}
    return schemas | {"Row": schemas["Row"] | {"properties": told}}


def _second_version() -> Json:
    """Return the schemas of request and answer in version 2, which only this kind of document can tell from version 1."""
    parameters = {"properties": {"method": {"type": "string", "enum": ["predict", "predict_proba"], "default": "predict"}}}
    rows = {"type": "object", "properties": {"data": _rows()}, "required": ["data"]}
    request = {"type": "object", "properties": {"Inputs": rows, "GlobalParameters": parameters}, "required": ["Inputs"]}
    answer = {"type": "object", "properties": {"Results": _array({})}, "required": ["Results"]}
    return {"ScoreRequest2": request, "ScoreAnswer2": answer}


def _states() -> Json:
    """Return what is answered to GET: health, readiness, counters."""
    state = _content_of({"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]})
    text = {"text/plain": {"schema": {"type": "string"}}}
    alive = {"200": {"description": "The process answers.", "content": state}}
    ready = {"200": {"description": "The model has passed its check.", "content": state}}
    ready["503"] = {"description": "The model is being opened, or was refused.", "content": state}
    refused = _content("#/components/schemas/Refusal")
    counters = {"200": {"description": "Counters in Prometheus' text format.", "content": text}}
    counters |= {
        status: {"description": f"From another machine: {_REFUSALS[int(status)]}", "content": refused}
        for status in ("401", "403")
    }
    told = {
        "/": ("ServiceHealthCheck", {"200": {"description": "Healthy", "content": text}}),
        "/livez": ("Alive", alive),
        "/readyz": ("Ready", ready),
        "/metrics": ("Counters", counters),
    }
    return {path: {"get": {"operationId": name, "responses": answers}} for path, (name, answers) in told.items()}


def _content(ref: str) -> Json:
    return _content_of({"$ref": ref})


def _content_of(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
