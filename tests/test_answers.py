"""What the model says about answers, rows, exceptions, sessions and parameters: one small application a question."""

from __future__ import annotations

import textwrap

import pytest

from fastlint.facts import syntax as s
from fastlint.project.application.application import Effective
from fastlint.project.application.cleanup import never_returns, yield_dependencies
from fastlint.project.application.clients import clients_made
from fastlint.project.application.documented import documented_here
from fastlint.project.application.orphans import orphans
from fastlint.project.application.placeholders import unclaimed
from fastlint.project.application.policy import Policy
from fastlint.project.application.raised import http_exceptions
from fastlint.project.application.sessions import returned_session
from fastlint.project.language.scopes import Class
from fastlint.project.link import AuthPolicy
from fastlint.project.model import Project
from tests import linking
from tests.linking import function

HEAD = """
import asyncio, enum, sys, uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, List, NoReturn, Optional, TypedDict, Union
from fastapi import APIRouter, Depends, FastAPI, File, HTTPException, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel, Field, Json, PrivateAttr, field_serializer, field_validator, model_serializer
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from starlette.exceptions import HTTPException as StarletteException
import outside
app = FastAPI()
"""


def linked(text: str, **files: str) -> Project:
    return linking.linked(text, HEAD, **files)


def a_class(project: Project, name: str) -> Class:
    return next(one for one in project.classes() if one.name == name)


@pytest.mark.parametrize(
    ("body", "always"),
    [
        ("return 1", True),
        ("raise ValueError", True),
        ("pass", False),
        ("if a:\n    return 1\nelse:\n    raise ValueError", True),
        ("if a:\n    return 1", False),
        ("with a:\n    return 1", True),
        ("with a:\n    pass", False),
        ("try:\n    return 1\nexcept ValueError:\n    return 2", True),
        ("try:\n    return 1\nexcept ValueError:\n    pass", False),
        ("try:\n    pass\nexcept ValueError:\n    return 1\nelse:\n    return 2", True),
        ("try:\n    pass\nfinally:\n    return 1", True),
        ("try:\n    pass\nfinally:\n    pass", False),
        ("while True:\n    return 1", False),
        ("for x in a:\n    return 1", False),
    ],
)
def test_whether_a_body_always_answers(body: str, always: bool) -> None:
    project = linked(f"def read(a):\n{textwrap.indent(body, '    ')}\n")
    assert project.returns.always(function(project, "read")) is always


@pytest.mark.parametrize(
    ("fields", "exact"),
    [
        ("a: int", True),
        ("a: float", False),
        ("a: str | None = None", True),
        ("a: list[int]\n    b: dict[str, bool]", True),
        ("a: list[float]", False),
        ("a: Color", True),
        ("a: 'Model | None' = None", True),
        ("a: Inner", True),
        ("a: Floating", False),
        ("a: Any", False),
        ("a: outside.Thing", False),
        ("a: Plain", False),
        ("a: Optional[uuid.UUID]", True),
    ],
)
def test_whether_a_model_holds_no_floats(fields: str, exact: bool) -> None:
    project = linked(
        f"""
class Color(enum.Enum):
    RED = 'red'
class Inner(BaseModel):
    a: int
class Floating(BaseModel):
    a: float
class Plain:
    a: int
class Model(BaseModel):
    {fields}
"""
    )
    assert project.returns.without_floats(a_class(project, "Model")) is exact


def test_a_model_with_a_base_nobody_knows_may_hold_floats() -> None:
    project = linked("class Model(outside.Base, BaseModel):\n    a: int\n")
    assert not project.returns.without_floats(a_class(project, "Model"))


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("return JSONResponse({})", 1),
        ("return JSONResponse({}) if a else Response()", 2),
        ("return JSONResponse({}) if a else {}", 0),
        ("answer = JSONResponse({})\nreturn answer", 1),
        ("answer = JSONResponse({})\nif a:\n    answer = Response()\nreturn answer", 2),
        ("return helper()", 1),
        ("return await later()", 1),
        ("return await waiting", 0),
        ("return outer()", 1),
        ("return unclear()", 0),
        ("return empty()", 0),
        ("return outside.answer()", 0),
        ("return given", 0),
        ("return [JSONResponse({})][0]", 0),
        ("return Own()", 0),
    ],
)
def test_what_makes_the_responses(body: str, made: int) -> None:
    project = linked(
        f"""
class Own(JSONResponse): ...
given = JSONResponse({{}})
def helper(): return JSONResponse({{}})
def outer(): return helper()
def unclear(a=None): return given if a else a
def empty(): pass
async def later(): return JSONResponse({{}})
async def read(a, waiting: Response):
{textwrap.indent(body, "    ")}
"""
    )
    read = function(project, "read")
    (statement,) = read.body.all(s.Return)
    assert statement.value is not None
    assert len(project.returns.responses_made(statement.value, read)) == made


