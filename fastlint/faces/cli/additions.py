"""What `fastlint init` adds to the files of a project, keeping all that is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

TABLE_COMMENT = "info, warning or error: the lowest level that makes fastlint exit with 1"
SETTINGS_FILE = f"""\
# All settings: fastlint check --show-settings
fail-level = "warning"  # {TABLE_COMMENT}
"""
HOOK = """\
- repo: local
  hooks:
    - id: fastlint
      name: fastlint
      entry: fastlint check --force-exclude
      language: python
      additional_dependencies: [fastlint]
      files: '\\.py$|(^|/)(pyproject\\.toml|requirements[^/]*\\.(txt|in))$'
      require_serial: true
"""
GITHUB = """\
name: fastlint
on:
  push:
  pull_request:
permissions:
  contents: read
jobs:
  fastlint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install fastlint
      - run: fastlint check --output-format github
"""
GITLAB = """\
fastlint:
  image: python:3.13-slim
  script:
    - pip install fastlint
    - fastlint check --output-format gitlab --output-file gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
"""
WORKFLOW = ".github/workflows/fastlint.yml"


class Change(NamedTuple):
    """A file as it is (None: it is new) and as it is to be; the path from the root of the project."""

    path: str
    before: bytes | None
    after: bytes


class Cannot(Exception):
    """Something cannot be added without touching what is there: what to do by hand instead."""


def settings(root: Path) -> list[Change]:
    """A table in pyproject.toml, else fastlint.toml; ruff is told to leave FST codes alone where it is used."""
    changes = []
    pyproject = root / "pyproject.toml"
    if not (root / "fastlint.toml").is_file():
        if pyproject.is_file():
            changes += _in_pyproject(root, pyproject)
            return changes
        changes.append(Change("fastlint.toml", None, SETTINGS_FILE.encode()))
    return changes


def _in_pyproject(root: Path, path: Path) -> list[Change]:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    before, text, newline = _text(path)
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise Cannot(f"pyproject.toml is no TOML, so nothing is added to it: {error}") from None
    tool = document.get("tool", {})
    ruff = tool.get("ruff")
    added = False
    if ruff is not None and _tell_ruff(ruff):
        added = True
    after = tomlkit.dumps(document) if added else text
    if "fastlint" not in tool:
        gap = "" if not after or after.endswith("\n\n") else "\n" if after.endswith("\n") else "\n\n"
        after += f'{gap}[tool.fastlint]\nfail-level = "warning"  # {TABLE_COMMENT}\n'
    if after == text:
        return []
    try:
        done = tomlkit.parse(after).unwrap()
    except TOMLKitError:
        done = {}
    if not _holds(done, tomlkit.parse(text).unwrap()):
        raise Cannot(
            "pyproject.toml is written in a way that nothing can be added to safely: add [tool.fastlint] by hand"
        )
    return [Change("pyproject.toml", before, after.replace("\n", newline).encode("utf-8"))]


def _tell_ruff(ruff: Any) -> bool:
    """Add FST to `lint.external`, without which ruff removes suppressions of fastlint; whether that was needed."""
    import tomlkit

    if not isinstance(ruff, Mapping):
        return False
    lint = ruff.get("lint")
    if lint is None:
        ruff["lint"] = lint = tomlkit.table()  # type: ignore[index]
    if not isinstance(lint, Mapping):
        return False
    external = lint.get("external")
    if external is None:
        lint["external"] = ["FST"]  # type: ignore[index]
        return True
    if isinstance(external, list) and not any(str(code).startswith("FST") for code in external):
        external.append("FST")
        return True
    return False


def hook(root: Path) -> list[Change]:
    """A hook in .pre-commit-config.yaml, where there is one."""
    path = root / ".pre-commit-config.yaml"
    if not path.is_file():
        raise Cannot("no .pre-commit-config.yaml: no hook is added")
    before, text, newline = _text(path)
    data = _yaml(text, path.name)
    repos = data.get("repos") if isinstance(data, dict) else None
    if not isinstance(repos, list):
        raise Cannot(".pre-commit-config.yaml has no list `repos`: no hook is added")
    hooks = [item for repo in repos if isinstance(repo, dict) for item in repo.get("hooks") or []]
    if any(isinstance(item, dict) and str(item.get("id", "")).startswith("fastlint") for item in hooks):
        return []
    after = _after_list(text, "repos", HOOK)
    expected = {**data, "repos": [*repos, *_yaml(HOOK, "")]}
    if after is None or _yaml(after, path.name) != expected:
        raise Cannot(
            ".pre-commit-config.yaml is written in a way that nothing can be added to safely: add a hook by hand"
        )
    return [Change(path.name, before, after.replace("\n", newline).encode("utf-8"))]


def _after_list(text: str, key: str, addition: str) -> str | None:
    """The text with an item added to the list at a top-level key; None when it is not written as a block."""
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if re.match(rf"{key}\s*:\s*(#.*)?$", line)), None)
    if start is None:
        return None
    indent: str | None = None
    last = start
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        item = re.match(r"(\s*)- ", line)
        if indent is None:
            if item is None:
                return None
            indent = item[1]
        elif not line.startswith((f"{indent} ", f"{indent}- ")):
            break
        last = number
    if indent is None:
        return None
    added = [f"{indent}{line}" if line else line for line in addition.rstrip("\n").split("\n")]
    rest = lines[last + 1 :] or [""]
    return "\n".join([*lines[: last + 1], *added, *rest])


def github(root: Path) -> list[Change]:
    """A workflow of its own."""
    folder = root / ".github" / "workflows"
    present = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]) if folder.is_dir() else []
    for path in present:
        try:
            if re.search(r"^[ \t]*(- )?(run|uses):.*fastlint", path.read_text(encoding="utf-8"), re.MULTILINE):
                return []
        except (OSError, UnicodeDecodeError):
            continue
    if (root / WORKFLOW).exists():
        return []
    return [Change(WORKFLOW, None, GITHUB.encode())]


def gitlab(root: Path) -> list[Change]:
    """A job in .gitlab-ci.yml, which is made when there is none."""
    path = root / ".gitlab-ci.yml"
    if not path.is_file():
        return [Change(path.name, None, GITLAB.encode())]
    before, text, newline = _text(path)
    if re.search(r"^[ \t]*- .*\bfastlint\b", text, re.MULTILINE):
        return []
    data = _yaml(text, path.name)
    if not isinstance(data, dict | None) or "fastlint" in (data or {}):
        raise Cannot(".gitlab-ci.yml: no job is added")
    job = GITLAB
    stages = (data or {}).get("stages")
    if isinstance(stages, list) and stages and "test" not in stages:
        job = job.replace("  image:", f"  stage: {stages[0]}\n  image:")
    gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    after = f"{text}{gap}{job}"
    if _yaml(after, path.name) != {**(data or {}), **_yaml(job, "")}:
        raise Cannot(".gitlab-ci.yml is written in a way that nothing can be added to safely: add a job by hand")
    return [Change(path.name, before, after.replace("\n", newline).encode("utf-8"))]


def _yaml(text: str, name: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Leaves tags such as GitLab's `!reference` alone."""

    Loader.add_multi_constructor("!", lambda _, suffix, node: (suffix, str(node.value)))
    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).split("\n", 1)[0]
        raise Cannot(f"{name} is no YAML, so nothing is added to it: {reason}") from None


def _text(path: Path) -> tuple[bytes, str, str]:
    """The bytes of a file, its text with plain line ends, and the line end it uses."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise Cannot(f"{path.name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Cannot(f"{path.name} is not UTF-8, so nothing is added to it") from None
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    if "\r" in plain or plain.replace("\n", newline) != text:
        raise Cannot(f"{path.name} mixes line ends, so nothing is added to it")
    return data, plain, newline


def _holds(new: Any, old: Any) -> bool:
    """Whether everything that is in `old` is in `new`, lists possibly with more at their end."""
    if isinstance(old, Mapping):
        return isinstance(new, Mapping) and all(key in new and _holds(new[key], value) for key, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and new[: len(old)] == old
    return bool(new == old)
