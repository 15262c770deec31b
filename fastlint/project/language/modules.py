"""Files -> modules: dotted names, and which file an import means.

An absolute import is looked up as Python would with the usual starting points of a project on its path: the folder
above the importing file's top package, each folder from there up to the root, the roots named by `src`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from fastlint.facts.model import ModuleFacts
from fastlint.project.language.scopes import Module

TEST_FILE = re.compile(
    r"(?:^|/)(?:\w*_tests?|tests?|testing|qa|e2e)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|noxfile)\.py$"
)

TEST_RUNNERS = frozenset({"pytest", "nox"})
"""Only what runs in tests imports these."""
FRAMEWORK = frozenset({"fastapi", "starlette", "pydantic"})
"""Known by their public names even where the project holds their source, as FastAPI's own repository does."""


class Modules:
    """All modules of a project, by path; answers which module a dotted name means where it is written."""

    def __init__(
        self, facts: Iterable[ModuleFacts], src: Sequence[str] = (), installed: frozenset[str] = frozenset()
    ) -> None:
        self._installed = installed
        files = {item.path: item for item in facts}
        self._paths = set(files)
        self._folders = {folder for path in files for folder in _parents(path)}
        self._src = [posixpath.normpath(folder) for folder in src] or (["src"] if "src" in self._folders else [])
        self._src = ["" if folder == "." else folder for folder in self._src]
        self.by_path: dict[str, Module] = {}
        self.by_name: dict[str, Module] = {}
        for path in sorted(files):
            name = self._name(path)
            package = path.endswith("/__init__.py") or path == "__init__.py"
            module = Module(path, name, files[path], package, _is_test(path, files[path]))
            self.by_path[path] = module
            self.by_name.setdefault(name, module)
        self._found: dict[tuple[str, str], str | None] = {}
        self._resolved: dict[tuple[str, str], Module | str | None] = {}
        self._starting: dict[str, list[str]] = {}

    def __iter__(self) -> Iterator[Module]:
        return iter(self.by_path.values())

    def _base(self, path: str) -> str:
        """The folder above the file's top package."""
        folder = posixpath.dirname(path)
        while folder and f"{folder}/__init__.py" in self._paths:
            folder = posixpath.dirname(folder)
        return folder

    def _name(self, path: str) -> str:
        base = self._base(path)
        if base == posixpath.dirname(path):
            base = next((src for src in self._src if src and path.startswith(f"{src}/")), "")
        inner = path[len(base) :].lstrip("/") if base else path
        name = inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return "__init__" if name == "__init__" else name

    def resolve(self, dotted: str, importer: Module) -> Module | str | None:
        """The module, the folder of a namespace package (a str ending with `/`), or None: not the project's."""
        key = importer.path, dotted
        if key not in self._resolved:
            self._resolved[key] = self._resolve(dotted, importer)
        return self._resolved[key]

    def _resolve(self, dotted: str, importer: Module) -> Module | str | None:
        top = dotted.partition(".")[0]
        if top in FRAMEWORK and importer.name.partition(".")[0] != top:
            return None
        folder = None
        for start in self._starts(importer):
            found = self._at(start, dotted)
            if found is None or found == importer.path:
                continue
            if not found.endswith("/"):
                return self.by_path[found]
            folder = folder or found
        named = self.by_name.get(dotted)
        if named is not None and "." in dotted:
            return named
        # An installed package wins over a folder without __init__.py, wherever that stands on the path.
        return None if top in self._installed else folder

    def submodule(self, folder: str, name: str) -> Module | str | None:
        """`name` in a package's folder (with or without a final `/`)."""
        found = self._at(folder.rstrip("/"), name)
        return None if found is None else found if found.endswith("/") else self.by_path[found]

    def packages(self, module: Module) -> list[Module]:
        """The files of the packages that a module stands in, the outermost first: Python runs them before it."""
        found: list[Module] = []
        for folder in _parents(module.path):
            package = self.by_path.get(f"{folder}/__init__.py")
            if package is None:
                break
            if package is not module:
                found.append(package)
        return found[::-1]

    def relative(self, module: str, level: int, importer: Module) -> Module | str | None:
        """What `from ..module import` means."""
        folder = posixpath.dirname(importer.path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = posixpath.dirname(folder)
        if not module:
            init = f"{folder}/__init__.py" if folder else "__init__.py"
            return self.by_path.get(init, f"{folder}/")
        found = self._at(folder, module)
        return None if found is None else found if found.endswith("/") else self.by_path[found]

    def _starts(self, importer: Module) -> list[str]:
        inside = posixpath.dirname(importer.path)
        if inside not in self._starting:
            starts = []
            folder = self._base(importer.path)
            while True:
                starts.append(folder)
                if not folder:
                    break
                folder = posixpath.dirname(folder)
            self._starting[inside] = [*dict.fromkeys([*starts, *self._src])]
        return self._starting[inside]

    def _at(self, start: str, dotted: str) -> str | None:
        key = start, dotted
        if key not in self._found:
            path = posixpath.join(start, dotted.replace(".", "/"))
            self._found[key] = next(
                (file for file in (f"{path}/__init__.py", f"{path}.py") if file in self._paths),
                f"{path}/" if path in self._folders else None,
            )
        return self._found[key]


def _is_test(path: str, facts: ModuleFacts) -> bool:
    return TEST_FILE.search(path) is not None or any(name.partition(".")[0] in TEST_RUNNERS for name in facts.imports)


def _parents(path: str) -> Iterable[str]:
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
