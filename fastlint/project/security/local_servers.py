"""Child processes that serve the machine they run on alone: what their environment is given reaches nobody else."""

from __future__ import annotations

from itertools import pairwise

from fastlint.facts import syntax as s
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Scope

STARTERS = frozenset(
    {
        *(f"subprocess.{name}" for name in ("Popen", "run", "call", "check_call", "check_output")),
        *("asyncio.create_subprocess_exec", "anyio.open_process", "anyio.run_process"),
    }
)
HOST = frozenset({"--host", "--bind", "-b", "--listen"})
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def serves_this_machine(node: s.Node, scope: Scope, inference: Inference) -> bool:
    """Whether `node` stands in an environment that is only given to servers on the loopback address."""
    held = next((outer for outer in scope.body.ancestors(node) if isinstance(outer, s.Dict)), None)
    place = None if held is None else scope.body.parents.get(held)
    if isinstance(place, s.Keyword):
        started = scope.body.parents.get(place)
        return isinstance(started, s.Call) and place.arg == "env" and _on_loopback(started, scope, inference)
    if not (isinstance(place, s.Assign) and len(place.targets) == 1 and isinstance(target := place.targets[0], s.Name)):
        return False
    uses = [name for name in scope.body.all(s.Name) if name.id == target.id and name is not target]
    given = [scope.body.parents.get(name) for name in uses]
    calls = [scope.body.parents.get(item) if isinstance(item, s.Keyword) else None for item in given]
    return bool(calls) and all(isinstance(call, s.Call) and _on_loopback(call, scope, inference) for call in calls)


def _on_loopback(call: s.Call, scope: Scope, inference: Inference) -> bool:
    names = inference.external_names(call.func, scope)
    if not names or not names <= STARTERS or call.keyword("env") is None:
        return False
    listed = call.args[0] if call.args and isinstance(call.args[0], s.List | s.Tuple) else None
    words = call.args if listed is None else listed.elements
    return any(_text(option) in HOST and _host(value) in LOOPBACK for option, value in pairwise(words))


def _host(value: s.Expr) -> str:
    text = _text(value)
    return text if text in LOOPBACK else text.rpartition(":")[0].strip("[]")  # `127.0.0.1:8000`


def _text(expr: s.Expr) -> str:
    return expr.value if isinstance(expr, s.Constant) and isinstance(expr.value, str) else ""
