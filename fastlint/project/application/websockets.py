"""What is done with a websocket, and what becomes of the exception when the client leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.routers import Route
from fastlint.project.language import values as v
from fastlint.project.language.control_flow import stops
from fastlint.project.language.externals import inherits
from fastlint.project.language.scopes import Class, Function, Scope
from fastlint.project.language.wrappers import is_transparent
from fastlint.source import Span

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

WEBSOCKET = "fastapi.WebSocket"
CONNECTIONS = ("fastapi.requests.HTTPConnection", "starlette.requests.HTTPConnection")
DISCONNECT = "fastapi.WebSocketDisconnect"
RECEIVING = frozenset({"receive_text", "receive_bytes", "receive_json"})
SENDING = frozenset({"send_text", "send_bytes", "send_json"})
ITERATING = frozenset({"iter_text", "iter_bytes", "iter_json"})
DEEPEST = 4
"""Calls followed from the endpoint to what it hands the websocket."""
QUIET = frozenset(
    {
        *("headers", "query_params", "path_params", "cookies", "scope", "state", "app", "url", "base_url", "client"),
        *("client_state", "application_state", "session", "user", "auth", "url_for", "close", "receive"),
        *("send_denial_response", "get", "keys", "values", "items"),
    }
)
"""What may be asked of a websocket that is not accepted."""


@dataclass(eq=False)
class Endpoint:
    """A websocket route with a handler that is known."""

    route: Route
    handler: Function
    inference: Inference = field(repr=False)

    @property
    def path(self) -> str:
        return self.handler.path

    @property
    def span(self) -> Span:
        return self.handler.node.name_span

    @cached_property
    def wrapped(self) -> bool:
        """Whether a decorator other than the route's own may put something around the handler."""
        return bool(other_decorators(self.handler, self.inference))

    @cached_property
    def sockets(self) -> list[str]:
        """The parameters that are the websocket."""
        return [p.name for p in self.handler.node.parameters if is_socket_parameter(p, self.handler, self.inference)]

    @cached_property
    def disconnects_handled(self) -> bool:
        """Whether its application has a handler for what a client's leave raises."""
        apps = {effective.app for effective in self.route.effective} or {self.route.owner}
        for app in apps:
            for event in app.events:
                if event.verb in ("exception_handler", "add_exception_handler") and event.call.args:
                    for value in self.inference.infer(event.call.args[0], event.scope):
                        if isinstance(value, v.Unknown) or value == v.External(DISCONNECT):
                            return True
        return False

    @cached_property
    def may_be_accepted_before(self) -> bool:
        """Whether a dependency of the route may accept the connection."""
        outer = [d for effective in self.route.effective for d in effective.outer] or self.route.owner.dependencies
        for dependency in [*outer, *self.route.own_dependencies]:
            for item in dependency.walk():
                if item.function is None or not item.known:
                    return True
                if any(is_socket_parameter(p, item.function, self.inference) for p in item.function.node.parameters):
                    return True
        return False


def endpoints(routes: list[Route], inference: Inference) -> list[Endpoint]:
    found: dict[Function, Endpoint] = {}
    for route in routes:
        if route.kind == "websocket" and route.handler is not None:
            found.setdefault(route.handler, Endpoint(route, route.handler, inference))
    return list(found.values())


def other_decorators(function: Function, inference: Inference) -> list[s.Expr]:
    """The decorators of a function that are no registration, `@app.get(...)`, and do not give it back as it is."""
    from fastlint.project.application.registrations import DECORATORS

    return [
        item
        for item in function.node.decorators
        if not (isinstance(item, s.Call) and isinstance(item.func, s.Attribute) and item.func.attr in DECORATORS)
        and not is_transparent(item, function.parent, inference)
    ]


def is_socket_parameter(parameter: s.Parameter, function: Function, inference: Inference) -> bool:
    annotation = inference.annotations.parameter(function, parameter).bare()
    if annotation.kind == "external":
        return inherits(annotation.name, WEBSOCKET) or annotation.name in CONNECTIONS
    return annotation.cls is not None and inference.classes.is_a(annotation.cls, WEBSOCKET)


def is_socket(expr: s.Expr, scope: Scope, inference: Inference) -> bool:
    """Whether an expression surely is a websocket of FastAPI."""
    values = v.without_none(inference.infer(expr, scope))
    return bool(values) and all(_is_socket(value, inference) for value in values)


def _is_socket(value: v.Value, inference: Inference) -> bool:
    match value:
        case v.Instance(Class() as cls):
            return inference.classes.is_a(cls, WEBSOCKET)
        case v.Instance(str() as name):
            return inherits(name, WEBSOCKET)
    return False


def socket_calls(function: Function, wanted: frozenset[str], inference: Inference) -> list[s.Call]:
    """The calls of these methods on a websocket in a function's own body, in source order."""
    return [
        call
        for call in function.body.all(s.Call)
        if isinstance(call.func, s.Attribute)
        and call.func.attr in wanted
        and not function.body.in_lambda(call)
        and is_socket(call.func.value, function, inference)
    ]


