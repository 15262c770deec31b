"""The formats that programs read: valid, and nothing in a code base can break out of them."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from fastlint.diagnostic import Diagnostic
from fastlint.loader import load
from fastlint.report import FOR_PEOPLE, FORMATS, Page, lines
from fastlint.rule import Applicability, Fix, Level, Related
from fastlint.source import Edit, SourceFile, Span
from tests.checking import FIXTURES, ROOT

SCHEMAS = Path(__file__).parent / "schemas"
NASTY = (
    "a\x1b[2Jb\r\nc\x00\x9b\u202e`x`|<script>alert(1)</script>&amp;[l](http://evil.test)![i](x)*b*\udc80\ufffe"
    " ::error::x ##vso[task.setvariable variable=a]b ##[error]c @team #12 https://evil.test ]]>%0A::stop-commands::t"
)
NASTY_PATH = "::stop-commands::t;]\x1b[31m\r\n|<b>%0A,x:y\u202e.py"
HTTP = Diagnostic(
    "app/main.py",
    Span(3, 5, 3, 9),
    "FST102",
    "blocking-http",
    Level.ERROR,
    "`requests.get` blocks the event loop: 'GET /{id}' -> f",
    related=(Related("app/other.py", Span(2, 1, 2, 4), "`f` runs `g`"),),
    symbol="app.main.f",
    about="`requests.get` blocks the event loop",
)
SHADOWED = Diagnostic(
    "app/main.py",
    Span(1, 1, 1, 1),
    "FST301",
    "shadowed-route",
    Level.WARNING,
    "`GET /me` is never reached",
    related=(Related("app/main.py", Span(2, 1, 2, 4), "takes its paths"),),
)
EVIL = Diagnostic(
    NASTY_PATH,
    Span(1, 1, 2, 5),
    "FST103",
    "blocking-database",
    Level.INFO,
    NASTY,
    related=(Related(NASTY_PATH, Span(1, 1, 1, 2), NASTY),),
    fix=Fix(NASTY, Applicability.SAFE, (Edit(NASTY_PATH, Span(1, 1, 1, 2), NASTY),)),
    symbol=NASTY,
)
SOURCES = {
    "app/main.py": SourceFile("app/main.py", "x = 1\ny = 2\n'ä日' + f\n".encode()),
    "app/other.py": SourceFile("app/other.py", b"a\n::stop-commands::token\n"),
    NASTY_PATH: SourceFile(NASTY_PATH, b"# ##vso[task.setvariable variable=a]b\n::error::x\n"),
}
PAGE = Page("/project", "/project", SOURCES.get, rules=load(), version="1.2.3", documentation="https://docs.test")


def hold_against(value: Any, schema: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the development extra as it is now")
    validator = jsonschema.validators.validator_for(schema)
    validator(schema, format_checker=jsonschema.FormatChecker()).validate(value)


def hold_against_junit(text: str) -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="needs the development extra as it is now")
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(ElementTree.ElementTree(ElementTree.fromstring(text)))


@functools.cache
def gitlab_schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "gitlab-code-quality.json").read_text(encoding="utf-8"))
    return loaded


@functools.cache
def sarif_schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    return loaded


def shown(name: str, *diagnostics: Diagnostic, page: Page = PAGE) -> str:
    return "".join(f"{line}\n" for line in lines(name, diagnostics, page))


def sarif(*diagnostics: Diagnostic, page: Page = PAGE) -> dict[str, Any]:
    """The only run of a valid log."""
    log = json.loads(shown("sarif", *diagnostics, page=page))
    hold_against(log, sarif_schema())
    (found,) = log["runs"]
    run: dict[str, Any] = found
    return run


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("diagnostics", [[], [EVIL], [HTTP, EVIL, SHADOWED]])
def test_no_format_lets_control_characters_or_commands_through(name: str, diagnostics: list[Diagnostic]) -> None:
    text = shown(name, *diagnostics)

    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202e\u2028"]
    text.encode("utf-8")
    commands = [line for line in text.split("\n") if line.lstrip().startswith("::")]
    if name == "github":
        assert len(commands) == len(text.splitlines()) == len(diagnostics)
        assert all(re.match(r"::(error|warning|notice) title=", line) for line in commands)
    else:
        assert commands == []
    logging = re.findall(r"##(?:vso)?\[[^\s]*", text)
    assert logging == (["##vso[task.logissue"] * len(diagnostics) if name == "azure" else [])


@pytest.mark.parametrize("name", ["json", "json-lines", "gitlab", "rdjson", "sarif"])
def test_what_json_readers_get_is_harmless_text(name: str) -> None:
    texts: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                if key not in (
                    "filename",
                    "path",
                    "uri",
                    "content",
                    "text",
                    "symbol",
                    "fullyQualifiedName",
                    "markdown",
                ):
                    collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        elif isinstance(value, str):
            texts.append(value)

    for part in shown(name, EVIL).splitlines() if name == "json-lines" else [shown(name, EVIL)]:
        collect(json.loads(part))
    assert any("a\\x1b[2Jb" in text for text in texts) or name == "sarif"
    assert not [text for text in texts if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)]


def test_sarif_holds_rules_with_help_and_levels() -> None:
    run = sarif(HTTP, SHADOWED, replace(HTTP, code="FST510", name="hardcoded-secret", related=()))
    rules = run["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == ["FST102", "FST301", "FST510"]
    assert rules[0]["name"] == "BlockingHttp"
    assert rules[0]["helpUri"] == "https://docs.test/rules/blocking-http/"
    assert "## Why it matters" in rules[0]["help"]["markdown"]
    assert rules[0]["fullDescription"]["text"].startswith("The event loop")
    assert rules[0]["defaultConfiguration"]["level"] == "error"
    assert "security-severity" not in rules[0]["properties"]
    assert rules[2]["properties"]["security-severity"] == "8.0"
    assert [(one["ruleIndex"], one["level"]) for one in run["results"]] == [(0, "error"), (1, "warning"), (2, "error")]
    assert run["tool"]["driver"]["version"] == "1.2.3"


def test_sarif_tells_chains_as_code_flows_and_other_places_as_related() -> None:
    chain, other = sarif(HTTP, SHADOWED)["results"]
    flow = sarif(replace(HTTP, code="FST520", name="sql-injection"))["results"][0]

    def way(result: dict[str, Any]) -> list[str]:
        (thread,) = result["codeFlows"][0]["threadFlows"]
        return [
            f"{step['location']['physicalLocation']['artifactLocation']['uri']}:"
            f"{step['location']['physicalLocation']['region']['startLine']}"
            for step in thread["locations"]
        ]

    assert way(chain) == ["app/main.py:3", "app/other.py:2"]
    assert way(flow) == ["app/other.py:2", "app/main.py:3"]
    assert "codeFlows" not in other
    assert other["relatedLocations"][0]["message"]["text"] == "takes its paths"


def test_sarif_positions_paths_and_fixes(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    page = replace(PAGE, root=(tmp_path / "sub").as_posix(), folder="/elsewhere")
    name = os.fsdecode("ä b%/caf\xe9.py".encode("latin-1").replace(b"\xe4", "ä".encode()))
    edits = (Edit(name, Span(1, 2, 1, 2), "new"), Edit(name, Span(3, 1, 4, 1), ""), Edit("b.py", Span(1, 1, 1, 2), "q"))
    one = replace(HTTP, path=name, related=(), fix=Fix("Do it", Applicability.REPAIR, edits))
    run = sarif(one, page=page)
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]

    assert place["artifactLocation"] == {"uri": "sub/%C3%A4%20b%25/caf%E9.py", "uriBaseId": "SRCROOT"}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == tmp_path.as_uri() + "/"
    assert place["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}
    assert run["columnKind"] == "unicodeCodePoints"
    (fix,) = result["fixes"]
    assert fix["description"]["text"] == "Do it (repair)"
    assert [len(change["replacements"]) for change in fix["artifactChanges"]] == [2, 1]
    assert fix["artifactChanges"][0]["replacements"][0] == {
        "deletedRegion": {"startLine": 1, "startColumn": 2, "endLine": 1, "endColumn": 2},
        "insertedContent": {"text": "new"},
    }


def test_sarif_fingerprints_are_told_apart() -> None:
    first, second = sarif(HTTP, replace(HTTP, span=Span(9, 1, 9, 2)))["results"]

    assert first["partialFingerprints"]["fastlint/v1"] == second["partialFingerprints"]["fastlint/v1"]
    digests = [one["partialFingerprints"]["primaryLocationLineHash"] for one in (first, second)]
    assert digests[0] == first["partialFingerprints"]["fastlint/v1"] != digests[1]


def test_sarif_links_are_not_made_by_messages() -> None:
    texts = [one["message"]["text"] for one in sarif(EVIL, replace(HTTP, message="`list[int]` is bare"))["results"]]

    assert re.search(r"(?<!\\)\[[^\]]*\]\(", texts[0]) is None
    assert texts[1] == "`list[int]` is bare"


def test_github_escapes_and_says_what_the_runner_shows() -> None:
    one, two, _ = shown("github", HTTP, EVIL, SHADOWED).splitlines()

    assert one == (
        "::error title=FST102 blocking-http,file=app/main.py,line=3,endLine=3,col=5,endColumn=9"
        "::`requests.get` blocks the event loop: 'GET /{id}' -> f%0A1. app/other.py:2: `f` runs `g`"
    )
    properties, _, message = two.removeprefix("::notice ").partition("::")
    assert dict(part.split("=", 1) for part in properties.split(",")) == {
        "title": "FST103 blocking-database",
        "file": r"%3A%3Astop-commands%3A%3At;]\x1b[31m\x0d\x0a|<b>%250A%2Cx%3Ay\u202e.py",
        "line": "1",
        "endLine": "2",  # columns of spans over several lines are refused by the runner
    }
    assert "%250A::stop-commands" in message  # what was in the code stays text


def test_azure_escapes_and_knows_two_levels() -> None:
    first, second, third = shown("azure", HTTP, SHADOWED, EVIL).splitlines()

    assert first.startswith("##vso[task.logissue type=error;sourcepath=app/main.py;linenumber=3;columnnumber=5;")
    assert second.startswith("##vso[task.logissue type=warning;")
    command, _, message = third.partition("]")
    assert command.startswith("##vso[task.logissue type=warning;sourcepath=::stop-commands::t%3B%5D\\x1b[31m")
    assert command.endswith("code=FST103;") and "%AZP250A" in command
    assert "##vso[" not in message


def test_gitlab_is_valid_and_its_fingerprints_are_unique() -> None:
    for diagnostics in ([], [HTTP], [HTTP, HTTP, EVIL, SHADOWED]):
        found = json.loads(shown("gitlab", *diagnostics))
        hold_against(found, gitlab_schema())
        assert len({one["fingerprint"] for one in found}) == len(diagnostics)
    assert [one["severity"] for one in found] == ["major", "major", "info", "minor"]


@pytest.mark.parametrize("diagnostics", [[], [HTTP], [HTTP, SHADOWED, EVIL]])
def test_junit_is_valid_and_counts(diagnostics: list[Diagnostic]) -> None:
    text = shown("junit", *diagnostics, page=replace(PAGE, fails=lambda one: one.level > Level.INFO))
    hold_against_junit(text)
    top = ElementTree.fromstring(text)

    failing = [one for one in diagnostics if one.level > Level.INFO]
    assert (top.get("tests"), top.get("failures")) == (str(len(diagnostics) or 1), str(len(failing)))
    assert [failure.get("message") for failure in top.iter("failure")] == [one.message for one in failing]
    assert len(list(top.iter("system-out"))) == len(diagnostics) - len(failing)


def test_rdjson_counts_bytes_and_offers_single_edits() -> None:
    edit = Edit("app/main.py", Span(3, 4, 3, 5), "x")
    one, two = json.loads(
        shown(
            "rdjson",
            replace(HTTP, fix=Fix("Do it", Applicability.SAFE, (edit,))),
            replace(HTTP, fix=Fix("Do it", Applicability.SAFE, (edit, edit))),
        )
    )["diagnostics"]

    # 'ä日' + f: ä takes two bytes, 日 three
    assert one["location"]["range"] == {"start": {"line": 3, "column": 8}, "end": {"line": 3, "column": 12}}
    assert one["suggestions"][0]["range"]["start"] == {"line": 3, "column": 7}
    assert "suggestions" not in two
    assert (one["severity"], one["code"]["value"]) == ("ERROR", "FST102")
    assert one["related_locations"][0]["location"]["path"] == "app/other.py"


def test_json_lines_hold_the_objects_of_json() -> None:
    found = [json.loads(line) for line in shown("json-lines", HTTP, EVIL).splitlines()]

    assert found == json.loads(shown("json", HTTP, EVIL))


def test_grouped_names_each_file_once_and_aligns() -> None:
    other = replace(HTTP, span=Span(10, 15, 10, 20), level=Level.WARNING, message="m", related=())

    assert shown("grouped", HTTP, other, replace(other, path="b.py")).splitlines() == [
        "app/main.py:",
        "    3:5  error FST102    `requests.get` blocks the event loop: 'GET /{id}' -> f",
        "  10:15  warning FST102  m",
        "",
        "b.py:",
        "  10:15  warning FST102  m",
        "",
    ]


def test_markdown_renders_what_was_said_and_nothing_else() -> None:
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown("markdown", HTTP, EVIL, SHADOWED))
    # what is written in the report on purpose
    rest = re.sub(r"</?(h3|p|table|thead|tbody|tr|th|td|code)( style=\"text-align:\w+\")?>|<br>|<!-- -->", "", html)
    rest = re.sub(r'<a href="https://docs\.test/rules/[\w-]+/">|</a>', "", rest)

    assert html.count("<tr>") == 4  # the heading and three rows: nothing ends a cell or a row
    assert re.findall(r"<[^>]*>", rest) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in rest and "*b*" in rest and "[l](http://evil.test)" in rest
    assert "<code>requests.get</code> blocks the event loop: 'GET /{id}' -&gt; f" in html
    assert "@team" not in html and "#12" not in html  # nobody is called, nothing is linked


def test_github_and_gitlab_paths_are_those_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").touch()  # a file, as in a worktree
    (tmp_path / "backend" / "app").mkdir(parents=True)
    page = replace(PAGE, root=(tmp_path / "backend").as_posix(), folder=(tmp_path / "backend" / "app").as_posix())

    assert ",file=backend/app/main.py," in shown("github", HTTP, page=page)
    assert ";sourcepath=backend/app/main.py;" in shown("azure", HTTP, page=page)
    assert json.loads(shown("gitlab", HTTP, page=page))[0]["location"]["path"] == "backend/app/main.py"
    assert shown("concise", HTTP, page=page).startswith("main.py:3:5:")


SECRET = "tR4v-9sPq-77Lm"
LEAK = SourceFile("app/main.py", f'# coding: latin-1\nrun("{SECRET}", 1)\nlog_in("{SECRET}")\n'.encode())


@pytest.mark.parametrize("name", FORMATS)
def test_secrets_are_in_no_format(name: str) -> None:
    place = ("app/main.py", Span(2, 5, 2, 21))
    again = Edit("app/main.py", Span(2, 1, 2, 25), f'await run("{SECRET}", 1)')
    one = Diagnostic(
        "app/main.py",
        Span(2, 1, 2, 25),
        "FST514",
        "jwt-without-expiry",
        Level.ERROR,
        "the token is good for ever",
        related=(Related("app/main.py", Span(2, 1, 2, 4), "made here"),),
        fix=Fix("Run it elsewhere", Applicability.SAFE, (again,)),
    )
    known = replace(PAGE, source={"app/main.py": LEAK}.get, secrets=[place])
    found = replace(one, span=place[1], code="FST510", sensitive=True)

    # silenced or part of a baseline: no diagnostic says that there is a secret
    assert SECRET not in shown(name, one, page=known)
    assert SECRET not in shown(name, one, found, page=replace(known, secrets=()))
    if name == "full":
        assert 'run("tR•' in shown(name, one, page=known)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - FOR_PEOPLE))
def test_a_real_run_in_every_format(name: str, tmp_path: Path) -> None:
    target = tmp_path / f"report.{name}"
    shop = tmp_path / "shop"
    shutil.copytree(FIXTURES / "apps" / "shop", shop, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "fastlint", "check", "--output-format", name, "--output-file", str(target), "."]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'rules'}"}
    run = subprocess.run(command, cwd=shop, capture_output=True, text=True, env=environment)
    text = target.read_text(encoding="utf-8")

    assert run.returncode == 1 and "Found" in run.stdout and run.stderr == ""
    assert re.findall(r'"([A-Za-z0-9+/=_-]{40,})"', (shop / "shop" / "settings.py").read_text()) != []
    for secret in re.findall(r'"([A-Za-z0-9+/=_-]{40,})"', (shop / "shop" / "settings.py").read_text()):
        assert secret not in text
    if name == "sarif":
        hold_against(json.loads(text), sarif_schema())
        assert any("codeFlows" in one for one in json.loads(text)["runs"][0]["results"])
    elif name == "junit":
        hold_against_junit(text)
    elif name == "gitlab":
        hold_against(json.loads(text), gitlab_schema())
