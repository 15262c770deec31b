"""A model in Depends, for query parameters."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.shapes import MODELS
from fastlint.project.model import Class, Dependency, Project, syntax
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Rule

SIMPLE = frozenset({"builtins.str", "builtins.int", "builtins.float", "builtins.bool"})


class ModelAsDepends(Rule[Dependency]):
    """`Depends(Model)` to read query parameters.

    ## What it does

    Reports `Depends(Model)` and `Depends()` on a parameter whose class is a Pydantic model.

    ## Why it matters

    FastAPI calls the model like any function, with one query parameter a field. When a validator of the model refuses,
    the client gets 500: it is an exception in a dependency, and no validation error of the request.

    ## Instead

    `Annotated[Model, Query()]`, since FastAPI 0.115: the same parameters, and 422 with the reason. `Header()` and
    `Cookie()` take models as well.

    ## Fix safety

    Safe where all fields are plain text, numbers or booleans, the class has no methods, and the marker stands in
    `Annotated`: OpenAPI document and answers stay equal.
    """

    code = "FST716"
    name = "model-as-depends"
    since = "0.1"
    status = "stable"
    level = Level.INFO
    applies = "fastapi>=0.115"

    def check(self, dependency: Dependency, project: Project) -> Iterator[Finding]:
        cls, call = dependency.cls, dependency.call
        if cls is None or call is None or dependency.parameter is None or not project.is_a(cls, *MODELS):
            return
        classes = [item for item in project.inference.classes.ancestry(cls) if isinstance(item, Class)]
        if any("__init__" in item.methods for item in classes):
            return  # a constructor of its own: any dependency class
        message = f"`{cls.name}` is a model in `Depends`: what its validators refuse answers 500"
        subject = (dependency, project)
        path, symbol = dependency.scope.module.path, dependency.scope.qualname
        yield Finding(path, call.span, message, subject=subject, symbol=symbol)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        dependency, project = finding.subject
        marker = dependency.parameter.marker
        if marker is None or not marker.in_annotation or not _plain(dependency, project) or dependency.call.keywords:
            return None
        if not any(node is dependency.call for node in syntax.walk(dependency.parameter.node.annotation)):
            return None
        used, imports = edit.add_import(finding.path, "fastapi", "Query")
        edits = (edit.replace(finding.path, dependency.call.span, f"{used}()"), *imports)
        return Fix("Read it from the query", Applicability.SAFE, edits)


def _plain(dependency: Dependency, project: Project) -> bool:
    """Whether query parameters made of the fields are the same in both forms."""
    cls = dependency.cls
    assert cls is not None
    if cls.methods or project.fields.keys(cls) is None:
        return False
    annotations = [field.annotation.bare() for field in project.fields.of(cls)]
    return all(a.kind == "external" and a.name in SIMPLE and not a.metadata for a in annotations)
