"""One round of the campaign against the cache; `python benchmarks/cache_trust.py --rounds N` runs more."""

from __future__ import annotations

import random
from unittest import mock

import pytest

from benchmarks import cache_trust
from fastlint.cache import sealed


@pytest.mark.parametrize("kind", sorted(cache_trust.KINDS))
def test_no_disturbance_makes_a_report_wrong(kind: str) -> None:
    assert cache_trust.wrong(kind, random.Random(1)) == []


def test_the_campaign_would_see_a_wrong_report() -> None:
    with mock.patch.object(sealed.Cache, "_seal", lambda *_: bytes(sealed.SEAL)):
        assert any(cache_trust.wrong("forged-clean", random.Random(seed)) for seed in range(4))
