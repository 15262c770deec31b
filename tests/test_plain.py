"""Which values hold nothing but constants, measures and what the client sent; and where a token comes from."""

from __future__ import annotations

from functools import cache

import pytest

from fastlint.facts import syntax as s
from fastlint.facts.extract import extract
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.project.security.sent import _sent
from fastlint.source import SourceFile

HEAD = """
import copy
import enum
import time
import uuid
from datetime import date, datetime
from fastapi import Depends, FastAPI, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from pydantic import BaseModel
import database

app = FastAPI()
STATE = {"a": 1}
GROWN = {}
bearer = HTTPBearer()
oauth = OAuth2PasswordBearer("/t")

class Color(enum.Enum):
    RED = "red"

class Item(BaseModel):
    name: str
    token: str

def page(offset: int = 0):
    return {"offset": offset}

def user():
    return database.user()

def pages():
    yield {"offset": 1}

def grow():
    GROWN["x"] = database.user()

def inner(token: str):
    return (token)

def own(token: str):
    return (token)

@app.get("/{key}")
async def read(
    key: str, item: Item, request: Request, q: int = 1, page=Depends(page), user=Depends(user), pages=Depends(pages),
    credentials=Depends(bearer), token: str = Depends(oauth), x_token: str = Header(),
):
    plain = {"a": q}
    plain.update(b=key)
    plain["c"] = 1
    stored = {"a": 1}
    stored["user"] = user
    grown = [1]
    grown.append(database.user())
    local = database.user()
    auth = request.headers["authorization"]
    inner(token)
    own(database.token())
"""
PLAIN = """
1
"a"
f"{user}"
{"a": 1, "b": [q, (key, 2)]}
{1, q}
[*[q], 1]
q + 1
q or 1
not user
-q
q if user else 2
user == 1
[i for i in (q, 1)]
{i: q for i in [key]}
item
item.name
item.model_dump()
page
page["offset"]
credentials
len(user)
str(user.id)
isinstance(user, str)
time.time()
uuid.uuid4()
datetime.now().isoformat()
date.today()
dict(a=1)
list(item)
sorted([q])
copy.deepcopy(item)
jsonable_encoder(item)
request.headers
request.query_params["a"]
STATE
Color.RED
plain
key.upper()
(w := q)
"""
OTHER = """
user
user.id
{"a": user}
{user: 1}
[1, user]
[*user]
user or 1
user + 1
-user
user if q else 1
[i for i in user]
pages
stored
grown
local
GROWN
dict(a=user)
list(user)
jsonable_encoder(user)
key.join(user)
database.user()
undefined
lambda: 1
await database.user()
request.state.user
"""
SENT = """
token
x_token
token.split(".")[1]
credentials.credentials
request.headers["authorization"].removeprefix("Bearer ")
request.cookies.get("token")
request.query_params["token"]
item.token
auth
"""
KEPT = """
user
user.token
local
database.token()
request.state.token
undefined
"""


def expressions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@cache
def asked() -> tuple[Project, dict[str, s.Expr]]:
    every = list(dict.fromkeys(line for text in (PLAIN, OTHER, SENT, KEPT) for line in expressions(text)))
    text = HEAD + "".join(f"    v{number} = {line}\n" for number, line in enumerate(every))
    project = link([extract(SourceFile("main.py", text.encode()))], [], LinkOptions("/"))
    [route] = [route for route in project.routes if route.handler is not None]
    found = {}
    assert route.handler is not None
    for statement in route.handler.node.body:
        if isinstance(statement, s.Assign) and isinstance(target := statement.targets[0], s.Name):
            if target.id[1:].isdecimal():
                found[every[int(target.id[1:])]] = statement.value
    return project, found


@pytest.mark.parametrize(
    ("expression", "wanted"), [*((e, True) for e in expressions(PLAIN)), *((e, False) for e in expressions(OTHER))]
)
def test_what_holds_nothing_of_the_server(expression: str, wanted: bool) -> None:
    project, found = asked()
    [route] = [route for route in project.routes if route.handler is not None]
    assert route.handler is not None

    assert project.returns.plain(found[expression], route.handler) is wanted


@pytest.mark.parametrize(
    ("expression", "wanted"), [*((e, True) for e in expressions(SENT)), *((e, False) for e in expressions(KEPT))]
)
def test_which_tokens_the_client_sent(expression: str, wanted: bool) -> None:
    project, found = asked()
    [route] = [route for route in project.routes if route.handler is not None]
    assert route.handler is not None

    assert _sent(found[expression], route.handler, project, 0) is wanted


@pytest.mark.parametrize(("name", "wanted"), [("inner", True), ("own", False)])
def test_a_token_that_a_caller_passes(name: str, wanted: bool) -> None:
    project, _ = asked()
    [function] = [function for function in project.functions() if function.qualname.endswith(name)]
    [statement] = function.body.all(s.Return)
    assert statement.value is not None

    assert _sent(statement.value, function, project, 0) is wanted
