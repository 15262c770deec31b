"""Request data followed through containers, calls, checks and types: what reaches a sink, and what does not."""

from __future__ import annotations

import textwrap

import pytest

from tests.test_flow import flows

Q = ["query parameter `q`"]
MODELS = """
import enum, hmac, html, httpx, itertools, secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from fastapi import Body, Form, Header, Path as PathParameter, Query, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials, OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import AfterValidator, StringConstraints
from sqlmodel import Field as Column, Session, SQLModel, select

class Color(enum.Enum):
    RED = 'red'

class Job(BaseModel):
    name: str
    color: Color
    def title(self) -> str: return self.name
    @property
    def line(self) -> str: return 'ls ' + self.name

class Checked(BaseModel):
    name: str
    @field_validator('name')
    def look(cls, value): return value

@dataclass
class Plain:
    name: str
    other: str = ''

class Kept:
    def __init__(self, name):
        self.name = name

class Row(SQLModel, table=True):
    id: int | None = Column(default=None, primary_key=True)
    name: str
    nick: str | None = None
    size: int = 0

class Maker:
    def __call__(self, text: str) -> str: return 'ls ' + text

class Store(ABC):
    @abstractmethod
    def line(self, text: str) -> str: ...

class Upper(Store):
    def line(self, text: str) -> str: return text.upper()

class Fixed(Store):
    def line(self, text: str) -> str: return 'ls'

def pair(text: str): return 'ls', text
def count(text: str) -> int: return len(text)
def shown(text: str): return {'line': text, 'other': 'ls'}
def allowed(text: str) -> bool: return text in ('a', 'b')
def ensure(text: str) -> None:
    if text not in ('a', 'b'): raise ValueError
def validated(text: str) -> str:
    if text not in ('a', 'b'): raise ValueError
    return text
def cleaned(text: str) -> str: return text.strip()
maker = Maker()
flagged = True
"""


def reached(kind: str, body: str, parameters: str = "q: str", before: str = "", path: str = "/") -> list[str | None]:
    """The sources that reach a sink of the kind in a route with this body."""
    route = f"@app.get('{path}')\nasync def read({parameters}):\n{textwrap.indent(textwrap.dedent(body), '    ')}"
    found = flows(main=f"{MODELS}\n{textwrap.dedent(before)}\n{route}")
    return [flow.source.text for flow in found if flow.source is not None and flow.kind == kind]