@pytest.mark.parametrize(
    ("expression", "row"),
    [
        ("session.get(User, 1)", True),
        ("session.get_one(User, 1)", True),
        ("session.scalar(select(User))", True),
        ("session.scalars(select(User)).first()", True),
        ("session.execute(select(User)).scalars().all()", True),
        ("session.query(User).filter(User.id == 1).order_by(User.id).first()", True),
        ("session.query(User).all()", True),
        ("statement_rows.all()", True),
        ("session.scalars(wanted).one()", True),
        ("(session.scalars(select(User).where(User.id == 1))).all()", True),
        ("User(id=1)", True),
        ("[User(id=1)]", True),
        ("{'user': User(id=1)}", True),
        ("session.query(User.id).first()", False),
        ("session.query(User, User).first()", False),
        ("session.get(Other, 1)", False),
        ("session.scalars(select(User.id)).all()", False),
        ("session.scalars(select(User, User)).all()", False),
        ("session.scalars(outside.statement()).all()", False),
        ("session.scalars(outside.statement).all()", False),
        ("session.connection().first()", False),
        ("session.begin().first()", False),
        ("Other()", False),
        ("session", False),
    ],
)
def test_what_is_a_row(expression: str, row: bool) -> None:
    project = linked(
        f"""
class Base(DeclarativeBase): ...
class User(Base):
    __tablename__ = 'users'
    id: Mapped[int] = mapped_column(primary_key=True)
class Other: ...
def read(session: Session):
    wanted = select(User)
    statement_rows = session.scalars(wanted)
    return {expression}
"""
    )
    read = function(project, "read")
    (statement,) = read.body.all(s.Return)
    assert statement.value is not None
    found = project.returns.row(statement.value, read)
    assert (None if found is None else found.name) == ("User" if row else None)


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ("raise HTTPException(404)", [404]),
        ("raise HTTPException(status_code=409)", [409]),
        ("raise HTTPException(code)", [None]),
        ("raise HTTPException", [None]),
        ("raise StarletteException(400)", [400]),
        ("raise Missing()", [404]),
        ("raise Missing", [404]),
        ("raise Unsaid('x')", [None]),
        ("raise Silent()", [None]),
        ("raise ValueError", []),
        ("raise", []),
        ("helper()", [410]),
        ("await later()", [411]),
        ("later()", []),
        ("twice()\nhelper()", [410]),
        ("circle()", [412]),
        ("try:\n    helper()\nexcept HTTPException:\n    pass", []),
        ("try:\n    helper()\nexcept HTTPException:\n    raise", [410]),
        ("try:\n    helper()\nexcept Exception:\n    raise HTTPException(500)", [500]),
        ("try:\n    helper()\nexcept (ValueError, HTTPException):\n    pass", []),
        ("try:\n    helper()\nexcept BOTH:\n    pass", []),
        ("try:\n    helper()\nexcept Missing:\n    pass", []),
        ("try:\n    helper()\nexcept ValueError:\n    pass", [410]),
        ("try:\n    pass\nexcept ValueError:\n    helper()", [410]),
        ("try:\n    pass\nfinally:\n    helper()", [410]),
        ("def inner():\n    raise HTTPException(400)", []),
        ("x = lambda: helper()", []),
    ],
)
def test_which_http_exceptions_leave_a_function(body: str, statuses: list[int | None]) -> None:
    project = linked(
        f"""
BOTH = (ValueError, HTTPException)
class Missing(HTTPException):
    def __init__(self):
        print('missing')
        super().__init__(status_code=404)
class Unsaid(HTTPException):
    def __init__(self, text):
        self.text = text
class Silent(HTTPException): ...
def helper(): raise HTTPException(410)
async def later(): raise HTTPException(411)
def twice():
    helper()
    helper()
def circle():
    again()
    raise HTTPException(412)
def again(): circle()
async def read(code):
{textwrap.indent(body, "    ")}
"""
    )
    found = project.raises.of(function(project, "read"))
    assert [raised.status for raised in found] == statuses


