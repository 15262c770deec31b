"""astroid as the last resort: what it adds, how often it is asked, and that nothing is imported for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fastlint.facts.extract import extract
from fastlint.project.language import questions
from fastlint.project.language.astroid_modules import Texts, build, closed
from fastlint.project.language.modules import Modules
from fastlint.project.language.stubs import stub
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.source import SourceFile

CHECKOUT = Path(__file__).parent.parent
APP = """
import requests
from fastapi import FastAPI
{imports}
app = FastAPI()

@app.get("/")
async def root():
    {call}
"""
HELPERS = """
import requests

def identity(x):
    return x

def pick(items):
    for item in items:
        return item

class Holder:
    pass

holder = Holder()
holder.client = requests.Session()
"""


def project(root: Path, call: str, imports: str = "", **options: str) -> Project:
    root.joinpath("main.py").write_text(APP.format(call=call, imports=imports))
    sources = [SourceFile(path.name, path.read_bytes()) for path in sorted(root.glob("*.py"))]
    return link([extract(source) for source in sources], [], LinkOptions(str(root), **options))  # type: ignore[arg-type]


def found(linked: Project) -> list[str]:
    return [call.entry.name for call in linked.loop_calls]


@pytest.mark.parametrize(
    "call", ["identity(requests.Session()).get('x')", "holder.client.get('x')", "pick([requests.Session()]).get('x')"]
)
def test_an_answer_decides_a_finding(tmp_path: Path, call: str) -> None:
    tmp_path.joinpath("helpers.py").write_text(HELPERS)
    imports = "from helpers import holder, identity, pick"

    assert found(project(tmp_path, call, imports)) == []
    assert found(project(tmp_path, call, imports, inference="auto"))[0].startswith("requests.")


@pytest.mark.parametrize("call", ["identity({}).get('x')", "identity(unheard).get('x')", "nothing().get('x')"])
def test_what_does_not_block_stays_silent(tmp_path: Path, call: str) -> None:
    tmp_path.joinpath("helpers.py").write_text(HELPERS)

    assert found(project(tmp_path, call, "from helpers import identity", inference="auto")) == []


def test_only_open_calls_are_asked_about_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("helpers.py").write_text(HELPERS)
    calls = "requests.get('x'); {}.get('x'); identity(1).get('x'); identity(2).get('x'); identity(3).strip()"
    imports = "from helpers import identity"
    linked = project(tmp_path, calls, imports, inference="auto")

    assert found(linked) == ["requests.get"]
    assert linked.asked.startswith("inference: 2 questions to astroid, 2 answered, ")
    monkeypatch.setattr(questions, "MOST_QUESTIONS", 1)
    limited = project(tmp_path, calls, imports, inference="auto")
    assert found(limited) == ["requests.get"]
    assert limited.asked.startswith("inference: 1 questions to astroid, 1 answered, ")


def test_full_reads_the_environment(tmp_path: Path) -> None:
    packages = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    packages.joinpath("acme.py").write_text("import requests\ndef session():\n    return requests.Session()\n")
    root = tmp_path / "project"
    root.mkdir()
    environment = str(tmp_path / "env")
    call, imports = "acme.session().get('x')", "import acme"

    assert found(project(root, call, imports, inference="auto", python=environment)) == []
    assert found(project(root, call, imports, inference="full", python=environment)) == ["requests.Session.get"]


def test_a_link_out_of_the_environment_is_not_followed(tmp_path: Path) -> None:
    packages = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    tmp_path.joinpath("outside.py").write_text("x = 1\n")
    packages.joinpath("acme.py").symlink_to(tmp_path / "outside.py")

    assert Texts(Modules([]), str(tmp_path), str(tmp_path / "env")).find("acme") is None


def test_the_ways_of_astroid_to_modules_are_closed_and_opened_again(tmp_path: Path) -> None:
    from astroid import manager, modutils

    open_ways = manager.AstroidManager.ast_from_module_name, modutils.load_module_from_name
    texts = Texts(Modules([]), str(tmp_path), None)
    with closed(texts):
        module = build("here", "here.py", "import this, _lsprof, antigravity\nthis.s\n_lsprof.x\nantigravity.fly\n")
        for node in module.body[1:]:
            assert [str(item) for item in node.value.expr.infer()] == ["Uninferable"]
        with pytest.raises(ImportError):
            modutils.load_module_from_name("_lsprof")
        with pytest.raises(ImportError):
            manager.load_module_from_name("_lsprof")

    assert open_ways == (manager.AstroidManager.ast_from_module_name, modutils.load_module_from_name)
    assert "here" not in manager.AstroidManager().astroid_cache


AUDITED = """
import sys
seen = []
def hook(event, arguments):
    if event == "import" and arguments[0] in {names}:
        seen.append(arguments[0])
    if event == "ctypes.dlopen":
        seen.append(event)
