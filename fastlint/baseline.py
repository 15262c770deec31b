"""Known findings: `.fastlint-baseline.json` says how often each may occur, so that only new ones are reported.

A finding is known by its fingerprint, not by its line. Where the source itself must not be shown (a secret in the
code), what stands there enters as a digest under the file's own random key: another secret in the same place is new,
and the file does not tell the old one.
"""

from __future__ import annotations

import json
import os.path
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fastlint import disk
from fastlint.diagnostic import Diagnostic
from fastlint.fingerprint import VERSION as FINGERPRINTS
from fastlint.fingerprint import fingerprint
from fastlint.selection import UNCONDITIONAL
from fastlint.settings import Settings, SettingsError, SettingsTree
from fastlint.settings_files import shown
from fastlint.sieve import Sifted
from fastlint.source import SourceFile, Unreadable

if TYPE_CHECKING:
    from fastlint.engine import Survey

FILE = ".fastlint-baseline.json"
VERSION = 1
"""Of the file's form; that of the fingerprints in it is told apart."""
KEY_SIZE = 16
NO_NAMES: Mapping[str, str] = MappingProxyType({})
THEM = ("it", "them")
ANEW = "`fastlint baseline --update` writes it anew"


class BaselineError(SettingsError):
    """A baseline that cannot be used: one line."""

    def __init__(self, problem: str) -> None:
        super().__init__([problem])


class OldBaseline(BaselineError):
    """One whose fingerprints are no longer made: it can only be written anew."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One known finding: where it is, for people and for stable order, and its identity, for comparing."""

    path: str
    code: str
    symbol: str
    identity: str


@dataclass(slots=True)
class Baseline:
    """How often each finding is known to occur.

    Paths are counted from `home`, the folder of the settings; `prefix` is what leads from there to the project's root.
    """

    file: str
    prefix: str = ""
    key: bytes = b""
    counts: dict[Entry, int] = field(default_factory=dict)
    lines: dict[Entry, int] = field(default_factory=dict)
    """Where in the file each stands."""

    @property
    def name(self) -> str:
        return shown(self.file)

    def entry(
        self,
        diagnostic: Diagnostic,
        source: Callable[[str], SourceFile | None],
        former: Mapping[str, str] = NO_NAMES,
    ) -> Entry | None:
        """What the finding would be in the baseline; None for what cannot be there.

        `former` says under what other name a file is to be looked up.
        """
        if diagnostic.code in UNCONDITIONAL:
            return None
        path = self.prefix + former.get(diagnostic.path, diagnostic.path)
        symbol = local_name(diagnostic)
        identity = fingerprint(replace(diagnostic, path=path, symbol=symbol))
        if diagnostic.sensitive:
            text = _text(source(diagnostic.path), diagnostic)
            import hashlib

            identity += hashlib.blake2b(text, key=self.key, digest_size=8).hexdigest()
        return Entry(path, diagnostic.code, symbol, identity)

    def counted(
        self, diagnostics: Iterable[Diagnostic], source: Callable[[str], SourceFile | None]
    ) -> dict[Entry, list[Diagnostic]]:
        """The diagnostics that a baseline can hold, by what they are in it."""
        found: dict[Entry, list[Diagnostic]] = {}
        for diagnostic in diagnostics:
            entry = self.entry(diagnostic, source)
            if entry is not None:
                found.setdefault(entry, []).append(diagnostic)
        return found

    def known(self, found: Mapping[Entry, list[Diagnostic]]) -> Iterator[Diagnostic]:
        """Those of the findings that the baseline allows for: of too many alike, the first in order."""
        for entry, diagnostics in found.items():
            allowed = self.counts.get(entry, 0)
            if allowed:
                yield from sorted(diagnostics, key=lambda one: one.order)[:allowed]

    def sift(self, survey: Survey) -> Sifted:
        """What of the whole project is known, and which entries no longer occur in the files asked for."""
        found = self.counted(survey.kept, survey.inputs.source)
        known = set(self.known(found))
        notes = []
        shown = sum(one.path in survey.inputs.asked for one in known)
        if shown:
            notes.append(f"{shown} known finding{'s' * (shown != 1)} in {self.name} not shown")
        gone = self.outdated(found)
        missing = sum(count for entry, count in gone.items() if self.looked_for(entry, survey))
        if missing:
            what = "finding no longer occurs" if missing == 1 else "findings no longer occur"
            notes.append(f"{missing} {what} of {self.name}: `fastlint baseline --prune` drops {THEM[missing != 1]}")
        return Sifted(known, notes=notes)

    def looked_for(self, entry: Entry, survey: Survey) -> bool:
        """Whether the survey would have found the entry, had it still been there, in a file asked for or gone."""
        if not entry.path.startswith(self.prefix):
            return False
        path = entry.path[len(self.prefix) :]
        inputs = survey.inputs
        if inputs.source(path) is None:
            return path not in inputs.unreadable and not disk.exists(os.path.join(inputs.root, path))
        return path in inputs.asked and survey.looked_for(entry.code, path)

    def outdated(self, found: Mapping[Entry, list[Diagnostic]]) -> Counter[Entry]:
        """How many of each entry no longer occur."""
        return Counter(
            {entry: gone for entry, count in self.counts.items() if (gone := count - len(found.get(entry, ()))) > 0}
        )


def local_name(diagnostic: Diagnostic) -> str:
    """What the finding is in, without the module: the path says that, and its dotted name depends on the root."""
    if not diagnostic.path.endswith(".py"):
        return diagnostic.symbol
    dotted = diagnostic.path.removesuffix(".py").removesuffix("/__init__").split("/")
    for start in range(len(dotted)):
        name = ".".join(dotted[start:])
        if diagnostic.symbol == name or diagnostic.symbol.startswith(f"{name}."):
            return diagnostic.symbol[len(name) + 1 :]
    return diagnostic.symbol


