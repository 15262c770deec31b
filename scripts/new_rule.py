"""Create a rule and its fixtures; edits nothing that exists.

python scripts/new_rule.py event_loop FST121 blocking-thing [--subject Call]
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules" / "fastlint_rules"
FIXTURES = ROOT / "fixtures"

RULE = '''"""{title}."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import {imports}
from fastlint.rule import Finding, Level, Rule


class {cls}(Rule[{subject}]):
    """{title}.

    ## What it does
    Say what is reported, and what is not.

    ## Why it matters
    Say what happens at run time, and how you know.

    ## Instead
    Say what to write.
    """

    code = "{code}"
    name = "{name}"
    since = "{since}"
    level = Level.WARNING

    def check(self, {argument}: {subject}, project: Project) -> Iterator[Finding]:
        raise NotImplementedError("write guard clauses first, then yield findings")
'''
BAD = """from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index() -> str:
    return "the pitfall"  # expect: {code}
"""
GOOD = """from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index() -> str:
    # why this look-alike is fine
    return "the right way"
"""


def files(category: str, code: str, name: str, subject: str, since: str) -> dict[Path, str]:
    """The new files with their text."""
    words = re.split(r"[-.]", name)
    stem = "_".join(words)
    title = " ".join(words).capitalize()
    text = RULE.format(
        title=title,
        cls="".join(word.capitalize() for word in words),
        code=code,
        name=name,
        since=since,
        subject=subject,
        argument=subject.lower(),
        imports=", ".join(sorted({subject, "Project"})),
    )
    folder = FIXTURES / category / stem
    return {
        RULES / category / f"{stem}.py": text,
        folder / "bad.py": BAD.format(code=code),
        folder / "good.py": GOOD,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("category")
    parser.add_argument("code")
    parser.add_argument("name")
    parser.add_argument("--subject", default="Call")
    parser.add_argument("--since", default="0.1")
    options = parser.parse_args()
    if not (RULES / options.category).is_dir():
        known = ", ".join(sorted(path.name for path in RULES.iterdir() if (path / "__init__.py").is_file()))
        sys.exit(f"no category {options.category}; there are {known}")
    if not re.fullmatch(r"FST\d{3}", options.code):
        sys.exit(f"{options.code} is no code: FST and three digits")
    if not re.fullmatch(r"[a-z0-9]+(?:[-.][a-z0-9]+)*", options.name):
        sys.exit(f"{options.name} is no name: words in lower case joined by -")
    taken = [path for path in RULES.rglob("*.py") if f'code = "{options.code}"' in path.read_text(encoding="utf-8")]
    if taken:
        sys.exit(f"{options.code} is taken by {taken[0].relative_to(ROOT)}")
    wanted = files(options.category, options.code, options.name, options.subject, options.since)
    existing = [path for path in wanted if path.exists()]
    if existing:
        sys.exit(f"{existing[0].relative_to(ROOT)} exists already")
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
