"""Requests no longer wait for one another after fixing: a part of `benchmarks/fix_concurrency.py`, under uvicorn."""

from __future__ import annotations

import sys
import threading

from tests.checking import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from fix_concurrency import measured


def test_other_requests_wait_before_the_fix_and_not_after() -> None:
    threads = threading.active_count()
    rows = measured(["FST101", "FST102", "FST113"])  # `await`, the threadpool, `def`

    assert [(row.code, row.problems) for row in rows] == [(row.code, []) for row in rows]
    assert threading.active_count() == threads  # tests of worker processes need that
