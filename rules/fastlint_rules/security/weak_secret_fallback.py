"""A secret that is public where the environment does not set it."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.choices import alternatives, stands_in
from fastlint.project.model import Call, Function, Project, Scope, syntax
from fastlint.project.security.local_servers import serves_this_machine
from fastlint.project.security.secrets import is_demonstration, is_stand_in, names_secret, shown, text_is_setting
from fastlint.rule import Applicability, CannotFix, Edits, Finding, Fix, Level, Rule


class WeakSecretFallback(Rule[Call]):
    """An environment look-up of a secret with a text to fall back on.

    ## What it does

    Reports `os.getenv("SECRET_KEY", "...")`, `os.environ.get(...)`, `os.getenv(...) or "..."`, and a look-up followed
    by `if not KEY: KEY = "..."`, when the variable goes by the name of a secret and the fallback is a text, written
    there, in a constant, or by who calls the function that looks up. None, an empty text and a random value are fine.
    Nor is a stand-in for the key of a service reported, `"not-needed"`: it opens nothing, nor what a database has on a
    developer's machine, `postgres`, nor what only a child process gets that serves the loopback address. Tests,
    examples and demonstrations are left out.

    ## Why it matters

    Where the variable is missing, by a typing error in a manifest is enough, the application starts all the same and
    signs with a key that stands in the repository.

    ## Instead

    `os.environ["SECRET_KEY"]`: the application does not start without it.

    ## Fix safety

    With the fix the application does not start without the variable, also on a developer's machine, so it is unsafe.
    """

    code = "FST511"
    name = "weak-secret-fallback"
    since = "0.1"
    status = "stable"
    sensitive = True
    level = Level.ERROR
    callees = (
        *("os.getenv", "os.environ.get", "os.environ.setdefault", "starlette.config.Config.__call__"),
        *("decouple.config", "environs.Env.str", "environs.Env.__call__"),
    )

    def check(self, call: Call, project: Project) -> Iterator[Finding]:
        key = call.node.argument(0, "key")
        fallback, whole = _fallback(call)
        if fallback is None or key is None:
            return
        yield from _through_callers(call, key, fallback, project)
        variable = project.texts.text(key, call.scope)
        text = _weak(variable, fallback, call.scope, project)
        if text is None or serves_this_machine(call.node, call.scope, project.inference):
            return
        message = f"`{variable}` falls back to a text in the source ({shown(text)})"
        yield Finding(call.path, fallback.span, message, subject=(call, whole), symbol=call.scope.qualname)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        if finding.subject is None:
            return None
        call, whole = finding.subject
        node, path = call.node, call.path
        if node.argument(1, "default") is None and whole is node:  # the fallback is a statement of its own
            return None
        if call.name not in ("os.getenv", "os.environ.get") or not node.args:
            return None
        imports: tuple[object, ...] = ()
        if call.name == "os.environ.get" and isinstance(node.func, syntax.Attribute):
            environment = edit.text(path, node.func.value.span)
        elif isinstance(node.func, syntax.Attribute):
            environment = f"{edit.text(path, node.func.value.span)}.environ"
        else:
            module, imports = edit.add_import(path, "os")
            environment = f"{module}.environ"
        if "\n" in environment:
            raise CannotFix("the look-up is written over several lines")
        content = f"{environment}[{edit.text(path, node.args[0].span)}]"
        edits = (edit.replace(path, whole.span, content), *imports)
        return Fix("Require the variable", Applicability.UNSAFE, edits)  # type: ignore[arg-type]


def _weak(variable: str | None, fallback: syntax.Expr, scope: Scope, project: Project) -> str | None:
    """The text that a secret falls back on; None where it does no harm."""
    if variable is None or not names_secret(variable) or scope.module.is_test or is_demonstration(scope.module.path):
        return None
    ways = project.texts.given(fallback, scope)
    text = ways[0].text if len(ways) == 1 and ways[0] is not None and not ways[0].default else None
    return None if not text or text_is_setting(text) or is_stand_in(text, variable) else text


def _through_callers(call: Call, key: syntax.Expr, fallback: syntax.Expr, project: Project) -> Iterator[Finding]:
    """What callers hand to a function that looks up: `def setting(name, default): return os.getenv(name, default)`."""
    function = call.scope
    if not isinstance(key, syntax.Name) or not isinstance(fallback, syntax.Name) or not isinstance(function, Function):
        return
    if not {key.id, fallback.id} <= {parameter.name for parameter in function.node.parameters}:
        return
    for node, scope in project.callers.of(function):
        given = arguments_of(node, function, function.cls is not None)
        if key.id not in given or fallback.id not in given:
            continue
        variable = project.texts.text(given[key.id], scope)
        text = _weak(variable, given[fallback.id], scope, project)
        if text is not None:
            message = f"`{variable}` falls back to a text in the source ({shown(text)})"
            yield Finding(scope.module.path, given[fallback.id].span, message, symbol=scope.qualname)


def _fallback(call: Call) -> tuple[syntax.Expr | None, syntax.Expr]:
    """What is used when the variable is not set, and the expression that says so."""
    node, body = call.node, call.scope.body
    if (default := node.argument(1, "default")) is not None:
        return default, node
    around = body.parents.get(node)
    if isinstance(around, syntax.Boolean) and around.op == "Or" and len(around.values) == 2:
        if around.values[0] is node:
            return around.values[1], around
    if isinstance(around, syntax.Conditional):
        chosen = alternatives(around.test, around.body, around.orelse)
        if chosen is not None and chosen[0] is node:
            return chosen[1], around
    return _filled_in(call), node


def _filled_in(call: Call) -> syntax.Expr | None:
    """What the name that the look-up is kept under is given where it has no value: `if not KEY: KEY = "..."`."""
    body = call.scope.body
    kept = body.parents.get(call.node)
    match kept:
        case syntax.Assign(targets=(syntax.Name(id=name),)) | syntax.AnnAssign(target=syntax.Name(id=name)):
            pass
        case syntax.NamedExpr(target=syntax.Name(id=name)):
            pass
        case _:
            return None
    later = [binding for binding in body.bindings.get(name, ()) if binding.start > call.node.start]
    filled = [binding for binding in later if binding.kind in ("assign", "annotated") and stands_in(binding, body)]
    return filled[0].value if len(filled) == 1 else None
