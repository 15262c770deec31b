"""Imports that fixes leave without a use go, those that anybody may want stay."""

from __future__ import annotations

import pytest

from fastlint.inputs import Inputs
from fastlint.rounds import fix_rounds
from fastlint.selection import Choice
from fastlint.settings import Layer, SettingsTree
from fastlint.source import SourceFile
from tests.checking import registry

ROUTE = "@app.get('/')\nasync def read():\n    {}\n"
BEFORE, AFTER = ROUTE.format("time.sleep(1)"), ROUTE.format("await asyncio.sleep(1)")


def fixed(files: dict[str, str], select: str = "FST101") -> dict[str, str]:
    tree = SettingsTree(registry(), overrides=Layer("test", Choice((select,)), preview=True), isolated=True)
    sources = {path: SourceFile.of_text(path, text) for path, text in files.items()}
    result = fix_rounds(Inputs("/nowhere", tree, sources, {}, frozenset(sources)), unsafe=True)
    assert fix_rounds(result.report.inputs, unsafe=True).changed == {}
    return {path: after.text for path, (_, after) in result.changed.items()}


@pytest.mark.parametrize(
    ("head", "new"),
    [
        ("import time\nfrom fastapi import FastAPI\n", "import asyncio\nfrom fastapi import FastAPI\n"),
        ("import asyncio, time\nfrom fastapi import FastAPI\n", "import asyncio\nfrom fastapi import FastAPI\n"),
        ("import time, asyncio\n\nfrom fastapi import FastAPI\n", "import asyncio\n\nfrom fastapi import FastAPI\n"),
        (
            "'''Here time is short.'''\nimport asyncio\n\nimport time\n\nfrom fastapi import FastAPI\n",
            "'''Here time is short.'''\nimport asyncio\n\nfrom fastapi import FastAPI\n",
        ),
        (
            "import time  # for now\nfrom fastapi import FastAPI\n",
            "import asyncio\nimport time  # for now\nfrom fastapi import FastAPI\n",
        ),
        (
            "import time\nfrom fastapi import FastAPI\n__all__ = ['time']\n",
            "import asyncio\nimport time\nfrom fastapi import FastAPI\n__all__ = ['time']\n",
        ),
        (
            "import time; from fastapi import FastAPI\nimport asyncio\n",
            "import time; from fastapi import FastAPI\nimport asyncio\n",
        ),
        (
            "import asyncio\nimport time\nimport os\nfrom fastapi import FastAPI\nstart = time.monotonic()\n",
            "import asyncio\nimport time\nimport os\nfrom fastapi import FastAPI\nstart = time.monotonic()\n",
        ),
    ],
)
def test_an_import_without_use_goes(head: str, new: str) -> None:
    assert fixed({"main.py": f"{head}app = FastAPI()\n{BEFORE}"}) == {"main.py": f"{new}app = FastAPI()\n{AFTER}"}


@pytest.mark.parametrize(
    ("path", "other", "goes"),
    [
        ("main.py", "import main\n", True),
        ("main.py", "import time\nimport main\nprint(main.app)\n", True),
        ("main.py", "from main import (\n    app,\n    time,\n)\n", False),
        ("main.py", "from main import *\n", False),
        ("main.py", "import main as m\nm.time.sleep = print\n", False),
        ("main.py", "def test(monkeypatch):\n    monkeypatch.setattr('main.time.sleep', print)\n", False),
        ("pack/__init__.py", "", False),
    ],
)
def test_an_import_that_another_file_may_want_stays(path: str, other: str, goes: bool) -> None:
    head = "import asyncio\nimport time\nfrom fastapi import FastAPI\napp = FastAPI()\n"
    text = fixed({path: head + BEFORE, "other.py": other})[path]

    assert ("import time" not in text) is goes


def test_names_of_a_list_go_and_its_layout_stays() -> None:
    before = (
        "from typing import (\n    Any,\n    Mapping,\n)\nfrom fastapi import FastAPI\nfrom pydantic import BaseModel\n"
        "app = FastAPI()\nclass Item(BaseModel):\n    extra: Any = None\n"
        "@app.post('/')\ndef make(body: Mapping[str, Any]):\n    return Item(**body)\n"
    )
    after = fixed({"main.py": before}, "FST202")["main.py"]

    assert after.startswith("from typing import (\n    Any,\n)\nfrom fastapi")


def test_imports_of_the_project_and_of_unknown_packages_stay() -> None:
    before = (
        "import setup\nimport asyncio\nfrom plugins import time\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        "def old():\n    return 1\n" + ROUTE.format("import time; time.sleep(1)")
    )
    after = fixed({"main.py": before, "plugins.py": "import time\n", "setup.py": ""})

    assert "from plugins import time" in after.get("main.py", before)
