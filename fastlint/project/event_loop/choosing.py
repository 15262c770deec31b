"""Calls whose callee is one of several that are all there: any of them may be what runs.

`store = DiskStore() if local else MemoryStore()` and `for hook in (save, log)` name what may run, so that one that
blocks is enough. What annotations and base classes leave open is another matter: nobody said that it is ever given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fastlint.facts import syntax as s
from fastlint.project.event_loop.filling import dotted
from fastlint.project.event_loop.given import Constants
from fastlint.project.event_loop.run_targets import Given
from fastlint.project.language import values as v
from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.classes import is_static
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Function, Scope
from fastlint.project.language.values import Values


def all_there(values: Values, blocks: Callable[[str], bool]) -> bool:
    """Whether each value is a function as it is written, a method of an object that is made, or blocks in any case.

    A single class counts too: the methods that make its objects all run.
    """
    if len(values) == 1:
        return isinstance(values[0], v.ClassValue)
    return all(_is_there(value, blocks) for value in values)


def _is_there(value: v.Value, blocks: Callable[[str], bool]) -> bool:
    match value:
        case v.FunctionValue(function, receiver):
            made = isinstance(receiver, v.Instance) and receiver.site is not None
            return made or (receiver is None and function.cls is None)
        case v.Instance(site=site):
            return site is not None
        case v.External(name):
            return blocks(name)
        case v.LambdaValue() | v.Partial():
            return True
    return False


def asked_for(values: Values, constants: Constants, inference: Inference) -> tuple[Values, bool]:
    """The values without those that their factory does not make for what it is given: `open_store("memory")`.

    The second tells whether a factory is told which one to make in a way that leaves open which: `make(Kind.MEMORY)`.
    """
    if len(values) < 2:
        return values, False
    kept = tuple(value for value in values if not _left_out(value, constants)) or values
    return kept, len(kept) > 1 and any(_told(site, inference) for value in kept for site in _factories(value))


def _factories(value: v.Value) -> Iterator[v.Site]:
    """The places where an object is made of which it is known which call of the factory around had it made."""
    made = value.receiver if isinstance(value, v.FunctionValue) else value
    site = made.site if isinstance(made, v.Instance) else None
    while site is not None and site.outer is not None:
        yield site
        site = site.outer


def _left_out(value: v.Value, constants: Constants) -> bool:
    for site in _factories(value):
        factory, call = site.scope, _call(site)
        if isinstance(factory, Function) and (tested := constants.tested(factory)):
            known = constants.known(factory, call, _bound(factory, call), {})
            given = Given(factory, tuple((name, known[name]) for name in sorted(tested & known.keys())))
            if not constants.left_out(given).isdisjoint((site.call, *factory.body.ancestors(site.call))):
                return True
    return False


def _told(site: v.Site, inference: Inference) -> bool:
    """Whether the call of a factory names what it is to make: it gives a constant to a parameter that decides.

    A parameter that it leaves to its default is told as well.
    """
    factory, call = site.scope, _call(site)
    if not isinstance(factory, Function) or site.outer is None:
        return False
    given = {p.name: p.default for p in factory.node.parameters if p.default is not None}
    given.update(arguments_of(call, factory, _bound(factory, call)))
    deciding = set(_deciding(factory))
    return call.spread or any(
        _is_fixed(expr, site.outer.scope, inference) for name, expr in given.items() if name in deciding
    )


def _deciding(factory: Function) -> Iterator[str]:
    """The names on which it depends what a factory does."""
    body = factory.body
    branches: list[s.If | s.Conditional] = [*body.all(s.If), *body.all(s.Conditional)]
    deciders: list[s.Expr] = [branch.test for branch in branches]
    deciders += [node.subject for node in body.all(s.Match)]
    deciders += [node.index for node in body.all(s.Subscript)]
    deciders += [node for call in body.all(s.Call) if isinstance(call.func, s.Attribute) for node in call.args[:1]]
    yield from (node.id for decider in deciders for node in s.walk(decider) if isinstance(node, s.Name))


def _is_fixed(expr: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether an argument is written out: a constant, a member of an enumeration, a class."""
    if isinstance(expr, s.Attribute) and all(
        isinstance(value, v.ClassValue | v.External) for value in inference.infer(expr.value, scope)
    ):
        return True
    return all(isinstance(value, v.Const | v.ClassValue) for value in inference.infer(expr, scope))


def _call(site: v.Site) -> s.Call:
    """The call of the factory in which an object is made."""
    assert site.outer is not None
    return site.outer.call


def _bound(factory: Function, call: s.Call) -> bool:
    """Whether the call leaves out the first parameter: that of the object."""
    return factory.cls is not None and not is_static(factory) and isinstance(call.func, s.Attribute)


def asked_about(call: s.Call, scope: Scope) -> bool:
    """Whether the scope tests what it calls for more than being there: that may tell those that block from others."""
    name = dotted(call.func.value if isinstance(call.func, s.Attribute) else call.func)
    body = scope.body
    branches: list[s.If | s.Conditional | s.While] = [*body.all(s.If), *body.all(s.Conditional), *body.all(s.While)]
    return any(
        not _only_there(test, name)
        and any(dotted(node) == name for node in s.walk(test) if isinstance(node, s.Name | s.Attribute))
        for test in (branch.test for branch in branches)
    )


def _only_there(test: s.Expr, name: str) -> bool:
    """Whether a test only asks if there is anything: `x`, `not x`, `x is not None`."""
    match test:
        case s.Unary(op="Not", operand=inner):
            return _only_there(inner, name)
        case s.Compare(left=left, ops=("Is" | "IsNot",), comparators=(s.Constant(value=None),)):
            return dotted(left) == name
        case s.Name() | s.Attribute():
            return dotted(test) == name
    return False
