"""What astroid gets to see: project files and what the catalogue says of packages, as text. Nothing is imported.

astroid finds modules through `sys.path`, and imports those whose names look like the standard library's. Here every
way in which it does so is closed for as long as a question lasts; the one that is left asks `Texts`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from fastlint import disk
from fastlint.project.language.modules import Modules
from fastlint.project.language.stubs import stub


class Texts:
    """Dotted name -> path and text: of the project's files, of an environment's if one is given, else of the catalogue.

    `read` counts the bytes of what was read; `built` keeps the modules that were made of it.
    """

    def __init__(self, modules: Modules, root: str, environment: str | None) -> None:
        self.modules = modules
        self.root = Path(root)
        self.environment = environment
        self.read = 0
        self.built: dict[str, Any] = {}

    def find(self, name: str) -> tuple[str, str] | None:
        module = self.modules.by_name.get(name)
        if module is not None:
            return self._file(self.root / module.path, module.path)
        if name.partition(".")[0] in self._tops:
            return None
        for folder in self._folders:
            base = folder.joinpath(*name.split("."))
            for path in (base / "__init__.py", base.with_suffix(".py")):
                inside = disk.real(str(folder)) + os.sep
                if disk.is_file(str(path)) and disk.real(str(path)).startswith(inside):
                    return self._file(path, path.as_posix())
        text = stub(name)
        return None if text is None else (f"<catalogue>/{name}.py", text)

    @cached_property
    def _tops(self) -> frozenset[str]:
        """The project's own top names: what it does not hold of them is not looked up elsewhere."""
        return frozenset(name.partition(".")[0] for name in self.modules.by_name)

    @cached_property
    def _folders(self) -> list[Path]:
        if self.environment is None:
            return []
        base = Path(self.environment)
        base = base.parent.parent if disk.is_file(str(base)) else base
        libraries = [base / name / inner for name in ("lib", "lib64") for inner in _listed(base / name)]
        folders = [library / "site-packages" for library in libraries if library.name.startswith("python")]
        return [folder for folder in (*folders, base / "Lib" / "site-packages") if disk.is_dir(str(folder))]

    def _file(self, path: Path, shown: str) -> tuple[str, str] | None:
        try:
            data = disk.read(str(path))
        except OSError:
            return None
        self.read += len(data)
        try:
            return shown, data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None


def _listed(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in disk.scan(str(folder))]
    except OSError:
        return []


def build(name: str, path: str, text: str) -> Any:
    """The astroid module of a text; raises what astroid raises for bad text."""
    from astroid.builder import AstroidBuilder
    from astroid.manager import AstroidManager

    return AstroidBuilder(AstroidManager(), apply_transforms=False).string_build(text, name, path)


@contextmanager
def closed(texts: Texts) -> Iterator[None]:
    """No way out of `texts` for astroid while this lasts. What it built is not left in its cache."""
    from astroid import manager, modutils
    from astroid.exceptions import AstroidImportError

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AstroidImportError("not looked up")

    def refuse_import(*_: object, **__: object) -> NoReturn:
        raise ImportError("not imported")

    def by_name(self: Any, modname: str | None, context_file: str | None = None, use_cache: bool = True) -> Any:
        if modname is None:
            refuse()
        if modname == "builtins":
            return self.builtins_module
        if modname not in texts.built:
            found = texts.find(modname)
            texts.built[modname] = None if found is None else build(modname, *found)
        if texts.built[modname] is None:
            refuse()
        return texts.built[modname]

    replaced: list[tuple[Any, str, Any]] = [
        (manager.AstroidManager, "ast_from_module_name", by_name),
        *((manager.AstroidManager, name, refuse) for name in ("ast_from_file", "ast_from_module", "zip_import_data")),
        *((manager.AstroidManager, name, refuse) for name in ("file_from_module_name", "ast_from_class")),
        (manager, "load_module_from_name", refuse_import),
        *((modutils, name, refuse_import) for name in IMPORTING),
    ]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    cache = manager.AstroidManager().astroid_cache
    before = set(cache)
    for owner, name, value in replaced:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)
        for name in set(cache) - before:
            del cache[name]


IMPORTING = ("load_module_from_name", "load_module_from_modpath", "load_module_from_file")
