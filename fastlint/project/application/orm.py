"""Objects of an ORM: which classes map tables, and which objects a query gives."""

from __future__ import annotations

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.inference import Inference
from fastlint.project.language.scopes import Class, Scope

BASES = (
    *("sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta", "sqlalchemy.orm.declarative_base()"),
    *(
        "sqlalchemy.orm.registry.generate_base()",
        "sqlalchemy.ext.declarative.declarative_base()",
        "sqlalchemy.orm.decl_api.DeclarativeBase",
    ),
)
SESSIONS = (
    "sqlalchemy.orm.Session",
    "sqlmodel.Session",
    "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlmodel.ext.asyncio.session.AsyncSession",
)
SELECTS = ("sqlalchemy.select", "sqlmodel.select", "sqlalchemy.future.select", "sqlmodel.sql.expression.select")
KEEPING = frozenset(
    {
        *("where", "filter", "filter_by", "order_by", "limit", "offset", "options", "join", "outerjoin", "distinct"),
        *("group_by", "having", "with_for_update", "execution_options", "populate_existing", "select_from", "slice"),
        *("unique", "scalars", "scalar_subquery"),
    }
)
"""Methods of statements, queries and results that leave the entity as it is."""
ONE = frozenset({"first", "one", "one_or_none", "get", "scalar", "scalar_one", "scalar_one_or_none"})
MANY = frozenset({"all", "fetchall", "fetchmany"})


class Orm:
    """Answers for one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def maps_table(self, cls: Class) -> bool:
        """Whether objects of the class are rows: a declarative class, or a SQLModel with `table=True`."""
        ancestry = self.inference.classes.ancestry(cls)
        if any(isinstance(item, str) and item in BASES for item in ancestry):
            return True
        if "sqlmodel.SQLModel" not in ancestry:
            return False
        return any(
            keyword.arg == "table" and isinstance(keyword.value, s.Constant) and keyword.value.value is True
            for item in ancestry
            if isinstance(item, Class)
            for keyword in item.node.keywords
        )

    def row(self, value: v.Value) -> Class | None:
        """The class whose objects the value is, or holds as the result of a query."""
        match value:
            case v.Instance(Class() as cls) if self.maps_table(cls):
                return cls
            case v.Instance(str() as name, site) if site is not None and name.startswith(("sqlalchemy.", "sqlmodel.")):
                return self._queried(site.call, site.scope, 0)
        return None

    def _queried(self, call: s.Call, scope: Scope, depth: int) -> Class | None:
        """What `session.get(User, ...)` or a chain that ends in `.first()` or `.all()` gives."""
        if not isinstance(call.func, s.Attribute) or depth > 20:
            return None
        method = call.func.attr
        if method in ("get", "get_one") and call.args and self._is_session(call.func.value, scope):
            return self._entity(call.args[0], scope)
        if method == "scalar" and call.args and self._is_session(call.func.value, scope):
            return self._statement(call.args[0], scope, depth + 1)
        if method in ONE | MANY:
            return self._result(call.func.value, scope, depth + 1)
        if method == "scalars":  # what is iterated: `list(session.scalars(select(User)))`
            if call.args and self._is_session(call.func.value, scope):
                return self._statement(call.args[0], scope, depth + 1)
            return self._result(call.func.value, scope, depth + 1)
        return None

    def _result(self, expr: s.Expr, scope: Scope, depth: int) -> Class | None:
        """The entity of a query or a result: `session.query(User).filter(...)`, `session.scalars(select(User))`."""
        if depth > 20:
            return None
        found = self._call(expr, scope, depth)
        if found is None:
            return None
        call, scope = found
        if not isinstance(call.func, s.Attribute):
            return None
        method = call.func.attr
        if self._is_session(call.func.value, scope) and call.args:
            if method == "query" and len(call.args) == 1:
                return self._entity(call.args[0], scope)
            if method in ("scalars", "exec", "execute"):
                return self._statement(call.args[0], scope, depth + 1)
            return None
        return self._result(call.func.value, scope, depth + 1) if method in KEEPING else None

    def _statement(self, expr: s.Expr, scope: Scope, depth: int) -> Class | None:
        """The one entity that a `select(User)...` selects."""
        found = self._call(expr, scope, depth)
        if found is None or depth > 20:
            return None
        call, scope = found
        if self.inference.external_names(call.func, scope) & set(SELECTS):
            return self._entity(call.args[0], scope) if len(call.args) == 1 else None
        if isinstance(call.func, s.Attribute) and call.func.attr in KEEPING:
            return self._statement(call.func.value, scope, depth + 1)
        return None

    def _call(self, expr: s.Expr, scope: Scope, depth: int) -> tuple[s.Call, Scope] | None:
        """The call that an expression is, through `await` and a name with one source."""
        if isinstance(expr, s.Await):
            return self._call(expr.value, scope, depth)
        if isinstance(expr, s.Call):
            return expr, scope
        for value in self.inference.infer(expr, scope):
            if isinstance(value, v.Instance) and value.site is not None:
                return value.site.call, value.site.scope
        return None

    def _entity(self, expr: s.Expr, scope: Scope) -> Class | None:
        for value in self.inference.infer(expr, scope):
            if isinstance(value, v.ClassValue) and self.maps_table(value.cls):
                return value.cls
        return None

    def _is_session(self, expr: s.Expr, scope: Scope) -> bool:
        return any(
            isinstance(value, v.Instance) and value.of in SESSIONS for value in self.inference.infer(expr, scope)
        )
