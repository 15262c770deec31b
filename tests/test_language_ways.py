"""Questions about plain Python: what is caught and kept to itself, chosen, wrapped, changed and constant."""

from __future__ import annotations

import textwrap

import pytest

from fastlint.facts import syntax as s
from fastlint.facts.expressions import expression
from fastlint.project.language.choices import alternatives, guarded
from fastlint.project.language.control_flow import stops
from fastlint.project.language.globals import changes
from fastlint.project.language.wrappers import hides_signature, passes_on, replacement
from tests.linking import function, linked


@pytest.mark.parametrize(
    ("body", "stopped"),
    [
        ("work()", False),
        ("try:\n    work()\nexcept ValueError:\n    pass", True),
        ("try:\n    work()\nexcept KeyError:\n    pass", False),
        ("try:\n    work()\nexcept:\n    pass", True),
        ("try:\n    work()\nexcept Exception:\n    pass", True),
        ("try:\n    work()\nexcept (KeyError, ValueError):\n    pass", True),
        ("try:\n    work()\nexcept BOTH:\n    pass", True),
        ("try:\n    work()\nexcept NEITHER:\n    pass", False),
        ("try:\n    work()\nexcept Own:\n    pass", False),
        ("try:\n    work()\nexcept unknown:\n    pass", True),
        ("try:\n    pass\nexcept ValueError:\n    work()", False),
        ("try:\n    pass\nexcept ValueError:\n    pass\nelse:\n    work()", False),
        ("try:\n    try:\n        work()\n    finally:\n        pass\nexcept ValueError:\n    pass", True),
        ("with contextlib.suppress(ValueError):\n    work()", True),
        ("with contextlib.suppress(KeyError):\n    work()", False),
        ("with contextlib.suppress(*BOTH):\n    work()", True),
        ("with contextlib.suppress():\n    work()", False),
        ("with catching():\n    work()", True),
        ("with passing():\n    work()", False),
        ("with Quiet():\n    work()", True),
        ("with Loud():\n    work()", False),
        ("with Bare():\n    work()", False),
        ("with outside.thing():\n    work()", False),
        ("with outside.thing(), Quiet():\n    work()", True),
    ],
)
def test_what_may_catch_an_exception(body: str, stopped: bool) -> None:
    project = linked(
        f"""
import contextlib
import outside
BOTH = (KeyError, ValueError)
NEITHER = (KeyError, TypeError)
class Own(Exception): ...
@contextlib.contextmanager
def catching():
    try:
        yield
    except ValueError:
        pass
@contextlib.contextmanager
def passing():
    yield
class Quiet:
    def __enter__(self): ...
    def __exit__(self, *error): return True
class Loud:
    def __enter__(self): ...
    def __exit__(self, *error): ...
class Bare: ...
def read(unknown):
{textwrap.indent(body, "    ")}
"""
    )
    read = function(project, "read")
    work = next(call for call in read.body.all(s.Call) if isinstance(call.func, s.Name) and call.func.id == "work")
    assert stops(work, read, project.inference, "builtins.ValueError") is stopped


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a if a else b", "ab"),
        ("b if not a else a", "ab"),
        ("a if a is not None else b", "ab"),
        ("b if a is None else a", "ab"),
        ("a if a != '' else b", "ab"),
        ("os.environ['a'] if 'a' in os.environ else b", "ab"),
        ("b if 'a' not in os.environ else os.environ['a']", "ab"),
        ("a if 'x' in other else b", None),
        ("a if x in os.environ else b", None),
        ("a if a == 3 else b", None),
        ("a if a is x else b", None),
        ("a if 1 < a < 3 else b", None),
        ("a if a and x else b", None),
        ("a if x else b", None),
        ("a.split() if a else b", "ab"),
    ],
)
def test_a_choice_that_asks_whether_there_is_something(text: str, found: str | None) -> None:
    parsed = expression(text, 1, 0)
    assert isinstance(parsed, s.Conditional)
    chosen = alternatives(parsed.test, parsed.body, parsed.orelse)
    named = None if chosen is None else "".join("b" if isinstance(e, s.Name) and e.id == "b" else "a" for e in chosen)
    assert named == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("if x:\n    return 1\nreturn 2", True),
        ("if x:\n    return 1\nelse:\n    return 2", True),
        ("if x:\n    return 1\nelif y:\n    pass\nreturn 2", False),
        ("if x:\n    print(1)\n    return 1\nreturn 2", False),
        ("if x:\n    return\nreturn 2", False),
        ("for z in x:\n    return 1\nreturn 2", False),
        ("return 1", False),
        ("if x:\n    return 1\nreturn 2\nprint(1)", False),
    ],
)
def test_a_function_that_chooses_between_two_answers(body: str, found: bool) -> None:
    project = linked(f"def read(x, y):\n{textwrap.indent(body, '    ')}\n")
    assert (guarded(function(project, "read")) is not None) is found


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ("global x\nx = 1", ["x"]),
        ("global x\nx += 1", ["x"]),
        ("global x\nx: int = 1", ["x"]),
        ("global x, y\ny = 1", ["y"]),
        ("global x\nprint(x)", []),
        ("x = 1", []),
        ("table['a'] = 1", ["table"]),
        ("del table['a']", ["table"]),
        ("table['a'] += 1", ["table"]),
        ("listed.append(1)", ["listed"]),
        ("made.append(1)", ["made"]),
        ("given.append(1)", []),
        ("first.append(1)", []),
        ("text.append(1)", []),
        ("f = lambda: listed.append(1)", []),
        ("settings.debug = True", ["debug"]),
        ("settings.missing = True", ["missing"]),
        ("settings.values.append(1)", ["values"]),
        ("local = []\nlocal.append(1)", []),
        ("def inner():\n    nonlocal_ = 1", []),
        ("thing.x = 1", []),
    ],
)
def test_what_changes_a_global(body: str, changed: list[str]) -> None:
    project = linked(
        f"""
import collections
import settings
x = y = 0
table = {{}}
listed = []
made = collections.deque()
first, second = [], []
text = make()
thing = object()
def read(given):
{textwrap.indent(body, "    ")}
""",
        settings="debug = False\nvalues = []\n",
    )
    assert [change.name for change in changes(function(project, "read"), project.inference)] == changed


