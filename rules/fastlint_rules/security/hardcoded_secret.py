"""A secret that everybody with the source has."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Module, Project
from fastlint.project.security.credentials import literals
from fastlint.project.security.secrets import is_demonstration, shown
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.security._environment import from_environment


class HardcodedSecret(Rule[Module]):
    """A key, token or password written into the source.

    ## What it does

    Reports literals that go by the name of a secret and look like one, literals in the form of known tokens and
    private keys, and every literal handed to what signs: `jwt.encode`, `SessionMiddleware`, `itsdangerous`. Defaults
    of settings count; placeholders, names, addresses, patterns, public keys, tests, examples and demonstrations do not.
    Of the value only the first two characters and the length are shown.

    ## Why it matters

    Who can read the repository, an image or a stack trace can sign tokens, log in or spend money as the application.
    A secret in the history stays there: it has to be replaced, not only removed.

    ## Instead

    Read it from the environment, `os.environ["SECRET_KEY"]`, or declare it as a required field of the settings.

    ## Fix safety

    The fix reads the environment variable of the same name, through the project's settings object where there is one
    (pydantic-settings; the field is added). Without the variable the application does not start, so it is unsafe.

    ## Known gaps

    This is a heuristic: a password made of plain words, and a secret under a name that does not say so, are not seen.
    """

    code = "FST510"
    name = "hardcoded-secret"
    since = "0.1"
    sensitive = True
    level = Level.ERROR
    status = "stable"

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        if module.is_test or is_demonstration(module.path):
            return
        for literal in literals(module, project.inference):
            what = f"`{literal.name}` is a secret in the source" if literal.name else f"{literal.why} is in the source"
            message = f"{what[0].upper()}{what[1:]} ({shown(literal.text)})"
            symbol = literal.scope.qualname
            yield Finding(literal.path, literal.node.span, message, subject=(literal, project), symbol=symbol)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        literal, project = finding.subject
        return from_environment(literal, finding, edit, project)
