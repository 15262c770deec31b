"""The routes that FastAPI serves: an application is imported, and its table written down as plain data."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
import io
import multiprocessing
import os
import re
import sys
import tempfile
import types
import typing
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROCESSES = 2
TIMEOUT = 60
Row = dict[str, Any]


def real_tables(targets: list[Path]) -> list[list[Row] | str]:
    """One process a case: a fork that has FastAPI, and nothing else, loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fastapi"])
    with context.Pool(PROCESSES, maxtasksperchild=1) as pool:
        waiting = [pool.apply_async(runtime_table, (str(target),)) for target in targets]
        tables: list[list[Row] | str] = []
        for result in waiting:
            try:
                tables.append(result.get(TIMEOUT))
            except multiprocessing.TimeoutError:
                tables.append("timed out")
    return tables


def runtime_table(target: str) -> list[Row] | str:
    """The rows of a case, or why it cannot be imported."""
    path = Path(target)
    root, name = (path, "main") if path.is_dir() else (path.parent, path.stem)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(root))
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(scratch)
        try:
            module = importlib.import_module(name)
            return [row for app in _applications(module, path) for row in _rows(app.routes, "", root)]
        except (Exception, SystemExit) as error:  # whatever an imported file raises
            return f"{type(error).__name__}: {error}"
        finally:
            os.chdir(root)


def _applications(module: types.ModuleType, path: Path) -> list[Any]:
    entry = docstring_lines(path, "Entry")
    if entry:
        return [eval(expression, vars(module)) for expression in entry]
    fastapi = importlib.import_module("fastapi")
    app = getattr(module, "app", None)
    found = [app] if isinstance(app, fastapi.FastAPI) else vars(module).values()
    return list({id(value): value for value in found if isinstance(value, fastapi.FastAPI)}.values())


def _rows(routes: Any, prefix: str, root: Path) -> Iterator[Row]:
    from fastapi.routing import iter_route_contexts
    from starlette.routing import Host, Mount, WebSocketRoute

    for context in iter_route_contexts(routes):
        route = context.original_route
        path = prefix + (context.path or "")
        if isinstance(route, (Mount, Host)):
            yield {"kind": "mount", "path": path, "methods": []}
            yield from _rows(route.routes, path, root)
            continue
        endpoint = context.endpoint
        if endpoint is None or endpoint.__module__ == "fastapi.applications":
            continue
        model = getattr(context, "response_model", None)
        dependant = getattr(context, "dependant", None)
        calls = list(_calls(dependant)) if dependant else []
        yield {
            "kind": "websocket" if isinstance(route, WebSocketRoute) else "http",
            "path": path,
            "methods": sorted(context.methods or []),
            "endpoint": _endpoint(endpoint),
            "is_async": _is_async(endpoint),
            "dependencies": list(dict.fromkeys(_names(call, root)[0] for call in calls)),
            "other_names": {_names(call, root)[0]: _names(call, root)[1:] for call in calls},
            "response_model": None if model is None else _type_text(model),
            "status_code": getattr(context, "status_code", None),
            "include_in_schema": getattr(context, "include_in_schema", None),
        }


def _calls(dependant: Any) -> Iterator[Any]:
    for child in dependant.dependencies:
        yield child.call
        yield from _calls(child)


def _unwrapped(call: Any) -> Any:
    while isinstance(call, functools.partial):
        call = call.func
    return inspect.unwrap(call)


def _endpoint(endpoint: Any) -> Row:
    function = _unwrapped(endpoint)
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = type(function).__call__
    lines, first = inspect.getsourcelines(function)
    return {
        "qualname": _qualname(function),
        "filename": inspect.getsourcefile(function),
        "line": first,
        "last_line": first + len(lines) - 1,
    }


def _qualname(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _is_async(endpoint: Any) -> bool:
    function = _unwrapped(endpoint)
    candidates = [function, getattr(function, "__call__", None)]  # noqa: B004
    return any(inspect.iscoroutinefunction(item) or inspect.isasyncgenfunction(item) for item in candidates)


def _names(call: Any, root: Path) -> list[str]:
    """The name of a dependency, and others that mean the same: re-exports, and variables that hold the object."""
    function = _unwrapped(call)
    plain = inspect.isroutine(function) or inspect.isclass(function)
    definition = function if plain else type(function)
    names = [_qualname(definition)]
    if inspect.isclass(definition):
        names.append(names[0] + (".__init__" if plain else ".__call__"))
    parents = definition.__module__.split(".")
    for length in range(1, len(parents)):
        package = ".".join(parents[:length])
        if getattr(sys.modules.get(package), definition.__name__, None) is definition:
            names.append(f"{package}.{definition.__name__}")
    for module in list(sys.modules.values()):
        if str(getattr(module, "__file__", None) or "").startswith(f"{root}{os.sep}"):
            names += [f"{module.__name__}.{name}" for name, value in vars(module).items() if value is call]
    return list(dict.fromkeys(names))


def _type_text(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is ...:
        return "..."
    if origin is typing.Annotated:
        return _type_text(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_type_text, arguments))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is not None:
        inner = f"[{', '.join(map(_type_text, arguments))}]" if arguments else ""
        return _type_text(origin) + inner
    if isinstance(annotation, type):
        return annotation.__qualname__.rpartition("<locals>.")[2]
    return str(getattr(annotation, "__forward_arg__", None) or annotation).removeprefix("typing.")


def docstring_lines(path: Path, word: str) -> list[str]:
    file = path / "main.py" if path.is_dir() else path
    text = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    found = re.findall(rf"^{word}: (.+)$", text, re.MULTILINE)
    return [item for line in found for item in line.split(", ")]
