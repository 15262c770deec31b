"""What could be left unparsed: files without a web framework and without imports to or from one.

python benchmarks/prefilter.py CORPUS [NAME ...] [--compare]

Two filters are counted, both from the imports that a scan of bytes sees (any word of an import statement that is the
name of a file counts, so nothing is missed). `linked` keeps what is connected with a framework file by imports in any
direction: only that is sound, because a call from anywhere decides what a parameter can be and where a function runs.
`reach` keeps what framework files import and what imports them, as far as that goes. With `--compare` the report of
each is held against the report with everything parsed: findings lost, and findings that are there only because callers
are missing.
"""

from __future__ import annotations

import argparse
import posixpath
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from corpus import RELEASES, fetch

IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import[ \t]*(?:\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)|import[ \t](?:[^\n\\]|\\\r?\n)*)",
    re.M,
)
INLINE = re.compile(rb"[;:][ \t]*(?:import|from)[ \t][^\n]*")
FRAMEWORK = re.compile(rb"\b(?:fastapi|starlette)\b")
WORD = re.compile(rb"\w+")
Edges = dict[str, set[str]]


def edges(files: dict[str, bytes]) -> tuple[Edges, Edges]:
    """Who may import whom, and who may be imported by whom."""
    named: dict[bytes, list[str]] = {}
    for path in files:
        parts = path.removesuffix(".py").split("/")
        stem = parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
        named.setdefault(stem.encode(), []).append(path)
    imports: Edges = {path: set() for path in files}
    importers: Edges = {path: set() for path in files}
    for path, data in files.items():
        words = {word for found in (*IMPORT.findall(data), *INLINE.findall(data)) for word in WORD.findall(found)}
        targets = {target for word in words for target in named.get(word, ())}
        package = posixpath.join(posixpath.dirname(path), "__init__.py")
        targets |= {package} & files.keys()
        for target in targets - {path}:
            imports[path].add(target)
            importers[target].add(path)
    return imports, importers


def reached(seeds: Iterable[str], *along: Edges) -> set[str]:
    """What can be reached from the seeds along any of these."""
    seen = set(seeds)
    pending = list(seen)
    while pending:
        path = pending.pop()
        for table in along:
            fresh = table[path] - seen
            seen |= fresh
            pending.extend(fresh)
    return seen


def report(root: Path, kept: set[str] | None) -> set[tuple[object, ...]]:
    """The findings of a run that parses only these files."""
    from fastlint.discover import discover
    from fastlint.engine import check
    from fastlint.inputs import read
    from fastlint.loader import load
    from fastlint.project.packaging.manifests import is_manifest
    from fastlint.settings import SettingsTree

    tree = SettingsTree(load(), isolated=True)
    found = discover([str(root)], tree, is_manifest, root=str(root))
    if kept is not None:
        found.sources = [path for path in found.sources if path in kept]
    inputs = read(found, tree)
    return {(one.path, one.span, one.code, one.message) for one in check(inputs, fixes=False).diagnostics}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("names", nargs="*", default=sorted(RELEASES))
    parser.add_argument("--compare", action="store_true", help="run the rules on what is kept too (slow)")
    options = parser.parse_args()
    print(f"{'':<22} {'files':>6} {'seeds':>6} {'unlinked':>9} {'unreached':>10} {'scan s':>7}")
    for name in options.names:
        root = options.corpus.resolve() / f"{name}-{RELEASES[name]}"
        if not root.is_dir():
            root = fetch(options.corpus, name)
        files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.py") if path.is_file()}
        started = time.process_time()
        imports, importers = edges(files)
        seeds = [path for path, data in files.items() if FRAMEWORK.search(data)]
        linked = reached(seeds, imports, importers)
        reach = reached(seeds, imports) | reached(seeds, importers)
        took = time.process_time() - started
        size = sum(map(len, files.values()))
        shares = [1 - sum(len(files[path]) for path in kept) / size for kept in (linked, reach)]
        print(
            f"{name:<22} {len(files):>6} {len(seeds):>6} {shares[0]:>9.1%} {shares[1]:>10.1%} {took:>7.2f}", flush=True
        )
        if options.compare:
            everything = report(root, None)
            for kind, kept in (("linked", linked), ("reach", reach)):
                found = report(root, kept)
                lost, new = everything - found, found - everything
                print(f"  {kind}: {len(everything)} findings, {len(lost)} lost, {len(new)} new")
                for one in sorted(map(str, lost | new))[:5]:
                    print(f"    {one[:150]}", file=sys.stderr)


if __name__ == "__main__":
    main()
