"""`--add-noqa`: where the comments go, and that they do what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlint.discover import discover
from fastlint.engine import Report, check
from fastlint.inputs import read
from fastlint.noqa import add_noqa
from fastlint.project.packaging.manifests import is_manifest
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree
from tests.checking import registry


def report_of(folder: Path, *selectors: str, **files: str) -> Report:
    for name, text in files.items():
        (folder / name.replace("_txt", ".txt").replace("_py", ".py")).write_bytes(text.encode())
    tree = SettingsTree(registry(), overrides=Layer("test", Choice(selectors or None), preview=True))
    return check(read(discover([str(folder)], tree, is_manifest), tree), fixes=False)


HEAD = "import time\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\nasync def f(q: str = ''):\n"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("    time.sleep(1)\n", "    time.sleep(1)  # noqa: FST101 legacy\n"),
        ("    time.sleep(1)", "    time.sleep(1)  # noqa: FST101 legacy"),
        ("    time.sleep(1)  # why\n", "    time.sleep(1)  # why  # noqa: FST101 legacy\n"),
        ("    time.sleep(1)  # noqa: E501\n", "    time.sleep(1)  # noqa: E501, FST101\n"),
        ("    time.sleep(\n        1\n    )\n", "    time.sleep(  # noqa: FST101 legacy\n        1\n    )\n"),
        ("    print('''a\n''', time.sleep(1))\n", "    print('''a\n''', time.sleep(1))  # noqa: FST101 legacy\n"),
        ("    print(time.sleep(1), '''a\n''')\n", "    print(time.sleep(1), '''a\n''')  # noqa: FST101 legacy\n"),
        (
            "    q = q + \\\n      str(time.sleep(1))\r\n",
            "    q = q + \\\n      str(time.sleep(1))  # noqa: FST101 legacy\r\n",
        ),
        (
            "    q = str(time.sleep(1)) + \\\n      q\n",
            "    q = str(time.sleep(1)) + \\\n      q  # noqa: FST101 legacy\n",
        ),
    ],
)
def test_a_comment_goes_where_it_silences(tmp_path: Path, body: str, after: str) -> None:
    report = report_of(tmp_path, "FST101", main_py=HEAD + body)
    result = add_noqa(report, "legacy")

    assert (result.added, result.left) == (1, [])
    (_, new) = result.changed["main.py"]
    assert new.text == HEAD + after
    assert check(report.inputs.replaced({"main.py": new}), fixes=False).diagnostics == []


def test_several_codes_share_a_comment(tmp_path: Path) -> None:
    text = HEAD.replace("import time", "import time, requests") + "    time.sleep(1); requests.get(q)\n"
    result = add_noqa(report_of(tmp_path, "FST101", "FST102", main_py=text))

    assert result.changed["main.py"][1].text.endswith("requests.get(q)  # noqa: FST101, FST102\n")


def test_a_reason_is_not_taken_for_a_code(tmp_path: Path) -> None:
    result = add_noqa(report_of(tmp_path, "FST101", main_py=HEAD + "    time.sleep(1)\n"), "GH12 explains")
    text = result.changed["main.py"][1].text

    assert text.endswith("# noqa: FST101 - GH12 explains\n")


def test_a_reason_that_the_encoding_lacks(tmp_path: Path) -> None:
    text = "# -*- coding: latin-1 -*-\n" + HEAD + "    time.sleep(1)\n"
    result = add_noqa(report_of(tmp_path, "FST101", main_py=text), "später → nie")

    assert result.changed["main.py"][1].text.endswith("# noqa: FST101 sp?ter ? nie\n")


def test_manifests_get_comments_where_they_take_them(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text('[packages]\nfastapi = "*"\n')
    (tmp_path / "setup.cfg").write_text("[options]\ninstall_requires =\n    fastapi\n")
    result = add_noqa(report_of(tmp_path, "FST601", requirements_txt="fastapi\nx \\\n  --hash=sha256:00\n"))

    assert result.changed["requirements.txt"][1].text.startswith("fastapi  # noqa: FST601\n")
    assert result.changed["Pipfile"][1].text == '[packages]\nfastapi = "*"  # noqa: FST601\n'
    assert [diagnostic.path for diagnostic in result.left] == ["setup.cfg"]
