"""Safe fixes and repairs on running applications: a bounded part of `benchmarks/fix_safety.py`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from fastlint.registry import RuleEntry
from tests.checking import FIXTURES, ROOT, cases, folder_of, inputs_of, registry

sys.path.insert(0, str(ROOT / "benchmarks"))

from fix_safety import Oracle, compare, judge, oracle_of

from fastlint.engine import check
from fastlint.rule import Applicability, Rule

CASES = sorted(path.parent for path in (FIXTURES / "apps").glob("fix_*/oracle.toml"))
REQUESTS = 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fix_keeps_its_promise(case: Path) -> None:
    (verdict,) = judge([case], most=REQUESTS, processes=1)

    assert verdict.failures == []
    assert verdict.fixes > 0
    assert verdict.requests > 0


def fixing() -> list[RuleEntry]:
    return [e for e in registry().entries.values() if e.rule is not None and e.rule.fix is not Rule.fix]


@pytest.mark.parametrize("entry", fixing(), ids=lambda entry: entry.code)
def test_what_claims_to_be_safe_has_a_case(entry: RuleEntry, tmp_path: Path) -> None:
    """Every applicability but unsafe that a rule's own fixtures bring out is proven by a case."""
    proven = {oracle["applicability"] for case in CASES if (oracle := oracle_of(case))["rule"] == entry.code}
    claimed: set[str] = set()
    for number, case in enumerate(cases(folder_of(entry), "bad")):
        (tmp_path / str(number)).mkdir()
        for diagnostic in check(inputs_of(case, tmp_path / str(number), entry.code)).diagnostics:
            if diagnostic.fix is not None and diagnostic.fix.applicability is not Applicability.UNSAFE:
                claimed.add(diagnostic.fix.applicability.value)

    assert claimed <= proven, f"{entry.code} offers {sorted(claimed - proven)} fixes that no case proves"


# ---- the oracle itself ----


def copied(name: str, scratch: Path) -> Path:
    return Path(shutil.copytree(FIXTURES / "apps" / name, scratch / name))


def test_a_change_that_is_not_declared_is_seen(tmp_path: Path) -> None:
    case = copied("fix_returned_http_exception", tmp_path)
    text = (case / "oracle.toml").read_text()
    (case / "oracle.toml").write_text(text.partition("[[change]]")[0])
    (verdict,) = judge([case], most=REQUESTS, processes=1)

    assert any("status 200 became 404" in failure for failure in verdict.failures)


def test_a_wrong_claim_and_count_are_seen(tmp_path: Path) -> None:
    case = copied("fix_lifespan_without_yield", tmp_path)
    text = (case / "oracle.toml").read_text()
    (case / "oracle.toml").write_text(text.replace("safe", "repair").replace("fixes = 1", "fixes = 2"))
    (verdict,) = judge([case], most=REQUESTS, processes=1)

    assert "fixes claim to be ['safe'], not repair" in verdict.failures
    assert "1 fixes were applied, not 2" in verdict.failures


def seen(**more: object) -> dict[str, object]:
    answer = {"status": 200, "headers": {}, "body": "1", "left": []}
    return {"error": None, "warnings": [], "documents": [{"paths": {}}], "answers": {"GET /": answer}, **more}


def answers(**more: object) -> dict[str, object]:
    return {"GET /": {"status": 200, "headers": {}, "body": "1", "left": [], **more}}


@pytest.mark.parametrize(
    ("after", "oracle", "failure"),
    [
        (seen(), {}, ""),
        (seen(answers=answers(body="2")), {}, "body '1' became '2'"),
        (seen(answers=answers(left=["row items: (1,)"])), {}, "left [] became"),
        (seen(warnings=["DeprecationWarning: x"]), {}, "new warning at import"),
        (seen(error="NameError: x"), {}, "after: cannot be imported"),
        (seen(documents=[{"paths": {"/new": {}}}]), {}, "OpenAPI: /paths//new"),
        (seen(documents=[{"paths": {"/new": {}}}]), {"superset": True}, "OpenAPI: /paths//new"),
        (seen(documents=[{"paths": {}, "components": {}}]), {"superset": True}, ""),
        (seen(shutdown=["exception ValueError"]), {}, "shutdown: "),
        (seen(), {"change": [{"request": "GET /", "after": {"status": 404}}]}, "declared, but nothing changes"),
        (
            seen(answers=answers(status=500)),
            {"change": [{"request": "GET /", "before": {"status": 200}, "after": {"status": 404}}]},
            "after: status is 500, not 404",
        ),
        (seen(answers=answers(left=["warning UserWarning: x"])), {}, "left [] became"),
        (seen(answers=answers(status=404)), {"change": [{"match": "GET .*", "after": {"status": 404}}]}, ""),
    ],
)
def test_what_the_oracle_sees(after: dict[str, object], oracle: Oracle, failure: str) -> None:
    failures = compare(seen(), after, oracle)

    assert (failures == []) if not failure else any(failure in one for one in failures), failures


@pytest.mark.parametrize(
    ("left", "quiet"),
    [
        (["print a", "warning DeprecationWarning: y"], True),
        (["print a"], True),
        (["print a", "warning DeprecationWarning: z"], False),
        (["warning DeprecationWarning: x"], False),
        (["print a", "warning DeprecationWarning: x", "warning DeprecationWarning: x"], False),
    ],
)
def test_warnings_may_only_go(left: list[str], quiet: bool) -> None:
    old = ["print a", "warning DeprecationWarning: x", "warning DeprecationWarning: y"]
    failures = compare(seen(answers=answers(left=old)), seen(answers=answers(left=left)), {})

    assert (failures == []) is quiet, failures
