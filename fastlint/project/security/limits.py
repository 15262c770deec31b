"""Limits: of attempts, and of the size of what is uploaded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.parameters import Parameter
from fastlint.project.application.routers import App, Route
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function, Module, Scope, every_scope
from fastlint.project.language.words import words_of
from fastlint.project.security.secrets import names_password

if TYPE_CHECKING:
    from fastlint.project.model import Project

DOORS = frozenset(
    {
        *("login", "signin", "logon", "token", "auth", "authenticate", "otp", "mfa", "totp", "reset", "password"),
        "session",
    }
)
DOOR_PAIRS = frozenset({("sign", "in"), ("log", "in"), ("log", "on")})
CODES = frozenset({"otp", "pin", "totp", "mfa", "passcode"})
LIMITERS = frozenset(
    {"limit", "limiter", "limits", "limited", "throttle", "throttled", "throttling", "ratelimit", "ratelimiter"}
)
CHOSEN = frozenset({"new", "old", "current", "confirm", "confirmed", "confirmation", "repeat", "repeated", "again"})
"""Words of passwords that somebody sets, who has signed in or holds a link."""
RESETS = frozenset({"reset", "forgot", "recover", "recovery"})
SETTING = frozenset(
    {"register", "registration", "signup", "add", "setup", "init", "bootstrap", "onboard", "onboarding"}
)
"""Words of routes where passwords are set, none is tried."""
ACCOUNTS = frozenset({"user", "account", "member", "admin", "superuser"})
SENDING, SENT = (
    frozenset({"send", "resend", "get", "request"}),
    frozenset({"code", "otp", "sms", "pin", "mail", "email"}),
)
COUNTING = frozenset({"attempt", "attempts", "lockout", "locked", "lock"})
FORMS = ("fastapi.security.OAuth2PasswordRequestForm", "fastapi.security.OAuth2PasswordRequestFormStrict")
DEPTH = 4


def guesses(route: Route, project: Project) -> bool:
    """Whether a client can try passwords or codes at the route."""
    if route.kind != "http" or route.plain or "POST" not in (route.methods or ()):
        return False
    shown = next((e.path for e in route.effective if e.path is not None), None) or route.template or ""
    words = words_of(shown)
    if not DOORS.intersection(words) and not DOOR_PAIRS.intersection(pairwise(words)):
        return False
    named = words_of(route.handler.name) if route.handler is not None else ()
    if (
        SETTING.intersection((*words, *named))
        or _makes_account(named)
        or (SENDING.intersection(named) and SENT.intersection(named))
    ):
        return False
    parameters = [*route.parameters, *(p for d in project.handlers.dependencies(route) for p in d.parameters)]
    if any(
        (isinstance(d.value, v.External) and d.value.name in FORMS)
        or (d.cls is not None and project.is_a(d.cls, *FORMS))
        for d in project.handlers.dependencies(route)
    ):
        return True
    names = {name for parameter in parameters for name in _fields(parameter, project)}
    of_somebody = any(parameter.kind == "path" for parameter in route.parameters)
    if RESETS.intersection(words) and (of_somebody or any("token" in words_of(name) for name in names)):
        names = {name for name in names if not names_password(name)}
    return any(map(_code, names))


def _makes_account(named: tuple[str, ...]) -> bool:
    """Whether a handler is named for making an account, `auth_create_user`: the password is the new one."""
    return named[-2:-1] in (("create",), ("new",), ("make",), ("invite",)) and named[-1] in ACCOUNTS


def _fields(parameter: Parameter, project: Project) -> Iterator[str]:
    """What a client fills in: the parameter, or the fields of its model."""
    if parameter.kind in ("form", "query", "body"):
        yield parameter.name
    cls = parameter.annotation.bare().cls
    if parameter.kind in ("form", "body") and cls is not None:
        for item in project.inference.classes.ancestry(cls):
            if isinstance(item, Class):
                yield from item.body.bindings


def _code(name: str) -> bool:
    """Whether it is a password or code that can be guessed, none that is being set."""
    words = words_of(name)
    return not CHOSEN.intersection(words) and (names_password(name) or bool(CODES.intersection(words)))


def rate_limited(route: Route, project: Project) -> bool:
    """Whether something by the name of a limiter stands before the route."""
    assert route.handler is not None
    decorators = [d.func if isinstance(d, s.Call) else d for d in route.handler.node.decorators]
    if any(_limits(_dotted(decorator)) for decorator in decorators if decorator is not route.call.func):
        return True
    for dependency in project.handlers.dependencies(route):
        wanted = dependency.call.argument(0, "dependency") if dependency.call is not None else None
        shown = _dotted(wanted.func if isinstance(wanted, s.Call) else wanted)
        if (not dependency.known and dependency.value == v.UNKNOWN) or _limits(dependency.name) or _limits(shown):
            return True
    if any(_limits(_dotted(call.func)) for call in route.handler.body.all(s.Call)):
        return True
    if _counts(route.handler, project, 0):
        return True
    if any(_limits(name) for app in _apps(route) for name in _middleware_names(app)):
        return True
    return any(_limits_all(module, project) for module in project.modules)


def _counts(function: Function, project: Project, depth: int) -> bool:
    """Whether a function, or one that it calls, counts attempts or looks whether an account is locked."""
    for node in function.body.all(s.Attribute):
        if COUNTING.intersection(words_of(node.attr)):
            return True
    for call in function.body.all(s.Call):
        last = call.func.attr if isinstance(call.func, s.Attribute) else getattr(call.func, "id", "")
        if {"failed", "failure"}.intersection(words_of(last)) and "login" in words_of(last):
            return True
        if depth < DEPTH - 1:
            for value in project.infer(call.func, function):
                if isinstance(value, v.FunctionValue) and _counts(value.function, project, depth + 1):
                    return True
    return False


def _limits_all(module: Module, project: Project) -> bool:
    """Whether a file makes a limiter of slowapi that holds for every route."""
    if "Limiter" not in module.facts.calls or module.is_test:
        return False
    for scope in every_scope(module):
        for call in scope.body.all(s.Call):
            if call.keyword("default_limits") is not None or call.keyword("application_limits") is not None:
                if any(name.startswith("slowapi") for name in project.inference.external_names(call.func, scope)):
                    return True
    return False


def _apps(route: Route) -> list[App]:
    apps = [effective.app for effective in route.effective] or [route.owner]
    return [app for app in [*apps, route.owner] if isinstance(app, App)]


def _middleware_names(app: App) -> Iterator[str]:
    for middleware in app.middleware:
        yield middleware.handler.name if middleware.handler is not None else _dotted(middleware.cls)


def _limits(name: str) -> bool:
    words = words_of(name)
    return bool(LIMITERS.intersection(words)) or "slowapi" in name.lower() or ("slow", "api") in pairwise(words)


def _dotted(expr: s.Expr | None) -> str:
    match expr:
        case s.Name(id=name):
            return name
        case s.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
    return ""


# sizes


def size_limited(route: Route, project: Project) -> bool:
    """Whether large bodies are refused: `max_body_size` of route, router, inclusion or application, or middleware."""
    if route.given("max_body_size") is not None or route.owner.argument("max_body_size") is not None:
        return True
    for effective in route.effective:
        if effective.app.argument("max_body_size") is not None:
            return True
        for inclusion in effective.inclusions:
            if inclusion.arguments.get(None, "max_body_size") is not None:
                return True
            if inclusion.router is not None and inclusion.router.argument("max_body_size") is not None:
                return True
    names = [name for app in _apps(route) for name in _middleware_names(app)]
    return any({"size", "length", "limit"}.intersection(words_of(name)) for name in names)


def routes_reaching(
    function: Function, project: Project, depth: int = 0, seen: frozenset[Function] = frozenset()
) -> set[Route]:
    """The routes that run a function, through the functions that call it."""
    found = set(project.handlers.runs.get(function, ()))
    if depth >= DEPTH or function in seen:
        return found
    for _, scope in project.calls_of(function):
        if isinstance(scope, Function):
            found |= routes_reaching(scope, project, depth + 1, seen | {function})
    return found


def whole_reads(scope: Scope, project: Project) -> Iterator[s.Call]:
    """The calls that read an upload as a whole."""
    for call in scope.body.all(s.Call):
        if not isinstance(call.func, s.Attribute) or call.func.attr != "read" or call.spread:
            continue
        size = call.argument(0, "size")
        if size is not None and project.constant(size, scope) not in (-1, None):
            continue
        if size is not None and project.constant(size, scope) is None and not _none(size):
            continue
        if project.names(call.func, scope) & {"fastapi.UploadFile.read", "fastapi.UploadFile.file.read"}:
            if not _size_asked(call.func.value, scope) and not scope.body.enclosing(call, s.Handler):
                yield call


def _none(expr: s.Expr) -> bool:
    return isinstance(expr, s.Constant) and expr.value is None


def _size_asked(upload: s.Expr, scope: Scope) -> bool:
    """Whether the size of the upload is looked at in the same function."""
    root = upload.value if isinstance(upload, s.Attribute) and upload.attr == "file" else upload
    name = _dotted(root)
    return any(
        (node.attr == "size" and _dotted(node.value) == name)
        or (node.attr in ("seek", "tell") and _dotted(node.value) == f"{name}.file")
        for node in scope.body.all(s.Attribute)
    )