@pytest.mark.parametrize(
    "body",
    [
        # what loops bind
        "for first, second in [('ls', q), ('ls', 'x')]:\n    os.system(second)",
        "for first, second in zip(['ls'], [q]):\n    os.system(second)",
        "for number, (first, second) in enumerate([('ls', q)]):\n    os.system(second)",
        "for first, *rest in [('ls', q)]:\n    os.system(rest[0])",
        "for name in {q: 1}:\n    os.system(name)",
        "for name in {q: 1}.keys():\n    os.system(name)",
        "for name, value in {q: 1}.items():\n    os.system(name)",
        "for name in {**{q: 1}}.keys():\n    os.system(name)",
        "one = {}\none[q] = 1\nfor name in one:\n    os.system(name)",
        "one = {q: 1}\nfor name in (one if q else {}).keys():\n    os.system(name)",
        "one = {q: 1}\nfor name in (one or {}).keys():\n    os.system(name)",
        "one = {q: 1}\nfor name in one.copy().keys():\n    os.system(name)",
        "for name in {word: 1 for word in q.split()}.keys():\n    os.system(name)",
        # items and parts
        "os.system({'a': q}['a'])",
        "os.system({'a': 'ls'}.get('b', q))",
        "os.system(('ls', q)[1])",
        "os.system(('ls', q)[-1])",
        "one = Plain(name=q)\nos.system(one.name)",
        "one = dict(name=q)\nos.system(one['name'])",
        "one = dict(**{'name': q})\nos.system(one['name'])",
        "one = Plain(name='ls')\none.name = q\nos.system(one.name)",
        "one = {}\none.update(name=q)\nos.system(one['name'])",
        "one = {}\none[q] = q\nos.system(one['name'])",
        "one = Kept(name=q)\nos.system(one.name)",
        "one = Job(**{'name': q})\nos.system(one.name)",
        "one = [*[q]]\nos.system(one[0])",
        "os.system(shown(q)['line'])",
        "for one in [{'name': q}]:\n    os.system(one['name'])",
        "os.system((one := {'name': q})['name'])",
        # calls
        "first, second = pair(q)\nos.system(second)",
        "os.system(pair(q)[1])",
        "os.system(maker(q))",
        "os.system(itertools.chain(q))",
        "os.system(str(q))",
        "os.system(q.encode().decode())",
        "os.system('%s' % q)",
        "os.system('%(a)s' % {'a': q})",
        "os.system('{0}'.format(q))",
        "os.system('{a}'.format(a=q))",
        "line = 'ls {}'\nos.system(line.format(q))",
        "os.system(' '.join(word for word in [q]))",
        "with open(q) as file:\n    os.system(q)",
        "match q:\n    case name:\n        os.system(name)",
        "match [q]:\n    case [name]:\n        os.system(name)",
        "one: str = q\nos.system(one)",
        "def inner():\n    os.system(q)\ninner()",
        "os.system('ls' + ' ' * 2 + q)",
        # checks that check something else
        "if len(q) > 3:\n    raise ValueError\nos.system(q)",
        "if q == '':\n    raise ValueError\nos.system(q)",
        "if q:\n    os.system(q)",
        "if q is None:\n    raise ValueError\nos.system(q)",
        "if isinstance(q, str):\n    os.system(q)",
        "if q.startswith('a'):\n    os.system(q)",
        "if not allowed(q):\n    pass\nos.system(q)",
        "ok = q in ('a', 'b')\nos.system(q)",
        "ok = q in ('a', 'b')\nif not ok:\n    os.system(q)",
        "q = q.strip()\nif q:\n    os.system(q)",
        "q = cleaned(q)\nif q:\n    os.system(q)",
        "ok = len(q) == 3\nif ok:\n    os.system(q)",
        "if q in ('a', 'b'):\n    pass\nelse:\n    os.system(q)",
        "os.system(q)\nassert q in ('a', 'b')",
        "if q.find('a') == 1:\n    os.system(q)",
        "if 'a' in q:\n    os.system(q)",
        "try:\n    pass\nfinally:\n    os.system(q)",
        "os.system('ls' if q in ('a', 'b') else q)",
        "os.system(q in ('a',) or q)",
    ],
)
def test_it_reaches_a_shell(body: str) -> None:
    assert reached("shell", body) == Q