sys.addaudithook(hook)
before = list(sys.path)
from fastlint.__main__ import main
sys.argv = ["fastlint", "check", ".", "--select", "FST102", "--output-format", "json", "--exit-zero"]
try:
    main()
except SystemExit:
    pass
print("\\nseen", seen, before == sys.path)
"""


@pytest.mark.parametrize("inference", ["auto", "full"])
def test_planted_modules_are_not_run(tmp_path: Path, inference: str) -> None:
    environment, marker = tmp_path / "env", tmp_path / "it-ran"
    packages = environment / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    root = tmp_path / "project"
    root.mkdir()
    effect = f"open({str(marker)!r}, 'w').close()\n"
    passing = "def identity(x):\n    return x\n"
    for name in ("planted", "_lsprof", "requests", "astroid_brain"):
        root.joinpath(f"{name}.py").write_text(effect + passing)
    for name in ("_planted_extension.so", "_lsprof.so", "xml.so"):
        root.joinpath(name).write_bytes(b"\x7fELF" + bytes(60))
    for name in ("evil.py", "usercustomize.py", "_socket.py"):
        packages.joinpath(name).write_text(effect + passing)
    packages.joinpath("evil.pth").write_text(f"import os; {effect}")
    root.joinpath("pyproject.toml").write_text(
        f"[tool.fastlint]\ninference = '{inference}'\npython = '{environment}'\n"
    )
    root.joinpath("main.py").write_text(
        APP.format(
            imports="import planted, _lsprof, _planted_extension, evil, _socket, xml, httpx\n",
            call="; ".join(
                f"{name}.identity(httpx.Client()).get('x')"
                for name in ("planted", "_lsprof", "_planted_extension", "evil", "_socket", "xml")
            ),
        )
    )
    names = {"planted", "_planted_extension", "evil", "_lsprof", "requests"}
    done = subprocess.run(
        [sys.executable, "-c", AUDITED.format(names=names)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'rules'}", "PYTHONSAFEPATH": "1", "PATH": ""},
    )
    report, _, told = done.stdout.rpartition("\nseen ")

    assert told.strip() == "[] True", done.stdout + done.stderr
    assert not marker.exists()
    assert {row["code"] for row in json.loads(report)} == {"FST102"}, done.stderr


OWN = """
import time

class Client:
    def get(self, url):
        time.sleep(1)

    @property
    def inner(self):
        return self

def pick(items):
    for item in items:
        return item

def second(items):
    first, *rest = items
    return rest[0]

class Holder:
    pass

holder = Holder()
holder.client = Client()
holder.made = Client
"""


@pytest.mark.parametrize(
    "call",
    [
        "pick([Client()]).get('x')",
        "holder.client.get('x')",
        "holder.client.inner.get('x')",
        "holder.made().get('x')",
    ],
)
def test_objects_of_project_classes_are_known_by_their_class(tmp_path: Path, call: str) -> None:
    tmp_path.joinpath("own.py").write_text(OWN)
    imports = "from own import Client, holder, pick, second"

    assert found(project(tmp_path, call, imports)) == []
    assert found(project(tmp_path, call, imports, inference="auto")) == ["time.sleep"]


@pytest.mark.parametrize("call", ["await pick([Client()]).get('x')", "(lambda: pick([Client()]).get('x'))"])
def test_what_is_awaited_or_run_later_is_not_asked_about(tmp_path: Path, call: str) -> None:
    tmp_path.joinpath("own.py").write_text(OWN)
    linked = project(tmp_path, call, "from own import Client, pick", inference="auto")

    assert found(linked) == []
    assert linked.asked.startswith("inference: 0 questions")


def test_what_the_catalogue_knows_is_written_as_modules_that_python_reads() -> None:
    names = ["requests", "os", "sqlalchemy.orm", "httpx", "redis.asyncio", "fastapi", "boto3"]
    texts = {name: stub(name) for name in names}

    for name, text in texts.items():
        assert text is not None, name
        compile(text, name, "exec")
    assert "class Session:" in str(texts["requests"])
    assert "async def" in str(texts["redis.asyncio"])
    assert any("@property" in str(text) for text in texts.values())
    assert stub("requests.Session") is None
    assert stub("nothing.of.the.kind") is None
    assert stub("requests.get") is None