def test_an_outer_name_is_no_global() -> None:
    project = linked("def outer():\n    x = 0\n    def inner():\n        nonlocal x\n        x = 1\n    return inner\n")
    assert list(changes(function(project, "inner"), project.inference)) == []


WRAPPERS = """
import functools
def plain(f):
    def inner(*args, **kwargs): return f(*args, **kwargs)
    return inner
def wrapped(f):
    @functools.wraps(f)
    def inner(*args, **kwargs): return f(*args, **kwargs)
    return inner
def updated(f):
    def inner(*args, **kwargs): return f(*args, **kwargs)
    functools.update_wrapper(inner, f)
    return inner
def signed(f):
    def inner(*args, **kwargs): return f(*args, **kwargs)
    inner.__signature__ = 1
    return inner
def with_argument(n):
    def decorate(f):
        def inner(*args, **kwargs): return f(*args, **kwargs)
        return inner
    return decorate
def named(f):
    def inner(x): return f(x)
    return inner
def adds(f):
    def inner(*args, **kwargs):
        kwargs['x'] = 1
        return f(*args, **kwargs)
    return inner
def takes(f):
    def inner(*args, **kwargs):
        kwargs.pop('x')
        return f(*args, **kwargs)
    return inner
def looks(f):
    def inner(*args, **kwargs):
        kwargs.get('x')
        return f(*args, **kwargs)
    return inner
def drops(f):
    def inner(*args, **kwargs): return f(*args)
    return inner
def either(f):
    def one(*args, **kwargs): ...
    def two(*args, **kwargs): ...
    return one if f else two
def same(f): return f
class Called:
    def __init__(self, f): self.f = f
    def __call__(self, *args, **kwargs): return self.f(*args, **kwargs)
class Signed:
    def __init__(self, f): functools.update_wrapper(self, f)
    def __call__(self, *args, **kwargs): ...
class Fixed:
    def __init__(self, f): ...
    def __call__(self, x): ...
class Uncalled:
    def __init__(self, f): ...
"""


@pytest.mark.parametrize(
    ("decorator", "replaced", "hides", "passes"),
    [
        ("plain", "inner", True, True),
        ("wrapped", "inner", False, True),
        ("updated", "inner", False, True),
        ("signed", "inner", False, True),
        ("with_argument(1)", "inner", True, True),
        ("named", "inner", False, False),
        ("adds", "inner", True, False),
        ("takes", "inner", True, False),
        ("looks", "inner", True, True),
        ("drops", "inner", True, False),
        ("either", None, False, False),
        ("same", None, False, False),
        ("same(1)", None, False, False),
        ("Called", "Called", True, False),
        ("Signed", "Signed", False, False),
        ("Fixed", "Fixed", False, False),
        ("Uncalled", None, False, False),
        ("unknown", None, False, False),
        ("plain if unknown else wrapped", None, False, False),
    ],
)
def test_what_a_decorator_puts_in_place(decorator: str, replaced: str | None, hides: bool, passes: bool) -> None:
    project = linked(f"{WRAPPERS}\n@({decorator})\ndef read(x): ...\n")
    read = function(project, "read")
    found = replacement(read.node.decorators[0], read.parent, project.inference)
    assert (None if found is None else found.name) == replaced
    if found is not None:
        assert (hides_signature(found), passes_on(found)) == (hides, passes)


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "'a' + 1",
        "'%d' % 'a'",
        "'%s %s' % 'a'",
        "'{}'.format()",
        "'{x}'.format(y=1)",
        "'a'.join(1)",
        "'a'.replace('a')",
        "[*1]",
        "f'{True}'",
        "f'{1.5}'",
        "f'{1:>3}'",
        "f'{1!r}'",
        "str(1)",
        "unknown.strip()",
        "[1].strip()",
        "{**unknown}",
        "not_there.value",
        "Plain.x.value",
        "-'a'",
        "recursive()",
        "'{:9999999}'.format('a')",
        "'%9999999s' % 'a'",
        "('a' * 1)",
        "read.name",
        "FastAPI(**unknown).docs_url",
        "later().docs_url",
    ],
)
def test_what_is_no_constant(text: str) -> None:
    project = linked(
        f"""
from fastapi import FastAPI
class Plain:
    x = 'a'
def recursive(): return recursive() + 'a'
def later() -> FastAPI: return unknown()
def read(given): return {text}
"""
    )
    read = function(project, "read")
    (statement,) = read.body.all(s.Return)
    assert project.constant(statement.value, read) is None
