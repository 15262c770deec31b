"""Inputs nobody would write: real files cut, grafted and bent by chance, each reproducible from its seed.

`project(kind, seed)` gives the files of a project by path. Kinds: `graft` bends the trees of fixture files, so that
what comes out still parses; `text` bends their characters; `bytes` their bytes; `manifest` bends requirements, lock
files and settings; `comment` strews suppression comments; `names` makes definitions refer to each other at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.mangled.circles import names
from tests.mangled.files import fixture_files
from tests.mangled.texts import comment, manifest, raw, text
from tests.mangled.trees import graft

KINDS: dict[str, Callable[[random.Random, Sequence[Path]], dict[str, bytes]]] = {
    "graft": graft,
    "text": text,
    "bytes": raw,
    "manifest": manifest,
    "comment": comment,
    "names": names,
}


def project(kind: str, seed: int, files: Sequence[Path] = ()) -> dict[str, bytes]:
    """The files of input number `seed`; `files` are what to bend in place of the fixtures."""
    chance = random.Random(f"{kind}:{seed}")
    return KINDS[kind](chance, files or fixture_files())
