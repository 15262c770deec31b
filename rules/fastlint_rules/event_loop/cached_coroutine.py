"""`lru_cache` on an `async def`."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Function, Module, Project, Scope, scopes, syntax, v
from fastlint.rule import Finding, Level, Rule

CACHES = frozenset({"functools.lru_cache", "functools.cache"})


class CachedCoroutine(Rule[Module]):
    """`lru_cache` on an `async def`.

    ## What it does

    Reports `functools.lru_cache` and `functools.cache` around coroutine functions, as decorators or called.

    ## Why it matters

    The cache keeps the coroutine, not its result, and a coroutine can be awaited once: the second call with the same
    arguments raises `RuntimeError: cannot reuse already awaited coroutine`.

    ## Instead

    Cache the result: `async_lru.alru_cache`, or a cache of your own that stores what was awaited.
    """

    code = "FST114"
    name = "cached-coroutine"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        if "functools" not in {name.partition(".")[0] for name in module.facts.imports} and not _cached(
            module, project
        ):
            return
        for function in module.functions():
            if function.is_async and not function.is_generator:
                for decorator in function.node.decorators:
                    if _is_cache(decorator, function.parent, project):
                        yield _finding(function, decorator, module, function.qualname)
        for scope in scopes(module):
            for call in scope.body.all(syntax.Call) if scope.body.spells("cache") else ():
                if len(call.args) == 1 and _is_cache(call.func, scope, project):
                    for value in project.infer(call.args[0], scope):
                        if isinstance(value, v.FunctionValue) and value.function.is_async:
                            yield _finding(value.function, call, module, scope.qualname)


def _cached(module: Module, project: Project) -> bool:
    """Whether a decorator of the file is a cache under a name of the project."""
    return any(
        _is_cache(decorator, function.parent, project)
        for function in module.functions()
        if function.is_async
        for decorator in function.node.decorators
    )


def _is_cache(expr: syntax.Expr, scope: Scope, project: Project) -> bool:
    target = expr.func if isinstance(expr, syntax.Call) else expr
    return isinstance(target, syntax.Name | syntax.Attribute) and bool(project.names(target, scope) & CACHES)


def _finding(function: Function, node: syntax.Expr, module: Module, symbol: str) -> Finding:
    message = f"the cache keeps the coroutine of `{function.short}`, which can be awaited only once"
    return Finding(module.path, node.span, message, symbol=symbol)
