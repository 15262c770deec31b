"""The fix that makes a `def` route async: only where the module already has the async client that it needs."""

from __future__ import annotations

from fastlint.project.event_loop.reach import Way
from fastlint.project.model import Function, Module, Project, syntax, v
from fastlint.rule import Applicability, Edit, Edits, Fix

TWINS = {
    "httpx.Client": "httpx.AsyncClient",
    "httpx2.Client": "httpx2.AsyncClient",
    "openai.OpenAI": "openai.AsyncOpenAI",
    "anthropic.Anthropic": "anthropic.AsyncAnthropic",
    "groq.Groq": "groq.AsyncGroq",
    "redis.Redis": "redis.asyncio.Redis",
}
"""Each has the methods of the other, with the same arguments and results; what streams aside."""
FUNCTIONS = {
    f"{library}.{verb}": f"{library}.AsyncClient"
    for library in ("httpx", "httpx2")
    for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request")
}
OF_THE_CLIENT = frozenset({"cert", "cookies", "proxies", "proxy", "stream", "trust_env", "verify"})
"""What a client's methods do not take, or answer differently."""
HARMLESS = frozenset({"http1", "http2", "limits", "timeout"})
"""What a client may be made with to be as good as none: a base address, headers or credentials would be sent along."""
PLAIN = ("builtins.", "fastapi.", "pydantic.", "starlette.", "datetime.", "decimal.", "uuid.")
READING = frozenset({"json", "raise_for_status", "decode", "get", "items", "keys", "values", "strip", "split", "lower"})


def made_async(handler: Function, ways: list[Way], project: Project, edit: Edits) -> Fix | None:
    """The fix, where all that the route does besides is harmless on the event loop."""
    node, path = handler.node, handler.path
    if not isinstance(handler.parent, Module) or handler.members or node.has_yield or project.calls_of(handler):
        return None
    routes = [route.call for route in project.handlers.routes_of.get(handler, ())]
    if any(decorator not in routes for decorator in node.decorators):
        return None
    calls = [way.run.call for way in ways]
    clients = _async_clients(handler, project)
    edits: list[Edit] = []
    for way, call in zip(ways, calls, strict=True):
        if way.following is not None or call is None or not _can_await(call, handler):
            return None
        found = _twin(call, handler, clients, project)
        if found is None:
            return None
        replaced, name = found
        text = edit.text(path, call.span)
        old = edit.text(path, replaced.span)
        if not text.startswith(old):
            return None
        edits.append(edit.awaited(path, call.span, name + text.removeprefix(old)))
    if not all(call in calls or _harmless(call, calls, handler, project) for call in handler.body.all(syntax.Call)):
        return None
    if not edit.source(path).line(node.line)[node.column :].startswith("def "):
        return None
    edits.append(edit.insert(path, node.line, node.column + 1, "async "))
    return Fix("Make it `async def` with the async client", Applicability.UNSAFE, tuple(edits))


def _async_clients(handler: Function, project: Project) -> dict[str, syntax.Call]:
    """The names of the module that are bound once, before the route, to what a call makes; with the call."""
    found = {}
    for name, bindings in handler.module.body.bindings.items():
        value = bindings[0].value
        if len(bindings) == 1 and isinstance(value, syntax.Call) and bindings[0].start < handler.node.start:
            found[name] = value
    return {name: call for name, call in found.items() if name not in handler.body.bindings}


def _twin(
    call: syntax.Call, handler: Function, clients: dict[str, syntax.Call], project: Project
) -> tuple[syntax.Expr, str] | None:
    """The part of the callee that stands for the client, and the name of the async one that takes its place."""
    if OF_THE_CLIENT & {keyword.arg for keyword in call.keywords} or any(k.arg is None for k in call.keywords):
        return None
    if isinstance(call.func, syntax.Attribute):
        for name in project.names(call.func, handler) & FUNCTIONS.keys():
            for own, made in clients.items():
                given = {keyword.arg for keyword in made.keywords}
                if _makes(made, FUNCTIONS[name], handler, project) and not made.args and given <= HARMLESS:
                    return call.func.value, own
    root: syntax.Expr = call.func
    while isinstance(root, syntax.Attribute):
        root = root.value
    made_sync = clients.get(root.id) if isinstance(root, syntax.Name) else None
    if made_sync is None:
        return None
    for sync, twin in TWINS.items():
        if _makes(made_sync, sync, handler, project):
            for own, made in clients.items():
                if _makes(made, twin, handler, project) and _alike(made, made_sync):
                    return root, own
    return None


def _makes(call: syntax.Call, name: str, handler: Function, project: Project) -> bool:
    return project.names(call.func, handler.module) == {name}


def _alike(one: syntax.Node, other: syntax.Node) -> bool:
    """Whether two calls are given the same arguments, as written."""
    return [_shape(item) for item in one.children()[1:]] == [_shape(item) for item in other.children()[1:]]


def _shape(node: syntax.Node) -> object:
    words = [getattr(node, word, None) for word in ("id", "attr", "value", "arg", "op")]
    plain = [word for word in words if not isinstance(word, syntax.Node)]
    return type(node), repr(plain), [_shape(child) for child in node.children()]


def _can_await(call: syntax.Call, handler: Function) -> bool:
    barred = syntax.Lambda | syntax.Comprehension | syntax.WithItem | syntax.FString
    return not any(isinstance(around, barred) for around in handler.body.ancestors(call))


def _harmless(call: syntax.Call, awaited: list[syntax.Call | None], handler: Function, project: Project) -> bool:
    """Whether a call surely takes no time: of plain types, of models, or one that reads what was answered."""
    values = project.infer(call.func, handler)
    if values and all(_plain(value, project) for value in values):
        return True
    func = call.func
    if not isinstance(func, syntax.Attribute) or func.attr not in READING:
        return False
    root: syntax.Expr = func.value
    while isinstance(root, syntax.Attribute | syntax.Subscript | syntax.Call) and root not in awaited:
        root = root.func if isinstance(root, syntax.Call) else root.value
    if root in awaited:
        return True
    bindings = handler.body.bindings.get(root.id, []) if isinstance(root, syntax.Name) else []
    return bool(bindings) and all(_reads(binding.value, awaited) for binding in bindings)


def _reads(value: syntax.Expr | None, awaited: list[syntax.Call | None]) -> bool:
    """Whether a value is what was answered, or a part of it."""
    while isinstance(value, syntax.Attribute | syntax.Subscript | syntax.Call) and value not in awaited:
        value = value.func if isinstance(value, syntax.Call) else value.value
    return value is not None and value in awaited


def _plain(value: v.Value, project: Project) -> bool:
    if isinstance(value, v.ClassValue):
        return project.shapes.is_model(value.cls)
    return isinstance(value, v.External) and value.name.startswith(PLAIN) and value.name != "builtins.open"
