"""What is registered on which application or router, in the order in which a program would do it.

Modules are run statement by statement, but only what registers something is looked at: calls of functions that matter
are followed with what they are given, loops over lists that are written out go round, both ways of a condition are
taken. Functions that nobody seems to call are run last, with nothing known of what they get.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastlint.facts import syntax as s
from fastlint.project.application.receivers import Event, Key, Receiver, Receivers
from fastlint.project.application.registering import APPLICATIONS, CALLS, DECORATORS, HTTP_METHODS, ROUTERS, Registering
from fastlint.project.language import values as v
from fastlint.project.language.callers import Callers, last_name
from fastlint.project.language.constants import Constants
from fastlint.project.language.frames import NO_NAMES, Bound, Frame, Names, call_names
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Class, Function, Module, Scope
from fastlint.project.language.written import assigned_value

DEEPEST = 12
"""Functions that register, called by one another."""
MOST_RUNS = 20_000
"""Runs of functions that a project may need; a knot of calls ends here."""
MOST_ROUNDS = 2_000


class Registrations(Receivers):
    """Collects the events of all receivers of a project."""

    def __init__(self, modules: Iterator[Module], constants: Constants, callers: Callers) -> None:
        super().__init__(constants)
        self._ran: set[Module] = set()
        self._entered: set[Function] = set()
        self._runs = 0
        self.matter = Registering(list(modules), self.inference, callers)
        self._aliases: dict[Scope, frozenset[str]] = {}
        for module in self.matter.in_order:
            self._run_module(module)
        for function in self.matter.roots:
            if function not in self._entered:
                self._run_root(function)
        self.share()

    # running

    def _run_module(self, module: Module) -> None:
        if module in self._ran or module.is_test:
            return
        for package in self.inference.names.modules.packages(module):
            self._run_module(package)
        if module in self._ran:
            return
        self._ran.add(module)
        if module in self.matter.modules or module.is_package:
            self._suite(module.body.statements, module, Frame(module), False)

    def _run_root(self, function: Function) -> None:
        self._entered.add(function)
        frame = Frame(function)
        if function.cls is not None and function.node.parameters:
            me = s.Name(function.node.line, 0, function.node.line, 0, "self")
            frame[function.node.parameters[0].name] = Bound(me, function, NO_NAMES, v.Instance(function.cls))
        self._suite(function.body.statements, function, frame, False)

    def _run(
        self, function: Function, call: s.Call, frame: Frame, scope: Scope, me: v.Value | None, maybe: bool
    ) -> None:
        if frame.runs(function) or frame.depth > DEEPEST or self._runs > MOST_RUNS:
            return
        self._runs += 1
        self._entered.add(function)
        inner = self.constants.entered(function, call, scope, frame, me)
        self._suite(function.body.statements, function, inner, maybe)

    def _suite(self, statements: tuple[s.Stmt, ...], scope: Scope, frame: Frame, maybe: bool) -> None:
        for statement in statements:
            maybe = self._statement(statement, scope, frame, maybe)

    def _statement(self, node: s.Stmt, scope: Scope, frame: Frame, maybe: bool) -> bool:
        """Run one statement; the answer says whether what follows may not run."""
        match node:
            case s.FunctionDef():
                self._decorators(node, scope, frame, maybe)
            case s.ClassDef():
                cls = scope.members.get(node)
                if isinstance(cls, Class):
                    self._suite(node.body, cls, frame, maybe)
                self._calls_in(node.decorators, scope, frame, maybe)
            case s.If():
                return self._condition(node, scope, frame, maybe)
            case s.For():
                self._calls(node.iterable, scope, frame, maybe)
                rounds = self._rounds(node.target, node.iterable, scope, frame)
                for inner in rounds if rounds is not None else [frame]:
                    self._suite(node.body, scope, inner, maybe)
                self._suite(node.orelse, scope, frame, maybe)
            case s.While():
                self._suite(node.body, scope, frame, True)
                self._suite(node.orelse, scope, frame, maybe)
            case s.With():
                self._calls_in(tuple(item.context for item in node.items), scope, frame, maybe)
                self._suite(node.body, scope, frame, maybe)
            case s.Try():
                self._suite(node.body, scope, frame, maybe)
                for handler in node.handlers:
                    self._suite(handler.body, scope, frame, True)
                self._suite(node.orelse, scope, frame, maybe)
                self._suite(node.finalbody, scope, frame, maybe)
            case s.Match():
                for case in node.cases:
                    self._suite(case.body, scope, frame, True)
            case s.Import() | s.ImportFrom():
                self._imports(node, scope)
            case s.Assign():
                self._calls(node.value, scope, frame, maybe)
                self._option_set(node, scope, frame)
            case _:
                self._calls_in(tuple(node.children()), scope, frame, maybe)
        return maybe

    def _condition(self, node: s.If, scope: Scope, frame: Frame, maybe: bool) -> bool:
        self._calls(node.test, scope, frame, maybe)
        known = decided(node.test, scope)
        if known is not False:
            self._suite(node.body, scope, frame, maybe or known is None)
        if known is not True:
            self._suite(node.orelse, scope, frame, maybe or known is None)
        leaves = bool(node.body) and isinstance(node.body[-1], s.Return)
        return maybe or (leaves and known is None)

    def _imports(self, node: s.Import | s.ImportFrom, scope: Scope) -> None:
        found: list[Module] = []
        modules = self.inference.names.modules
        if isinstance(node, s.Import):
            for dotted, _ in node.names:
                parts = dotted.split(".")
                for length in range(1, len(parts) + 1):
                    source = modules.resolve(".".join(parts[:length]), scope.module)
                    found += [source] if isinstance(source, Module) else []
        else:
            if node.level:
                source = modules.relative(node.module, node.level, scope.module)
            else:
                source = modules.resolve(node.module, scope.module)
            if isinstance(source, Module):
                found.append(source)
            if source is not None and (isinstance(source, str) or source.is_package):
                folder = source if isinstance(source, str) else source.path.removesuffix("__init__.py")
                inner = [modules.submodule(folder, name) for name, _ in node.names if name != "*"]
                found += [module for module in inner if isinstance(module, Module)]
        for module in found:
            self._run_module(module)

    # expressions

    def _calls_in(self, nodes: tuple[s.Node, ...], scope: Scope, frame: Frame, maybe: bool) -> None:
        for node in nodes:
            self._calls(node, scope, frame, maybe)

    def _calls(self, node: s.Node, scope: Scope, frame: Frame, maybe: bool) -> None:
        """Run the calls in an expression, inner ones first."""
        match node:
            case s.Name() | s.Constant() | s.Lambda():
                return
            case s.Comprehension():
                frames = [frame]
                for generator in node.generators:
                    rounds = [self._rounds(generator.target, generator.iterable, scope, one) for one in frames]
                    frames = [inner for group in rounds for inner in group or ()]
                for inner in frames or [frame]:
                    self._calls(node.element, scope, inner, maybe)
                return
        for child in node.children():
            self._calls(child, scope, frame, maybe)
        if isinstance(node, s.Call):
            self._call(node, scope, frame, maybe)

    def _call(self, call: s.Call, scope: Scope, frame: Frame, maybe: bool) -> None:
        if isinstance(call.func, s.Call):
            found = self._decorator(call.func, scope, frame)
            if found is not None and call.args:
                receiver, verb, inside, names = found
                handler = self._handed(verb, call.args[0], scope, frame)
                event = Event(verb, call.func, scope, handler, frame, maybe, Bound(call.args[0], scope, frame))
                self.place(receiver, inside, names, event)
            return
        name = last_name(call)
        if not name:
            return
        if isinstance(call.func, s.Attribute):
            if name in CALLS:
                self.place(call.func.value, scope, frame, Event(name, call, scope, None, frame, maybe))
                return
            if name == "__init__":
                self._construct(call, scope, frame, maybe)
                return
            if name in ("append", "extend", "setdefault", "update", "pop"):
                self._change(name, call.func.value, call, scope, frame)
        elif name in self._alias_names(scope):
            alias = self._alias(call.func, scope)
            if alias is not None and alias[1] in CALLS:
                receiver, verb, inside = alias
                self.place(receiver, inside, NO_NAMES, Event(verb, call, scope, None, frame, maybe))
                return
        if name in self.matter.creations:
            self._create(call, scope, frame)
        if name in self.matter.names or (isinstance(call.func, s.Name) and name in frame):
            for value in self.constants.values(call.func, scope, frame):
                match value:
                    case v.FunctionValue(function, receiver) if function in self.matter.functions:
                        self._run(function, call, frame, scope, receiver, maybe)
                    case v.ClassValue(cls):
                        init = self.inference.classes.method(cls, "__init__")
                        if init is not None and init in self.matter.functions:
                            self._run(init, call, frame, scope, self._object(cls, call, scope, frame), maybe)

    def _handed(self, verb: str, given: s.Expr, scope: Scope, frame: Frame) -> Function | None:
        """The function in `app.middleware("http")(function)`; what routes are given is looked at later."""
        if verb not in ("middleware", "exception_handler", "on_event"):
            return None
        values = self.constants.values(given, scope, frame)
        functions = [value.function for value in values if isinstance(value, v.FunctionValue)]
        return functions[0] if len(values) == len(functions) == 1 else None

    def _object(self, cls: Class, call: s.Call, scope: Scope, frame: Frame) -> v.Instance:
        site = v.Site(call, scope)
        if frame.site is not None and isinstance(scope, Function):
            site = site.within(frame.site)
        return v.Instance(cls, site)

    def _create(self, call: s.Call, scope: Scope, frame: Frame) -> None:
        for value in self.constants.values(call, scope, frame):
            if isinstance(value, v.Instance) and value.site is not None and value.site.call is call:
                found = self.receiver(value)
                if found is not None and found.made is None:
                    found.made, found.names = (call, scope, frame), frame
                    found.at_import = isinstance(list(frame.chain())[-1].scope, Module)

    def _construct(self, call: s.Call, scope: Scope, frame: Frame, maybe: bool) -> None:
        """`super().__init__(...)`: the constructor of the next class, at last FastAPI's own."""
        function = scope if isinstance(scope, Function) else None
        if function is None or function.cls is None or not function.node.parameters:
            return
        me = frame.get(function.node.parameters[0].name)
        if me is None or not isinstance(me.value, v.Instance) or not isinstance(me.value.of, Class):
            return
        assert isinstance(call.func, s.Attribute)
        ancestry = self.inference.classes.ancestry(me.value.of)
        if function.cls not in ancestry:
            return
        for above in ancestry[ancestry.index(function.cls) + 1 :]:
            if isinstance(above, Class):
                init = above.methods.get("__init__")
                if init is not None:
                    if init in self.matter.functions:
                        self._run(init, call, frame, scope, me.value, maybe)
                    return
            elif above in (*APPLICATIONS, *ROUTERS):
                receiver = self.receiver(me.value)
                if receiver is not None:
                    receiver.made, receiver.names = (call, scope, frame), frame
                return

    def _change(self, verb: str, owner: s.Expr, call: s.Call, scope: Scope, frame: Frame) -> None:
        """A list that grows, or `**options` that are changed before they are passed on."""
        if isinstance(owner, s.Name) and owner.id in frame.options and call.args:
            key = self.constants.text(call.args[0], scope, frame)
            if verb == "pop" and key is not None:
                frame.options[owner.id].pop(key, None)
            if verb == "setdefault" and key is not None and len(call.args) > 1:
                frame.options[owner.id].setdefault(key, Bound(call.args[1], scope, frame))
        if isinstance(owner, s.Name) and owner.id in frame.options and verb == "update":
            for keyword in call.keywords:
                if keyword.arg is not None:
                    frame.options[owner.id][keyword.arg] = Bound(keyword.value, scope, frame)
        if verb in ("append", "extend") and call.args:
            for node in self._lists(owner, scope, frame):
                added = [Bound(call.args[0], scope, frame)]
                if verb == "extend":
                    added = self.constants.elements(call.args[0], scope, frame) or []
                self.constants.appended.setdefault(node, []).extend(added)

    def _lists(self, owner: s.Expr, scope: Scope, frame: Frame) -> list[s.List]:
        """The lists written out that the expression may be, also where an annotation tells no more than `list`."""
        written: list[s.Expr | None] = [
            value.node for value in self.constants.values(owner, scope, frame) if isinstance(value, v.Display)
        ]
        if not written and isinstance(owner, s.Name) and owner.id not in frame:
            written = [assigned_value(found) for found in self.inference.define(owner, scope)]
        return [node for node in written if isinstance(node, s.List)]

    def _option_set(self, node: s.Assign, scope: Scope, frame: Frame) -> None:
        for target in node.targets:
            if (
                isinstance(target, s.Subscript)
                and isinstance(target.value, s.Name)
                and target.value.id in frame.options
            ):
                key = self.constants.text(target.index, scope, frame)
                if key is not None:
                    frame.options[target.value.id][key] = Bound(node.value, scope, frame)

    # decorators

    def _decorators(self, node: s.FunctionDef, scope: Scope, frame: Frame, maybe: bool) -> None:
        function = scope.members.get(node)
        for decorator in reversed(node.decorators):
            if isinstance(function, Function) and self._own_decorator(decorator, function, scope, frame, maybe):
                continue
            if not isinstance(decorator, s.Call):
                continue
            self._calls_in((*decorator.args, *(k.value for k in decorator.keywords)), scope, frame, maybe)
            found = self._decorator(decorator, scope, frame)
            if found is not None and isinstance(function, Function):
                receiver, verb, inside, names = found
                self.place(receiver, inside, names, Event(verb, decorator, scope, function, frame, maybe))

    def _own_decorator(self, decorator: s.Expr, function: Function, scope: Scope, frame: Frame, maybe: bool) -> bool:
        """Run a decorator of the project that registers what it decorates; False where it is none."""
        target = decorator.func if isinstance(decorator, s.Call) else decorator
        place = target.line, target.column, target.end_line, target.end_column
        if last_name(s.Call(*place, target, (), ())) not in self.matter.names:
            return False
        own = [
            value
            for value in self.constants.values(target, scope, frame)
            if isinstance(value, v.FunctionValue) and value.function in self.matter.functions
        ]
        if len(own) != 1 or frame.runs(own[0].function) or frame.depth > DEEPEST:
            return False
        decorating, receiver, outer = own[0].function, own[0].receiver, frame
        given = s.Name(function.node.line, 0, function.node.line, 0, function.name)
        if isinstance(decorator, s.Call):
            self._entered.add(decorating)
            outer = self.constants.entered(decorating, decorator, scope, frame, receiver)
            returned = [item.value for item in decorating.body.all(s.Return) if item.value is not None]
            for value in returned:
                if isinstance(value, s.Call) and (found := self._decorator(value, decorating, outer)) is not None:
                    owner, verb, inside, names = found
                    self.place(owner, inside, names, Event(verb, value, decorating, function, outer, maybe))
            inner = [member for member in decorating.members.values() if isinstance(member, Function)]
            named = {value.id for value in returned if isinstance(value, s.Name)}
            inner = [member for member in inner if member.name in named and member in self.matter.functions]
            if len(inner) != 1:
                return True
            decorating, receiver = inner[0], None
        call = s.Call(*place, target, (given,), ())
        run = self.constants.entered(decorating, call, scope, outer, receiver)
        parameters = decorating.node.parameters[receiver is not None :]
        if parameters:
            run[parameters[0].name] = Bound(given, scope, NO_NAMES, v.FunctionValue(function))
        self._entered.add(decorating)
        self._runs += 1
        self._suite(decorating.body.statements, decorating, run, maybe)
        return True

    def _decorator(self, call: s.Call, scope: Scope, frame: Frame) -> tuple[s.Expr, str, Scope, Names] | None:
        """What `@owner.get(...)` registers on, also under a name of its own: `get = app.get`."""
        if isinstance(call.func, s.Attribute) and call.func.attr in DECORATORS:
            return call.func.value, call.func.attr, scope, frame
        if isinstance(call.func, s.Name):
            found = self._alias(call.func, scope)
            if found is not None and found[1] in DECORATORS:
                return (*found, NO_NAMES) if found[2] is not scope else (*found, frame)
        return None

    def _alias(self, func: s.Expr, scope: Scope) -> tuple[s.Expr, str, Scope] | None:
        for found in self.inference.define(func, scope):
            if isinstance(found, Definition) and isinstance(found.binding.value, s.Attribute):
                return found.binding.value.value, found.binding.value.attr, found.scope
        return None

    def _alias_names(self, scope: Scope) -> frozenset[str]:
        if scope not in self._aliases:
            self._aliases[scope] = frozenset(
                target.id
                for place in (scope, scope.module)
                for node in place.body.all(s.Assign)
                if isinstance(node.value, s.Attribute) and node.value.attr in CALLS
                for target in node.targets
                if isinstance(target, s.Name)
            )
        return self._aliases[scope]

    # loops

    def _rounds(self, target: s.Expr, iterable: s.Expr, scope: Scope, frame: Frame) -> list[Frame] | None:
        """The frame of each round of a loop; None when what it runs over is not written out."""
        elements: Sequence[Bound | tuple[Bound, ...]] | None = None
        if isinstance(iterable, s.Call) and isinstance(iterable.func, s.Attribute) and iterable.func.attr == "items":
            pairs = self.constants.pairs(iterable.func.value, scope, frame)
            if pairs is not None:
                elements = [(key, bound) for key, bound in pairs if key is not None]
        elif isinstance(iterable, s.Call) and isinstance(iterable.func, s.Name) and iterable.func.id == "enumerate":
            inner = self.constants.elements(iterable.args[0], scope, frame) if iterable.args else None
            start = iterable.argument(1, "start")
            first = 0 if start is None else self.constants.value(start, scope, frame)
            if inner is not None and isinstance(first, int):
                number = s.Constant
                elements = [
                    (Bound(number(iterable.line, 0, iterable.line, 0, index), scope, NO_NAMES), bound)
                    for index, bound in enumerate(inner, first)
                ]
        elif isinstance(iterable, s.Call) and isinstance(iterable.func, s.Name) and iterable.func.id == "zip":
            columns = [self.constants.elements(argument, scope, frame) for argument in iterable.args]
            if columns and all(column is not None for column in columns):
                elements = list(zip(*[column for column in columns if column is not None], strict=False))
        else:
            elements = self.constants.elements(iterable, scope, frame)
        if not elements or len(elements) > MOST_ROUNDS:
            return None if elements is None or elements else []
        return [frame.with_names(self._bind(target, element)) for element in elements]

    def _bind(self, target: s.Expr, element: Bound | tuple[Bound, ...]) -> dict[str, Bound]:
        if isinstance(target, s.Name):
            return {target.id: element} if isinstance(element, Bound) else {}
        if not isinstance(target, s.Tuple | s.List):
            return {}
        if isinstance(element, tuple):
            parts: list[Bound] = list(element)
        else:
            parts = self.constants.elements(element.expr, element.scope, element.names) or []
        bound: dict[str, Bound] = {}
        for inner, part in zip(target.elements, parts, strict=False):
            bound.update(self._bind(inner, part))
        return bound


def decided(test: s.Expr, scope: Scope) -> bool | None:
    """What a condition surely is when an application imports the module; None when it may be either."""
    match test:
        case s.Compare(left=s.Name(id="__name__"), ops=("Eq",)) if isinstance(scope, Module):
            return False
        case s.Name(id="TYPE_CHECKING") | s.Attribute(attr="TYPE_CHECKING"):
            return False
        case s.Unary(op="Not"):
            inner = decided(test.operand, scope)
            return None if inner is None else not inner
        case s.Constant():
            return bool(test.value)
    return None


def unreachable(node: s.Node, scope: Scope) -> bool:
    """Whether it only runs as a script or only for type checkers."""
    inner = node
    for ancestor in scope.body.ancestors(node):
        if isinstance(ancestor, s.If) and decided(ancestor.test, scope) is (inner not in ancestor.body):
            return True
        inner = ancestor
    return False


__all__ = ["CALLS", "DECORATORS", "HTTP_METHODS", "Event", "Key", "Receiver", "Registrations"]
__all__ += ["call_names", "decided", "unreachable"]
