"""Files that grow in one respect: what is nested, chained, repeated or long in them, as often as asked.

A shape is a function from a number to the text of a file. Tests take small numbers and compare the work that two of
them take; benchmarks/scaling.py takes large ones and a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

HEAD = "from fastapi import APIRouter, Depends, FastAPI\nfrom pydantic import BaseModel\nimport time\napp = FastAPI()\n"
ROUTE = "@app.get('/')\nasync def route(a: int, x: int):\n"
Shape = Callable[[int], str]


def lines(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


NESTED: dict[str, Shape] = {
    "parentheses": lambda n: f"x = {'(' * n}1{')' * n}\n",
    "brackets": lambda n: f"x = {'[' * n}1{']' * n}\n",
    "chained calls": lambda n: f"{ROUTE}    return x{'.f()' * n}\n",
    "elif": lambda n: f"{ROUTE}    if a == -1: pass\n" + lines(f"    elif a == {i}: time.sleep({i})" for i in range(n)),
    "sum": lambda n: f"{ROUTE}    return {' + '.join(['a'] * n)}\n",
    "sum of texts": lambda n: "x = " + " + ".join(["'a'"] * n) + "\napp.get('/' + x)(time.sleep)\n",
    "minus": lambda n: f"{ROUTE}    return {'-' * n}a\n",
    "conditional": lambda n: f"{ROUTE}    return {'a if a else ' * n}a\n",
    "indentation": lambda n: lines(" " * i + "if 1:" for i in range(n)) + " " * n + "pass\n",
    "functions": lambda n: lines(" " * i + "def f():" for i in range(n)) + " " * n + "pass\n",
    "lambdas": lambda n: f"x = {'lambda: ' * n}1\n",
    "subscripts": lambda n: f"x = a{'[0]' * n}\n",
    "attributes": lambda n: f"x = a{'.b' * n}\n",
    "annotation": lambda n: f"@app.get('/')\nasync def route(a: int{' | int' * n}): ...\n",
    "annotation in text": lambda n: f"@app.get('/')\nasync def route(a: 'int{' | int' * n}'): ...\n",
    "brackets in text": lambda n: f"@app.get('/')\nasync def route(a: '{'list[' * n}int{']' * n}'): ...\n",
}
"""What Python's parser nests: beyond some depth the file is told as FST000, below it all is well."""

CHAINED: dict[str, Shape] = {
    "classes": lambda n: (
        "class A0: ...\n" + lines(f"class A{i + 1}(A{i}): ..." for i in range(n)) + f"x = A{n}()\nx.f()\n"
    ),
    "calls": lambda n: (
        lines(f"def f{i}(): f{i + 1}()" for i in range(n)) + f"def f{n}(): time.sleep(1)\n{ROUTE}    f0()\n"
    ),
    "aliases": lambda n: (
        "x0 = app\n" + lines(f"x{i + 1} = x{i}" for i in range(n)) + f"@x{n}.get('/')\nasync def g(): ...\n"
    ),
    "returned": lambda n: (
        lines(f"def y{i}(): return y{i + 1}()" for i in range(n))
        + f"def y{n}(): return app\n@y0().get('/')\nasync def g(): ...\n"
    ),
    "dependencies": lambda n: (
        "def d0(): time.sleep(1)\n"
        + lines(f"def d{i + 1}(x=Depends(d{i})): ..." for i in range(n))
        + f"@app.get('/')\nasync def g(x=Depends(d{n})): ...\n"
    ),
    "routers": lambda n: (
        "r0 = APIRouter()\n"
        + lines(f"r{i + 1} = APIRouter(prefix='/{i}')\nr{i + 1}.include_router(r{i})" for i in range(n))
        + f"app.include_router(r{n})\n@r0.get('/')\nasync def g(): ...\n"
    ),
    "texts": lambda n: (
        "p0 = '/a'\n" + lines(f"p{i + 1} = p{i} + 'a'" for i in range(n)) + f"@app.get(p{n})\nasync def g(): ...\n"
    ),
    "types": lambda n: (
        "T0 = int\n"
        + lines(f"T{i + 1} = T{i} | None" for i in range(n))
        + f"@app.get('/')\nasync def g(x: T{n}): ...\n"
    ),
    "models": lambda n: (
        "class M0(BaseModel): ...\n"
        + lines(f"class M{i + 1}(BaseModel):\n    m: M{i}" for i in range(n))
        + f"@app.post('/')\nasync def g(m: M{n}) -> M{n}: return m\n"
    ),
    "lambdas of lambdas": lambda n: (
        "f0 = lambda: time.sleep(1)\n" + lines(f"f{i + 1} = lambda: f{i}()" for i in range(n)) + f"{ROUTE}    f{n}()\n"
    ),
    "attributes of classes": lambda n: (
        "class C0: y = app\n"
        + lines(f"class C{i + 1}:\n    y = C{i}.y" for i in range(n))
        + f"@C{n}.y.get('/')\nasync def g(): ...\n"
    ),
    "decorators": lambda n: (
        "def w0(f): return f\n"
        + lines(f"@w{i}\ndef w{i + 1}(f): return f" for i in range(n))
        + f"@app.get('/')\n@w{n}\nasync def g(): time.sleep(1)\n"
    ),
    "passed on": lambda n: (
        f"def t{n}(q): db.execute('select ' + q)\n"
        + lines(f"def t{i}(q): t{i + 1}(q + '')" for i in range(n))
        + "@app.get('/')\ndef g(q: str): t0(q)\n"
    ),
}
"""Definitions that lead from one to the next."""

