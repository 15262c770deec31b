"""Jinja templates that are sent as pages, and whether they escape what is put in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.flows.sinks import calling
from fastlint.project.language import values as v
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Function, Module, Scope, every_scope

if TYPE_CHECKING:
    from fastlint.project.flows.sinks import Sinks
    from fastlint.project.language.constants import Constants
    from fastlint.project.language.modules import Modules

TEMPLATES = "fastapi.templating.Jinja2Templates"
ENVIRONMENTS = frozenset(
    {"jinja2.Environment", "jinja2.sandbox.SandboxedEnvironment", "jinja2.sandbox.ImmutableSandboxedEnvironment"}
)
TEMPLATE = "jinja2.Template"
RESPONDING = frozenset({"TemplateResponse", "Jinja2Templates"})
SELECT = "jinja2.select_autoescape"
ESCAPED = ("html", "htm", "xml")
RENDERERS = frozenset({"render", "render_async", "generate"})
GETTERS = frozenset({"get_template", "from_string", "select_template", "get_or_select_template"})
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Unescaped:
    """Something that puts values into a page as they are; `name` is the template's, None for a whole environment."""

    node: s.Call
    scope: Scope
    name: str | None

    @property
    def path(self) -> str:
        return self.scope.module.path


class Templates:
    def __init__(self, modules: Modules, sinks: Sinks, constants: Constants) -> None:
        self.modules = modules
        self.sinks = sinks
        self.constants = constants
        self.inference = constants.inference

    def unescaped(self) -> list[Unescaped]:
        """The responses whose template is not escaped, and the environments that escape nothing and render pages."""
        found: dict[s.Call, Unescaped] = {}
        for module in self.modules:
            if module.is_test:
                continue
            for item in self._of_module(module):
                found.setdefault(item.node, item)
        for sink in [*self.sinks.everywhere, *self.sinks.of_routes()]:
            if sink.kind == "html":
                for site in self._rendered(sink.expr, sink.scope, 0):
                    found.setdefault(site.call, Unescaped(site.call, site.scope, None))
        return sorted(found.values(), key=lambda item: (item.path, item.node.start))

    def _of_module(self, module: Module) -> Iterator[Unescaped]:
        if not module.facts.calls & RESPONDING:
            return
        for scope in calling(module, RESPONDING):
            for call in scope.body.all(s.Call):
                name = call.func.attr if isinstance(call.func, s.Attribute) else getattr(call.func, "id", "")
                if name == "TemplateResponse":
                    yield from self._response(call, scope)
                elif name == "Jinja2Templates" and TEMPLATES in self.inference.external_names(call.func, scope):
                    for site in self._sites(call.keyword("env"), scope):
                        if self._escapes_nothing(site):
                            yield Unescaped(site.call, site.scope, None)

    def _response(self, call: s.Call, scope: Scope) -> Iterator[Unescaped]:
        """A response made of a template in whose kind of file nothing is escaped."""
        if f"{TEMPLATES}.TemplateResponse" not in self.inference.external_names(call.func, scope):
            return
        media = call.keyword("media_type")
        if media is not None and not str(self.constants.text(media, scope) or "text/plain").startswith("text/html"):
            return
        name = self._template_name(call, scope)
        if name is None or not isinstance(call.func, s.Attribute) or not self._is_filled(call, scope):
            return
        makers = [value for value in self.inference.infer(call.func.value, scope) if isinstance(value, v.Instance)]
        for maker in makers:
            if maker.site is not None and self._leaves_alone(maker.site, name):
                yield Unescaped(call, scope, name)
                return

    def _template_name(self, call: s.Call, scope: Scope) -> str | None:
        candidates = [call.keyword("name"), *call.args[:2]]
        texts = [self.constants.text(item, scope) for item in candidates if item is not None]
        return next((text for text in texts if text is not None), None)

    def _is_filled(self, call: s.Call, scope: Scope) -> bool:
        """Whether values are handed to the template that the program does not set itself, once and for all.

        They stand after the request and the name, or after the name alone.
        """
        given = call.keyword("context")
        if given is None and len(call.args) > 1:
            second = call.args[1]
            given = call.args[2] if len(call.args) > 2 else None if self.constants.text(second, scope) else second
        if call.spread or given is None:
            return call.spread
        if not isinstance(given, s.Dict):
            return True
        return not all(self._is_fixed(value, scope) for value in given.values)

    def _is_fixed(self, expr: s.Expr, scope: Scope) -> bool:
        """Whether it is a constant, the request (which brings `url_for`), or set once where the module is imported."""
        if isinstance(expr, s.Constant) or v.Instance("fastapi.Request") in self.inference.infer(expr, scope):
            return True
        if not isinstance(expr, s.Name):
            return False
        found = self.inference.names.lookup(expr.id, scope, expr)
        if len(found) != 1 or not isinstance(found[0], Definition) or not isinstance(found[0].scope, Module):
            return False
        definition = found[0]
        if definition.binding.kind not in ("assign", "annotated") or definition.binding.value is None:
            return False
        return isinstance(definition.binding.value, s.Constant | s.Subscript | s.FString | s.Binary)

    def _leaves_alone(self, site: v.Site, name: str) -> bool:
        """Whether these templates put values into a file of this name as they are."""
        env = site.call.keyword("env")
        if env is None:
            return (
                not self._set_by_hand(site)
                and not site.call.spread
                and not name.lower().endswith(tuple(f".{ending}" for ending in ESCAPED))
            )
        environments = self._sites(env, site.scope)
        return bool(environments) and all(self._selected_without(item, name) for item in environments)

    def _selected_without(self, site: v.Site, name: str) -> bool:
        """Whether the environment chooses by the ending, and this one is not among those that it escapes."""
        chosen = site.call.keyword("autoescape")
        if not isinstance(chosen, s.Call) or SELECT not in self.inference.external_names(chosen.func, site.scope):
            return False
        if chosen.keyword("default") is not None or chosen.spread:
            return False
        given = chosen.argument(0, "enabled_extensions")
        endings = ESCAPED if given is None else self.constants.value(given, site.scope)
        if not isinstance(endings, list | tuple):
            return False
        return not name.lower().endswith(tuple(f".{str(ending).lstrip('.')}" for ending in endings))

    def _sites(self, expr: s.Expr | None, scope: Scope, depth: int = 0) -> list[v.Site]:
        """Where the environments and templates were made that an expression can be."""
        values = () if expr is None else self.inference.infer(expr, scope)
        made = [
            value
            for value in values
            if isinstance(value, v.Instance) and (value.of in ENVIRONMENTS or value.of == TEMPLATE)
        ]
        if expr is not None and made and all(value.site is None for value in made) and depth < DEEPEST:
            return self._sites_in_maker(expr, scope, depth)
        return [value.site for value in made if value.site is not None]

    def _sites_in_maker(self, expr: s.Expr, scope: Scope, depth: int) -> list[v.Site]:
        """Where a function of the project made what it says by its annotation that it gives."""
        if isinstance(expr, s.Name):
            found = self.inference.names.lookup(expr.id, scope, expr)
            if len(found) != 1 or not isinstance(found[0], Definition) or found[0].binding.value is None:
                return []
            return self._sites(found[0].binding.value, found[0].scope, depth + 1)
        if not isinstance(expr, s.Call):
            return []
        return [
            site
            for callee in self.inference.infer(expr.func, scope)
            if isinstance(callee, v.FunctionValue)
            for item in callee.function.body.all(s.Return)
            for site in self._sites(item.value, callee.function, depth + 1)
        ]

    def _escapes_nothing(self, site: v.Site) -> bool:
        chosen = site.call.keyword("autoescape")
        if self._set_by_hand(site):
            return False
        if chosen is None:
            return not site.call.spread
        return isinstance(chosen, s.Constant) and chosen.value is False

    def _set_by_hand(self, site: v.Site) -> bool:
        """Whether `autoescape` of what was made there is assigned afterwards: `templates.env.autoescape = True`."""
        return site.call in self._assigned

    @cached_property
    def _assigned(self) -> set[s.Call]:
        """The calls that made an environment, or templates, whose `autoescape` is assigned."""
        found: set[s.Call] = set()
        for module in self.modules:
            if ".autoescape" not in module.facts.calls:
                continue
            for scope in every_scope(module):
                for assign in scope.body.all(s.Assign):
                    for target in assign.targets:
                        if isinstance(target, s.Attribute) and target.attr == "autoescape":
                            owner = target.value
                            inner = owner.value if isinstance(owner, s.Attribute) and owner.attr == "env" else owner
                            made = self.inference.infer(inner, scope)
                            sites = [one.site for one in made if isinstance(one, v.Instance)]
                            found |= {site.call for site in sites if site is not None}
        return found

    def _rendered(self, expr: s.Expr, scope: Scope, depth: int) -> Iterator[v.Site]:
        """The environments that escape nothing whose templates an expression renders with values."""
        if depth > DEEPEST:
            return
        match expr:
            case s.Await(value=value):
                yield from self._rendered(value, scope, depth + 1)
            case s.Call(func=s.Attribute(value=value, attr=attr)) if attr in RENDERERS and (expr.args or expr.keywords):
                yield from (site for site in self._environments(value, scope, depth) if self._escapes_nothing(site))
            case s.Call():
                for callee in self.inference.infer(expr.func, scope):
                    if isinstance(callee, v.FunctionValue):
                        for item in callee.function.body.all(s.Return):
                            if item.value is not None:
                                yield from self._rendered(item.value, callee.function, depth + 1)
            case s.Name(id=name):
                for found in self.inference.names.lookup(name, scope, expr):
                    if isinstance(found, Definition) and isinstance(found.scope, Function):
                        if found.binding.value is not None and found.binding.kind in ("assign", "annotated"):
                            yield from self._rendered(found.binding.value, found.scope, depth + 1)

    def _environments(self, expr: s.Expr, scope: Scope, depth: int) -> list[v.Site]:
        """Where the environment of a template was made."""
        if depth > DEEPEST:
            return []
        sites = self._sites(expr, scope)
        if sites:
            return sites
        if isinstance(expr, s.Call) and isinstance(expr.func, s.Attribute) and expr.func.attr in GETTERS:
            name = self.constants.text(expr.args[0], scope) if expr.args else None
            if expr.func.attr != "from_string" and name is not None and name.endswith((".txt", ".md", ".csv")):
                return []
            return self._sites(expr.func.value, scope)
        if isinstance(expr, s.Name):
            return [
                site
                for found in self.inference.names.lookup(expr.id, scope, expr)
                if isinstance(found, Definition) and found.binding.kind == "assign" and found.binding.value is not None
                for site in self._environments(found.binding.value, found.scope, depth + 1)
            ]
        return []
