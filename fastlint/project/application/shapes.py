"""What an annotation describes, as FastAPI sorts types: uploads, single values, and what can only be a body."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.application.responses import RESPONSES, is_response_name
from fastlint.project.language.annotations import Annotation
from fastlint.project.language.externals import inherits
from fastlint.project.language.scopes import Class

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

UPLOAD = "fastapi.UploadFile"
MODELS = ("pydantic.BaseModel", "sqlmodel.SQLModel", "pydantic.RootModel", "pydantic_settings.BaseSettings")
SEQUENCES = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "set", "frozenset", "tuple")),
        *("collections.deque", "collections.abc.Sequence", "collections.abc.MutableSequence"),
    }
)
MAPPINGS = frozenset(
    {
        *("builtins.dict", "collections.abc.Mapping", "collections.abc.MutableMapping", "collections.OrderedDict"),
        *("collections.defaultdict", "collections.Counter", "typing.TypedDict", "typing_extensions.TypedDict"),
    }
)
STANDARD = frozenset(
    {
        *("builtins", "datetime", "uuid", "decimal", "enum", "pathlib", "ipaddress", "re", "typing", "collections"),
        *("types", "fractions", "zoneinfo", "pydantic", "annotated_types", "typing_extensions", "pydantic_core"),
    }
)


class Shapes:
    """Sorts; one per project, asked through Parameters."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def kind_of(self, annotation: Annotation) -> str:
        """`file`, `body` or `query` for a parameter without marker whose name is not in the path; else `unknown`."""
        if any(self._upload(member) for member in annotation.members):
            return "file"
        answers = [self.scalar(member) for member in annotation.bare().members]
        if False in answers:
            return "body"
        return "unknown" if None in answers else "query"

    def _upload(self, annotation: Annotation) -> bool:
        if annotation.kind == "external" and inherits(annotation.name, UPLOAD):
            return True
        if self.bare_collection(annotation):
            return True
        return (
            annotation.name in SEQUENCES and bool(annotation.arguments) and all(map(self._upload, annotation.arguments))
        )

    def bare_collection(self, annotation: Annotation) -> bool:
        """`list`, `set`, `tuple` and kin without element type, also in a union: FastAPI takes them for uploads."""
        return any(self._bare(member) for member in annotation.members)

    def _bare(self, annotation: Annotation) -> bool:
        if annotation.kind == "class" and annotation.cls is not None:
            return self.inference.classes.is_a(annotation.cls, "typing.NamedTuple")
        return annotation.kind == "external" and annotation.name in SEQUENCES and not annotation.subscripted

    def scalar(self, annotation: Annotation) -> bool | None:
        """Whether FastAPI takes the type for a single value; None when the type is not known."""
        match annotation.kind:
            case "missing" | "any" | "literal" | "none" | "typevar":
                return True
            case "class" if annotation.cls is not None:
                return self._scalar_class(annotation.cls)
            case "external":
                if annotation.name in SEQUENCES | MAPPINGS or inherits(annotation.name, *MODELS):
                    return False
                if annotation.name == "pydantic.Json":
                    return all(self.scalar(argument) is not False for argument in annotation.arguments)
                owner = annotation.name.partition(".")[0]
                return True if owner in STANDARD else None
            case "union":
                answers = [self.scalar(member) for member in annotation.members]
                return False if False in answers else None if None in answers else True
        return None

    def _scalar_class(self, cls: Class) -> bool | None:
        classes = self.inference.classes
        if classes.is_a(cls, *MODELS) or classes.is_a(cls, *MAPPINGS) or self.is_dataclass(cls):
            return False
        if classes.is_a(cls, "enum.Enum", "enum.StrEnum", "enum.IntEnum", "builtins.str", "builtins.int"):
            return True
        return None

    def is_model(self, cls: Class) -> bool:
        """Whether it is a Pydantic model (SQLModel too)."""
        return self.inference.classes.is_a(cls, *MODELS)

    def is_dataclass(self, cls: Class) -> bool:
        names = {"dataclasses.dataclass", "pydantic.dataclasses.dataclass"}
        for decorator in cls.node.decorators:
            target = decorator.func if isinstance(decorator, s.Call) else decorator
            if self.inference.external_names(target, cls.parent) & names:
                return True
        return False

    def is_keyed(self, annotation: Annotation) -> bool:
        """Whether it is a model, a dataclass or a mapping: a JSON object."""
        if annotation.cls is not None:
            return self.is_model(annotation.cls) or self.is_dataclass(annotation.cls)
        return annotation.kind == "external" and (annotation.name in MAPPINGS or inherits(annotation.name, *MODELS))

    def shapeless(self, annotation: Annotation) -> bool:
        """Whether it validates nothing: a free dictionary, Any, object, or a collection of those (None aside)."""
        bare = annotation.bare()
        if bare.kind == "any" or bare.name == "builtins.object":
            return True
        if bare.kind == "union":
            return all(map(self.shapeless, bare.arguments))
        if bare.kind != "external":
            return False
        if bare.name in MAPPINGS:
            return bare.name != "typing.TypedDict" and (not bare.arguments or self.shapeless(bare.arguments[-1]))
        return bare.name in SEQUENCES and (not bare.arguments or self.shapeless(bare.arguments[0]))

    def without_schema(self, annotation: Annotation) -> str | None:
        """The part of a return annotation that no response model can be made of; None when nothing surely is."""
        match annotation.kind:
            case "union":
                return next((part for member in annotation.members if (part := self._response_or_worse(member))), None)
            case "class" if annotation.cls is not None:
                return annotation.cls.name if self._plain_class(annotation.cls) else None
            case "external":
                if annotation.name in SCHEMALESS:
                    return annotation.name.rpartition(".")[2]
                if annotation.name in (*SEQUENCES, *MAPPINGS, "collections.abc.Iterable"):
                    return next(
                        (part for inner in annotation.arguments if (part := self._response_or_worse(inner))), None
                    )
        return None

    def _response_or_worse(self, annotation: Annotation) -> str | None:
        if annotation.kind == "external" and (
            inherits(annotation.name, *RESPONSES) or is_response_name(annotation.name)
        ):
            return annotation.name.rpartition(".")[2]
        if annotation.cls is not None and self.inference.classes.is_a(annotation.cls, *RESPONSES):
            return annotation.cls.name
        return self.without_schema(annotation)

    def _plain_class(self, cls: Class) -> bool:
        """Whether Pydantic surely cannot describe the class: no model, dataclass, enumeration or typed dictionary."""
        for item in self.inference.classes.ancestry(cls):
            if isinstance(item, str):
                if item not in PLAIN_BASES:
                    return False
            elif item.node.decorators or item.node.keywords or any(name in item.body.bindings for name in HOOKS):
                return False
        return True


