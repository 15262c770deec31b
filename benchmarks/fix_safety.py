"""Prove safe fixes and repairs: applications before and after fixing, imported, asked, and compared.

    python benchmarks/fix_safety.py                  all cases (fixtures/apps/fix_*), a table of rules
    python benchmarks/fix_safety.py FST403 other/app some rules, or folders with an oracle.toml
    python benchmarks/fix_safety.py --fixtures       besides, the bad fixtures of each rule that import
    python benchmarks/fix_safety.py --docs-src DIR   OpenAPI documents of every file below DIR that imports, all rules

Each side is imported as real modules in a process of its own. What must be the same: the OpenAPI document, the answers
to generated requests (valid and wrong ones) and to those of the case, what they leave behind (rows, files, log, prints,
exceptions), the answers to requests sent at once. There may be no new warning at import; every comment must still be
there, fixing again must change nothing, and pyflakes may find nothing new.

A case is a folder with an application (`main.py`) and `oracle.toml`:

    rule = "FST403"             the rule whose fixes are applied
    applicability = "repair"    what each of them must claim
    fixes = 2                   how many are applied
    superset = true             the document may gain schemas of answers, and components
    imports = "AssertionError"  what importing it raises before
    pointers = ["/paths/a"]     parts of the document that are not compared
    [[request]]                 a request besides the generated: method, path, and arguments of the client
    [[websocket]]               path, and the texts to send; one answer is awaited for each
    except = ["burst"]          moments that are not compared: startup, shutdown, burst, burst_left
    [[change]]                  the repair: `request` (its label) or `match` (a pattern), of which at least one answer
                                must change; what is so `before` and `after` (status, body, left)

Exit code 1 when anything differs that is not declared.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import sys
import tempfile
import tokenize
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generated_requests import Request, plain
from observed_app import Observation, observe_all, observe_pairs

from fastlint.discover import discover
from fastlint.inputs import Inputs, read
from fastlint.loader import load
from fastlint.project.packaging.manifests import is_manifest
from fastlint.rounds import Fixed, fix_rounds
from fastlint.rule import Applicability
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree

REPOSITORY = Path(__file__).resolve().parents[1]
CASES = REPOSITORY / "fixtures" / "apps"
Oracle = dict[str, Any]


@dataclass
class Verdict:
    """What became of one case."""

    case: str
    code: str
    applicability: str = ""
    fixes: int = 0
    requests: int = 0
    changes: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: str = ""


# ---- fixing ----


def inputs_of(folder: Path, codes: list[str]) -> Inputs:
    overrides = Layer("fix safety", Choice(tuple(codes)), preview=True)
    tree = SettingsTree(load(), overrides=overrides, isolated=True)
    return read(discover([str(folder)], tree, is_manifest), tree)


def fixed_copy(source: Path, target: Path, codes: list[str]) -> Fixed:
    """Copy the application and apply its safe fixes and repairs to the copy."""
    ignored = shutil.ignore_patterns("__pycache__", "oracle.toml", "fixed*")
    if source.is_dir():
        shutil.copytree(source, target, ignore=ignored)
    else:
        target.mkdir(parents=True)
        shutil.copy(source, target)
    fixed = fix_rounds(inputs_of(target, codes))
    for path, (_, after) in fixed.changed.items():
        (target / path).write_bytes(after.data)
    return fixed


def text_failures(target: Path, codes: list[str], fixed: Fixed) -> list[str]:
    """What is wrong with the fixed files themselves: comments, stability, names."""
    failures = []
    for path, (before, after) in fixed.changed.items():
        lost = _comments(before.text) - _comments(after.text)
        failures += [f"{path}: lost the comment {comment!r}" for comment in lost]
        new = Counter(_flakes(path, after.text)) - Counter(_flakes(path, before.text))
        failures += [f"{path}: pyflakes: {message}" for message in new]
    again = fix_rounds(inputs_of(target, codes))
    failures += [f"{path}: changes again" for path in again.changed]
    failures += [f"refused: {fix.title}" for fix in fixed.refused]
    return failures


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def _flakes(path: str, text: str) -> list[str]:
    import ast

    from pyflakes.checker import Checker

    return [
        message.message % message.message_args
        for message in Checker(ast.parse(text), path).messages
        # a name may lose its last use: `import time` stays when nothing sleeps any more
        if type(message).__name__ not in ("UnusedImport", "ImportStarUsed", "ImportStarUsage")
    ]


# ---- comparing ----


def compare(before: Observation, after: Observation, oracle: Oracle) -> list[str]:
    """Everything that differs and is not declared, and everything declared that did not happen."""
    wanted = oracle.get("imports")
    if wanted is not None and not str(before["error"]).startswith(wanted):
        return [f"before: expected {wanted} at import, got {before['error']}"]
    if wanted is None and before["error"]:
        return [f"before: cannot be imported: {before['error']}"]
    if after["error"]:
        return [f"after: cannot be imported: {after['error']}"]
    failures = [
        f"new warning at import: {warning}" for warning in Counter(after["warnings"]) - Counter(before["warnings"])
    ]
    changes = oracle.get("change", [])
    happened: set[int] = set()
    if wanted is None:
        failures += _documents(before, after, oracle)
        for moment in ("startup", "shutdown", "burst", "burst_left"):
            if not _quieter(before.get(moment), after.get(moment)) and moment not in oracle.get("except", ()):
                failures.append(f"{moment}: {before.get(moment)} became {after.get(moment)}")
    for label, answer in after["answers"].items():
        old = before.get("answers", {}).get(label)
        if old == answer or _only_quieter(old, answer):
            continue
        change = next((change for change in changes if _speaks_of(change, label)), None)
        if change is not None:
            happened.add(id(change))
            failures += _declared(label, old, change.get("before"), "before")
            failures += _declared(label, answer, change["after"], "after")
        elif wanted is None:
            failures.append(f"{label}: {_difference(old, answer)}")
        elif answer["status"] == 500:
            failures.append(f"{label}: 500 {answer['left']}")
    failures += [f"{_named(change)}: declared, but nothing changes" for change in changes if id(change) not in happened]
    return failures


def _only_quieter(old: dict[str, Any] | None, new: dict[str, Any]) -> bool:
    """Whether the answers differ in nothing but warnings that are gone."""
    return old is not None and {**old, "left": new["left"]} == new and _quieter(old["left"], new["left"])


def _quieter(old: Any, new: Any) -> bool:
    """Whether all that is gone are warnings: a fix may silence what it remedies, coroutines that are lost aside."""
    if not isinstance(old, list) or not isinstance(new, list):
        return bool(old == new)
    silenced = Counter(line for line in old if _may_go(line)), Counter(line for line in new if _may_go(line))
    return silenced[1] <= silenced[0] and [one for one in old if not _may_go(one)] == [
        one for one in new if not _may_go(one)
    ]


def _may_go(line: str) -> bool:
    return line.startswith("warning ") and not line.startswith("warning RuntimeWarning")


def _speaks_of(change: dict[str, Any], label: str) -> bool:
    return label == change["request"] if "request" in change else re.fullmatch(change["match"], label) is not None


def _named(change: dict[str, Any]) -> str:
    return str(change.get("request") or change["match"])


def _declared(label: str, answer: dict[str, Any] | None, wanted: dict[str, Any] | None, when: str) -> list[str]:
    if wanted is None:
        return []
    if answer is None:
        return [f"{label}: {when}: not asked"]
    return [
        f"{label}: {when}: {key} is {answer[key]!r}, not {value!r}"
        for key, value in wanted.items()
        if answer[key] != value
    ]


def _difference(old: dict[str, Any] | None, new: dict[str, Any]) -> str:
    if old is None:
        return "was not asked before"
    return "; ".join(f"{key} {old[key]!r} became {new[key]!r}" for key in new if old[key] != new[key])


def _documents(before: Observation, after: Observation, oracle: Oracle) -> list[str]:
    failures = []
    for old, new in zip(before["documents"], after["documents"], strict=False):
        for pointer in oracle.get("pointers", ()):
            _drop(old, pointer)
            _drop(new, pointer)
        if old != new and not (oracle.get("superset") and _is_superset(old, new, ())):
            failures.append(f"OpenAPI: {_first_difference(old, new)}")
    if len(before["documents"]) != len(after["documents"]):
        failures.append("another number of applications")
    return failures


def _drop(document: Any, pointer: str) -> None:
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in path:
        document = document.get(part, {})
    document.pop(last, None)


def _is_superset(old: Any, new: Any, place: tuple[str, ...]) -> bool:
    """Whether the new document only says more: about answers that had no schema, and in its components."""
    if old == new:
        return True
    if "responses" in place and place[-1:] == ("schema",) and old == {}:
        return True
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    if place[:1] != ("components",) and place and set(new) - set(old):
        return False
    if not place and set(new) - set(old) - {"components"}:
        return False
    return all(key in new and _is_superset(value, new[key], (*place, key)) for key, value in old.items())


def _first_difference(old: Any, new: Any, place: str = "") -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if old.get(key) != new.get(key):
                return _first_difference(old.get(key), new.get(key), f"{place}/{key}")
    return f"{place}: {json.dumps(old)[:120]} became {json.dumps(new)[:120]}"


# ---- cases ----


def cases(wanted: list[str]) -> list[Path]:
    """The folders with an oracle: all, those of some rules, or those named."""
    every = sorted(path.parent for path in CASES.glob("fix_*/oracle.toml"))
    if not wanted:
        return every
    found = [Path(name) for name in wanted if (Path(name) / "oracle.toml").is_file()]
    return found + [case for case in every if oracle_of(case)["rule"] in wanted or case.name in wanted]


def oracle_of(case: Path) -> Oracle:
    return tomllib.loads((case / "oracle.toml").read_text(encoding="utf-8"))


def judge(folders: list[Path], *, most: int = 400, processes: int = 2) -> list[Verdict]:
    """Run the cases, each side in a process of its own."""
    verdicts, prepared = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for number, case in enumerate(folders):
            oracle = oracle_of(case)
            verdict = Verdict(case.name, oracle["rule"], oracle["applicability"])
            verdicts.append(verdict)
            sides = [Path(scratch) / f"{number}" / side for side in ("before", "after")]
            _copy(case, sides[0])
            fixed = fixed_copy(case, sides[1], [oracle["rule"]])
            verdict.fixes = sum(fixed.applied.values())
            verdict.failures += text_failures(sides[1], [oracle["rule"]], fixed)
            verdict.failures += _claims(fixed, oracle)
            prepared.append((verdict, oracle, sides))
        _observe(prepared, most, processes)
    return verdicts


def _copy(case: Path, target: Path) -> None:
    if case.is_dir():
        shutil.copytree(case, target, ignore=shutil.ignore_patterns("__pycache__", "oracle.toml", "fixed*"))
    else:
        target.mkdir(parents=True)
        shutil.copy(case, target)


def _claims(fixed: Fixed, oracle: Oracle) -> list[str]:
    """What the fixes say of themselves against what the oracle wants."""
    claimed = {
        diagnostic.fix.applicability.value
        for diagnostic in fixed.first.diagnostics
        if diagnostic.fix is not None and diagnostic.fix.applicability is not Applicability.UNSAFE
    }
    failures = []
    if claimed != {oracle["applicability"]}:
        failures.append(f"fixes claim to be {sorted(claimed)}, not {oracle['applicability']}")
    count = sum(fixed.applied.values())
    if count != oracle["fixes"]:
        failures.append(f"{count} fixes were applied, not {oracle['fixes']}")
    return failures


def _observe(prepared: list[tuple[Verdict, Oracle, list[Path]]], most: int, processes: int) -> None:
    pairs = []
    for verdict, oracle, sides in prepared:
        requests: list[Request] = [_written(one) for one in oracle.get("request", [])]
        asked = {**_asked(oracle), "requests": requests, "generated": most, "burst": oracle.get("burst", True)}
        before, after = ((side, _module(oracle), asked) for side in sides)
        pairs.append((before, after))
        verdict.changes = len(oracle.get("change", []))
    for (verdict, oracle, _), (before, after) in zip(prepared, observe_pairs(pairs, processes), strict=True):
        verdict.requests = len(after.get("answers", {}))
        verdict.failures += compare(before, after, oracle)


def _module(oracle: Oracle) -> str:
    return str(oracle.get("module", "main"))


def _asked(oracle: Oracle) -> dict[str, Any]:
    return {
        "attribute": oracle.get("attribute"),
        "variables": oracle.get("variables", {}),
        "websockets": oracle.get("websocket", []),
    }


def _written(given: dict[str, Any]) -> Request:
    send = {key: value for key, value in given.items() if key not in ("method", "path", "settle")}
    return {**plain(given.get("method", "GET"), given["path"], **send), "settle": given.get("settle")}


# ---- other sources ----


def fixtures(codes: list[str], *, most: int) -> list[Verdict]:
    """The bad fixtures of rules, without an oracle: what safe fixes change must not be seen."""
    verdicts, prepared = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for entry in load().entries.values():
            folder = REPOSITORY / "fixtures" / entry.category / entry.name.replace("-", "_").replace(".", "_")
            if entry.rule is None or not folder.is_dir() or (codes and entry.code not in codes):
                continue
            for case in sorted(folder.glob("bad*")):
                sides = [Path(scratch) / entry.code / case.name / side for side in ("before", "after")]
                fixed = fixed_copy(case, sides[1], [entry.code])
                safe = {
                    d.fix.applicability
                    for d in fixed.first.diagnostics
                    if d.fix is not None and d.fix.applicability is not Applicability.UNSAFE
                }
                if not fixed.changed or safe != {Applicability.SAFE}:
                    continue
                _copy(case, sides[0])
                verdict = Verdict(f"{entry.name}/{case.name}", entry.code, "safe", sum(fixed.applied.values()))
                verdict.failures += text_failures(sides[1], [entry.code], fixed)
                module = case.stem if case.is_file() else "app.main" if (case / "app" / "main.py").exists() else "main"
                verdicts.append(verdict)
                prepared.append((verdict, {"module": module, "superset": True}, sides))
        _observe(prepared, most, 2)
    for verdict in verdicts:
        gone = [one for one in verdict.failures if one.startswith("before: cannot be imported")]
        if gone:
            verdict.skipped = gone[0].removeprefix("before: ")
            verdict.failures = [one for one in verdict.failures if one not in gone]
    return verdicts


def docs_src(folder: Path) -> int:
    """All safe fixes and repairs of all rules on every file: documents before and after."""
    import ast

    with tempfile.TemporaryDirectory() as scratch:
        sides = [Path(scratch) / side / folder.name for side in ("before", "after")]
        _copy(folder, sides[0])
        fixed = fixed_copy(folder, sides[1], ["ALL"])
        for failure in (failures := text_failures(sides[1], ["ALL"], fixed)):
            print(f"  {failure}")
        names = []
        for path in sorted(sides[0].rglob("*.py")):
            tree = ast.parse(path.read_bytes())
            if any(isinstance(node, ast.Name) and node.id == "FastAPI" for node in ast.walk(tree)):
                names.append(path.relative_to(sides[0].parent).with_suffix("").as_posix().replace("/", "."))
        jobs = [(side.parent, name, {"documents": True}) for name in names for side in sides]
        seen = observe_all(jobs)
    equal = different = absent = changed = 0
    paths = {f"{folder.name}/{path}".removesuffix(".py").replace("/", ".") for path in fixed.changed}
    packages = {name.rpartition(".")[0] for name in paths}
    for name, before, after in zip(names, seen[::2], seen[1::2], strict=True):
        if before["error"] is not None or not before["documents"]:
            absent += 1
            if after["error"] != before["error"]:
                print(f"  {name}: {before['error']} became {after['error']}")
            continue
        problems = [after["error"]] if after["error"] else _documents(before, after, {})
        problems += [f"new warning: {w}" for w in Counter(after["warnings"]) - Counter(before["warnings"])]
        if problems:
            different += 1
            print(f"  {name}: {problems[0]}")
        else:
            equal += 1
            changed += name in paths or name.rpartition(".")[0] in packages
    applied = ", ".join(f"{code} {count}" for code, count in sorted(fixed.applied.items()))
    print(f"{sum(fixed.applied.values())} fixes in {len(fixed.changed)} files: {applied}")
    print(f"{equal} of {equal + different} applications have equal documents ({changed} of them in changed packages)")
    print(f"{absent} of {len(names)} cannot be imported here, or hold no application")
    return int(bool(different or failures))


def show(verdicts: list[Verdict]) -> int:
    rows: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        rows.setdefault((verdict.code, verdict.applicability), []).append(verdict)
    print(f"{'rule':<8}{'claims':<9}{'cases':>6}{'fixes':>7}{'requests':>10}{'declared':>10}{'skipped':>9}  result")
    for (code, applicability), found in sorted(rows.items()):
        run = [one for one in found if not one.skipped]
        failed = sum(bool(one.failures) for one in found)
        print(
            f"{code:<8}{applicability:<9}{len(run):>6}{sum(v.fixes for v in run):>7}{sum(v.requests for v in run):>10}"
            f"{sum(v.changes for v in run):>10}{len(found) - len(run):>9}  {f'{failed} FAILED' if failed else 'holds'}"
        )
    for verdict in verdicts:
        for failure in verdict.failures:
            print(f"{verdict.case}: {failure}")
    return int(any(verdict.failures for verdict in verdicts))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="RULE|FOLDER")
    parser.add_argument("--fixtures", action="store_true")
    parser.add_argument("--docs-src", metavar="DIR", type=Path)
    parser.add_argument("--requests", type=int, default=400, help="most generated requests a case (default: 400)")
    options = parser.parse_args()
    if options.docs_src is not None:
        return docs_src(options.docs_src.resolve())
    verdicts = judge(cases(options.cases), most=options.requests)
    if options.fixtures:
        verdicts += fixtures(options.cases, most=options.requests)
    return show(verdicts)


if __name__ == "__main__":
    sys.exit(main())
