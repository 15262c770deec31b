"""The classes that expressions are objects of: what is written, declared, made, returned, entered and injected."""

from __future__ import annotations

import textwrap

import pytest

from fastlint.facts import syntax as s
from fastlint.facts.extract import extract
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.source import SourceFile

HEAD = """
import abc, asyncio, contextlib, copy, enum, functools, package, package.inner as deep
import package.sub.leaf
import space.leaf
import space
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Final, Generic, NewType, Optional, Protocol, Self, TypeVar, Union, cast
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel, create_model
from package import inner, nothing
from package.inner import *
import outside

T = TypeVar('T')
Bound = TypeVar('Bound', bound='A')

class A:
    kind: 'B'
    plain = None
    listed: 'list[B]' = []
    def __init__(self, given=None):
        self.made = B()
        self.given = given
        self.declared: B = outside.thing()
        self.undeclared: outside.Thing = B()
        self.unsaid: outside.Thing
        with B() as self.entered:
            pass
    def b(self): return B()
    def me(self) -> Self: return self
    def same(self): return self
    @classmethod
    def create(cls) -> Self: return cls()
    @classmethod
    def build(cls): return cls()
    @staticmethod
    def static(): return B()
    @property
    def shown(self): return B()
    @functools.cached_property
    def cached(self) -> 'B': return B()
    @shown.setter
    def shown(self, value): ...
    def above(self): return super()
    def _(self): ...
    def set_more(self):
        x: int = 1
        x = y = 2
        with B() as z:
            pass
        with B() as other.set_with:
            pass
        self.later_set: outside.Thing
        self.later_set = B()
    if outside.flag:
        def static_like(self): return B()
    else:
        static_like = outside.thing

class Chained(outside.Base, A):
    shared = B()

class Sub(A):
    own = None
    def above(self): return super().b()
    def nested(self):
        def inside(): return super()
        return inside()

class B:
    def __enter__(self): return A()
    def __exit__(self, *error): ...
    async def __aenter__(self): return A()
    async def __aexit__(self, *error): ...
    def __call__(self): return A()

class Entered:
    def __exit__(self, *error): ...

class Unsure(outside.Base):
    own: A

class Guarded(abc.ABC):
    x: ClassVar[A] = A()
    y: Final[A] = A()

class Box(Generic[T]):
    inside: T

class Color(enum.Enum):
    RED = 'red'

Alias = A
Either = Union[A, B]
Maybe = Optional[A]
Named = NewType('Named', A)
Made = create_model('Made')
Listed = list[A]
a = A()
later: A
items = [A()]
pair = (A(), B())
table = {'a': A(), 'b': B()}
both = [*items, *items]
circle = [*circle, A()]
partial = functools.partial(A)
of_b = functools.partial(a.b)
closed = contextlib.closing(a)

def make(): return A()
def declared() -> 'A': return outside.thing()
def either(flag): return A() if flag else B()
def maybe(flag):
    if flag:
        return A()
def nothing_given(): pass
def recursive(n): return recursive(n - 1) if n else A()
def generator():
    yield A()
def typed_generator() -> Iterator[A]:
    yield outside.thing()
def untyped_generator() -> Iterator[outside.Thing]:
    yield A()
def empty_generator():
    yield
@contextlib.contextmanager
def managed():
    yield A()
@contextlib.asynccontextmanager
async def managed_later() -> AsyncIterator[A]:
    yield outside.thing()
async def awaited() -> A: return A()
def spread(*parts: A, **options): return parts
def bound(x: Bound): return x
def dependency_method(x: Annotated[Any, Depends(a.b)]): return x
"""
INNER = """
from package.more import *
class Far: ...
far = Far()
_hidden = Far()
def give(): return far
"""
FILES = {
    "package/__init__": "from .inner import far as near\nfrom . import inner\n__all__ = ['near', 'inner']\n",
    "package/inner": INNER,
    "package/more": "from .closing import Far as X\n__all__ = ['X']\n__all__ += ['more']\nmore = X()\n",
    "package/closing": "class Far: ...\n",
    "package/sub/__init__": "",
    "space/leaf": "from package import inner\nleaf = inner.far\n",
    "space/deep/end": "from package import inner\nend = inner.far\n",
    "package/sub/leaf": "from ...beyond import x\nfrom .. import inner\nleaf = inner.far\n",
}


def project(body: str, parameters: str = "") -> Project:
    text = f"{HEAD}\nasync def read({parameters}):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    sources = {"main": text, **FILES}
    facts = [extract(SourceFile(f"{name}.py", text.encode())) for name, text in sources.items()]
    return link(facts, [], LinkOptions("/project"))


