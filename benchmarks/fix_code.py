"""All fixes on whole code bases, in memory: what they change, whether it holds, and a sample of them to read.

    python benchmarks/fix_code.py DIR...                        safe fixes and repairs, then the unsafe as well
    python benchmarks/fix_code.py DIR... --sample 30 --seed 7   besides, prints fixes to read: two of each rule first
    python benchmarks/fix_code.py DIR... --only FST221          only these rules

All rules are on, previews too. Every changed file must still compile (if it did), keep every comment (suppressions
that silence nothing aside) and change no further in a second run; no changed line may differ in its spaces alone. Exit
code 1 when anything of this fails.
"""

from __future__ import annotations

import argparse
import difflib
import io
import random
import sys
import tokenize
import warnings
from collections import Counter
from pathlib import Path

from fastlint.diagnostic import Diagnostic
from fastlint.discover import discover
from fastlint.fixes.apply import rewritten
from fastlint.inputs import Inputs, read
from fastlint.loader import load
from fastlint.project.packaging.manifests import is_manifest
from fastlint.rounds import Fixed, fix_rounds
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree
from fastlint.source import SourceFile

Shown = tuple[str, Diagnostic, str]
"""A code base, what is reported there, and what its fix would change."""


def inputs_of(folder: Path, codes: list[str]) -> Inputs:
    overrides = Layer("fix code", Choice(tuple(codes)), preview=True)
    tree = SettingsTree(load(), overrides=overrides, isolated=True)
    return read(discover([str(folder)], tree, is_manifest), tree)


def failures(fixed: Fixed, unsafe: bool) -> list[str]:
    """What is wrong with the changed files."""
    found = [f"refused: {fix.title} in {fix.edits[0].path}" for fix in fixed.refused]
    if fixed.unfinished:
        found.append("unfinished after the last round")
    for path, (before, after) in fixed.changed.items():
        if path.endswith(".py"):
            if compiles(before) and not compiles(after):
                found.append(f"{path}: does not compile any more")
            lost = comments(before.text) - comments(after.text)
            found += [f"{path}: lost the comment {text!r}" for text in lost if "noqa" not in text]
        found += [f"{path}: only the spaces of a line change: {line!r}" for line in respaced(before, after)]
    found += [f"{path}: changes again" for path in fix_rounds(fixed.report.inputs, unsafe=unsafe).changed]
    return found


def compiles(source: SourceFile) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source.data, source.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def comments(text: str) -> Counter[str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))
    except (tokenize.TokenError, SyntaxError):
        return Counter()
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


def respaced(before: SourceFile, after: SourceFile) -> list[str]:
    """Lines that were replaced by the same words with other spaces; another indentation may be meant."""
    old, new = before.text.splitlines(keepends=True), after.text.splitlines(keepends=True)
    found = []
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace" and end - start == new_end - new_start:
            pairs = zip(old[start:end], new[new_start:new_end], strict=True)
            found += [
                one
                for one, other in pairs
                if one.strip().split() == other.strip().split() and one.strip() != other.strip()
            ]
    return found


def change(source: SourceFile, diagnostic: Diagnostic, context: int) -> str:
    """What the fix of one diagnostic changes in its file, as a unified diff."""
    assert diagnostic.fix is not None
    edits = [edit for edit in diagnostic.fix.edits if edit.path == source.path]
    after = rewritten(source, edits)
    lines = difflib.unified_diff(source.text.splitlines(), after.text.splitlines(), lineterm="", n=context)
    return "\n".join(list(lines)[2:])


def sample(rows: list[Shown], count: int, seed: int) -> list[Shown]:
    """Two of each rule, then more at random until there are `count`."""
    order = list(rows)
    random.Random(seed).shuffle(order)
    taken: Counter[str] = Counter()
    chosen, rest = [], []
    for row in order:
        code = row[1].code
        taken[code] += 1
        (chosen if taken[code] <= 2 else rest).append(row)
    chosen += rest[: max(0, count - len(chosen))]
    return sorted(chosen, key=lambda row: (row[1].code, row[0], row[1].path, row[1].span))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--only", nargs="*", default=["ALL"], metavar="RULE")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--context", type=int, default=8)
    options = parser.parse_args()
    rows: list[Shown] = []
    wrong = 0
    for folder in options.folders:
        inputs = inputs_of(folder.resolve(), options.only)
        for unsafe in (False, True):
            fixed = fix_rounds(inputs, unsafe=unsafe)
            found = failures(fixed, unsafe)
            wrong += len(found)
            applied = ", ".join(f"{code} {number}" for code, number in sorted(fixed.applied.items()))
            kind = "all" if unsafe else "safe"
            print(
                f"{folder.name}, {kind}: {sum(fixed.applied.values())} fixes in {len(fixed.changed)} files: {applied}"
            )
            for line in found:
                print(f"  {line}")
        files = inputs.files()
        for diagnostic in fixed.first.diagnostics:
            if diagnostic.fix is not None and options.sample:
                rows.append((folder.name, diagnostic, change(files[diagnostic.path], diagnostic, options.context)))
    if options.sample:
        print(f"seed {options.seed}")
    for name, diagnostic, text in sample(rows, options.sample, options.seed) if options.sample else ():
        assert diagnostic.fix is not None
        place = f"{name} {diagnostic.path}:{diagnostic.span.line}"
        print(f"\n==== {diagnostic.code} {diagnostic.fix.applicability.value} {place}")
        print(f"{diagnostic.message}\n{diagnostic.fix.title}\n{text}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