@pytest.mark.parametrize(
    "body",
    [
        "for first, second in [('ls', q), ('ls', 'x')]:\n    os.system(first)",
        "for first, second in zip(['ls'], [q]):\n    os.system(first)",
        "for number, word in enumerate([q]):\n    os.system(str(number))",
        "for name in {'ls': q}:\n    os.system(name)",
        "for name in {'ls': q}.keys():\n    os.system(name)",
        "for name, value in {'ls': q}.items():\n    os.system(name)",
        "one = {'ls': q}\nfor name in one.copy().keys():\n    os.system(name)",
        "os.system({'a': q, 'b': 'ls'}['b'])",
        "os.system(('ls', q)[0])",
        "one = Plain(name=q, other='ls')\nos.system(one.other)",
        "one = dict(name=q, other='ls')\nos.system(one['other'])",
        "one = Plain(name='ls')\none.other = q\nos.system(one.name)",
        "os.system(shown(q)['other'])",
        "first, second = pair(q)\nos.system(first)",
        "os.system(str(count(q)))",
        "os.system('ls {}'.replace('{}', 'x'))",
        "os.system('ls %%' % q)",
        "os.system(Color(q).value)",
        "os.system(str(float(q)))",
        "q += 'x'\nq = 'ls'\nos.system(q)",
        "line = 'ls'\nos.system(line)\nline += q",
        "parts = ['ls']\nos.system(' '.join(parts))\nparts.append(q)",
        "os.system(' '.join('ls' for name in [q]))",
        # checks
        "if q in ('a', 'b'):\n    os.system(q)",
        "if q not in ('a', 'b'):\n    raise ValueError\nos.system(q)",
        "if q in ('a', 'b'):\n    pass\nelse:\n    return\nos.system(q)",
        "if q not in ('a', 'b'):\n    pass\nelse:\n    os.system(q)",
        "if not (q in ('a', 'b')):\n    return\nos.system(q)",
        "if (found := q in ('a', 'b')):\n    os.system(q)",
        "if q == 'a':\n    os.system(q)",
        "if bool(q in ('a', 'b')):\n    os.system(q)",
        "if isinstance(q, int):\n    os.system(str(q))",
        "if set(q) <= set('abc'):\n    os.system(q)",
        "if allowed(q):\n    os.system(q)",
        "if not allowed(q):\n    raise ValueError\nos.system(q)",
        "ensure(q)\nos.system(q)",
        "await run_in_threadpool(ensure, q)\nos.system(q)",
        "name = validated(q)\nos.system(name)",
        "int(q)\nos.system(q)",
        "number = int(q)\nos.system(q)",
        "ok = q in ('a', 'b')\nif ok:\n    os.system(q)",
        "ok = False\nif q in ('a', 'b'):\n    ok = True\nif ok:\n    os.system(q)",
        "found = next((x for x in ('a', 'b') if x == q), None)\nif found is None:\n    return\nos.system(q)",
        "found = next((x for x in ('a', 'b') if x == q), None)\nif found:\n    os.system(q)",
        "match q:\n    case 'a':\n        os.system(q)",
        "match q:\n    case 'a' | 'b':\n        os.system(q)",
        "ok = q in ('a', 'b')\nif not ok:\n    return\nos.system(q)",
        "ok = allowed(q)\nif not ok:\n    return\nos.system(q)",
        "while q in ('a', 'b'):\n    os.system(q)",
        "[os.system(x) for x in [q] if x in ('a', 'b')]",
        "q in ('a', 'b') and os.system(q)",
        "q not in ('a', 'b') or os.system(q)",
        "assert q in ('a', 'b')\nos.system(q)",
    ],
)
def test_it_does_not_reach_a_shell(body: str) -> None:
    assert reached("shell", body) == []


@pytest.mark.parametrize(
    ("parameters", "expression", "sources"),
    [
        ("form: Annotated[OAuth2PasswordRequestForm, Depends()]", "form.username", ["form field `username`"]),
        ("form: Annotated[OAuth2PasswordRequestForm, Depends()]", "form.grant_type", []),
        ("job: Job", "job.name", ["body field `job.name`"]),
        ("job: Job", "job.color", []),
        ("job: Job", "job.color.value", []),
        ("checked: Checked", "checked.name", []),
        ("file: UploadFile", "file.filename", ["file name of upload `file`"]),
        ("file: UploadFile", "file.size", []),
        ("q: Annotated[str, Query(pattern='^a$')]", "q", []),
        ("q: str = Query(pattern='^a$')", "q", []),
        ("q: str = Query('a')", "q", Q),
        ("q: Annotated[str, AfterValidator(validated)]", "q", []),
        ("q: Annotated[str, StringConstraints(strip_whitespace=True)]", "q", Q),
        ("q: Annotated[str, StringConstraints(pattern='^a$')]", "q", []),
        ("q: Color", "q.value", []),
        ("q: Annotated[list[Color], Query()]", "q[0].value", []),
        ("q: Annotated[list[str], Query()]", "q[0]", Q),
        ("x_name: Annotated[str, Header()]", "x_name", ["header `x_name`"]),
        ("token: Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl='t'))]", "token", ["bearer token `token`"]),
        ("request: Request", "request.url.query", ["query of the URL"]),
        ("request: Request", "request.path_params['name']", ["path parameter `name`"]),
        ("request: Request", "request.method", []),
        ("request: Request", "(await request.body()).decode()", ["request body"]),
        ("request: Request", "(await request.form())['name']", ["form field, `name`"]),
        ("q: str, flag: bool", "flagged and q", Q),
        ("q: str, store: Annotated[Store, Depends(Upper)]", "store.line(q)", Q),
        ("q: Annotated[str, Depends(lambda: 'ls')]", "q", []),
        ("job: Annotated[dict, Body()]", "job['name']", ["body field `job.name`"]),
    ],
)
def test_what_a_client_sends(parameters: str, expression: str, sources: list[str]) -> None:
    assert reached("shell", f"os.system({expression})", parameters) == sources


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("open('files/' + q)", True),
        ("Path('files') / q\nopen(Path('files') / q)", True),
        ("open(os.path.join('files', q))", True),
        ("open(os.path.join('files', os.path.basename(q)))", False),
        ("open('files/' + q.split('/')[-1])", False),
        ("parts = q.split('/')\nopen('files/' + parts[0])", False),
        ("parts = q.split('/')\nopen('files/' + '-'.join(parts))", False),
        ("parts = q.split('/')\nopen('/'.join(parts))", True),
        ("first, second = q.split('/')\nopen('files/' + second)", False),
        ("parts = [part for part in q.split('/')]\nopen('files/' + parts[0])", False),
        ("open('files/' + Path(q).name)", False),
        ("open('files/' + q.replace('/', '_'))", False),
        ("open('files/' + q.replace('a', 'b'))", True),
        ("if '..' in q:\n    raise ValueError\nopen('files/' + q)", False),
        ("path = Path('files', q).resolve()\nif not str(path).startswith('/files'):\n    return\nopen(path)", False),
        ("path = Path('files', q)\nif not str(path).startswith('/files'):\n    return\nopen(path)", True),
        ("path = Path('files', q).resolve()\nif Path('files') not in path.parents:\n    return\nopen(path)", False),
        ("path = Path('files', q).resolve()\npath.relative_to('/files')\nopen(path)", False),
        ("path = Path('files', q).resolve()\nif not path.is_relative_to('/files'):\n    return\nopen(path)", False),
        ("return FileResponse('files/' + q)", True),
        ("Path('files', q).read_text()", True),
    ],
)
def test_paths(body: str, found: bool) -> None:
    assert reached("path", body) == (Q if found else [])