def types(expression: str, before: str = "", parameters: str = "") -> set[str]:
    linked = project(f"{before}\nreturn {expression}", parameters)
    read = next(one for one in linked.functions() if one.name == "read")
    value = read.body.all(s.Return)[-1].value
    assert value is not None
    return {name.rpartition(".")[2] for name in linked.types(value, read)}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("a", {"A"}),
        ("a.made", {"B"}),
        ("a.kind", {"B"}),
        ("a.declared", {"B"}),
        ("a.undeclared", {"Thing"}),
        ("a.unsaid", {"Thing"}),
        ("a.entered", set()),
        ("a.given", set()),
        ("a.unknown", set()),
        ("a.listed[0]", {"B"}),
        ("a.b()", {"B"}),
        ("a.me()", {"A"}),
        ("Sub().me()", {"Sub"}),
        ("Sub().b()", {"B"}),
        ("Sub().made", {"B"}),
        ("Sub().above()", {"B"}),
        ("Sub().nested()", {"A"}),
        ("a.above()", set()),
        ("A.create()", {"A"}),
        ("Sub.create()", {"Sub"}),
        ("A.static()", {"B"}),
        ("a.static()", {"B"}),
        ("a.shown", {"B"}),
        ("a.cached", {"B"}),
        ("A.b(a)", {"B"}),
        ("Alias()", {"A"}),
        ("B()()", {"A"}),
        ("a()", set()),
        ("outside.thing()()", set()),
        ("Unsure().own", {"A"}),
        ("Unsure().other", set()),
        ("Unsure.other", set()),
        ("Guarded.x", {"A"}),
        ("Guarded.y", {"A"}),
        ("Guarded().missing", set()),
        ("Color.RED", {"Color"}),
        ("items[0]", {"A"}),
        ("items[-1]", {"A"}),
        ("both[0]", set()),
        ("[x for x in both][0]", {"A"}),
        ("pair[1]", {"B"}),
        ("pair[-1]", {"A", "B"}),
        ("pair[5]", set()),
        ("table['a']", {"A"}),
        ("table['x']", {"A", "B"}),
        ("table[outside.key]", {"A", "B"}),
        ("{**table}['a']", {"A"}),
        ("partial()", {"A"}),
        ("of_b()", {"B"}),
        ("make()", {"A"}),
        ("declared()", {"A"}),
        ("either(1)", {"A", "B"}),
        ("maybe(1)", {"A"}),
        ("recursive(1)", set()),
        ("next(generator())", {"A"}),
        ("next(typed_generator())", {"A"}),
        ("next(untyped_generator())", {"Thing"}),
        ("next(empty_generator())", set()),
        ("next(iter(items))", {"A"}),
        ("await awaited()", {"A"}),
        ("await asyncio.create_task(awaited())", {"A"}),
        ("await asyncio.wait_for(awaited(), 1)", {"A"}),
        ("await asyncio.to_thread(make)", {"A"}),
        ("await asyncio.to_thread(a.b)", {"B"}),
        ("copy.copy(a)", {"A"}),
        ("sorted(items)[0]", {"A"}),
        ("cast(A, outside.thing())", {"A"}),
        ("cast('A', outside.thing())", {"A"}),
        ("getattr(a, 'made')", {"B"}),
        ("getattr(a, outside.name)", {"getattr()"}),
        ("(lambda: A())()", {"A"}),
        ("a if outside.flag else B()", {"A", "B"}),
        ("None or a", {"A"}),
        ("(x := a)", {"A"}),
        ("spread(a)[0]", {"A"}),
        ("bound(a)", {"A"}),
        ("inner.far", {"Far"}),
        ("deep.far", {"Far"}),
        ("package.inner.far", {"Far"}),
        ("package.sub.leaf.leaf", {"Far"}),
        ("package.near", {"Far"}),
        ("space.leaf.leaf", {"Far"}),
        ("space.deep.end.end", {"Far"}),
        ("space.missing", set()),
        ("space()", set()),
        ("space", set()),
        ("a.later_set", {"Thing", "B"}),
        ("a.set_with", set()),
        ("a.static_like", set()),
        ("Chained().shared", {"B"}),
        ("Guarded.missing", set()),
        ("package.missing", set()),
        ("nothing", set()),
        ("far", {"Far"}),
        ("more", {"Far"}),
        ("give()", {"Far"}),
        ("_hidden", set()),
        ("[*generator()][0]", set()),
        ("list(items)[0]", {"A"}),
        ("[x for x in {**{A(): 1}}][0]", {"A"}),
        ("{**table}['x']", {"A", "B"}),
        ("dependency_method", set()),
        ("A().me().me()", {"A"}),
        ("Box().inside", set()),
    ],
)
def test_what_an_expression_is(expression: str, found: set[str]) -> None:
    assert types(expression) == found


