"""Texts as they are put together: constant pieces and the holes between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fastlint.facts import syntax as s
from fastlint.project.language.constants import Constants
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Function, Scope
from fastlint.project.language.words import words_of

FORMAT = re.compile(r"\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")
PERCENT = re.compile(r"%(?:\((\w+)\))?[rsd]")
DEEPEST = 8
VALUE = re.compile(r"(?:=|<|>|\blike|\bilike|\bbetween|\bvalues\s*\()\s*$", re.IGNORECASE)
QUALIFIES = re.compile(r"\w*\.(?!\d)")
"""What follows the name of a table or an alias in front of a column."""
IDENTIFIERS = frozenset({"table", "schema", "column", "database", "index", "view", "collection", "keyspace"})
"""Words of variables that hold names of what is in the database."""
COMMAND = re.compile(
    r"\s*(?:set|pragma|alter|create|drop|attach|copy|comment|grant|revoke|show|use|reset|vacuum|load|put|get|notify"
    r"|listen)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a value is put into a text; `text` is what stands before it, as far as it is known."""

    expr: s.Expr
    scope: Scope
    text: str
    after: str = ""
    """What stands behind it, as far as it is known."""

    @property
    def quoted(self) -> bool:
        """Whether it stands inside a literal of the statement."""
        return self.text.count("'") % 2 == 1

    @property
    def is_value(self) -> bool:
        """Whether a bound parameter belongs in its place: no keyword, no name of a table or column."""
        if COMMAND.match(self.text) or self._names_identifier():
            return False
        return self.quoted or (not QUALIFIES.match(self.after) and VALUE.search(self.text) is not None)

    def _names_identifier(self) -> bool:
        name = self.expr.attr if isinstance(self.expr, s.Attribute) else getattr(self.expr, "id", "")
        words = words_of(name)
        return bool(words) and not IDENTIFIERS.isdisjoint((words[-1], words[0] if words[-1:] == ("name",) else ""))


def _names_bound(expr: s.Expr) -> bool:
    """`", ".join(f":{name}" for name in names)`: the names of what is bound, no values."""
    match expr:
        case s.Call(
            func=s.Attribute(value=s.Constant(), attr="join"), args=(s.Comprehension(element=s.FString() as text),)
        ):
            first = text.parts[0] if text.parts else None
            return isinstance(first, s.Constant) and str(first.value).lstrip("( ").startswith((":", "%(", "@", "$"))
    return False


class Texts:
    def __init__(self, constants: Constants) -> None:
        self.constants = constants

    def holes(self, expr: s.Expr, scope: Scope) -> list[Hole]:
        """The holes of a text, local variables followed; a text that is no more than one name is one hole."""
        found: list[Hole] = []
        text = ""
        for piece, inside in self.pieces(expr, scope):
            if isinstance(piece, str):
                if found:
                    found[-1] = replace(found[-1], after=found[-1].after + piece)
                text += piece
            else:
                found.append(Hole(piece, inside, text))
                text += "?"
        return found

    def pieces(self, expr: s.Expr, scope: Scope, depth: int = 0) -> list[tuple[s.Expr | str, Scope]]:
        constant = self.constants.text(expr, scope)
        if constant is not None:
            return [(constant, scope)]
        if _names_bound(expr):
            return [("?", scope)]
        if depth > DEEPEST:
            return [(expr, scope)]
        match expr:
            case s.FString(parts=parts):
                return [piece for part in parts for piece in self._part(part, scope, depth)]
            case s.Binary(op="Add", left=left, right=right):
                return [*self.pieces(left, scope, depth + 1), *self.pieces(right, scope, depth + 1)]
            case s.Binary(op="Mod", left=left, right=right):
                given = list(right.elements) if isinstance(right, s.Tuple) else [right]
                return self._filled(left, PERCENT, given, {}, scope, depth)
            case s.Call(func=s.Attribute(value=value, attr="format")):
                named = {k.arg: k.value for k in expr.keywords if k.arg is not None}
                return self._filled(value, FORMAT, list(expr.args), named, scope, depth)
            case s.Call(func=s.Attribute(value=value, attr=("strip" | "lstrip" | "rstrip"))):
                return self.pieces(value, scope, depth + 1)
            case s.Call(func=func) if len(expr.args) == 1:
                if self.constants.inference.external_names(func, scope) & {"textwrap.dedent"}:
                    return self.pieces(expr.args[0], scope, depth + 1)
            case s.Name(id=name):
                return self._variable(expr, name, scope, depth)
        return [(expr, scope)]

    def _part(self, part: s.Expr, scope: Scope, depth: int) -> list[tuple[s.Expr | str, Scope]]:
        if isinstance(part, s.Constant):
            return [(str(part.value), scope)]
        if not isinstance(part, s.Formatted):
            return [(part, scope)]
        constant = self.constants.text(part.value, scope)
        if constant is not None:
            return [(constant, scope)]
        inner = self.pieces(part.value, scope, depth + 1)
        return inner if len(inner) > 1 or isinstance(inner[0][0], str) else [(part.value, scope)]

    def _filled(
        self,
        template: s.Expr,
        form: re.Pattern[str],
        given: list[s.Expr],
        named: dict[str, s.Expr],
        scope: Scope,
        depth: int,
    ) -> list[tuple[s.Expr | str, Scope]]:
        text = self.constants.text(template, scope)
        if text is None:
            return [*self.pieces(template, scope, depth + 1), *((expr, scope) for expr in [*given, *named.values()])]
        found: list[tuple[s.Expr | str, Scope]] = []
        end, index = 0, 0
        for match in form.finditer(text):
            found.append((text[end : match.start()], scope))
            end = match.end()
            name = match[1] or ""
            expr = named.get(name)
            if expr is None and (not name or name.isdigit()):
                place = int(name) if name.isdigit() else index
                expr = given[place] if place < len(given) else None
                index += 1
            if expr is None and len(given) == 1:
                expr = given[0]
            found += [(expr, scope)] if expr is not None else []
        return [*found, (text[end:], scope)]

    def _variable(self, expr: s.Name, name: str, scope: Scope, depth: int) -> list[tuple[s.Expr | str, Scope]]:
        """What a local variable was given, when it was given it once."""
        bindings = scope.body.bindings.get(name, []) if isinstance(scope, Function) else []
        found = self.constants.inference.names.lookup(name, scope, expr)
        if len(bindings) == 1 and len(found) == 1 and isinstance(found[0], Definition):
            binding = bindings[0]
            if binding.kind in ("assign", "annotated") and binding.value is not None and not binding.path:
                return self.pieces(binding.value, scope, depth + 1)
        return [(expr, scope)]
