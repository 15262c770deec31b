"""Facts of all files -> the linked project. The steps are lazy: what no rule asks is never worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastlint.facts.model import ModuleFacts
from fastlint.project.language.modules import Modules
from fastlint.project.model import Project
from fastlint.project.packaging.manifests import ManifestFile, read
from fastlint.project.packaging.versions import Versions


@dataclass(frozen=True)
class AuthPolicy:
    """`required`: one of these dependencies guards every route; `public`: paths, or `METHOD /path`, that need none."""

    required: tuple[str, ...] = ()
    public: tuple[str, ...] = ()


@dataclass(frozen=True)
class LinkOptions:
    """What settings say about linking. `root` is absolute; `unread` are files that could not be read or parsed.

    `inference`: `off`, `auto` (astroid is asked about what is open) or `full` (and sees the environment `python`).
    """

    root: str
    src: tuple[str, ...] = ()
    target_fastapi: str | None = None
    python: str | None = None
    blocking: Mapping[str, str] = field(default_factory=dict)
    offloaders: tuple[str, ...] = ()
    non_blocking: tuple[str, ...] = ()
    auth: AuthPolicy | None = None
    inference: str = "off"
    unread: frozenset[str] = frozenset()


def link(modules: Sequence[ModuleFacts], manifests: Sequence[ManifestFile], options: LinkOptions) -> Project:
    """Link the facts of all files and manifests."""
    from fastlint.project.catalogue.types import ALIASES, RETURNS

    installed = frozenset(name.partition(".")[0] for name in (*ALIASES, *RETURNS)) - {"builtins"}
    found = read(manifests)
    versions = Versions(found, options.target_fastapi, options.python, options.root)
    return Project(Modules(modules, options.src, installed), found, versions, options)
