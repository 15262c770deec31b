"""Trees of real files, grafted onto each other and bent: what comes out still parses."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.mangled.files import parsed

STRINGS: tuple[object, ...] = (
    *(
        "",
        "/",
        "//",
        "{",
        "}",
        "{}",
        "/{",
        "/{a",
        "/{a:path}/{a}",
        "{a}{b}",
        "\x1b[2J",
        "\ud800",
        "\u202e",
        "é" * 3,
        "%s",
    ),
    *(None, True, False, Ellipsis, 0, -1, 10**40, 1e309, -0.0, 2j, b"", b"\xff", "x" * 5000, "a.b.c", ":", "::", "*"),
    *(
        "app",
        "GET",
        "get",
        "int",
        "list[int]",
        "list[",
        "a if",
        "Annotated[int, Depends()]",
        "\n",
        "# noqa",
        "http://[",
    ),
)
NAMES = (
    *("app", "router", "FastAPI", "Depends", "self", "cls", "f", "x", "request", "response", "Annotated", "None_", "_"),
    *(
        "get",
        "post",
        "include_router",
        "add_api_route",
        "dependencies",
        "BaseModel",
        "Session",
        "yield_",
        "ﬁ",
        "变量",
        "super",
    ),
)


def graft(chance: random.Random, files: Sequence[Path]) -> dict[str, bytes]:
    """One to three modules, each made of statements of several files, with a number of bends."""
    made: dict[str, bytes] = {}
    for name in ("main.py", "app/deps.py", "app/__init__.py")[: chance.choice((1, 1, 2, 3))]:
        donors = [tree for path in chance.choices(files, k=3) if (tree := parsed(path)) is not None]
        text = "\n".join(ast.unparse(tree) for tree in donors[: chance.randint(1, 3)])
        tree = ast.parse(text)
        if chance.random() < 0.5:
            chance.shuffle(tree.body)
        made[name] = bent(tree, donors, chance).encode("utf-8", "surrogatepass")
    return made


def bent(tree: ast.Module, donors: Sequence[ast.Module], chance: random.Random) -> str:
    """The tree as text after up to twelve bends. Bends that give no text are left out."""
    text = ast.unparse(tree)
    for _ in range(chance.randint(1, 12)):
        nodes = list(ast.walk(tree))
        chance.choice(BENDS)(nodes, donors, chance)
        try:
            text = ast.unparse(tree)
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, AttributeError, TypeError, KeyError, IndexError):
            tree = ast.parse(text) if _parses(text) else ast.parse("")
    return text


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _expression_places(nodes: Sequence[ast.AST]) -> list[tuple[ast.AST, str, int | None]]:
    """Where expressions stand that are read: (parent, field, index in it)."""
    places: list[tuple[ast.AST, str, int | None]] = []
    for node in nodes:
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                places.append((node, name, None))
            elif isinstance(value, list):
                places.extend((node, name, index) for index, item in enumerate(value) if isinstance(item, ast.expr))
    return places


def _put(place: tuple[ast.AST, str, int | None], value: ast.expr) -> None:
    node, name, index = place
    if index is None:
        setattr(node, name, value)
    else:
        getattr(node, name)[index] = value


def _taken(place: tuple[ast.AST, str, int | None]) -> ast.expr:
    node, name, index = place
    value = getattr(node, name)
    found: ast.expr = value if index is None else value[index]
    return found


def replace_expression(nodes: Sequence[ast.AST], donors: Sequence[ast.Module], chance: random.Random) -> None:
    places = _expression_places(nodes)
    pool = [node for tree in donors for node in ast.walk(tree) if isinstance(node, ast.expr)]
    if places and pool:
        _put(chance.choice(places), chance.choice(pool))


def wrap_expression(nodes: Sequence[ast.AST], donors: Sequence[ast.Module], chance: random.Random) -> None:
    places = _expression_places(nodes)
    if not places:
        return
    place = chance.choice(places)
    form = chance.choice(WRAPPERS).format(*[ast.unparse(_taken(place))] * 3)
    if _parses(f"({form})"):
        _put(place, ast.parse(f"({form})", mode="eval").body)


WRAPPERS = (
    *(
        "lambda: {}",
        "await {}",
        "(yield {})",
        "[*{}]",
        "({}, {})",
        "f'{{{}}}'",
        "(w := {})",
        "[i for i in {}]",
        "{}[{}]",
    ),
    *(
        "{}()",
        "{}(*{})",
        "{}(**{})",
        "{}.x",
        "{} if {} else {}",
        "{{**{}}}",
        "not {}",
        "{} + {}",
        "{} or {}",
        "Depends({})",
    ),
    *(
        "Annotated[{}, {}]",
        "Optional[{}]",
        "{} | None",
        "partial({}, {})",
        "{}({})",
        "list[{}]",
        "(yield from {})",
        "-{}",
    ),
)


def change_list(nodes: Sequence[ast.AST], donors: Sequence[ast.Module], chance: random.Random) -> None:
    """Delete, double, empty or shuffle arguments, decorators, statements, bases, handlers ..."""
    lists = [value for node in nodes for _, value in ast.iter_fields(node) if isinstance(value, list) and value]
    if not lists:
        return
    chosen = chance.choice(lists)
    match chance.randrange(4):
        case 0:
            del chosen[chance.randrange(len(chosen))]
        case 1:
            chosen.insert(chance.randrange(len(chosen) + 1), chance.choice(chosen))
        case 2:
            chance.shuffle(chosen)
        case _:
            chosen.clear()


def rename(nodes: Sequence[ast.AST], donors: Sequence[ast.Module], chance: random.Random) -> None:
    """Give a name, attribute, parameter, function, class or import the name of another."""
    fields = ("id", "attr", "arg", "name", "asname", "module")
    named = [(node, key) for node in nodes for key in fields if isinstance(getattr(node, key, None), str)]
    if named:
        node, key = chance.choice(named)
        other, key_of_other = chance.choice(named)
        setattr(node, key, getattr(other, key_of_other) if chance.random() < 0.7 else chance.choice(NAMES))


def change_constant(nodes: Sequence[ast.AST], donors: Sequence[ast.Module], chance: random.Random) -> None:
    constants = [node for node in nodes if isinstance(node, ast.Constant)]
    if constants:
        chance.choice(constants).value = chance.choice(STRINGS)  # type: ignore[assignment]


def move_statement(nodes: Sequence[ast.AST], donors: Sequence[ast.Module], chance: random.Random) -> None:
    bodies = [value for node in nodes for _, value in ast.iter_fields(node) if _statements(value)]
    pool = [node for tree in donors for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    if bodies and pool:
        body = chance.choice(bodies)
        body.insert(chance.randrange(len(body) + 1), chance.choice(pool))


def _statements(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], ast.stmt)


Bend = Callable[[Sequence[ast.AST], Sequence[ast.Module], random.Random], None]
BENDS: tuple[Bend, ...] = (
    *(replace_expression, replace_expression, wrap_expression, wrap_expression),
    *(change_list, rename, rename, change_constant, move_statement),
)
