"""Passwords that whoever gets the database can read."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.scopes import every_scope
from fastlint.project.model import Module, Project
from fastlint.rule import Finding, Level, Rule


class PlaintextPassword(Rule[Module]):
    """A password that is stored as it is, compared with a column, or hashed with a fast hash.

    ## What it does

    Reports passwords of a request that are given to a column of a table, compared with one, or hashed with MD5 or one
    of the SHA functions, also in a function of the project that is handed the password, and `CryptContext` whose first
    scheme is a fast hash. The password of a server that a row says how to reach has to be sent there, and is fine.

    ## Why it matters

    Databases are copied: backups, dumps for debugging, an injection. A fast hash is guessed billions of times a second,
    and people use one password in many places.

    ## Instead

    A slow hash with a salt: `PasswordHash.recommended().hash(password)` of pwdlib, and its `verify`.

    ## Known gaps

    This is a heuristic: passwords are known by name, and a column that encrypts by other means than its type is not
    recognised.
    """

    code = "FST515"
    name = "plaintext-password"
    since = "0.1"
    status = "stable"
    level = Level.ERROR

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        if module.is_test:
            return
        for scope in every_scope(module):
            for misuse in project.passwords.misuses(scope):
                yield Finding(module.path, misuse.span, misuse.what, symbol=scope.qualname)