@pytest.mark.parametrize(
    ("body", "kind", "found"),
    [
        ("return RedirectResponse(q)", "redirect", True),
        ("return Response(status_code=302, headers={'Location': q})", "redirect", True),
        ("return Response(headers={'X-Name': q, 'Content-Type': 'text/plain'})", "redirect", False),
        ("if q.startswith('/'):\n    return RedirectResponse(q)", "redirect", True),
        ("if q.startswith('https://example.com/'):\n    return RedirectResponse(q)", "redirect", False),
        ("if urlparse(q).netloc:\n    return\nreturn RedirectResponse(q)", "redirect", False),
        ("return RedirectResponse('/%s' % q)", "redirect", True),
        ("return RedirectResponse('/users/%s' % q)", "redirect", False),
        ("return RedirectResponse('https://{}/x'.format(q))", "redirect", True),
        ("return RedirectResponse('https://example.com/{}'.format(q))", "redirect", False),
        ("return RedirectResponse(os.environ['BASE'].format(q))", "redirect", False),
        ("return RedirectResponse(f'https://{q}.example.com/')", "redirect", True),
        ("return RedirectResponse(f'{q}://example.com/')", "redirect", True),
        ("httpx.get(q)", "request", True),
        ("httpx.get('https://example.com/' + q)", "request", False),
        ("if q.startswith('https://'):\n    httpx.get(q)", "request", True),
        ("if q.startswith('https://example.com/'):\n    httpx.get(q)", "request", False),
        ("if urlparse(q).hostname not in ('example.com',):\n    return\nhttpx.get(q)", "request", False),
        ("return HTMLResponse('<p>' + q)", "html", True),
        ("return HTMLResponse('<p>' + html.escape(q))", "html", False),
        ("return HTMLResponse('<p>{}'.format(q))", "html", True),
        ("return HTMLResponse(f'<p>{len(q)}')", "html", False),
        ("subprocess.run(q, shell=True)", "shell", True),
        ("subprocess.run(q, shell=False)", "shell", False),
        ("subprocess.run(['sh', '-c', q])", "shell", True),
        ("subprocess.run(['sh', '-x', q])", "shell", False),
        ("subprocess.run(shell=True)", "shell", False),
        ("subprocess.run(['cut', '-c', q])", "shell", False),
        ("subprocess.run(['sh'])", "shell", False),
        ("os.rename('a', q)", "path", True),
        ("os.rename(q, 'a')", "path", True),
        ("os.rename(src='a', dst=q)", "path", True),
        ("shutil.copy(q, 'a')", "path", True),
        ("shutil.copy('a', dst=q)", "path", True),
        ("shutil.copytree('a', q)", "path", True),
        ("eval(q)", "code", True),
        ("eval(str(len(q)))", "code", False),
    ],
)
def test_other_sinks(body: str, kind: str, found: bool) -> None:
    before = "import shutil\nfrom urllib.parse import urlparse"
    assert reached(kind, body, before=before) == (Q if found else [])