def loops(endpoint: Endpoint, inference: Inference) -> Iterator[tuple[Function, s.While, s.Call]]:
    """The loops in which nothing catches that the client leaves, each with its first receive or send.

    Functions that the endpoint awaits with nothing around the call are looked into as well.
    """
    seen: set[Function] = set()
    stack = [(endpoint.handler, 0)]
    while stack:
        function, depth = stack.pop()
        if function in seen:
            continue
        seen.add(function)
        found: set[s.While] = set()
        for call in sorted(socket_calls(function, RECEIVING | SENDING, inference), key=lambda item: item.start):
            loop = _outermost_loop(call, function)
            if loop is not None and loop not in found and not leaves_quietly(call, function, inference):
                found.add(loop)
                yield function, loop, call
        if depth < DEEPEST:
            stack += [(callee, depth + 1) for callee in _awaited(function, inference)]


def _outermost_loop(call: s.Call, function: Function) -> s.While | None:
    around = [item for item in function.body.ancestors(call) if isinstance(item, s.While)]
    return around[-1] if around and isinstance(function.body.parents.get(call), s.Await) else None


def leaves_quietly(call: s.Call, function: Function, inference: Inference) -> bool:
    """Whether something around the call may catch what a client's leave raises."""
    return stops(call, function, inference, DISCONNECT, "builtins.RuntimeError")


def _awaited(function: Function, inference: Inference) -> Iterator[Function]:
    """The project functions that a function awaits, with a websocket in hand, and nothing around the call."""
    for call in function.body.all(s.Call):
        if not isinstance(function.body.parents.get(call), s.Await) or leaves_quietly(call, function, inference):
            continue
        for value in inference.infer(call.func, function):
            if isinstance(value, v.FunctionValue) and value.function.is_async and not value.function.node.decorators:
                yield value.function


def receives(call: s.Call, function: Function, inference: Inference, depth: int = 2) -> bool:
    """Whether a call receives from a websocket, in its own name or through a project function that it awaits."""
    if isinstance(call.func, s.Attribute) and call.func.attr in RECEIVING:
        return is_socket(call.func.value, function, inference)
    if not depth or not any(is_socket(argument, function, inference) for argument in call.args):
        return False
    values = inference.infer(call.func, function)
    return any(
        isinstance(value, v.FunctionValue)
        and any(
            receives(inner, value.function, inference, depth - 1)
            and not leaves_quietly(inner, value.function, inference)
            for inner in value.function.body.all(s.Call)
        )
        for value in values
    )


class Handshake:
    """Finds what uses a websocket before it is accepted. Anything that is not plain to see ends the search."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def first_use(self, function: Function, name: str, depth: int = DEEPEST) -> tuple[str, s.Call | None]:
        """`early` with the call that comes too early, `accepted`, `unknown`, or `nothing` when it is left alone."""
        for node in sorted(_uses(function, name), key=lambda item: item.start):
            answer, call = self._use(node, function, name, depth)
            if answer != "nothing":
                return answer, call
        return "nothing", None

    def _use(self, node: s.Name, function: Function, name: str, depth: int) -> tuple[str, s.Call | None]:
        body = function.body
        if body.in_lambda(node) or len(body.bindings.get(name, ())) != 1:
            return "unknown", None
        parent = body.parents.get(node)
        if isinstance(parent, s.Attribute):
            return self._member(parent, function)
        if isinstance(parent, s.Keyword):
            parent = body.parents.get(parent)
        if isinstance(parent, s.Call) and parent.func is not node and depth:
            return self._handed_on(parent, node, function, depth)
        return "unknown", None

    def _member(self, attribute: s.Attribute, function: Function) -> tuple[str, s.Call | None]:
        if attribute.attr in QUIET:
            return "nothing", None
        call = function.body.parents.get(attribute)
        if isinstance(call, s.Call) and call.func is attribute:
            if attribute.attr == "accept":
                return "accepted", call
            if attribute.attr in RECEIVING | SENDING and isinstance(function.body.parents.get(call), s.Await):
                return "early", call
            if attribute.attr in ITERATING and isinstance(function.body.parents.get(call), s.For):
                return "early", call
        return "unknown", None

    def _handed_on(self, call: s.Call, node: s.Name, function: Function, depth: int) -> tuple[str, s.Call | None]:
        values = self.inference.infer(call.func, function)
        if len(values) != 1 or not isinstance(values[0], v.FunctionValue):
            return "unknown", None
        target = values[0].function
        awaited = isinstance(function.body.parents.get(call), s.Await)
        if target.node.decorators or target.is_generator or target.is_async != awaited or call.spread:
            return "unknown", None
        name = _parameter_for(call, node, target, values[0].receiver is not None)
        if name is None:
            return "unknown", None
        answer, _ = self.first_use(target, name, depth - 1)
        return answer, call


def _uses(function: Function, name: str) -> list[s.Name]:
    found = [node for node in function.body.all(s.Name) if node.id == name]
    for member in function.members.values():
        found += [node for node in s.walk(member.node) if isinstance(node, s.Name) and node.id == name]
    return found


def _parameter_for(call: s.Call, argument: s.Expr, target: Function, bound: bool) -> str | None:
    """The parameter that receives an argument."""
    for keyword in call.keywords:
        if keyword.value is argument:
            return keyword.arg
    parameters = [p.name for p in target.node.parameters if p.kind in ("/", " ")]
    if bound:
        parameters = parameters[1:]
    index = next((i for i, item in enumerate(call.args) if item is argument), len(parameters))
    return parameters[index] if index < len(parameters) else None
