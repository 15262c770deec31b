"""Fixes of untyped bodies: the model that the function makes of the body, or one with the keys that it reads."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field

from fastlint.project.model import Class, Function, Module, Parameter, Project, syntax, v
from fastlint.rule import Applicability, CannotFix, Edit, Edits, Fix

MAKING = frozenset({"model_validate", "parse_obj"})
OF_MODELS = frozenset(
    {"construct", "copy", "dict", "fields", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema"}
) | {"schema_json", "update_forward_refs", "validate"}
"""What every model has: no field can be called so."""
MAPPINGS = ("builtins.dict", "collections.abc.Mapping")
BRANCHES = (
    *(syntax.Boolean, syntax.Case, syntax.Comprehension, syntax.Conditional, syntax.Handler, syntax.Lambda),
    *(syntax.FString, syntax.Match, syntax.Try),
)
"""What may not run all it holds; places in an f-string are not told by every Python."""


def typed(parameter: Parameter, project: Project, edit: Edits) -> Fix | None:
    """The fix for a body parameter that accepts any JSON."""
    owner, node = parameter.owner, parameter.node
    annotation = _written(node.annotation)
    if annotation is None or node.default is not None or project.calls_of(owner) or owner.members:
        return None
    if annotation is node.annotation and parameter.annotation.metadata:
        return None  # an alias that says more than the type
    if len(owner.body.bindings.get(node.name, ())) != 1:
        return None
    uses = [name for name in owner.body.all(syntax.Name) if name.id == node.name]
    if parameter.annotation.optional or not uses:
        return None
    return _made(uses, annotation, parameter, project, edit) or _read(uses, annotation, parameter, edit)


def _written(annotation: syntax.Expr | None) -> syntax.Expr | None:
    """The type itself; what `Annotated` adds stays."""
    if isinstance(annotation, syntax.Subscript) and isinstance(annotation.index, syntax.Tuple):
        name = annotation.value.attr if isinstance(annotation.value, syntax.Attribute) else annotation.value
        if name == "Annotated" or (isinstance(name, syntax.Name) and name.id == "Annotated"):
            return annotation.index.elements[0]
    return annotation


# ---- the model is there ----


def _made(
    uses: list[syntax.Name], annotation: syntax.Expr, parameter: Parameter, project: Project, edit: Edits
) -> Fix | None:
    """`Item(**body)` or `Item.model_validate(body)`, and nothing else: the parameter itself becomes an `Item`."""
    owner = parameter.owner
    call = next((call for call in owner.body.all(syntax.Call) if _makes(call, uses[0])), None)
    if len(uses) != 1 or call is None or not _always_runs(call, owner):
        return None
    expr = call.func if call.keywords else call.func.value  # type: ignore[attr-defined]
    values = project.infer(expr, owner)
    cls = values[0].cls if len(values) == 1 and isinstance(values[0], v.ClassValue) else None
    if not isinstance(cls, Class) or not project.shapes.is_model(cls) or project.returns.orm.maps_table(cls):
        return None
    name = project.returns.name_of(cls, owner)
    if name is None:
        return None
    path = parameter.path
    edits = (edit.replace(path, annotation.span, name), edit.replace(path, call.span, uses[0].id))
    return Fix(f"Take it as `{name}`", Applicability.UNSAFE, edits)


def _makes(call: syntax.Call, body: syntax.Name) -> bool:
    if call.keywords:
        return not call.args and [(k.arg, k.value) for k in call.keywords] == [(None, body)]
    return isinstance(call.func, syntax.Attribute) and call.func.attr in MAKING and call.args == (body,)


# ---- a model of the keys ----


@dataclass(slots=True)
class Key:
    """A key of the body: where it is read, and what stands for it when it is absent (empty: it is required)."""

    defaults: set[str] = field(default_factory=set)
    reads: list[syntax.Expr] = field(default_factory=list)


def _read(uses: list[syntax.Name], annotation: syntax.Expr, parameter: Parameter, edit: Edits) -> Fix | None:
    """`body["name"]` and `body.get("name")`, and nothing else: a model that declares these keys."""
    owner, path = parameter.owner, parameter.path
    if parameter.annotation.name not in MAPPINGS or not isinstance(owner.parent, Module) or owner.node.column:
        return None
    keys: dict[str, Key] = {}
    for use in uses:
        found = _key(use, owner, path, edit)
        if found is None:
            return None
        name, read, default = found
        keys.setdefault(name, Key()).reads.append(read)
        keys[name].defaults |= {default} if default else set()
    if any(not _fits(name, key, owner) for name, key in keys.items()):
        return None
    model = "".join(part[:1].upper() + part[1:] for part in owner.node.name.split("_")) + "Body"
    if model in owner.module.body.bindings:
        return None
    base, imports = edit.add_import(path, "pydantic", "BaseModel")
    anything, more = edit.add_import(path, "typing", "Any")
    lines = [f"class {model}({base}):", *_fields(keys, anything, edit, owner), "", ""]
    edits: list[Edit] = [*imports, *more, _above(owner, lines, edit)]
    edits.append(edit.replace(path, annotation.span, model))
    edits += [
        edit.replace(path, read.span, f"{parameter.node.name}.{name}") for name in keys for read in keys[name].reads
    ]
    return Fix("Declare the keys it reads as a model", Applicability.UNSAFE, tuple(edits))


def _key(use: syntax.Name, owner: Function, path: str, edit: Edits) -> tuple[str, syntax.Expr, str] | None:
    """The key that is read here, the expression that reads it, and its default as written (`None` for `.get` alone)."""
    parents = owner.body.parents
    around = parents.get(use)
    if any(isinstance(node, syntax.FString) for node in owner.body.ancestors(use)):
        return None
    if isinstance(around, syntax.Subscript) and around.value is use:
        if isinstance(parents.get(around), syntax.Delete) or _is_target(around, parents.get(around)):
            return None
        index = around.index
        text = isinstance(index, syntax.Constant) and isinstance(index.value, str)
        return (index.value, around, "") if text else None  # type: ignore[attr-defined]
    if not isinstance(around, syntax.Attribute) or around.attr != "get":
        return None
    call = parents.get(around)
    if not isinstance(call, syntax.Call) or call.func is not around or call.keywords or not 1 <= len(call.args) <= 2:
        return None
    key, *default = call.args
    if not isinstance(key, syntax.Constant) or not all(isinstance(one, syntax.Constant) for one in default):
        return None
    given = edit.text(path, default[0].span) if default else "None"
    return (key.value, call, given) if isinstance(key.value, str) else None


def _is_target(expr: syntax.Expr, around: syntax.Node | None) -> bool:
    targets = (*getattr(around, "targets", ()), getattr(around, "target", None))
    return any(target is expr for target in targets) or isinstance(around, syntax.Tuple | syntax.List)


def _fits(name: str, key: Key, owner: Function) -> bool:
    """Whether a field can be called so, has one default, and is required of no request that did without it."""
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith(("_", "model_")) or name in OF_MODELS:
        return False
    if key.defaults:
        return len(key.defaults) == 1
    return any(_always_runs(read, owner) for read in key.reads)


def _always_runs(node: syntax.Expr, owner: Function) -> bool:
    """Whether every request gets there, unless it is refused: no condition around it, no `return` before it."""
    inner: syntax.Node = node
    for around in owner.body.ancestors(node):
        if isinstance(around, BRANCHES):
            return False
        if isinstance(around, syntax.If | syntax.While) and inner is not around.test:
            return False
        if isinstance(around, syntax.For) and inner is not around.iterable:
            return False
        inner = around
    return not any(
        (statement.end_line, statement.end_column) <= node.start for statement in owner.body.all(syntax.Return)
    )


def _fields(keys: dict[str, Key], anything: str, edit: Edits, owner: Function) -> list[str]:
    first = owner.node.body[0]
    text = edit.source(owner.path).line(first.line)[: first.column]
    step = text if text and not text.strip() else "    "
    required = [f"{step}{name}: {anything}" for name, key in keys.items() if not key.defaults]
    return required + [f"{step}{name}: {anything} = {min(key.defaults)}" for name, key in keys.items() if key.defaults]


def _above(owner: Function, lines: list[str], edit: Edits) -> Edit:
    """The lines put before a function of the module, above its decorators and the comments that stand over them."""
    source = edit.source(owner.path)
    first = min([owner.node.line, *(decorator.line for decorator in owner.node.decorators)])
    while first > 1 and source.line(first - 1).startswith("#"):
        first -= 1
    if not source.line(first).startswith(("@", "#", "def ", "async def ")):
        raise CannotFix("the function shares its line with another statement")
    return edit.insert(owner.path, first, 1, "".join(f"{line}{source.newline}" for line in lines))
