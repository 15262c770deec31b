"""Requests for blocked_loop.py: one for every operation of an application, made up from its OpenAPI document."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from loop_cases import SIZE, Run

Schema = dict[str, Any]
BOUNDARY = "part"


@dataclass(frozen=True)
class Request:
    """`path` is the route's own, `target` the one that is asked for."""

    method: str
    path: str
    target: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"

    def send(self, port: int, limit: float) -> str:
        """The status of the answer, or why there is none."""
        try:
            return _socket(port, self.path, limit) if self.method == "WEBSOCKET" else self._ask(port, limit)
        except TimeoutError:
            return "no answer"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__

    def _ask(self, port: int, limit: float) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
        connection.request(self.method, self.target, self.body or None, self.headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return str(response.status)


def requests(document: Schema, sockets: list[str], runs: dict[str, Run], usual: Run) -> Iterator[Request]:
    """`runs` says by title what the OpenAPI document does not, `usual` where it has no title."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            run = runs.get(f"{method.upper()} {path}", usual)
            yield _request(method.upper(), path, operation, run, document)
    for path in sockets:
        yield Request("WEBSOCKET", path)


def _request(method: str, path: str, operation: Schema, run: Run, document: Schema) -> Request:
    target, query, headers = path, {}, dict(run.headers)
    for parameter in operation.get("parameters", []):
        name, place = parameter["name"], parameter["in"]
        if not parameter.get("required") and name not in run.arguments:
            continue
        value = run.arguments.get(name) or str(example(parameter["schema"], document))
        if place == "path":
            target = target.replace(f"{{{name}}}", value)
        elif place == "query":
            query[name] = value
        else:
            headers[name] = value
    content = operation.get("requestBody", {}).get("content", {})
    body = b""
    if run.body is not None or "application/json" in content:
        value = run.body if run.body is not None else example(content["application/json"]["schema"], document)
        body, headers["Content-Type"] = json.dumps(value).encode(), "application/json"
    elif "application/x-www-form-urlencoded" in content:
        schema = content["application/x-www-form-urlencoded"]["schema"]
        body, headers["Content-Type"] = (
            urlencode(example(schema, document)).encode(),
            "application/x-www-form-urlencoded",
        )
    elif "multipart/form-data" in content:
        schema = _resolved(content["multipart/form-data"]["schema"], document)
        body = b"".join(_part(name, run.content or os.urandom(SIZE)) for name in schema["properties"])
        body += f"--{BOUNDARY}--\r\n".encode()
        headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
    return Request(method, path, target + (f"?{urlencode(query)}" if query else ""), body, headers)


def _part(name: str, content: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="a.bin"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def _resolved(schema: Schema, document: Schema) -> Schema:
    if "$ref" in schema:
        for key in schema["$ref"].removeprefix("#/").split("/"):
            document = document[key]
        return document
    return schema


def example(schema: Schema, document: Schema) -> Any:
    schema = _resolved(schema, document)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], document)
    match schema.get("type"):
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "array":
            return [example(schema["items"], document)]
        case "object" if "properties" in schema:
            names = schema.get("required", [])
            return {name: example(schema["properties"][name], document) for name in names} | _password(names)
        case "object":
            inner = schema.get("additionalProperties")
            return {"a": example(inner, document) if isinstance(inner, dict) else "a"}
    return "a"


def _password(names: list[str]) -> dict[str, str]:
    return {"grant_type": "password"} if "password" in names else {}


def _socket(port: int, path: str, limit: float) -> str:
    """A websocket: one text is sent, everything up to the end or the limit is read."""
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=limit) as connection:
        connection.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        status = connection.recv(4096).split(b" ")[1].decode()
        connection.sendall(struct.pack(">BB4s", 0x81, 0x81, b"\0\0\0\0") + b"a")
        while connection.recv(4096):
            pass
    return status
