"""The same files give the same bytes: whatever their order, the hash seed, the locale, the time zone, the folder."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastlint.engine import check
from fastlint.inputs import Inputs
from fastlint.report import Page, lines
from tests.mangled import project
from tests.soundness import ROOT, inputs_of

CHECKOUT = Path(__file__).resolve().parent.parent
SHOP = CHECKOUT / "fixtures" / "apps" / "shop"
VARIANTS = {
    "hash seed": {"PYTHONHASHSEED": "1"},
    "other hash seed, place and time": {
        "PYTHONHASHSEED": "4711",
        "LC_ALL": "tr_TR.UTF-8",
        "LANG": "tr_TR.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "COLUMNS": "40",
        "TERM": "dumb",
        "PYTHONUTF8": "1",
    },
    "no locale at all": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def output(folder: Path, target: Path, **environment: str) -> bytes:
    """The JSON report on `target`, asked from `folder`."""
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "fastlint",
            "check",
            "--preview",
            "--select",
            "ALL",
            "--output-format",
            "json",
            str(target),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}", **environment},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("determinism") / "shop"
    shutil.copytree(SHOP, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "fastlint.toml").touch()
    return copy


@pytest.fixture(scope="module")
def expected(shop: Path) -> bytes:
    return output(shop.parent, shop, PYTHONHASHSEED="0")


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_environment_changes_nothing(variant: str, shop: Path, expected: bytes) -> None:
    assert output(shop.parent, shop, **VARIANTS[variant]) == expected


def test_the_order_on_disk_and_the_folder_change_nothing(shop: Path, expected: bytes, tmp_path: Path) -> None:
    copy = tmp_path / "shop"
    for file in sorted((path for path in shop.rglob("*") if path.is_file()), reverse=True):
        target = copy / file.relative_to(shop)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    inside = output(copy, Path("."))

    assert inside.replace(b'"filename": "', b'"filename": "shop/') == expected
    outside = output(Path("/"), copy).decode()
    assert re.sub(r'"filename": ".*?/shop/', '"filename": "shop/', outside).encode() == expected


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_files_changes_nothing(seed: int) -> None:
    """Also where definitions refer to each other: which of them is asked for first decides nothing."""
    inputs = inputs_of(project("names", seed))
    chance = random.Random(seed)
    shuffled = list(inputs.sources.items())
    chance.shuffle(shuffled)
    again = Inputs(inputs.root, inputs.tree, dict(shuffled), {}, inputs.asked)

    def shown(one: Inputs) -> list[str]:
        return list(lines("json", check(one).diagnostics, Page(ROOT, ROOT, one.files().get)))

    assert shown(again) == shown(inputs)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough files that several processes share them."""
    copy = tmp_path_factory.mktemp("jobs") / "apps"
    for folder in [*sorted((CHECKOUT / "fixtures" / "apps").glob("[!rsu]*")), SHOP]:
        shutil.copytree(folder, copy / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "fastlint.toml").touch()
    (copy / "broken.py").write_text("def (:\n")
    assert len(list(copy.rglob("*.py"))) > 60
    return copy


def reported(folder: Path, form: str, jobs: str) -> tuple[int, bytes, bytes]:
    asked = ["check", "--preview", "--select=ALL", "--no-cache", f"--output-format={form}", f"--jobs={jobs}"]
    ran = subprocess.run(
        [sys.executable, "-m", "fastlint", *asked],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}"},
        capture_output=True,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("form", ["json", "full", "sarif"])
def test_the_number_of_processes_changes_no_report(many: Path, form: str) -> None:
    alone = reported(many, form, "1")

    assert alone[0] == 1 and len(alone[1]) > 10_000
    assert reported(many, form, "2") == alone
    assert reported(many, form, "4") == alone