def test_handlers_for_any_exception() -> None:
    project = linked(
        """
        async def first(request, error): ...
        async def second(request, error): ...
        async def third(request, error): ...
        async def other(request, error): ...
        given = outside.handlers()
        app.add_exception_handler(Exception, first)
        app.add_exception_handler(ValueError, other)
        app.add_exception_handler(404, other)
        app.add_exception_handler()
        second_app = FastAPI(exception_handlers={500: second, ValueError: other, **given})
        third_app = FastAPI(exception_handlers=given)

        @second_app.exception_handler(Exception)
        async def decorated(request, error): ...

        @second_app.exception_handler(ValueError)
        async def decorated_other(request, error): ...
        """
    )
    found = {one.name for one in project.handlers.for_any_exception}
    assert found == {"first", "second", "decorated"}


@pytest.mark.parametrize(
    ("application", "route", "inclusion", "json"),
    [
        ("", "", "", True),
        ("", "response_class=HTMLResponse", "", False),
        ("", "response_class=Own", "", True),
        ("", "response_class=Shown", "", False),
        ("", "response_class=outside.Thing", "", None),
        ("", "response_class=chosen", "", None),
        ("default_response_class=HTMLResponse", "", "", False),
        ("default_response_class=HTMLResponse", "response_class=JSONResponse", "", True),
        ("default_response_class=HTMLResponse", "", "default_response_class=JSONResponse", True),
        ("", "", "default_response_class=PlainTextResponse", False),
    ],
)
def test_whether_an_answer_is_json(application: str, route: str, inclusion: str, json: bool | None) -> None:
    project = linked(
        f"""
class Own(JSONResponse): ...
class Shown(HTMLResponse): ...
class Nothing: ...
chosen = HTMLResponse if outside.flag else JSONResponse
served = FastAPI({application})
router = APIRouter()
@router.get('/', {route})
def read(): return {{}}
served.include_router(router, {inclusion})
"""
    )
    (found,) = [one for one in project.routes if one.handler is not None]
    assert project.handlers.sends_json(found) is json


@pytest.mark.parametrize(
    ("router", "route", "inclusions", "hidden"),
    [
        ("", "", [""], False),
        ("", "include_in_schema=False", [""], True),
        ("include_in_schema=False", "", [""], True),
        ("", "", ["include_in_schema=False"], True),
        ("", "", ["include_in_schema=False", ""], False),
        ("include_in_schema=True", "", ["include_in_schema=True"], False),
    ],
)
def test_whether_a_route_is_in_the_schema(router: str, route: str, inclusions: list[str], hidden: bool) -> None:
    includes = "\n".join(f"app.include_router(router, prefix='/p{n}', {text})" for n, text in enumerate(inclusions))
    project = linked(f"router = APIRouter({router})\n@router.get('/', {route})\ndef read(): return 1\n{includes}\n")
    assert project.handlers.hidden(project.routes[0]) is hidden


@pytest.mark.parametrize(
    ("body", "skipped", "after"),
    [
        ("yield 1\nclose()", ["close"], ["close"]),
        ("try:\n    yield 1\nfinally:\n    close()", [], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    pass\nclose()", [], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    raise\nclose()", ["close"], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    stop()\nclose()", ["close"], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    sys.exit()\nclose()", ["close"], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    declared()\nclose()", ["close"], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    outside.stop()\nclose()", [], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    may_stop()\nclose()", [], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    generator()\nclose()", [], ["close"]),
        ("with suppress(ValueError):\n    yield 1\nclose()", [], ["close"]),
        ("with outside.thing:\n    yield 1\nclose()", ["close"], ["close"]),
        ("try:\n    pass\nexcept ValueError:\n    yield 1\nfinally:\n    close()", [], ["close"]),
        ("try:\n    yield 1\nexcept ValueError:\n    raise\nelse:\n    close()", ["close"], ["close"]),
        ("x = lambda: (yield)\nclose()", [], []),
    ],
)
def test_what_follows_a_yield(body: str, skipped: list[str], after: list[str]) -> None:
    project = linked(
        f"""
def close(): ...
def stop(): raise ValueError
def may_stop(a=None):
    if a: raise ValueError
def generator(): yield
def declared() -> NoReturn: outside.stop()
def resource():
{textwrap.indent(body, "    ")}
@app.get('/')
def read(x: Annotated[int, Depends(resource)]): return x
"""
    )
    found = yield_dependencies(project.dependency_functions, project.inference)
    exits = [item for one in found for item in one.exits]

    def called(statements: list[s.Stmt]) -> list[str]:
        return [call.func.id for one in found for call in one.calls_in(statements) if isinstance(call.func, s.Name)]

    assert [name for item in exits for name in called(item.skipped)] == skipped
    assert [name for item in exits for name in called(item.after) if name == "close"] == after


