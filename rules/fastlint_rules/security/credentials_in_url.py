"""A password as part of an address."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.model import Module, Project
from fastlint.project.security.credentials import url_passwords
from fastlint.project.security.secrets import is_demonstration, shown
from fastlint.rule import Edits, Finding, Fix, Level, Rule
from fastlint_rules.security._environment import from_environment


class CredentialsInUrl(Rule[Module]):
    """`scheme://user:password@host` in the source.

    ## What it does

    Reports texts that are an address with a password in it, of databases, brokers, caches and web services.
    Placeholders such as `user:password`, passwords that repeat the user's name, words as passwords on `localhost` and
    what is filled in when the program runs are fine, and so are tests, examples and demonstrations.

    ## Why it matters

    Everybody who can read the repository can open the database. Addresses are also what libraries log first when a
    connection fails.

    ## Instead

    Read the whole address from the environment, `os.environ["DATABASE_URL"]`, or build it with `URL.create` from a
    required setting.

    ## Fix safety

    The fix reads the environment variable of the same name, through the project's settings object where there is one
    (pydantic-settings; the field is added). Without the variable the application does not start, so it is unsafe.
    """

    code = "FST512"
    name = "credentials-in-url"
    since = "0.1"
    status = "stable"
    sensitive = True
    level = Level.ERROR

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        if module.is_test or is_demonstration(module.path):
            return
        for literal, host in url_passwords(module):
            where = f"`{host}`" if host else "a host that is filled in"
            message = f"The password for {where} is in the source ({shown(literal.text)})"
            symbol = literal.scope.qualname
            yield Finding(literal.path, literal.node.span, message, subject=(literal, project), symbol=symbol)

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        literal, project = finding.subject
        return from_environment(literal, finding, edit, project)
