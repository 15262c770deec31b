"""Characters, bytes, manifests and comments of real files, bent."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests.mangled.files import LARGEST, fixture_folders

COMMENTS = (
    *("# noqa", "#noqa:FST101", "# noqa: FST1,FST204 reason", "# NOQA : E501", "# flake8: noqa", "# flake8: noqa: FST"),
    *(
        "# fastlint: ignore",
        "# fastlint: ignore[]",
        "# fastlint: ignore[blocking-sleep] why",
        "# fastlint: ignore-file",
    ),
    *(
        "# fastlint: ignore[",
        "# fastlint:ignore[FST999, FST101]",
        "# fastlint: ignore-file[FST101] # noqa",
        "#",
        "# type: x",
    ),
    *(
        "# expect: FST101",
        "# /// script\n# dependencies = ['fastapi']\n# ///",
        "# coding: latin-1",
        "# noqa: " + "FST101," * 30,
    ),
)
CHARACTERS = "()[]{}:;,.=@#\\'\"\n\r\t\f \x00\x1a\x85\u2028\ufeff\ud800é变0aZ_*-+|"


def text(chance: random.Random, files: Sequence[Path]) -> dict[str, bytes]:
    """One file with characters, words and lines deleted, doubled, moved and inserted, and other line ends."""
    data = chance.choice(files).read_bytes().decode("utf-8", "replace")
    for _ in range(chance.randint(1, 6)):
        data = _bent_text(data, chance)
    data = data.replace("\n", chance.choice(("\n", "\n", "\n", "\r\n", "\r", "\f\n", "\n\r")))
    encoding = chance.choice(
        ("utf-8", "utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16", "shift_jis", "utf-7", "cp1252")
    )
    head = chance.choice(("", "", f"# coding: {encoding}\n", "# coding: rot13\n", "#!/x\n# -*- coding: latin1 -*-\n"))
    return {"main.py": (head + data).encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")}


def _bent_text(data: str, chance: random.Random) -> str:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((1, 1, 2, 5, 20, 100)))
    match chance.randrange(6):
        case 0:
            return data[:start] + data[end:]
        case 1:
            return data[:end] + data[start:]
        case 2:
            return data[:start] + chance.choice(CHARACTERS) * chance.choice((1, 1, 3, 200)) + data[start:]
        case 3:
            lines = data.split("\n")
            lines.insert(chance.randrange(len(lines)), lines.pop(chance.randrange(len(lines))))
            return "\n".join(lines)
        case 4:
            return data.replace(chance.choice(data.split() or [" "]), chance.choice(data.split() or [" "]), 2)
        case _:
            return data[:start]


def raw(chance: random.Random, files: Sequence[Path]) -> dict[str, bytes]:
    """One file with bits flipped, stretches cut and bytes of chance."""
    data = bytearray(chance.choice(files).read_bytes())
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0 if place < len(data):
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                data[place : place + chance.choice((1, 3, 50))] = b""
            case 2:
                data[place:place] = chance.randbytes(chance.choice((1, 2, 8)))
            case _:
                data[:0] = chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"# coding: utf-16\n", b"#!\r"))
    return {"main.py": bytes(data)}


def manifest(chance: random.Random, files: Sequence[Path]) -> dict[str, bytes]:
    """A project of fixtures whose manifests are bent, its code left as it is."""
    folder = chance.choice(fixture_folders())
    made: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size > LARGEST or "__pycache__" in path.parts:
            continue
        data = path.read_bytes()
        if path.suffix != ".py" or path.name == "setup.py":
            shown = data.decode("utf-8", "replace")
            for _ in range(chance.randint(0, 5)):
                shown = _bent_text(shown, chance)
            data = shown.encode("utf-8", "surrogatepass")
        made[path.relative_to(folder).as_posix()] = data
    return made


def comment(chance: random.Random, files: Sequence[Path]) -> dict[str, bytes]:
    """One file with suppression comments of every kind on many lines, also in strings and headers."""
    lines = chance.choice(files).read_text(encoding="utf-8", errors="replace").split("\n")
    for _ in range(chance.randint(1, 20)):
        number = chance.randrange(len(lines))
        lines[number] += chance.choice(("  ", " ", "", "\t")) + chance.choice(COMMENTS)
    if chance.random() < 0.3:
        lines.insert(0, chance.choice(COMMENTS))
    return {"main.py": chance.choice(("\n", "\r\n")).join(lines).encode("utf-8", "surrogatepass")}