def test_what_never_returns_is_no_call_of_something_unknown() -> None:
    project = linked("def read(given):\n    given()\n    unknown_name()\n")
    read = function(project, "read")
    assert [never_returns(call, read, project.inference) for call in read.body.all(s.Call)] == [False, False]


@pytest.mark.parametrize(
    ("body", "open_to_caller"),
    [
        ("return Session(engine)", True),
        ("session = Session(engine)\nreturn session", True),
        ("session: Session = Session(engine)\nreturn session", True),
        ("session = Session(engine)\nkeep(session)\nreturn session", False),
        ("session = Session(engine)\nkeep(s=session)\nreturn session", False),
        ("session = Session(engine)\nkept = session\nreturn session", False),
        ("session = Session(engine)\nkept = [session]\nreturn session", False),
        ("session = Session(engine)\ndef close(): session.close()\nreturn session", False),
        ("first, session = pair()\nreturn session", False),
        ("global session\nsession = Session(engine)\nreturn session", False),
        ("return make()", True),
        ("return local()", True),
        ("return await make_later()", True),
        ("return nothing()", False),
        ("return", False),
        ("return engine", False),
        ("return outside.session()", False),
    ],
)
def test_whether_a_session_is_left_to_the_caller(body: str, open_to_caller: bool) -> None:
    project = linked(
        f"""
local = sessionmaker()
engine = outside.engine()
def make(): return Session(engine)
async def make_later(): return Session(engine)
def nothing():
    return
async def read():
{textwrap.indent(body, "    ")}
"""
    )
    read = function(project, "read")
    (statement,) = read.body.all(s.Return)
    assert returned_session(statement, read, project.inference) is open_to_caller


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("int", "query"),
        ("str | None", "query"),
        ("Color", "query"),
        ("Word", "query"),
        ("Json[int]", "query"),
        ("Json", "query"),
        ("uuid.UUID", "query"),
        ("Union[int, str]", "query"),
        ("Optional[int]", "query"),
        ("list[int]", "body"),
        ("dict[str, int]", "body"),
        ("Model", "body"),
        ("Model | int", "body"),
        ("Typed", "body"),
        ("Data", "body"),
        ("Json[list[int]]", "body"),
        ("UploadFile", "file"),
        ("List[UploadFile]", "file"),
        ("list", "file"),
        ("Thing", "unknown"),
        ("Thing | int", "unknown"),
        ("outside.Thing", "unknown"),
    ],
)
def test_where_a_parameter_comes_from(annotation: str, kind: str) -> None:
    project = linked(
        f"""
class Color(enum.Enum):
    RED = 'red'
class Word(str): ...
class Model(BaseModel):
    a: int
class Typed(TypedDict):
    a: int
@dataclass
class Data:
    a: int
@outside.decorated
class Thing: ...
@app.post('/')
def read(x: {annotation}): ...
"""
    )
    (parameter,) = [one for one in project.parameters if one.node.name == "x"]
    assert parameter.kind == kind


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ("a: int\n    b: str = ''", {"a", "b"}),
        ("a: int\n    kind: ClassVar[str] = 'x'", {"a"}),
        ("a: int\n    _b: int = 1", {"a"}),
        ("a: int = Field(alias='b')", None),
        ("a: Annotated[int, Field(serialization_alias='b')]", None),
        ("model_config = {}\n    a: int", None),
        ("a: int\n    def b(self): ...", None),
    ],
)
def test_which_keys_an_answer_has(body: str, keys: set[str] | None) -> None:
    others = "class Plain:\n    a: int\nclass Far(outside.Base, BaseModel):\n    a: int\n"
    project = linked(f"class Model(BaseModel):\n    {body}\n{others}")
    assert project.fields.keys(a_class(project, "Model")) == keys
    assert project.fields.keys(a_class(project, "Plain")) is None
    assert project.fields.keys(a_class(project, "Far")) is None


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("a: int\n    b: str", ["a", "b"]),
        ("a: int\n    b: str = Field(exclude=True)", ["a"]),
        ("a: int\n    b: str = Field(exclude=False)", ["a", "b"]),
        ("a: int\n    b: str = PrivateAttr('')", ["a"]),
        ("a: int\n    b: str\n    @field_serializer('b')\n    def hide(self, value): return ''", ["a"]),
        ("a: int\n    b: str\n    @field_validator('b')\n    def hide(cls, value): return ''", ["a"]),
        ("a: int\n    b: str\n    @model_serializer\n    def hide(self): return {}", []),
    ],
)
def test_which_fields_are_sent_as_they_are(body: str, sent: list[str]) -> None:
    project = linked(f"class Model(BaseModel):\n    {body}\n")
    assert [field.name for field in project.fields.of(a_class(project, "Model")) if field.sent] == sent


