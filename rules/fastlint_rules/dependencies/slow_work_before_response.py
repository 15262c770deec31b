"""Mail and webhooks that the client waits for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastlint.project.language.control_flow import guards, ways_out
from fastlint.project.model import Function, Project, Route, syntax, v
from fastlint.rule import Applicability, Edit, Edits, Finding, Fix, Level, Rule

SENDING = frozenset(
    {
        *(f"smtplib.{cls}.{name}" for cls in ("SMTP", "SMTP_SSL") for name in ("sendmail", "send_message")),
        *("aiosmtplib.send", "fastapi_mail.FastMail.send_message", "sendgrid.SendGridAPIClient.send"),
        *("requests.post", "requests.Session.post", "httpx.post", "httpx.Client.post", "httpx.AsyncClient.post"),
        *("httpx2.post", "httpx2.Client.post", "httpx2.AsyncClient.post", "aiohttp.ClientSession.post"),
        *(
            f"botocore.client.BaseClient.send_{mail}"
            for mail in ("email", "raw_email", "templated_email", "bulk_email")
        ),
        *("slack_sdk.WebClient.chat_postMessage", "twilio.rest.Client.messages.create", "resend.Emails.send"),
    }
)
NAMED = re.compile(
    r"^(?!.*(?:schedule|queue|delay))(?:.*_)?(?:send|notify|email|mail|sms|webhook|alert)(?:_|$|s$)", re.IGNORECASE
)
DEEPEST = 3


class SlowWorkBeforeResponse(Rule[Route]):
    """A mail, a message or a webhook sent inline, and its result not used.

    ## What it does

    Reports statements of a path operation that send a mail, call a webhook, or call a project function named after
    that (`send_...`, `notify_...`) which does so, when nothing uses the result and nothing handles a failure.

    ## Why it matters

    The client waits for a mail server that has nothing to do with its answer, and gets 500 when that server is down,
    though its order has been stored.

    ## Instead

    Take `tasks: BackgroundTasks` and `tasks.add_task(send_mail, address)`, or hand it to a queue. Where the client must
    hear of a failure, catch the exception and say so.

    ## Fix safety

    The call becomes a background task: it runs after the answer, its failure no longer reaches the client, and what it
    is handed may have changed by then. Unsafe.
    """

    code = "FST414"
    name = "slow-work-before-response"
    since = "0.1"
    level = Level.INFO

    def check(self, route: Route, project: Project) -> Iterator[Finding]:
        handler = route.handler
        if handler is None or route.kind != "http" or project.handlers.routes_of[handler][0] is not route:
            return
        if NAMED.search(handler.name):
            return
        for statement in handler.body.all(syntax.ExprStmt):
            call = statement.value.value if isinstance(statement.value, syntax.Await) else statement.value
            if not isinstance(call, syntax.Call) or self._handled(call, handler):
                continue
            what = self._sends(call, handler, project)
            if what:
                message = f"`{handler.short}` waits for `{what}` before it answers, and does not use the result"
                yield Finding(
                    handler.path,
                    call.span,
                    message,
                    subject=(statement, call, handler, project),
                    symbol=handler.qualname,
                )

    def fix(self, finding: Finding, edit: Edits) -> Fix | None:
        statement, call, handler, project = finding.subject
        path, nodes = finding.path, handler.node.parameters
        inside = [node for given in (*call.args, *call.keywords) for node in syntax.walk(given)]
        around = handler.body.ancestors(call)
        if any(isinstance(node, syntax.With | syntax.Try | syntax.For | syntax.While) for node in around):
            return None  # what is open there, or caught, is not when the task runs
        if call.spread or project.calls_of(handler) or any(isinstance(n, syntax.Await | syntax.Yield) for n in inside):
            return None
        function, whole = edit.text(path, call.func.span), edit.text(path, call.span)
        rest = whole.removeprefix(function).strip()
        if not rest.startswith("(") or not rest.endswith(")") or "#" in rest:
            return None
        arguments = rest[1:-1].strip()
        tasks = next(
            (
                p.node.name
                for p in project.applications.parameters.of(handler)
                if p.kind == "injected" and p.annotation.name == "fastapi.BackgroundTasks"
            ),
            None,
        )
        edits: list[Edit] = []
        if tasks is None:
            tasks = "background_tasks"
            if tasks in handler.body.bindings or (nodes and nodes[0].kind != " "):
                return None
            word, imports = edit.add_import(path, "fastapi", "BackgroundTasks")
            edits += imports
            if nodes:
                place = nodes[0].span
                alone = not edit.source(path).line(place.line)[: place.column - 1].strip()
                gap = edit.source(path).newline + " " * (place.column - 1) if alone else " "
                edits.append(edit.insert(path, place.line, place.column, f"{tasks}: {word},{gap}"))
            else:
                end = handler.node.name_span
                after = end._replace(line=end.end_line, column=end.end_column, end_column=end.end_column + 1)
                if edit.text(path, after) != "(":
                    return None
                edits.append(edit.insert(path, end.end_line, end.end_column + 1, f"{tasks}: {word}"))
        content = f"{tasks}.add_task({function}{', ' if arguments else ''}{arguments})"
        edits.append(edit.replace(path, statement.span, content))
        return Fix(f"Run `{function}` in the background", Applicability.UNSAFE, tuple(edits))

    def _sends(self, call: syntax.Call, handler: Function, project: Project) -> str:
        values = project.infer(call.func, handler)
        if len(values) != 1:
            return ""
        match values[0]:
            case v.External(name):
                return name if name in SENDING else ""
            case v.FunctionValue(function) if NAMED.search(function.name) and not function.node.decorators:
                return function.short if self._reaches(function, project, DEEPEST) else ""
        return ""

    def _reaches(self, function: Function, project: Project, depth: int) -> bool:
        """Whether a function sends something, itself or through what it waits for."""
        for call in function.body.all(syntax.Call):
            around = function.body.parents.get(call)
            waited = isinstance(around, syntax.Await | syntax.WithItem)
            for value in project.infer(call.func, function):
                if isinstance(value, v.External) and value.name in SENDING and (waited or not function.is_async):
                    return True
                if isinstance(value, v.FunctionValue) and depth and value.function.is_async in (waited, False):
                    if self._reaches(value.function, project, depth - 1):
                        return True
        return False

    def _handled(self, call: syntax.Call, handler: Function) -> bool:
        """Whether the client is told of a failure."""
        return any(
            ways_out(item.body) & {"raise", "return"} for guard in guards(call, handler.body) for item in guard.handlers
        )
