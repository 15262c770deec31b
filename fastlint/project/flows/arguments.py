"""Which expressions a call passes as a parameter."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.flows.steps import Origin
from fastlint.project.language.classes import is_static
from fastlint.project.language.scopes import Function


def arguments(call: s.Call, function: Function, origin: Origin, skip: int = 0) -> list[s.Expr]:
    """What a call passes as the parameter of an origin; the first `skip` positional arguments are somebody else's."""
    parameter = origin.node
    assert isinstance(parameter, s.Parameter)
    parameters = list(function.node.parameters)
    if function.cls is not None and not is_static(function):
        parameters = parameters[1:]
    given = list(call.args[skip:])
    if parameter.kind == "**":
        wanted = origin.text.removeprefix(f"{parameter.name}.").partition(".")[0]
        own = {p.name for p in parameters}
        free = [k for k in call.keywords if k.arg is not None and k.arg not in own]
        chosen = [k.value for k in free if wanted in (k.arg, parameter.name)]
        return chosen or ([] if wanted in {k.arg for k in free} else _spread(call, wanted))
    named = next((keyword.value for keyword in call.keywords if keyword.arg == parameter.name), None)
    if named is not None:
        return [named]
    positional = [p for p in parameters if p.kind in ("/", " ")]
    if parameter.kind == "*":
        return given[len(positional) :]
    if parameter not in positional:
        return _spread(call, parameter.name)
    index = positional.index(parameter)
    starred = next((i for i, item in enumerate(given) if isinstance(item, s.Starred)), None)
    if starred is not None and index >= starred:
        return [_nth(given[starred], index - starred)]
    return [given[index]] if index < len(given) else _spread(call, parameter.name)


def _nth(starred: s.Expr, index: int) -> s.Expr:
    """What `*arguments` passes at a place, where their items are written down."""
    assert isinstance(starred, s.Starred)
    place = starred.line, starred.column, starred.end_line, starred.end_column
    return s.Subscript(*place, starred.value, s.Constant(*place, index))


def _spread(call: s.Call, name: str) -> list[s.Expr]:
    """What `**options` may pass under a name."""
    found: list[s.Expr] = []
    for keyword in call.keywords:
        if keyword.arg is not None:
            continue
        if isinstance(keyword.value, s.Dict) and None not in keyword.value.keys:
            pairs = zip(keyword.value.keys, keyword.value.values, strict=True)
            found += [value for key, value in pairs if isinstance(key, s.Constant) and key.value == name]
        else:
            found.append(_item(keyword.value, name))
    return found


def _item(mapping: s.Expr, name: str) -> s.Expr:
    """`mapping["name"]`, as the call unpacks it."""
    place = mapping.line, mapping.column, mapping.end_line, mapping.end_column
    return s.Subscript(*place, mapping, s.Constant(*place, name))