@pytest.mark.parametrize(
    ("body", "sources"),
    [
        ("row = session.get(Row, 1)\nos.system(row.name)", ["stored value `row.name`"]),
        ("row = session.get(Row, 1)\nos.system(row.nick)", ["stored value `row.nick`"]),
        ("row = session.get(Row, 1)\nos.system(str(row.size))", []),
        ("row = session.get(Row, 1)\nos.system(str(row.id))", []),
        ("row = session.exec(select(Row)).first()\nos.system(row.name)", ["stored value `row.name`"]),
        ("for row in session.exec(select(Row)):\n    os.system(row.name)", ["stored value `row.name`"]),
    ],
)
def test_rows(body: str, sources: list[str]) -> None:
    found = reached("html", body.replace("os.system(", "return HTMLResponse('<p>' + "), "session: Session")
    assert found == sources


def test_a_signed_body_may_say_where_to_call_back() -> None:
    signed = """
        body = await request.json()
        if not hmac.compare_digest(x_signature, 'x'):
            raise ValueError
        httpx.get(body['url'])
    """
    own = signed.replace("hmac.compare_digest(x_signature, 'x')", "signed(x_signature)")
    helper = "def signed(text): return secrets.compare_digest(text, 'x')"
    parameters = "request: Request, x_signature: Annotated[str, Header()]"

    assert reached("request", signed, parameters) == []
    assert reached("request", own, parameters, helper) == []
    assert reached("request", signed.replace("hmac.compare_digest", "print"), parameters) == ["request body, `url`"]


MORE = """
import sqlite3, textwrap, yaml
from markupsafe import Markup
from fastapi.responses import FileResponse

class Page(HTMLResponse): ...
class OwnPage(HTMLResponse):
    def __init__(self, text): super().__init__(html.escape(text))
class NoPage:
    def __init__(self, text): ...
class OwnRequest(Request): ...
class Asked:
    username: str
class Base(BaseModel):
    name = 'ls'
    note: str
class Derived(Base):
    other: int
class Heir(Row): ...
class Validating(BaseModel):
    name: str
    @field_validator('name')
    def look(cls, value): return value
class Open(Validating):
    other: str
TABLE = {'ls': 1}
connection = sqlite3.connect('x')
def keys_of(table: dict): return ' '.join(name for name in table)
def rest(*parts): return parts[0]
def named(**parts): return parts['name']
def listed(*parts): return [part['name'] for part in parts]
def endless(text): return endless(text)
def both(**options): os.system(options['a'] + options['b'])
"""