@pytest.mark.parametrize(
    ("signature", "before", "missing"),
    [
        ("item_id: int", "", []),
        ("other: int", "", ["item_id"]),
        ("", "", ["item_id"]),
        ("request: Request", "", ["item_id"]),
        ("request: Request, item: Annotated[int, Depends(from_request)]", "", []),
        ("item: Annotated[int, Depends(from_path)]", "", []),
        ("item: Annotated[int, Depends(unknown)]", "", []),
        ("item: Annotated[int, Depends(wrapped)]", "", []),
        ("item: Annotated[int, Depends(kept)]", "", ["item_id"]),
        ("request: Own", "", ["item_id"]),
        ("**options", "", ["item_id"]),
        ("", "@outside.decorator\n", []),
        ("", "@plain\n", ["item_id"]),
        ("", "@replacing\n", []),
        ("", "@keeping\n", ["item_id"]),
        ("", "@keeping_with(1)\n", ["item_id"]),
    ],
)
def test_which_placeholders_nothing_takes(signature: str, before: str, missing: list[str]) -> None:
    project = linked(
        f"""
import functools
class Own(Request): ...
unknown = outside.dependency
def from_request(request: Request): return request.path_params['item_id']
def from_path(item_id: int): return item_id
@functools.lru_cache
def kept(): ...
@outside.decorator
def wrapped(): ...
def plain(function): return function
def replacing(function):
    def inner(item_id: int): return function()
    return inner
def keeping(function):
    @functools.wraps(function)
    def inner(*args, **options): return function(*args, **options)
    return inner
def keeping_with(number):
    def decorate(function):
        @functools.wraps(function)
        def inner(*args, **options): return function(*args, **options)
        return inner
    return decorate
@app.get('/items/{{item_id}}')
{before}def read({signature}): ...
"""
    )
    assert unclaimed(project.routes[0], project)[0] == missing


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("print(request.method)", ["item_id"]),
        ("print(request.url)", []),
        ("print(request.path_params)", []),
        ("hand_on(request)", []),
        ("def inner(): return request\n    return inner", []),
    ],
)
def test_a_handler_that_looks_into_the_path_itself(body: str, missing: list[str]) -> None:
    project = linked(f"@app.get('/items/{{item_id}}')\ndef read(request: Request):\n    {body}\n")
    assert unclaimed(project.routes[0], project)[0] == missing


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...", ["router"]),
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...\napp.include_router(router)", []),
        ("router = APIRouter()", []),
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...\n__all__ = ['router']", []),
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...\n__all__ = ['other']", ["router"]),
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...\n__all__ = outside.names", ["router"]),
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...\nregister(router)", []),
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...\nrouters = [router]", []),
        ("router: APIRouter = APIRouter()\n@router.get('/')\ndef a(): ...", ["router"]),
        ("one = two = APIRouter()\n@one.get('/')\ndef a(): ...", ["one"]),
        ("router = wrap(APIRouter())\n@router.get('/')\ndef a(): ...", []),
        ("class Holder:\n    router = APIRouter()\n    @router.get('/')\n    def a(): ...", []),
        ("def make():\n    router = APIRouter()\n    @router.get('/')\n    def a(): ...", []),
        (
            "outer = APIRouter()\ninner = APIRouter()\n@inner.get('/')\ndef a(): ...\nouter.include_router(inner)",
            ["outer"],
        ),
        ("outer = APIRouter()\ninner = APIRouter()\nouter.include_router(inner)\ninner.include_router(outer)", []),
        ("router = APIRouter()\n@router.get('/')\ndef a(): ...\napp.include_router(outside.router)", []),
    ],
)
def test_which_routers_nobody_includes(text: str, names: list[str]) -> None:
    project = linked(text)
    assert [router.name for router in orphans(project)] == names


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("raise HTTPException(404)", [[]]),
        ("first()", [["first"]]),
        ("second()", [["second", "first"]]),
        ("third()", [["third", "second", "first"]]),
        ("fourth()", []),
        ("await later()", [["later"]]),
        ("later()", []),
        ("await first()", []),
        ("decorated()", []),
        ("generator()", []),
        ("read()", []),
        ("outside.first()", []),
        ("either()", []),
        ("try:\n    first()\nexcept HTTPException:\n    pass", []),
        ("try:\n    raise Own(404)\nexcept Own:\n    pass", []),
        ("try:\n    raise Own(404)\nexcept ValueError:\n    pass", [[]]),
        ("raise Other(404)", []),
        ("raise chosen", []),
        ("x = lambda: first()", []),
        ("second()\nraise HTTPException(404)", [["second", "first"], []]),
    ],
)
def test_the_way_to_an_http_exception(body: str, lines: list[list[str]]) -> None:
    project = linked(
        f"""
class Own(HTTPException): ...
class Other(ValueError): ...
chosen = HTTPException(404) if outside.flag else ValueError()
def first(): raise HTTPException(404)
def second(): first()
def third(): second()
def fourth(): third()
async def later(): raise HTTPException(404)
@outside.decorator
def decorated(): raise HTTPException(404)
def generator():
    yield
    raise HTTPException(404)
either = first if outside.flag else second
async def read():
{textwrap.indent(body, "    ")}
"""
    )
    found = http_exceptions(function(project, "read"), project.inference)
    assert [[step.short for step, _ in raised.way] for raised in found] == lines


