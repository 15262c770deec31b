"""Branches for paths in functions that take other things too: `if isinstance(file, Path): open(file)`.

Scripts give such a function a path, requests what they uploaded. It opens a file where a call is known to give a path.
"""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function, Scope

PATHS = frozenset({"os.PathLike", *(f"pathlib.{name}" for name in ("Path", "PurePath", "PosixPath", "WindowsPath"))})


class PathBranches:
    """Asked through Reach; one per project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._only: dict[tuple[Function, s.Node], bool] = {}

    def left_out(self, node: s.Node, function: Function, call: s.Call, caller: Scope) -> bool:
        """Whether a node runs only for a path, and the call is not known to give the function one."""
        key = function, node
        if key not in self._only:
            self._only[key] = self._for_paths(node, function)
        return self._only[key] and not any(
            self._is_path(argument, caller) for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        )

    def _for_paths(self, node: s.Node, function: Function) -> bool:
        inner = node
        for around in function.body.ancestors(node):
            if isinstance(around, s.If | s.Conditional):
                chosen = around.body if isinstance(around.body, tuple) else (around.body,)
                if any(item is inner for item in chosen) and self._asks_for_path(around.test, function):
                    return True
            inner = around
        return False

    def _asks_for_path(self, test: s.Expr, function: Function) -> bool:
        match test:
            case s.Boolean(op="And", values=values):
                return any(self._asks_for_path(value, function) for value in values)
            case s.Call(func=s.Name(id="isinstance"), args=(s.Name(id=name), kinds)) if name in function.body.bindings:
                listed = kinds.elements if isinstance(kinds, s.Tuple) else (kinds,)
                names = [self.inference.external_names(kind, function) for kind in listed]
                return bool(names) and all(found and found <= PATHS for found in names)
        return False

    def _is_path(self, expr: s.Expr, scope: Scope) -> bool:
        values = v.without_none(self.inference.infer(expr, scope))
        return bool(values) and all(isinstance(value, v.Instance) and value.of in PATHS for value in values)