def _text(source: SourceFile | None, diagnostic: Diagnostic) -> bytes:
    try:
        return b"" if source is None else source.slice(diagnostic.span).encode("utf-8", "surrogatepass")
    except Unreadable:
        return b""


def place(root: str, settings: Settings, file: str | None = None) -> Baseline:
    """An empty baseline where that of the project belongs: beside the settings that govern its root.

    `file` is one that was named instead; its paths are counted from the same folder.
    """
    inside = any(disk.is_file(layer.origin) for layer in settings.layers) and _holds(settings.folder, root)
    home = settings.folder if inside else root.replace(os.sep, "/")
    below = os.path.relpath(root, home).replace(os.sep, "/")
    prefix = "" if below == "." else f"{below}/"
    return Baseline(os.path.abspath(file) if file is not None else os.path.join(home, FILE), prefix)


def project_baseline(root: str, tree: SettingsTree, named: str | None = None) -> Baseline | None:
    """The project's baseline, or the one that was named; None where the project has none. Raises BaselineError."""
    empty = place(root, tree.at(root), named)
    data = content(empty)
    if data is None:
        if named is not None:
            raise BaselineError(f"{empty.name}: no such baseline (`fastlint baseline` writes one)")
        return None
    return load(empty, data)


def content(baseline: Baseline) -> bytes | None:
    """What the file holds, None when there is none. Raises BaselineError when it cannot be read."""
    try:
        return disk.read(baseline.file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BaselineError(f"{baseline.name}: the baseline cannot be read: {error.strerror or error}") from None


def _holds(folder: str, path: str) -> bool:
    try:
        return os.path.commonpath([folder, path]) == os.path.normpath(folder)
    except ValueError:
        return False


def load(empty: Baseline, data: bytes) -> Baseline:
    """The baseline with what the content of its file says. Raises BaselineError."""
    try:
        content = json.loads(data)
    except UnicodeDecodeError:
        raise _damaged(empty, "it is not UTF-8") from None
    except json.JSONDecodeError as error:
        conflict = b"\n<<<<<<< " in data or data.startswith(b"<<<<<<< ")
        why = "it holds a merge conflict" if conflict else f"it is not JSON ({error.msg}, line {error.lineno})"
        raise _damaged(empty, why) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(empty, f"it cannot be read: {error}") from None
    if not isinstance(content, dict) or not _is_count(content.get("version")):
        raise _damaged(empty, "it has no version")
    if not _is_count(content.get("fingerprints")):
        raise _damaged(empty, "it does not say how its fingerprints are made")
    if content["version"] > VERSION or content["fingerprints"] > FINGERPRINTS:
        raise BaselineError(f"{empty.name}: the baseline was written by a newer fastlint: upgrade fastlint to use it")
    if content["version"] < VERSION or content["fingerprints"] < FINGERPRINTS:
        raise OldBaseline(f"{empty.name}: the baseline was written by an older fastlint: {ANEW}")
    return replace(empty, key=_key(empty, content), counts=_counts(empty, content.get("findings")), lines=_lines(data))


def _damaged(empty: Baseline, why: str) -> BaselineError:
    return BaselineError(f"{empty.name}: the baseline is damaged: {why}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _key(empty: Baseline, content: Mapping[str, Any]) -> bytes:
    try:
        key = bytes.fromhex(content["key"])
    except (KeyError, TypeError, ValueError):
        key = b""
    if len(key) != KEY_SIZE:
        raise _damaged(empty, "its key is missing or not one")
    return key


def _counts(empty: Baseline, findings: object) -> dict[Entry, int]:
    if not isinstance(findings, list):
        raise _damaged(empty, "it has no list of findings")
    counts: dict[Entry, int] = {}
    for number, item in enumerate(findings, 1):
        values = (
            [item.get(name) for name in ("path", "code", "symbol", "fingerprint")] if isinstance(item, dict) else []
        )
        if not values or not all(isinstance(value, str) for value in values) or not _is_count(item.get("count")):
            raise _damaged(empty, f"its finding {number} is not one")
        entry = Entry(*map(str, values))
        if entry in counts:
            raise _damaged(empty, f"its finding {number} is there twice")
        if entry.code not in UNCONDITIONAL:
            counts[entry] = item["count"]
    return counts


def _lines(data: bytes) -> dict[Entry, int]:
    """The line of each finding, as far as the file has the form in which it was written."""
    lines: dict[Entry, int] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if line.startswith("    {"):
            try:
                item = json.loads(line.rstrip().removesuffix(","))
                lines[Entry(item["path"], item["code"], item["symbol"], item["fingerprint"])] = number
            except (ValueError, KeyError, TypeError):
                continue
    return lines


def new_key() -> bytes:
    """The key of a new baseline."""
    import secrets

    return secrets.token_bytes(KEY_SIZE)


def dumped(baseline: Baseline) -> str:
    """The file's text: one line for each finding, in a stable order, so that diffs are small."""
    rows = [
        "    "
        + json.dumps(
            {
                "path": entry.path,
                "code": entry.code,
                "symbol": entry.symbol,
                "fingerprint": entry.identity,
                "count": count,
            }
        )
        for entry, count in sorted(baseline.counts.items())
        if count > 0
    ]
    head = f'{{\n  "version": {VERSION},\n  "fingerprints": {FINGERPRINTS},\n  "key": "{baseline.key.hex()}",\n'
    findings = "[\n" + ",\n".join(rows) + "\n  ]" if rows else "[]"
    return f'{head}  "findings": {findings}\n}}\n'
