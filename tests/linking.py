"""Link small applications for tests of what the model answers."""

from __future__ import annotations

import textwrap

from fastlint.facts.extract import extract
from fastlint.project.language.scopes import Function
from fastlint.project.link import LinkOptions, link
from fastlint.project.model import Project
from fastlint.source import SourceFile


def linked(main: str, head: str = "", **files: str) -> Project:
    """The project of `main.py`, which begins with `head`, and of other modules by their names."""
    sources = {"main": head + textwrap.dedent(main), **{name: textwrap.dedent(text) for name, text in files.items()}}
    facts = [extract(SourceFile(f"{name}.py", text.encode())) for name, text in sources.items()]
    return link(facts, [], LinkOptions("/project"))


def function(project: Project, name: str) -> Function:
    """The function of this name, with its class where it is a method (`Store.load`)."""
    return next(one for one in project.functions() if name in (one.short, one.name))
