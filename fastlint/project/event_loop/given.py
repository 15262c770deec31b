"""What a call leaves out of a function by the constants it gives, written or by default: `load(path, remote=False)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastlint.facts import syntax as s
from fastlint.project.event_loop.filling import dotted
from fastlint.project.event_loop.run_targets import Given, Target
from fastlint.project.language.arguments import arguments_of
from fastlint.project.language.bodies import Body
from fastlint.project.language.control_flow import END, following, ways_out
from fastlint.project.language.scopes import Function

More = Callable[[frozenset[str]], dict[str, Any]]


class Constants:
    """Asked through Runs; one per project."""

    def __init__(self) -> None:
        self._tested: dict[Function, frozenset[str]] = {}
        self._keywords: dict[Function, dict[str, tuple[str, s.Expr | None]]] = {}
        self._left_out: dict[Given, frozenset[s.Node]] = {}

    def target(self, function: Function, call: s.Call, receiver: bool, more: More) -> Target:
        """The function as this call runs it; `receiver` says that it is bound to an object.

        `more` says what is known of attributes of that object.
        """
        tested = self.tested(function)
        if not tested:
            return function
        known = {name: value for name, value in self.known(function, call, receiver, {}).items() if name in tested}
        known.update(more(frozenset(name for name in tested if "." in name)))
        given = Given(function, tuple(known.items()))
        return given if known and self.left_out(given) else function

    def known(self, function: Function, call: s.Call, receiver: bool, around: Mapping[str, Any]) -> dict[str, Any]:
        """The constants that a call gives to parameters; `around` are those known of names where the call stands."""
        found: dict[str, Any] = {}
        bindings = function.body.bindings
        written = arguments_of(call, function, receiver)
        for parameter in function.node.parameters:
            name = parameter.name
            if parameter.kind in ("*", "**") or len(bindings.get(name, ())) != 1:
                continue
            value = written.get(name)
            if value is None and not call.spread:
                value = parameter.default
            if isinstance(value, s.Constant):
                found[name] = value.value
            elif isinstance(value, s.Name) and value.id in around:
                found[name] = around[value.id]
        found.update(_set_from(function, found))
        if not call.spread:
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            for name, (key, default) in self._looked_up(function).items():
                value = keywords.get(key, default)
                if isinstance(value, s.Constant):
                    found[name] = value.value
                elif value is None:
                    found[name] = None
        return found

    def _looked_up(self, function: Function) -> dict[str, tuple[str, s.Expr | None]]:
        """The names that stand for a keyword looked up in `**kwargs`, each with the keyword and its default."""
        if function not in self._keywords:
            rest = next((p.name for p in function.node.parameters if p.kind == "**"), None)
            self._keywords[function] = {} if rest is None else dict(_looked_up(rest, function.body))
        return self._keywords[function]

    def tested(self, function: Function) -> frozenset[str]:
        """The parameters that a function tests, and never gives another value."""
        found = self._tested.get(function)
        if found is None:
            body = function.body
            tests = [node.test for node in body.all(s.If)] + [node.test for node in body.all(s.Conditional)]
            parts = [node for test in tests for node in s.walk(test)]
            names = {node.id for node in parts if isinstance(node, s.Name)}
            parameters = function.node.parameters
            plain = {p.name for p in parameters if p.kind not in ("*", "**")} & names
            me = parameters[0].name if function.cls is not None and parameters else ""
            own = {dotted(node) for node in parts if isinstance(node, s.Attribute)}
            found = frozenset(
                {name for name in plain if len(body.bindings.get(name, ())) == 1}
                | (self._looked_up(function).keys() & names)
                | {name for name in own if me and name.startswith(f"{me}.") and name.count(".") == 1}
            )
            self._tested[function] = found
        return found

    def left_out(self, given: Given) -> frozenset[s.Node]:
        """The statements and expressions that do not run."""
        if given not in self._left_out:
            self._left_out[given] = frozenset(_left_out(given.function.body, dict(given.known)))
        return self._left_out[given]


def _set_from(function: Function, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a method sets attributes of its object to, as far as the known names decide it.

    Where it is no constructor an attribute may have had another value before: it has to be set before all else.
    """
    if function.cls is None or not function.node.parameters or not known:
        return
    me, body = function.node.parameters[0].name, function.body
    given: dict[str, list[tuple[s.Stmt, s.Expr]]] = {}
    for assign in body.all(s.Assign):
        for target in assign.targets:
            given.setdefault(dotted(target), []).append((assign, assign.value))
    for annotated in body.all(s.AnnAssign):
        if annotated.value is not None:
            given.setdefault(dotted(annotated.target), []).append((annotated, annotated.value))
    for name, places in given.items():
        if len(places) == 1 and name.startswith(f"{me}."):
            statement, value = places[0]
            if function.name == "__init__" or _comes_first(statement, body):
                yield from ((name, constant) for constant in _values(value, known))


