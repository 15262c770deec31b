"""Run a fixture on the installed FastAPI, to show that what a rule says about it is true.

A fixture is imported as real modules, never through `exec` (Pydantic and SQLModel look their own module up), and
leaves nothing behind: its modules, its place on `sys.path` and its SQLModel tables are gone afterwards, so `bad` and
`good` may use the same names. Paths are relative to `fixtures/`; absolute paths work too.

    with run_fixture("contracts/tuple_response/bad.py") as fixture:  # a file
        assert fixture.client.get("/items/0").status_code == 200
    # a folder is entered at the first of main.py, app/main.py, app.py, api.py
    with run_fixture("routing/shadowed_route/bad_mounts") as fixture:
        fixture.module, fixture.app, fixture.client, fixture.submodule("services")
    with run_fixture("dependencies/unclosed/bad", entry="app.server", app="api") as fixture: ...

The client runs the lifespan, follows no redirects, and answers 500 where the application raises, as a server does. A
fixture without an application still imports; only `fixture.app` and `fixture.client` fail. An exception during import
goes to the caller:

    with pytest.raises(AssertionError, match="default"), run_fixture("contracts/x/bad.py"): ...

When several functions of one file each fail at import, `import_errors(path)` tries them one by one: name of the
decorated function -> exception, only those that fail. `expected_lines(path, code)` gives the marked lines and
`marked_functions(path, code)` the functions they stand in.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import itertools
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType

from fastapi import FastAPI
from fastapi.testclient import TestClient

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
ENTRIES = ("main", "app.main", "app", "api")
_numbers = itertools.count()


@dataclass
class RunningFixture:
    """A fixture that has been imported; everything in it ends with the `with` block."""

    module: ModuleType
    app_name: str
    _stack: ExitStack = field(repr=False)

    @property
    def app(self) -> FastAPI:
        app = getattr(self.module, self.app_name)
        assert isinstance(app, FastAPI)
        return app

    @cached_property
    def client(self) -> TestClient:
        client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        return self._stack.enter_context(client)

    def submodule(self, name: str) -> ModuleType:
        """Another module of a folder fixture, as the fixture itself imports it."""
        return importlib.import_module(name)


@contextmanager
def run_fixture(path: str | Path, *, entry: str | None = None, app: str = "app") -> Iterator[RunningFixture]:
    """Import the fixture file or folder and give its module, application and client."""
    target = FIXTURES / path
    if not target.exists():
        raise FileNotFoundError(target)
    with ExitStack() as stack:
        stack.enter_context(_nothing_left_behind(target))
        module = _import_folder(target, entry) if target.is_dir() else _import_file(target)
        yield RunningFixture(module, app, stack)


def import_errors(path: str | Path) -> dict[str, Exception]:
    """Import each function under `@app.get(...)` or the like without the others of its file: what each one raises."""
    source = (FIXTURES / path).read_text(encoding="utf-8")
    names = [node.name for node in ast.parse(source).body if isinstance(node, FUNCTIONS) and _is_registered(node)]
    assert len(names) == len(set(names)), f"{path} defines a function twice"
    errors: dict[str, Exception] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            alone = Path(folder) / "alone.py"
            alone.write_text(_keep_function(source, name), encoding="utf-8")
            try:
                with run_fixture(alone):
                    pass
            except Exception as error:  # whatever FastAPI raises is the result
                errors[name] = error
    return errors


def expected_lines(path: str | Path, code: str) -> list[int]:
    """The lines of a fixture file that are marked `# expect:` with this code."""
    lines = (FIXTURES / path).read_text(encoding="utf-8").split("\n")
    markers = ((number, re.search(r"#\s*expect:\s*(.+)$", line)) for number, line in enumerate(lines, 1))
    return [number for number, marker in markers if marker and code in re.split(r"[,\s]+", marker[1])]


def marked_functions(path: str | Path, code: str) -> set[str]:
    """Names of the functions of a fixture file in which (or in whose decorators) a marker with this code stands."""
    lines = expected_lines(path, code)
    names = set()
    for node in ast.walk(ast.parse((FIXTURES / path).read_text(encoding="utf-8"))):
        if isinstance(node, FUNCTIONS):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if any(first <= line <= (node.end_lineno or first) for line in lines):
                names.add(node.name)
    return names


def _is_registered(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """`@app.get(...)` and kin; `@contextmanager` and kin are support for others."""
    return any(isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) for item in function.decorator_list)


def _keep_function(source: str, name: str) -> str:
    tree = ast.parse(source)
    tree.body = [
        node for node in tree.body if not isinstance(node, FUNCTIONS) or not _is_registered(node) or node.name == name
    ]
    return ast.unparse(tree)


def _import_file(path: Path) -> ModuleType:
    name = f"fixture_{next(_numbers)}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _import_folder(folder: Path, entry: str | None) -> ModuleType:
    if entry is None:
        found = (name for name in ENTRIES if (folder / f"{name.replace('.', '/')}.py").exists())
        entry = next(found, None)
        if entry is None:
            raise FileNotFoundError(f"none of {ENTRIES} in {folder}: give entry=")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return importlib.import_module(entry)


@contextmanager
def _nothing_left_behind(target: Path) -> Iterator[None]:
    """Hide loaded modules that have a fixture module's name; afterwards put everything back."""
    own = {child.stem for child in target.iterdir()} if target.is_dir() else set()
    modules, path, bytecode = dict(sys.modules), list(sys.path), sys.dont_write_bytecode
    for name in modules:
        if name.partition(".")[0] in own:
            del sys.modules[name]
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = bytecode
        sys.path[:] = path
        for name in list(sys.modules):
            if name.partition(".")[0] in own or (name not in modules and name.startswith("fixture_")):
                del sys.modules[name]
        sys.modules.update((name, module) for name, module in modules.items() if name.partition(".")[0] in own)
        _forget_tables()


def _forget_tables() -> None:
    sqlmodel = sys.modules.get("sqlmodel")
    if sqlmodel is not None:
        registry = sys.modules["sqlmodel.main"].default_registry
        sqlmodel.SQLModel.metadata.clear()
        registry.dispose()
        registry._class_registry.clear()
