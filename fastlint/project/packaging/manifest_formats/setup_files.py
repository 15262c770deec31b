"""setup.cfg, read as configparser reads it, and setup.py, of which only literal text counts: it is never run."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from fastlint.project.packaging.manifest_formats import pep508
from fastlint.project.packaging.manifest_formats.found import Include, Kind, Piece, Reading
from fastlint.source import SourceFile, Unreadable

SECTION = re.compile(r"\[(?P<name>.+)\]")
OPTION = re.compile(r"(?P<key>[^=:]*)[=:]\s*(?P<value>.*)$")
REPEATED = re.compile(r"%\([\w.-]+\)s")
"""What stands for the value of another option of the section, whose own requirements are read there."""
COMMENT = re.compile(r"(?:^|\s)#.*$")
LITERAL = re.compile(r"(?P<prefix>[A-Za-z]*)(?P<quote>\"\"\"|'''|\"|')")
KEYWORDS: dict[str, tuple[str, Kind]] = {
    "install_requires": ("", "dependency"),
    "requires": ("", "dependency"),
    "tests_require": ("tests", "dependency"),
    "setup_requires": ("build", "build"),
}


def read_cfg(source: SourceFile, reading: Reading) -> None:
    _refuse_bad_cfg(source)
    folder = source.path.rpartition("/")[0]
    for section, key, pieces in _options(source):
        if section == "options" and key == "python_requires":
            reading.pythons.append((folder, " ".join(piece.text.strip() for piece in pieces)))
        elif section == "options" and key in KEYWORDS and key != "requires":
            group, kind = KEYWORDS[key]
            _value(pieces, reading, group, kind)
        elif section == "options.extras_require":
            _value(pieces, reading, key.partition(":")[0].strip(), "dependency")


def _refuse_bad_cfg(source: SourceFile) -> None:
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(source.text)
    except configparser.MissingSectionHeaderError as error:
        raise Unreadable("text before the first section", error.lineno) from None
    except configparser.DuplicateSectionError as error:
        raise Unreadable(f"section {error.section!r} twice", error.lineno or 1) from None
    except configparser.DuplicateOptionError as error:
        raise Unreadable(f"option {error.option!r} twice in {error.section!r}", error.lineno or 1) from None
    except configparser.ParsingError as error:
        raise Unreadable("neither a section nor an option", error.errors[0][0] if error.errors else 1) from None


def _options(source: SourceFile) -> Iterator[tuple[str, str, list[Piece]]]:
    """Section, key and the lines of the value of each option."""
    section = key = ""
    indent = 0
    pieces: list[Piece] = []
    offset = 0
    for line in source.lines:
        text = line.rstrip("\r\n")
        stripped = text.strip()
        here = len(text) - len(text.lstrip())
        if not stripped or stripped.startswith(("#", ";")):
            pass
        elif key and here > indent:
            pieces.append(Piece(source, text, [(0, offset)]))
        else:
            if key:
                yield section, key, pieces
            key, pieces, indent = "", [], here
            header = SECTION.match(stripped)
            option = OPTION.match(text)
            if header:
                section = header["name"]
            elif option:
                key = option["key"].strip().lower() if section != "options.extras_require" else option["key"].strip()
                if option["value"]:
                    pieces.append(Piece(source, option["value"], [(0, offset + option.start("value"))]))
        offset += len(line)
    if key:
        yield section, key, pieces


def _value(pieces: list[Piece], reading: Reading, group: str, kind: Kind) -> None:
    """A list of requirements: one a line, or on a single line between semicolons."""
    if len(pieces) == 1 and pieces[0].text.lstrip().startswith("file:"):
        piece = pieces[0]
        for name in piece.text.partition("file:")[2].split(","):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(piece.source.path), name.strip()))
            reading.includes.append(Include(piece.source.path, piece.line, target, constraint=False))
        return
    single = len(pieces) == 1 and pieces[0].line == pieces[0].source.position(pieces[0].starts[0][1])[0]
    for piece in pieces:
        start = 0
        parts = piece.text.split(";") if single and not _continued(piece) else [piece.text]
        for part in parts:
            text = COMMENT.sub("", part)
            if text.strip() and not REPEATED.fullmatch(text.strip()):
                pep508.add(
                    piece, reading, format="setup.cfg", group=group, kind=kind, start=start, end=start + len(text)
                )
            start += len(part) + 1


def _continued(piece: Piece) -> bool:
    """Whether the text stands on a line of its own below its key."""
    return piece.source.position(piece.starts[0][1])[1] == 1


def read_py(source: SourceFile, reading: Reading) -> None:
    if b"_require" not in source.data:  # also the name of many modules that set something up
        return
    try:
        tree = ast.parse(source.data)
    except SyntaxError as error:
        raise Unreadable(error.msg, error.lineno or 1) from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    named = _constants(tree)
    found: dict[ast.Constant, tuple[str, Kind]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _callee(node) != "setup":
            continue
        for keyword in node.keywords:
            if keyword.arg in KEYWORDS and keyword.arg != "requires":
                group, kind = KEYWORDS[keyword.arg]
                found.update(dict.fromkeys(_texts(keyword.value, named), (group, kind)))
            elif keyword.arg == "extras_require":
                for extra, value in _pairs(keyword.value, named):
                    for text in _texts(value, named):  # the same list may serve several extras
                        found.setdefault(text, (extra.partition(":")[0], "dependency"))
            elif keyword.arg == "python_requires":
                value = _resolved(keyword.value, named)
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    reading.pythons.append((source.path.rpartition("/")[0], value.value))
    for text, (group, kind) in found.items():
        _literal(text, source, reading, group, kind)


def _callee(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """The names that the file assigns exactly once, at its top level or below an `if` there."""
    found: dict[str, ast.expr] = {}
    again: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                again.update({name} & found.keys())
                found[name] = value
            case ast.AugAssign(target=ast.Name(id=name)):
                again.add(name)
    return {name: value for name, value in found.items() if name not in again}


def _resolved(node: ast.expr, named: dict[str, ast.expr], depth: int = 0) -> ast.expr:
    if isinstance(node, ast.Name) and node.id in named and depth < 5:
        return _resolved(named[node.id], named, depth + 1)
    return node


def _texts(node: ast.expr, named: dict[str, ast.expr], depth: int = 0) -> Iterator[ast.Constant]:
    """The literal texts of a list; what is not literal is passed over."""
    if depth > 20:
        return
    match _resolved(node, named):
        case ast.Constant(value=str()) as constant:
            yield constant
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            for item in items:
                yield from _texts(item.value if isinstance(item, ast.Starred) else item, named, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _texts(left, named, depth + 1)
            yield from _texts(right, named, depth + 1)
        case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted"), args=[inner]):
            yield from _texts(inner, named, depth + 1)


def _pairs(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    found = _resolved(node, named)
    if isinstance(found, ast.Dict):
        for key, value in zip(found.keys, found.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
            elif key is None:
                yield from _pairs(value, named)
    elif isinstance(found, ast.Call) and _callee(found) == "dict":
        for keyword in found.keywords:
            if keyword.arg is not None:
                yield keyword.arg, keyword.value


def _literal(node: ast.Constant, source: SourceFile, reading: Reading, group: str, kind: Kind) -> None:
    """A literal with one requirement, or with one a line."""
    value = str(node.value)
    span = source.span(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)
    first, last = source.offset(*span[:2]), source.offset(*span[2:])
    raw = source.text[first:last]
    opening = LITERAL.match(raw)
    quote = opening["quote"] if opening else ""
    start = opening.end() if opening else 0
    if raw[start : len(raw) - len(quote)] == value:
        piece = Piece(source, value, [(0, first + start)])
    else:
        piece = Piece(source, value, [(0, first), (len(value), last)], exact=False)
    begin = 0
    for line in value.split("\n"):
        text = COMMENT.sub("", line)
        if text.strip():
            pep508.add(piece, reading, format="setup.py", group=group, kind=kind, start=begin, end=begin + len(text))
        begin += len(line) + 1