REPEATED: dict[str, Shape] = {
    "routes": lambda n: lines(f"@app.get('/r{i}/{{x}}')\nasync def f{i}(x: int): return x" for i in range(n)),
    "same route": lambda n: lines(f"@app.get('/r/{{x}}')\nasync def f{i}(x: int): return x" for i in range(n)),
    "sleeping routes": lambda n: lines(f"@app.get('/r{i}')\nasync def f{i}(): time.sleep(1)" for i in range(n)),
    "routes to one": lambda n: (
        "def sleeping(): time.sleep(1)\nasync def helper(): sleeping()\n"
        + lines(f"@app.get('/r{i}')\nasync def f{i}(): await helper()" for i in range(n))
    ),
    "list doubled": lambda n: f"{ROUTE}    c = [time.sleep]\n" + "    c = [*c, *c]\n" * n + "    for f in c: f(1)\n",
    "dict doubled": lambda n: (
        f"{ROUTE}    c = {{'a': time.sleep}}\n" + "    c = {**c, **c}\n" * n + "    c[a](1)\n    for f in c: f(1)\n"
    ),
    "loops": lambda n: f"{ROUTE}" + "    for b in a: time.sleep(b)\n" * n,
    "parameters": lambda n: f"@app.get('/')\nasync def g({', '.join(f'a{i}: int = {i}' for i in range(n))}): ...\n",
    "placeholders": lambda n: (
        f"@app.get('{'/{a' * n}')\nasync def f(): ...\n@app.get('{'/{a}' * n}')\nasync def g(): ...\n"
    ),
    "slashes": lambda n: lines(f"@app.get('{'/a' * n}/{{x}}{'/b' * n}')\nasync def f{i}(): ..." for i in range(5)),
    "dictionary": lambda n: f"x = {{{', '.join(f'{i}: {i}' for i in range(n))}}}\n",
    "list on one line": lambda n: f"x = [{'1, ' * n}]\n",
    "wide line": lambda n: f"x = [{'é, ' * n}'é', 1]\n",
    "statements on one line": lambda n: "x = 1; " * n + "\n",
    "f-string parts": lambda n: f"x = f'{'{a}' * n}'\n",
    "long text": lambda n: "x = '" + "a" * n + "'\ny = '''\n" + "#" * n + "\n'''\n",
    "noqa of one line": lambda n: f"x = 1 {'# noqa ' * n}\n",
    "codes of one noqa": lambda n: f"x = 1 # noqa: {'FST101,' * n}\n",
    "brackets in comments": lambda n: f"x = 1 {'# fastlint: ignore[' * n}\n",
    "hashes": lambda n: f"x = 1 {'#' * n}\n",
    "hashes in texts": lambda n: "x = [" + "'#', " * n + "] # noqa\n",
    "noqa on each line": lambda n: "import time  # noqa: FST101\n" * n,
    "texts and noqa": lambda n: "x = '#'  # noqa: FST101\n" * n,
    "comments that go on": lambda n: "x = (  # noqa\n" + "    1 +  # noqa: FST101\n" * n + "    1)\n",
    "backslashes": lambda n: "x = " + "\\\n" * n + "1\n",
    "decorators on one": lambda n: lines(f"@d{i}" for i in range(n)) + "def f(): ...\n",
    "tries": lambda n: "try:\n    x()\nexcept A:\n    raise\nfinally:\n    y()\n" * n,
    "cases": lambda n: "match x:\n" + lines(f"    case {i}: pass" for i in range(n)),
    "and": lambda n: f"{ROUTE}    return {' and '.join(['a'] * n)}\n",
    "imports": lambda n: lines(f"from m{i} import *" for i in range(n)) + "x = y\n" * 5,
    "same name": lambda n: lines(f"x = app if x else {i}" for i in range(n)) + "@x.get('/')\nasync def g(): ...\n",
    "globals": lambda n: "global x\n" * n + "x = x\n",
    "fields": lambda n: (
        "class M(BaseModel):\n" + lines(f"    f{i}: int = {i}" for i in range(n)) + "@app.post('/')\ndef g(m: M): ...\n"
    ),
    "handlers": lambda n: lines(
        f"class E{i}(Exception): ...\n@app.exception_handler(E{i})\nasync def h{i}(r, e): ..." for i in range(n)
    ),
    "methods": lambda n: (
        "class C:\n" + lines(f"    def m{i}(self): self.m{(i * 7) % n}()" for i in range(n)) + f"{ROUTE}    C().m0()\n"
    ),
    "text written on": lambda n: f"{ROUTE}    q = ''\n" + "    q += a\n" * n + "    db.execute(q)\n",
}
"""The same thing many times."""

SHAPES: dict[str, Shape] = {**NESTED, **CHAINED, **REPEATED}