@pytest.mark.parametrize(
    ("body", "kind", "found"),
    [
        ("return Page('<p>' + q)", "html", True),
        ("return OwnPage('<p>' + q)", "html", False),
        ("return NoPage('<p>' + q)", "html", False),
        ("return HTMLResponse(Markup('<p>{}').format(q))", "html", False),
        ("return HTMLResponse(Markup('<p>%s') % q)", "html", False),
        ("return HTMLResponse(Markup(q))", "html", True),
        ("yaml.load(q, Loader=yaml.UnsafeLoader)", "code", True),
        ("yaml.load(q, Loader=yaml.SafeLoader)", "code", False),
        ("yaml.load(q)", "code", False),
        ("yaml.load()", "code", False),
        ("return Response(status_code=303, headers={'location': q})", "redirect", True),
        ("return Response(status_code=303, headers={**TABLE, 'LOCATION': q})", "redirect", True),
        ("os.system(keys_of({q: 1}))", "shell", True),
        ("os.system(keys_of({'ls': q}))", "shell", False),
        ("for name in TABLE:\n    os.system(name)", "shell", False),
        ("for first, second in [('ls', q), outside]:\n    os.system(first)", "shell", True),
        ("for name in job.model_dump().keys():\n    os.system(name)", "shell", False),
        ("os.system({'a': q}['b'])", "shell", False),
        ("os.system({'b': 'ls', 'a': q}['a'])", "shell", True),
        ("first, second = NoPage(q)\nos.system(second)", "shell", True),
        ("first, second = str(q), 'ls'\nos.system(second)", "shell", False),
        ("first, (second, third) = 'ls', ('ls', q)\nos.system(third)", "shell", True),
        ("os.system(rest(q))", "shell", True),
        ("os.system(named(name=q))", "shell", True),
        ("os.system(named(name='ls', other=q))", "shell", False),
        ("both(a='ls', b='x', c=q)", "shell", False),
        ("both(a='ls', b=q, c='x')", "shell", True),
        ("both(a=q, b='x', c='x')", "shell", True),
        ("os.system(listed({'name': q})[0])", "shell", True),
        ("os.system(endless(q))", "shell", False),
        ("one = Open(name='ls', other=q)\nos.system(one.name)", "shell", False),
        ("one = {}\none['other'] = q\nos.system(one['name'])", "shell", False),
        ("one = {}\none.update({'name': q})\nos.system(one['name'])", "shell", True),
        ("connection.execute('SELECT ' + q.strip())", "sql", True),
        ("connection.execute(f'SELECT {q}'.strip())", "sql", True),
        ("connection.execute(textwrap.dedent(f'SELECT {q}'))", "sql", True),
        ("connection.execute('SELECT {}'.format(q))", "sql", True),
        ("connection.execute('SELECT %s' % q)", "sql", True),
        ("connection.execute(outside.template.format(q))", "sql", True),
        ("connection.execute('SELECT ?', (q,))", "sql", False),
        ("connection.cursor().executemany('SELECT ?', [(q,)])", "sql", False),
        ("os.system(' '.join((lambda q: 'ls')(x) for x in [q]))", "shell", False),
        ("os.system((lambda x: x)('ls'))", "shell", False),
        ("for outside.name in [q]:\n    os.system('ls')", "shell", False),
        ("import q\nos.system(q)", "shell", False),
    ],
)
def test_more_ways(body: str, kind: str, found: bool) -> None:
    assert reached(kind, body, "q: str, job: Job", MORE) == (Q if found else [])


@pytest.mark.parametrize(
    ("parameters", "expression", "sources"),
    [
        ("asked: Annotated[Asked, Depends()]", "asked.username", []),
        ("request: OwnRequest", "request.query_params['q']", Q),
        ("base: Base", "base.note", ["body field `base.note`"]),
        ("base: Base", "base.name", []),
        ("base: Derived", "base.note", ["body field `base.note`"]),
        ("base: Derived", "str(base.other)", []),
        ("q: Annotated[str, 'a note', Query()]", "q", Q),
        ("q: Annotated[str, print, Query()]", "q", Q),
    ],
)
def test_more_that_a_client_sends(parameters: str, expression: str, sources: list[str]) -> None:
    assert reached("shell", f"os.system({expression})", parameters, MORE) == sources


def test_a_link_sets_no_headers() -> None:
    parameters = "x_next: Annotated[str, Header()]"
    assert reached("redirect", "return RedirectResponse(x_next)", parameters) == []
    assert reached("request", "httpx.get(x_next)", parameters) == ["header `x_next`"]


@pytest.mark.parametrize(
    ("body", "sources"),
    [
        ("row = session.get(Heir, 1)\nreturn HTMLResponse('<p>' + row.name)", ["stored value `row.name`"]),
        ("row = session.get(Row, 1)\nreturn HTMLResponse('<p>' + row.unknown)", []),
        ("rows = session.exec(select(Row)).all()\nreturn HTMLResponse('<p>' + rows[0].name)", []),
        ("row = None\nreturn HTMLResponse('<p>' + row.name)", []),
    ],
)
def test_more_rows(body: str, sources: list[str]) -> None:
    assert reached("html", body, "session: Session", MORE) == sources
