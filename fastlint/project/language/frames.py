"""What names stand for while a function runs for one caller, or in one round of a loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function, Scope


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name stands for: an expression where it is written, or a value that is known already."""

    expr: s.Expr
    scope: Scope
    names: Mapping[str, Bound]
    value: v.Value | None = None


Names = Mapping[str, Bound]
NO_NAMES: Names = {}


class Frame(dict[str, Bound]):
    """The names of one run of a scope. `site` is the call that runs it; `caller` the frame that call stands in.

    `rest` holds what `*args` took, `options` what `**options` took; `open` are those of them that may hold more.
    """

    def __init__(self, scope: Scope, site: v.Site | None = None, caller: Frame | None = None) -> None:
        super().__init__()
        self.scope = scope
        self.site = site
        self.caller = caller
        self.rest: dict[str, list[Bound]] = {}
        self.options: dict[str, dict[str, Bound]] = {}
        self.open: set[str] = set()

    def with_names(self, more: Names) -> Frame:
        """The same run in one round of a loop."""
        frame = Frame(self.scope, self.site, self.caller)
        frame.update(self)
        frame.update(more)
        frame.rest, frame.options, frame.open = self.rest, self.options, self.open
        return frame

    def chain(self) -> Iterator[Frame]:
        """This frame and those of its callers."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.caller

    def runs(self, function: Function) -> bool:
        return any(frame.scope is function for frame in self.chain())

    @property
    def depth(self) -> int:
        return sum(1 for _ in self.chain())


@dataclass(slots=True)
class Arguments:
    """The arguments of a call with what `*` and `**` spread; `more` says that some of it is not known."""

    positional: list[Bound] = field(default_factory=list)
    keywords: dict[str, Bound] = field(default_factory=dict)
    more: bool = False

    def get(self, index: int | None, name: str | None) -> Bound | None:
        if name is not None and name in self.keywords:
            return self.keywords[name]
        if index is None or index >= len(self.positional):
            return None
        return self.positional[index]


def placed(value: v.Value, names: Names) -> v.Value:
    """An object made in a function that runs is another one in each run."""
    if not isinstance(value, v.Instance) or value.site is None or not isinstance(names, Frame):
        return value
    last = value.site.outermost
    if not isinstance(last.scope, Function):
        return value
    for frame in names.chain():
        if frame.scope is last.scope and frame.site is not None:
            return replace(value, site=value.site.within(frame.site))
    return value


def bound_parameters(
    function: Function, arguments: Arguments, frame: Frame, receiver: v.Value | None = None, enclosing: Names = NO_NAMES
) -> None:
    """Bind the parameters of a function in its frame as a call would."""
    positional, keywords = list(arguments.positional), dict(arguments.keywords)
    if receiver is not None and function.node.parameters:
        own = s.Name(function.node.line, 0, function.node.line, 0, "self")
        positional.insert(0, Bound(own, function, NO_NAMES, receiver))
    for parameter in function.node.parameters:
        if parameter.kind == "*":
            frame.rest[parameter.name] = positional
            positional = []
        elif parameter.kind == "**":
            frame.options[parameter.name] = keywords
        elif parameter.kind in ("/", " ") and positional:
            frame[parameter.name] = positional.pop(0)
        elif parameter.name in keywords:
            frame[parameter.name] = keywords.pop(parameter.name)
        elif parameter.default is not None and not arguments.more:
            frame[parameter.name] = Bound(parameter.default, function.parent, enclosing)
    if arguments.more:
        frame.open |= {*frame.rest, *frame.options}


def call_names(function: Function, call: s.Call, scope: Scope, names: Names) -> dict[str, Bound]:
    """The parameters of a function bound to the arguments that are written in a call of it."""
    arguments = Arguments()
    for argument in call.args:
        if isinstance(argument, s.Starred):
            break
        arguments.positional.append(Bound(argument, scope, names))
    arguments.keywords = {k.arg: Bound(k.value, scope, names) for k in call.keywords if k.arg is not None}
    frame = Frame(function)
    if function.cls is not None and not isinstance(scope, Class) and function.node.parameters:
        arguments.positional.insert(0, Bound(call.func, scope, names))
        bound_parameters(function, arguments, frame)
        frame.pop(function.node.parameters[0].name, None)
    else:
        bound_parameters(function, arguments, frame)
    return dict(frame)


__all__ = ["NO_NAMES", "Arguments", "Bound", "Frame", "Names", "bound_parameters", "call_names", "placed"]