def _comes_first(statement: s.Stmt, body: Body) -> bool:
    """Whether a statement is run by whoever enters a body, and before anything is tested or called."""
    if statement in body.parents:
        return False
    before = [node for kind in (s.If, s.Call, s.Conditional) for node in body.all(kind) if node.start < statement.start]
    return not before


def _values(expr: s.Expr, known: Mapping[str, Any]) -> Iterator[Any]:
    """The constant that an expression is because of the known names: `Path(path) if path else None`."""
    match expr:
        case s.Name(id=name) if name in known:
            yield known[name]
        case s.Conditional(test=test, body=chosen, orelse=other):
            verdict = decided(test, known)
            taken = None if verdict is None else chosen if verdict else other
            if isinstance(taken, s.Constant):
                yield taken.value
            elif taken is not None:
                yield from _values(taken, known)


def _looked_up(rest: str, body: Body) -> Iterator[tuple[str, tuple[str, s.Expr | None]]]:
    """`name = kwargs.get("key", default)`, where the name gets no other value."""
    for name, bindings in body.bindings.items():
        value = bindings[0].value if len(bindings) == 1 and bindings[0].kind in ("assign", "annotated") else None
        match value:
            case s.Call(func=s.Attribute(value=s.Name(id=owner), attr="get" | "pop")) if owner == rest:
                default = value.args[1] if len(value.args) == 2 else None
                if value.args and isinstance(key := value.args[0], s.Constant) and isinstance(key.value, str):
                    yield name, (key.value, default)


def _left_out(body: Body, known: Mapping[str, Any]) -> Iterator[s.Node]:
    for statement in body.all(s.If):
        verdict = decided(statement.test, known)
        if verdict is None:
            continue
        taken, other = (statement.body, statement.orelse) if verdict else (statement.orelse, statement.body)
        yield from other
        if taken and END not in ways_out(taken):
            yield from following(statement, body)
    for expr in body.all(s.Conditional):
        verdict = decided(expr.test, known)
        if verdict is not None:
            yield expr.orelse if verdict else expr.body


def decided(test: s.Expr, known: Mapping[str, Any]) -> bool | None:
    """Whether a test holds, as far as the known names decide it."""
    match test:
        case s.Name() | s.Attribute() if (name := dotted(test)) in known:
            return bool(known[name])
        case s.Unary(op="Not", operand=operand):
            inner = decided(operand, known)
            return None if inner is None else not inner
        case s.Compare(left=left, ops=(op,), comparators=(s.Constant(value=value),)) if (name := dotted(left)) in known:
            same = known[name] is value if value is None or isinstance(value, bool) else known[name] == value
            return {"Is": same, "Eq": same, "IsNot": not same, "NotEq": not same}.get(op)
        case s.Boolean(op=op, values=values):
            verdicts = [decided(value, known) for value in values]
            settling = op == "Or"
            if settling in verdicts:
                return settling
            return None if None in verdicts else not settling
    return None