@pytest.mark.parametrize(
    ("public", "open_title"),
    [
        ((), "GET /items/{item_id}/parts"),
        (("/items/{id}/parts",), None),
        (("/items/{id}/parts/",), None),
        (("GET /items/{x}/parts",), None),
        (("POST /items/{x}/parts",), "GET /items/{item_id}/parts"),
        (("GET, POST /items/{x}/parts",), None),
        (("/items/*",), None),
        (("*/parts",), None),
        (("/items/*/parts",), None),
        (("/i*s/*/p*s",), None),
        (("/i*x/*/p*s",), "GET /items/{item_id}/parts"),
        (("/i*parts*ts",), "GET /items/{item_id}/parts"),
        (("/other/*",), "GET /items/{item_id}/parts"),
        (("/items",), "GET /items/{item_id}/parts"),
        (("main.read",), None),
        (("main.other",), "GET /items/{item_id}/parts"),
    ],
)
def test_what_a_policy_leaves_open(public: tuple[str, ...], open_title: str | None) -> None:
    project = linked("def guard(): ...\n@app.get('/items/{item_id}/parts')\ndef read(item_id: int): ...\n")
    (entry,) = project.applications.entries
    assert isinstance(entry, Effective)
    assert Policy(AuthPolicy(("main.guard",), public), project.inference).open_title(entry) == open_title