def declares_all(names: Iterable[Class | str]) -> bool:
    """Whether all classes of an ancestry that declare fields are to be seen: none that a package brings is among them.

    What Pydantic, SQLModel and the standard library bring declares none.
    """
    return all(not isinstance(name, str) or name.startswith(FIELDLESS) for name in names)


FIELDLESS = (
    "pydantic.",
    "pydantic_settings.",
    "sqlmodel.",
    "builtins.",
    "typing.",
    "typing_extensions.",
    "abc.",
    "enum.",
)
HOOKS = ("__get_pydantic_core_schema__", "__get_validators__", "__class_getitem__")
PLAIN_BASES = frozenset(
    {
        *("builtins.object", "builtins.str", "builtins.int", "builtins.float", "builtins.list", "builtins.dict"),
        *("builtins.Exception", "builtins.ValueError", "builtins.RuntimeError", "builtins.BaseException", "abc.ABC"),
        *("typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "fastapi.HTTPException"),
        *("starlette.exceptions.HTTPException", "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.declarative_base()"),
    }
)
SCHEMALESS = frozenset(
    {
        *("collections.abc.Iterator", "collections.abc.AsyncIterator", "collections.abc.AsyncIterable"),
        *("collections.abc.AsyncGenerator", "collections.abc.Awaitable", "collections.abc.Coroutine"),
        *("collections.abc.Collection", "typing.NoReturn", "fastapi.HTTPException", "fastapi.Request"),
        *("starlette.exceptions.HTTPException", "io.BytesIO", "io.StringIO"),
    }
)
