"""Forms without python-multipart."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.application.parameters import Parameter
from fastlint.project.model import Project
from fastlint.project.packaging.manifests import Requirement
from fastlint.rule import Applicability, Edits, Finding, Fix, Level, Related, Rule, Span

PACKAGE = "python-multipart"
EXTRAS = frozenset({"all", "standard", "standard-no-fastapi-cloud-cli"})
"""Extras of FastAPI that bring it along."""
CARRIERS = frozenset(
    {
        *("chainlit", "fastapi-users", "fastmcp", "gradio", "langflow", "langflow-base", "litellm", "mcp"),
        *("nicegui", "open-webui", "sqladmin", "starlette-admin"),
    }
)
"""Packages that require it themselves."""
ALONE = frozenset(
    {
        *("fastapi", "starlette", "uvicorn", "gunicorn", "hypercorn", "pydantic", "pydantic-settings"),
        *("sqlalchemy", "sqlmodel", "alembic", "asyncpg", "aiosqlite", "psycopg", "psycopg2"),
        *("psycopg2-binary", "pymongo", "motor", "redis", "httpx", "requests", "aiohttp", "aiofiles", "jinja2"),
        *("itsdangerous", "orjson", "websockets", "passlib", "bcrypt", "argon2-cffi", "pwdlib", "pyjwt"),
        *("python-jose", "cryptography", "email-validator", "python-dotenv", "pyyaml", "typer", "click"),
        *("rich", "loguru", "structlog", "sentry-sdk", "boto3", "celery", "numpy", "pandas", "pillow"),
        *("tenacity", "pytest", "pytest-asyncio", "pytest-cov", "ruff", "mypy", "black", "setuptools", "wheel"),
        *("hatchling", "poetry-core", "pip", "uvloop", "httptools", "anyio", "typing-extensions"),
    }
)
"""Well-known packages that do not bring it along."""
FORM_CLASSES = frozenset({"OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict"})


class MissingMultipart(Rule[Project]):
    """Forms or uploads are used, and `python-multipart` is not required.

    ## What it does

    Reports the requirement of `fastapi` when a route takes `Form`, `File`, `UploadFile` or
    `OAuth2PasswordRequestForm`, and neither a manifest nor a lock file has `python-multipart`, nor an extra or a
    well-known package that brings it along.

    ## Why it matters

    FastAPI imports `python-multipart` when the route is declared: without it the application does not start. It works
    on the developer's machine, where another package brought it along. The package `multipart` is another one.

    ## Instead

    Require `python-multipart`, or `fastapi[standard]`.

    ## Fix safety

    The fix adds `python-multipart` behind `fastapi` in a requirements file or a list, without a version: the version is
    not known without the network. It changes what is installed: unsafe. There is no fix in tables (poetry, Pipfile).

    ## Known gaps

    Without a lock file only well-known packages are known to bring `python-multipart` along, or not to. Where there are
    others beside `fastapi` it is a warning: they may bring it today. Calls of `request.form()` are not looked at.
    """

    code = "FST605"
    name = "missing-multipart"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, subject: Project, project: Project) -> Iterator[Finding]:
        requirement = project.manifests.requirement("fastapi")
        if requirement is None or project.manifests.missing_includes or self._brought(requirement, project):
            return
        use = next(self._uses(project), None)
        if use is None:
            return
        path, span, what = use
        others = not self._complete(requirement, project)
        then = "starts only where another package brings it along" if others else "does not start without it"
        yield Finding(
            requirement.path,
            requirement.span,
            f"`{PACKAGE}` is not required although {what}: the application {then}",
            level=Level.WARNING if others else Level.ERROR,
            related=(Related(path, span, "it is needed here"),),
            subject=requirement,
            symbol=PACKAGE,
        )

    def _brought(self, requirement: Requirement, project: Project) -> bool:
        manifests = project.manifests
        if manifests.of(PACKAGE) or any(PACKAGE in lock.packages for lock in manifests.locks):
            return True
        if project.versions.installed(PACKAGE) is not None and project.versions.installed("fastapi") is not None:
            return True
        if any(lock.packages for lock in manifests.locks_of(requirement.path)):
            return False
        if any(not EXTRAS.isdisjoint(one.extras) for one in manifests.of("fastapi")):
            return True
        if any("full" in one.extras for one in manifests.of("starlette")):
            return True
        return any(manifests.of(name) for name in CARRIERS)

    @staticmethod
    def _complete(requirement: Requirement, project: Project) -> bool:
        """Whether all that gets installed is known: by a lock, or because there are only well-known packages."""
        manifests = project.manifests
        if any(lock.packages for lock in manifests.locks_of(requirement.path)):
            return True
        return all(one.name in ALONE for one in manifests.requirements if one.kind == "dependency")

    def _uses(self, project: Project) -> Iterator[tuple[str, Span, str]]:
        for parameter in project.parameters:
            if parameter.kind in ("form", "file"):
                yield (
                    parameter.path,
                    parameter.span,
                    f"`{parameter.node.name}` of `{parameter.owner.short}` is {_kind(parameter)}",
                )
        for dependency in project.dependencies:
            name = dependency.name.rpartition(".")[2]
            if name in FORM_CLASSES and dependency.name.startswith("fastapi.") and dependency.call is not None:
                yield dependency.scope.module.path, dependency.call.span, f"`{name}` reads a form"

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        requirement: Requirement = finding.subject
        if requirement.style != "pep508":
            return None
        source = edit.source(finding.path)
        title = f"Require `{PACKAGE}`"
        start, end = source.offset(*requirement.span[:2]), source.offset(*requirement.span[2:])
        line = requirement.span.end_line
        if requirement.format == "requirements":
            if source.line(line).rstrip().endswith("\\"):
                return None
            last = len(source.line(line)) + 1
            added = edit.insert(finding.path, line, last, f"{source.newline}{PACKAGE}")
            return Fix(title, Applicability.UNSAFE, (added,))
        quote = source.text[start - 1 : start]
        if quote not in ("'", '"') or source.text[end : end + 1] != quote:
            return None
        before = source.line(requirement.span.line)[: requirement.span.column - 2]
        following = source.text[end + 1 : end + 2]
        alone = not before.strip()
        gap = f"{source.newline}{before}" if alone and following in (",", "\r", "\n") else " "
        place = source.position(end + 1)
        added = edit.insert(finding.path, *place, f",{gap}{quote}{PACKAGE}{quote}")
        return Fix(title, Applicability.UNSAFE, (added,))


def _kind(parameter: Parameter) -> str:
    return "a form field" if parameter.kind == "form" else "an uploaded file"
