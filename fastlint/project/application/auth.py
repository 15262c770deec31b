"""Who asks: the credentials that FastAPI's security schemes hand to functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.names import Definition
from fastlint.project.language.scopes import Function, Scope

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

SCHEMES = frozenset(
    {
        *("APIKeyHeader", "APIKeyCookie", "APIKeyQuery", "HTTPBasic", "HTTPBearer", "HTTPDigest", "OAuth2"),
        *("OAuth2PasswordBearer", "OAuth2AuthorizationCodeBearer", "OpenIdConnect", "OAuth2ClientCredentials"),
    }
)
TEXT_SCHEMES = SCHEMES - {"HTTPBasic", "HTTPBearer", "HTTPDigest"}
MARKERS = frozenset({"fastapi.Depends", "fastapi.Security"})


def scheme_of(expr: s.Expr, scope: Scope, inference: Inference) -> str | None:
    """The security scheme whose result a name holds, `APIKeyHeader`; None when it is no parameter filled by one."""
    for found in inference.define(expr, scope) if isinstance(expr, s.Name) else ():
        if isinstance(found, Definition) and found.binding.kind == "parameter" and isinstance(found.scope, Function):
            node = found.binding.node
            assert isinstance(node, s.Parameter)
            return _scheme(node, found.scope, inference)
    return None


def _scheme(node: s.Parameter, function: Function, inference: Inference) -> str | None:
    annotation = inference.annotations.parameter(function, node)
    candidates = [(item.expr, item.scope) for item in annotation.metadata]
    if node.default is not None:
        candidates.append((node.default, function.parent))
    for expr, scope in reversed(candidates):
        if isinstance(expr, s.Call) and inference.external_names(expr.func, scope) & MARKERS:
            wanted = expr.argument(0, "dependency")
            for value in inference.infer(wanted, scope) if wanted is not None else ():
                if (name := scheme_name(value, inference)) is not None:
                    return name
    return None


def scheme_name(value: v.Value, inference: Inference) -> str | None:
    """The class of FastAPI that a dependency is an object of."""
    if not isinstance(value, v.Instance):
        return None
    names = [value.of] if isinstance(value.of, str) else inference.classes.ancestry(value.of)
    for name in names:
        if isinstance(name, str) and name.startswith("fastapi.security.") and name.rpartition(".")[2] in SCHEMES:
            return name.rpartition(".")[2]
    return None


def is_basic_password(expr: s.Expr, scope: Scope, inference: Inference) -> bool:
    """`credentials.password` of HTTPBasic, `credentials.credentials` of HTTPBearer."""
    if not isinstance(expr, s.Attribute) or expr.attr not in ("password", "credentials"):
        return False
    wanted = "HTTPBasicCredentials" if expr.attr == "password" else "HTTPAuthorizationCredentials"
    return any(
        isinstance(value, v.Instance) and isinstance(value.of, str) and value.of.rpartition(".")[2] == wanted
        for value in inference.infer(expr.value, scope)
    ) or scheme_of(expr.value, scope, inference) in ("HTTPBasic", "HTTPBearer")
