"""A secret that is written to the log."""

from __future__ import annotations

from collections.abc import Iterator

from fastlint.project.language.scopes import scopes_with
from fastlint.project.model import Function, Module, Project, syntax
from fastlint.project.security.command_lines import started_by_hand
from fastlint.project.security.logged import METHODS, Logged
from fastlint.rule import Finding, Level, Rule

NAMES = frozenset({*METHODS, "print"})


class SecretInLog(Rule[Module]):
    """A secret that is written to the log.

    ## What it does

    Reports calls of `logging`, loguru and `print` that are given a password, token or key (told by its name and by
    being a text), all headers or cookies of a request, the body of a request that was refused, or a whole model with
    such a field. `print` counts in files that use FastAPI and are no command line.

    A token counts where the word before says what it opens, `access_token`, `reset_token`; a `page_token` or a
    `session_key` says which page or session. Silent for what is masked or cut, for lengths and kinds, for `SecretStr`,
    and for words in the message itself.

    ## Why it matters

    Logs are kept long, copied to other systems and read by many; whoever reads a token can use it.

    ## Instead

    Log who and what, not the key: an identifier, or the last four characters. Declare such fields as `SecretStr`.

    ## Known gaps

    This is a heuristic: names decide.
    """

    code = "FST531"
    name = "secret-in-log"
    since = "0.1"
    status = "stable"
    level = Level.WARNING

    def check(self, module: Module, project: Project) -> Iterator[Finding]:
        if module.is_test or module.facts.calls.isdisjoint(NAMES):
            return
        logged = Logged(project.inference, lambda f: self._started(f, project))
        for scope in scopes_with(module, NAMES):
            for call in scope.body.all(syntax.Call):
                name = call.func.attr if isinstance(call.func, syntax.Attribute) else getattr(call.func, "id", "")
                if name not in NAMES:
                    continue
                leak = next(logged.leaks(call, scope), None)
                if leak is not None and logged.is_log(call, scope):
                    yield Finding(module.path, call.span, f"{leak.what} is written to the log", symbol=scope.qualname)

    @staticmethod
    def _started(function: Function, project: Project) -> bool:
        return started_by_hand(function, project.callers) and not project.loop.contexts.serves(function)
