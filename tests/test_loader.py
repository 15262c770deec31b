from __future__ import annotations

from pathlib import Path

import pytest

from fastlint.loader import RuleError, load
from fastlint.registry import Registry
from tests.made_rules import DOCUMENTATION, rule_package, rule_text

CHECK = """
def check(self, project, _):
    yield from ()
"""


def loaded(folder: Path, files: dict[str, str]) -> Registry:
    with rule_package(folder, files) as name:
        return load(name)


def refused(folder: Path, files: dict[str, str]) -> str:
    with rule_package(folder, files) as name, pytest.raises(RuleError) as error:
        load(name)
    return str(error.value)


def test_a_rule_is_found_with_its_metadata_and_subject(tmp_path: Path) -> None:
    from fastlint.project.model import Project

    registry = loaded(tmp_path, {"event_loop/made_rule.py": rule_text("FST190", "made-rule", CHECK)})

    found = registry.entries["FST190"]
    assert (found.name, found.category, found.summary) == ("made-rule", "event_loop", "A rule for tests.")
    assert found.rule is not None
    assert found.rule.subject is Project  # type: ignore[attr-defined]
    assert registry.get("made-rule") is found
    assert {"FST000", "FST001", "FST002", "FST003", "FST004"} <= set(registry.entries)


def test_a_subject_is_found_through_a_shared_ancestor_and_as_text(tmp_path: Path) -> None:
    from fastlint.project.model import Project

    shared = 'from fastlint.rule import Rule\n\nclass Shared(Rule["Project"]):\n    pass\n'
    rule = rule_text("FST190", "made-rule", CHECK).replace("(Rule[Project])", "(Shared)")
    rule = rule.replace("\nclass ", "\nfrom made_rules_package.event_loop._shared import Shared\n\nclass ", 1)
    registry = loaded(tmp_path, {"event_loop/_shared.py": shared, "event_loop/made_rule.py": rule})

    assert registry.entries["FST190"].rule.subject is Project  # type: ignore[union-attr]


def test_options_are_the_fields_of_the_rule(tmp_path: Path) -> None:
    members = "call_depth: int = 5\nnames: tuple[str, ...] = ('a',)\n" + CHECK
    text = rule_text("FST190", "made-rule", members, before="@dataclass(frozen=True)")

    options = loaded(tmp_path, {"event_loop/made_rule.py": text}).entries["FST190"].options

    assert [(option.name, option.field, option.type, option.default) for option in options] == [
        ("call-depth", "call_depth", int, 5),
        ("names", "names", tuple[str, ...], ("a",)),
    ]


def test_a_name_with_a_dot_is_an_underscore_in_the_file(tmp_path: Path) -> None:
    registry = loaded(tmp_path, {"packaging/unpinned_pre_1_0.py": rule_text("FST690", "unpinned-pre-1.0", CHECK)})

    assert registry.get("unpinned-pre-1.0") is registry.entries["FST690"]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("event_loop/made_rule.py", rule_text("FST19", "made-rule", CHECK), "code 'FST19' is not FST and three digits"),
        ("security/made_rule.py", rule_text("FST190", "made-rule", CHECK), "does not begin with FST5"),
        ("event_loop/made_rule.py", rule_text("FST190", "Made-rule", CHECK), "is not in kebab-case"),
        ("event_loop/other.py", rule_text("FST190", "made-rule", CHECK), "must be called made_rule.py"),
        ("event_loop/made_rule.py", "x = 1\n", "holds 0 rules, not one"),
        ("event_loop/made_rule.py", rule_text("FST190", "made-rule", "level = 'error'"), "has no `check`"),
        (
            "event_loop/made_rule.py",
            rule_text("FST190", "made-rule", "level = 'error'" + CHECK),
            "level 'error' is not a Level",
        ),
        (
            "event_loop/made_rule.py",
            rule_text("FST190", "made-rule", CHECK, status="done"),
            "status 'done' is neither",
        ),
        (
            "event_loop/made_rule.py",
            rule_text("FST190", "made-rule", CHECK).replace("(Rule[Project])", "(Rule)"),
            "names no subject",
        ),
        (
            "event_loop/made_rule.py",
            rule_text("FST190", "made-rule", CHECK).replace('since = "0.1"', ""),
            "lacks since",
        ),
        ("event_loop/made_rule.py", "import nothing_there\n", "cannot be imported: ModuleNotFoundError"),
        ("speed/made_rule.py", rule_text("FST190", "made-rule", CHECK), "speed: not a category"),
    ],
)
def test_what_breaks_a_house_rule_is_refused(tmp_path: Path, path: str, text: str, expected: str) -> None:
    assert expected in refused(tmp_path, {path: text})


@pytest.mark.parametrize(
    ("documentation", "expected"),
    [
        (DOCUMENTATION.replace("## Instead", "## Rather"), "lacks the section '## Instead'"),
        (DOCUMENTATION.replace("## Instead", "## Rather"), "unknown sections: Rather"),
        (DOCUMENTATION.replace("A rule for tests.\n", ""), "lacks a first line"),
        (DOCUMENTATION + "\n## Known gaps\n\nSome.\n\n## Fix safety\n\nSafe.\n", "in the order"),
        (DOCUMENTATION + "\n## Instead\n\nAgain.\n", "once each"),
        (DOCUMENTATION + "\n## Known gaps\n", "'## Known gaps' is empty"),
    ],
)
def test_documentation_is_demanded(tmp_path: Path, documentation: str, expected: str) -> None:
    text = rule_text("FST190", "made-rule", CHECK, doc=documentation)

    assert expected in refused(tmp_path, {"event_loop/made_rule.py": text})


def test_headings_in_examples_are_no_sections(tmp_path: Path) -> None:
    documentation = DOCUMENTATION + "\n```python\n## Not a section\n```\n"

    loaded(tmp_path, {"event_loop/made_rule.py": rule_text("FST190", "made-rule", CHECK, doc=documentation)})


def test_codes_and_names_are_used_once_and_all_problems_are_told(tmp_path: Path) -> None:
    problems = refused(
        tmp_path,
        {
            "event_loop/made_rule.py": rule_text("FST190", "made-rule", CHECK),
            "event_loop/second_rule.py": rule_text("FST190", "second-rule", CHECK),
            "security/made_rule.py": rule_text("FST590", "made-rule", CHECK),
        },
    )

    assert "second_rule: code FST190 is already that of made-rule" in problems
    assert "security.made_rule: name made-rule is already that of FST190" in problems


def test_the_shipped_rules_load() -> None:
    load.cache_clear()

    assert "FST000" in load().entries