@pytest.mark.parametrize(
    ("required", "dependency", "guarded"),
    [
        ("main.guard", "Depends(guard)", True),
        ("main.guard", "Depends(other)", False),
        ("main.Guard", "Depends(Guard)", True),
        ("main.Guard", "Depends(Guard())", True),
        ("main.Guard", "Depends(SubGuard())", True),
        ("main.shared", "Depends(shared)", True),
        ("main.make", "Depends(make())", True),
        ("guards.far", "Depends(far)", True),
        ("guards.near", "Depends(far)", False),
        ("fastapi.security.HTTPBearer", "Depends(HTTPBearer())", True),
        ("main.guard", "Depends(outside.guard)", False),
        ("outside.guard", "Depends(outside.guard)", True),
    ],
)
def test_what_a_policy_takes_for_a_guard(required: str, dependency: str, guarded: bool) -> None:
    text = f"""
from fastapi.security import HTTPBearer
from guards import far
def guard(): ...
def other(): ...
class Guard:
    def __call__(self): ...
class SubGuard(Guard): ...
shared = Guard()
def make():
    def inner(): ...
    return inner
@app.get('/', dependencies=[{dependency}])
def read(): ...
"""
    project = linked(text, guards="from real import far\n", real="def far(): ...\n")
    (entry,) = project.applications.entries
    assert isinstance(entry, Effective)
    policy = Policy(AuthPolicy((required,), ()), project.inference)
    assert (policy.open_title(entry) is None) is guarded


def test_guards_that_the_project_does_not_have_are_told() -> None:
    project = linked("def guard(): ...\n")
    names = ("main.guard", "main.nothing", "outside.guard", "main.guard.deeper")
    assert Policy(AuthPolicy(names, ()), project.inference).missing == ("main.nothing",)


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ("responses={404: {}}", {"404"}),
        ("responses={'4xx': {}, 'default': {}}", {"4XX", "default"}),
        ("responses={404: {}} | {409: {}}", {"404", "409"}),
        ("responses=COMMON", {"401"}),
        ("responses=COMMON | {409: {}}", {"401", "409"}),
        ("responses={**COMMON, 409: {}}", {"401", "409"}),
        ("responses={**outside.more, 409: {}}", None),
        ("responses=outside.more", None),
        ("responses=outside.more | {409: {}}", None),
        ("responses={outside.status: {}}", None),
        ("responses=None", set()),
        ("", set()),
    ],
)
def test_which_answers_are_documented(given: str, keys: set[str] | None) -> None:
    project = linked(f"COMMON = {{401: {{}}}}\n@app.get('/', {given})\ndef read(): ...\n")
    assert documented_here(project.routes[0], project.constants) == keys


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("httpx.Client()", ["httpx.Client"]),
        ("client = httpx.Client()", ["httpx.Client"]),
        ("make()", ["httpx.Client"]),
        ("make_deep()", ["httpx.Client"]),
        ("make_more('x')", []),
        ("chosen()", []),
        ("global shared\nshared = httpx.Client()", []),
        ("outside.x = httpx.Client()", []),
        ("table['x'] = httpx.Client()", []),
        ("client = httpx.Client()\ntable['x'] = client", []),
        ("client: object = httpx.Client()", ["httpx.Client"]),
        ("httpx.Client(headers={'key': given})", []),
        ("import json\nhttpx.Client(headers=json.loads('1'))", ["httpx.Client"]),
        ("local = 1\nhttpx.Client(timeout=local)", ["httpx.Client"]),
        ("local = given\nhttpx.Client(timeout=local)", []),
        ("f = lambda: httpx.Client()", []),
        ("outside.client()", []),
    ],
)
def test_clients_that_are_made_anew_with_each_call(body: str, names: list[str]) -> None:
    project = linked(
        f"""
import httpx
table = {{}}
shared = None
def make(): return httpx.Client()
def make_deep(): return make()
def make_more(x): return httpx.Client(base_url=x)
chosen = httpx.Client if outside.flag else httpx.AsyncClient
def read(given):
{textwrap.indent(body, "    ")}
"""
    )
    assert [name for _, name in clients_made(function(project, "read"), project.inference)] == names


@pytest.mark.parametrize(
    ("binding", "named"),
    [
        ("from models import Model", True),
        ("if outside.flag:\n    from models import Model", True),
        ("if TYPE_CHECKING:\n    from models import Model", False),
        ("if TYPE_CHECKING:\n    if outside.flag:\n        from models import Model", False),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    from models import Model", True),
        ("from models import Model as Other", False),
        ("def later():\n    from models import Model", False),
    ],
)
def test_whether_a_class_can_be_named_in_a_signature(binding: str, named: bool) -> None:
    models = "from pydantic import BaseModel\nclass Model(BaseModel):\n    a: int\n"
    project = linked(f"from typing import TYPE_CHECKING\n{binding}\ndef read(): ...\n", models=models)
    found = project.returns.name_of(a_class(project, "Model"), function(project, "read"))
    assert found == ("Model" if named else None)