@pytest.mark.parametrize(
    ("before", "expression", "found"),
    [
        ("with B() as x: pass", "x", {"A"}),
        ("async with B() as x: pass", "x", {"A"}),
        ("with Entered() as x: pass", "x", {"Entered"}),
        ("async with Entered() as x: pass", "x", {"Entered"}),
        ("with managed() as x: pass", "x", {"A"}),
        ("async with managed_later() as x: pass", "x", {"A"}),
        ("with closed as x: pass", "x", {"A"}),
        ("async with awaited() as x: pass", "x", {"A"}),
        ("with outside.thing() as x: pass", "x", {"thing()"}),
        ("stack = contextlib.AsyncExitStack()\nx = await stack.enter_async_context(B())", "x", {"A"}),
        ("stack = contextlib.ExitStack()\nx = stack.enter_context(managed())", "x", {"A"}),
        ("x, y = pair", "y", {"B"}),
        ("x, (y, z) = a, pair", "z", {"B"}),
        ("x, *y = pair", "x", {"A"}),
        ("*x, y = pair", "y", {"B"}),
        ("x, y = generator()", "y", {"A"}),
        ("for x in items: pass", "x", {"A"}),
        ("for x, y in [pair]: pass", "y", {"B"}),
        ("for number, x in enumerate(items): pass", "x", {"A"}),
        ("for x in table: pass", "x", set()),
        ("for x in {A(): 1}: pass", "x", {"A"}),
        ("for x in circle: pass", "x", set()),
        ("for x in outside.things: pass", "x", set()),
        ("for x in a: pass", "x", set()),
        ("x = either(1)\nif isinstance(x, A):\n    return x\nx = a", "x", {"A"}),
        ("x: A = outside.thing()", "x", {"A"}),
        ("def x(): return a", "x()", {"A"}),
        ("async def x(): return a", "await x()", {"A"}),
        ("x = later", "x", {"A"}),
        ("try:\n    x = a\nexcept ValueError:\n    x = B()", "x", {"A", "B"}),
        ("x = [make() for _ in range(3)]", "x[0]", {"A"}),
        ("x = [y for pair_ in [items] for y in pair_]", "x[0]", {"A"}),
        ("tasks = asyncio.TaskGroup()\nx = outside.x", "x", set()),
    ],
)
def test_what_a_name_is_after_statements(before: str, expression: str, found: set[str]) -> None:
    assert types(expression, before) == found


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        ("A", {"A"}),
        ("'A'", {"A"}),
        ("Alias", {"A"}),
        ("A | None", {"A"}),
        ("A | B", {"A", "B"}),
        ("Either", {"A", "B"}),
        ("Maybe", {"A"}),
        ("Named", {"A"}),
        ("Made", {"BaseModel"}),
        ("Optional['A']", {"A"}),
        ("Union[A, B]", {"A", "B"}),
        ("Annotated[A, 1]", {"A"}),
        ("ClassVar[A]", {"A"}),
        ("Bound", {"A"}),
        ("T", set()),
        ("Any", set()),
        ("package", set()),
        ("outside.Thing[int]", {"Thing"}),
        ("inner.Far", {"Far"}),
        ("read", set()),
        ("'not an annotation('", set()),
        ("1", set()),
        ("Annotated[Any, Depends(A)]", {"A"}),
        ("Annotated[Any, Depends(make)]", {"A"}),
        ("Annotated[Any, Depends(awaited)]", {"A"}),
        ("Annotated[Any, Depends(generator)]", {"A"}),
        ("Annotated[Any, Depends(B())]", {"A"}),
        ("Annotated[Any, Depends(a)]", set()),
        ("Annotated[Any, Depends(partial)]", {"A"}),
        ("Annotated[Any, Depends(lambda: A())]", {"A"}),
        ("Annotated[Any, Depends(a.b)]", {"B"}),
        ("Annotated[Any, Depends(outside.Thing)]", {"Thing"}),
        ("Annotated[Any, Depends(outside.thing)]", set()),
        ("Annotated[Any, Depends()]", set()),
        ("Any = Depends(make)", {"A"}),
        ("None = Depends(make)", {"A"}),
    ],
)
def test_what_a_parameter_is(annotation: str, found: set[str]) -> None:
    assert types("x", parameters=f"x: {annotation}") == found


def test_classes_that_keep_a_protocol() -> None:
    text = """
        from typing import Protocol
        from abc import abstractmethod
        class Reader(Protocol):
            def read(self, name: str, *, size: int) -> bytes: ...
        class Empty(Protocol):
            x: int
        class Right:
            def read(self, name, *, size): return b''
        class Wide:
            def read(self, *args, **options): return b''
        class Static:
            @staticmethod
            def read(name): return b''
        class Attribute:
            read = None
            def other(self): ...
        class NeedsMore:
            def read(self, name, other, *, size): return b''
        class OtherName:
            def read(self, name, *, length): return b''
        class Declared(Reader):
            def read(self): return b''
        class Heir(Right): ...
    """
    linked = link([extract(SourceFile("main.py", textwrap.dedent(text).encode()))], [], LinkOptions("/project"))
    classes = {cls.name: cls for cls in linked.classes()}

    def keeping(name: str) -> set[str]:
        return {cls.name for cls in linked.inference.classes.subclasses(classes[name])}

    assert keeping("Reader") == {"Right", "Wide", "Static", "Declared", "Heir"}
    assert keeping("Empty") == set()
    assert keeping("Right") == {"Heir"}


def test_a_class_through_a_name_of_a_module_is_that_class() -> None:
    linked = project("return inner.Far")
    read = next(one for one in linked.functions() if one.name == "read")
    value = read.body.all(s.Return)[-1].value
    assert value is not None
    (found,) = linked.infer(value, read)
    assert (
        isinstance(found, v.ClassValue) and isinstance(found.cls, Class) and found.cls.module.path == "package/inner.py"
    )
