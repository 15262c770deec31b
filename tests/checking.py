"""Run one rule on one fixture, as a project of its own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from fastlint.discover import discover
from fastlint.engine import Report, check
from fastlint.inputs import Inputs, read
from fastlint.loader import load
from fastlint.project.packaging.manifests import is_manifest
from fastlint.registry import Registry, RuleEntry
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
EXPECT = re.compile(r"#\s*expect:\s*(FST\d{3}(?:\s*,\s*FST\d{3})*)")
Place = tuple[str, int]


def registry() -> Registry:
    return load()


def folder_of(entry: RuleEntry) -> Path:
    """Where the fixtures of a rule lie."""
    return FIXTURES / entry.category / re.sub(r"[-.]", "_", entry.name)


def cases(folder: Path, prefix: str) -> list[Path]:
    """The files and folders of a rule's fixtures whose names begin with `bad`, `good` or `fixed`."""
    return sorted(path for path in folder.iterdir() if re.fullmatch(rf"{prefix}(_\w+)?(\.py)?", path.name))


def inputs_of(case: Path, scratch: Path, *selectors: str) -> Inputs:
    """A copy of the case as a project, with only these rules on."""
    target = scratch / case.name
    if case.is_dir():
        shutil.copytree(case, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target = scratch
        shutil.copy(case, scratch)
    overrides = Layer("test", Choice(selectors or None), preview=True)
    tree = SettingsTree(registry(), overrides=overrides)
    inputs = read(discover([str(target)], tree, is_manifest), tree)
    assert tree.problems == []
    return inputs


def reported(report: Report) -> set[Place]:
    return {(diagnostic.path, diagnostic.span.line) for diagnostic in report.diagnostics}


def run(case: Path, scratch: Path, *selectors: str) -> set[Place]:
    return reported(check(inputs_of(case, scratch, *selectors), fixes=False))


def expected(case: Path, code: str) -> set[Place]:
    """The lines marked with the code, and those that `expected.txt` names (for files that take no comments)."""
    found: set[Place] = set()
    files = sorted(case.rglob("*")) if case.is_dir() else [case]
    base = case if case.is_dir() else case.parent
    for file in files:
        if not file.is_file() or "__pycache__" in file.parts:
            continue
        name = file.relative_to(base).as_posix()
        text = file.read_text(encoding="utf-8", errors="replace")
        if name == "expected.txt":
            for line in text.splitlines():
                place, _, codes = line.rpartition(": ")
                path, _, number = place.rpartition(":")
                if code in codes:
                    found.add((path, int(number)))
            continue
        for number, line in enumerate(text.split("\n"), 1):
            marker = EXPECT.search(line)
            if marker is not None and code in marker.group(1):
                found.add((name, number))
    return found
