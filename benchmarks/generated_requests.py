"""Requests made from an OpenAPI document: valid ones, and each thing that can be wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

Document = dict[str, Any]
Request = dict[str, Any]


def requests_of(document: Document, limit: int = 400) -> list[Request]:
    """Requests for every operation, each with a `label` that tells it apart and what to `send`."""
    found: dict[str, Request] = {}
    for path, item in document.get("paths", {}).items():
        if not path.startswith("/"):  # no request gets there
            continue
        for method, operation in item.items():
            for request in _of_operation(document, method.upper(), path, operation):
                found.setdefault(request["label"], request)
    return list(found.values())[:limit]


def plain(method: str, path: str, **send: Any) -> Request:
    """A request written by hand."""
    detail = "".join(f" {key}={json.dumps(value)}" for key, value in sorted(send.items()))
    return {"label": f"{method} {path}{detail}", "send": {"method": method, "url": path, **send}}


def _of_operation(document: Document, method: str, path: str, operation: Document) -> Iterator[Request]:
    parameters = [_resolved(document, one) for one in operation.get("parameters", [])]
    valid = {(one["in"], one["name"]): _values(document, one.get("schema", {}))[0] for one in parameters}
    required = {(one["in"], one["name"]) for one in parameters if one.get("required")}
    bodies = list(_bodies(document, operation))
    first = bodies[0] if bodies else {}
    least = {key: value for key, value in valid.items() if key in required}

    def made(values: dict[tuple[str, str], Any], body: dict[str, Any], verb: str = method, to: str = path) -> Request:
        return _request(verb, to, values, body)

    yield made(valid, first)
    yield made(least, first)
    for key in required:
        if key[0] != "path":
            yield made({k: v for k, v in valid.items() if k != key}, first)
    for one in parameters:
        key = one["in"], one["name"]
        for value in [*_values(document, one.get("schema", {}))[1:], "not-it"]:
            yield made({**valid, key: value}, first)
    yield made({**valid, ("query", "unknown"): "1"}, first)
    for body in bodies[1:]:
        yield made(valid, body)
    yield made(valid, {}, "HEAD")
    yield made(valid, {}, "OPTIONS")
    yield made(valid, first, method, path[:-1] if path.endswith("/") and path != "/" else path + "/")


def _request(method: str, path: str, values: dict[tuple[str, str], Any], body: dict[str, Any]) -> Request:
    query = [
        (name, item)
        for (place, name), value in values.items()
        if place == "query"
        for item in (value if isinstance(value, list) else [value])
    ]
    for (place, name), value in values.items():
        if place == "path":
            path = path.replace("{" + name + "}", quote(_text(value), safe="")).replace(
                "{" + name + ":path}", _text(value)
            )
    headers = {
        name: _text(value).encode("ascii", "replace").decode()
        for (place, name), value in values.items()
        if place == "header"
    }
    cookies = "; ".join(f"{name}={_text(value)}" for (place, name), value in values.items() if place == "cookie")
    if cookies:
        headers["cookie"] = cookies.encode("ascii", "replace").decode()
    url = f"{path}?{urlencode([(n, _text(v)) for n, v in query])}" if query else path
    send: dict[str, Any] = {"method": method, "url": url, **body}
    if headers:
        send["headers"] = {**headers, **send.get("headers", {})}
    shown = {key: value for key, value in send.items() if key not in ("method", "url")}
    detail = "".join(f" {key}={_shown(value)}" for key, value in sorted(shown.items()))
    return {"label": f"{method} {url}{detail}", "send": send}


def _shown(value: Any) -> str:
    return json.dumps(value, default=lambda one: one.decode("latin-1") if isinstance(one, bytes) else str(one))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def _bodies(document: Document, operation: Document) -> Iterator[dict[str, Any]]:
    content = _resolved(document, operation.get("requestBody", {})).get("content", {})
    for kind, media in content.items():
        schema = media.get("schema", {})
        if kind == "application/json":
            yield from _json_bodies(document, schema)
        elif kind == "application/x-www-form-urlencoded":
            values = _values(document, schema)
            yield {"data": values[0]}
            for name in values[0]:
                yield {"data": {key: value for key, value in values[0].items() if key != name}}
        elif kind == "multipart/form-data":
            yield from _multipart_bodies(document, schema)


def _json_bodies(document: Document, schema: Document) -> Iterator[dict[str, Any]]:
    values = _values(document, schema)
    for value in values:
        yield {"json": value}
    valid = values[0]
    if isinstance(valid, dict):
        for name in valid:
            yield {"json": {key: value for key, value in valid.items() if key != name}}
            yield {"json": {**valid, name: {"not": "it"}}}
        yield {"json": {**valid, "unknown": 1}}
    yield {"json": []}
    yield {"json": {}}
    yield {"content": b""}
    yield {"content": b"{", "headers": {"content-type": "application/json"}}
    yield {"content": json.dumps(valid).encode(), "headers": {"content-type": "text/plain"}}


def _multipart_bodies(document: Document, schema: Document) -> Iterator[dict[str, Any]]:
    properties = _resolved(document, schema).get("properties", {})
    files, data = {}, {}
    for name, kind in properties.items():
        resolved = _resolved(document, kind)
        options = [resolved, *(_resolved(document, one) for one in resolved.get("anyOf", []))]
        if any(_is_file(document, one) for one in options):
            files[name] = ("name.txt", b"content of the file\n", "text/plain")
        else:
            data[name] = _values(document, kind)[0]
    yield {"files": files, "data": data}
    yield {"files": {name: ("empty.bin", b"", kind) for name, (_, _, kind) in files.items()}, "data": data}
    yield {"data": data}


def _is_file(document: Document, schema: Document) -> bool:
    item = _resolved(document, schema.get("items", {})) if schema.get("type") == "array" else schema
    return item.get("format") == "binary" or "contentMediaType" in item


# ---- values ----


def _resolved(document: Document, schema: Any) -> Document:
    while isinstance(schema, dict) and "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema if isinstance(schema, dict) else {}


def _values(document: Document, schema: Any, depth: int = 0) -> list[Any]:
    """Valid values for a schema: the most ordinary first, then those at its edges."""
    schema = _resolved(document, schema)
    if depth > 4:
        return [None]
    if "enum" in schema:
        return list(schema["enum"])
    if "const" in schema:
        return [schema["const"]]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            found = [value for one in schema[key] for value in _values(document, one, depth + 1)]
            return sorted(found, key=lambda value: value is None) or [None]
    if "allOf" in schema:
        return _values(document, schema["allOf"][0], depth + 1)
    match schema.get("type"):
        case "boolean":
            return [True, False]
        case "integer":
            return _numbers(schema, [1, 0, 2, -1, 404])
        case "number":
            return _numbers(schema, [1.5, 0, -2.25])
        case "array":
            item = _values(document, schema.get("items", {}), depth + 1)[0]
            return [[item], [item, item], []]
        case "object" | None if "properties" in schema:
            return _objects(document, schema, depth)
        case "object":
            return [{"key": "value"}, {}]
        case "null":
            return [None]
        case "string":
            return _strings(schema)
    return ["text", 1]


def _objects(document: Document, schema: Document, depth: int) -> list[Any]:
    each = {name: _values(document, one, depth + 1) for name, one in schema["properties"].items()}
    valid = {name: values[0] for name, values in each.items()}
    found: list[Any] = [valid]
    if depth == 0:
        found += [{**valid, name: value} for name, values in each.items() for value in values[1:]]
    return found


def _numbers(schema: Document, values: list[Any]) -> list[Any]:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    inside = [v for v in values if (low is None or v >= low) and (high is None or v <= high)]
    edges = [edge for edge in (low, high) if edge is not None]
    return [*(inside or edges or values), *edges]


def _strings(schema: Document) -> list[Any]:
    made = {
        "date-time": "2026-01-02T03:04:05Z",
        "date": "2026-01-02",
        "time": "03:04:05",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "email": "someone@example.com",
        "uri": "https://example.com/",
    }
    if schema.get("format") in made:
        return [made[schema["format"]]]
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 60)
    texts = [text for text in ("text", "a", "ä ö", "x" * max(1, shortest)) if shortest <= len(text) <= longest]
    return texts or ["x" * shortest]
