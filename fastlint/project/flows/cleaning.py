"""What calls do to request data: keep it, or make something harmless of it."""

from __future__ import annotations

KINDS = ("sql", "shell", "code", "path", "redirect", "request", "html")
"""What request data can reach: SQL text, a shell, an interpreter, a file path, a redirect, an HTTP client, a page."""

BUILTIN_KEEPERS = ("str", "repr", "bytes", "list", "tuple", "set", "dict", "frozenset", "sorted", "reversed", "iter")
KEEPERS = frozenset(
    {
        *(f"builtins.{name}" for name in (*BUILTIN_KEEPERS, "next", "anext", "enumerate", "zip", "filter", "format")),
        *(f"os.path.{name}" for name in ("join", "normpath", "abspath", "realpath", "expanduser", "dirname")),
        *("os.fspath", "os.fsdecode", "pathlib.Path", "pathlib.PurePath", "anyio.Path", "itertools.chain"),
        *(f"urllib.parse.{n}" for n in ("unquote", "unquote_plus", "urljoin", "urlsplit", "urlparse", "urlunparse")),
        *(
            "json.loads",
            "orjson.loads",
            "copy.copy",
            "copy.deepcopy",
            "typing.cast",
            "textwrap.dedent",
            "builtins.getattr",
        ),
        *("base64.b64decode", "base64.urlsafe_b64decode", "string.Template", "markupsafe.Markup", "builtins.map"),
        *("fastapi.encoders.jsonable_encoder", "asyncio.wait_for", "asyncio.shield", "builtins.max", "builtins.min"),
    }
)
"""What these give holds what they are given."""
ONLY_FIRST = frozenset({"builtins.getattr", "asyncio.wait_for"})
JOINS = frozenset({"os.path.join"})
"""Paths are joined to an address, too: a client refuses what has no scheme, so only the first part names a host."""
KEPT_FOR = {"html": frozenset({"json.dumps", "textwrap.indent"}), "sql": frozenset({"textwrap.indent"})}
HARMLESS = (
    *("builtins.", "uuid.", "datetime.", "time.", "hashlib.", "hmac.", "secrets.", "random.", "math.", "decimal."),
    *("ipaddress.", "os.getenv", "os.environ", "os.getpid", "re.", "shlex.", "html.escape", "collections."),
    *("importlib.", "platform.", "socket.gethostname", "logging.", "urllib.parse.", "sys.", "inspect.", "operator."),
    *("sqlalchemy.", "psycopg.sql.", "psycopg2.sql.", "alembic.", "bleach.", "nh3.", "markupsafe.", "werkzeug.utils."),
)
"""What these give is not known to hold anything of the request."""

METHODS = frozenset(
    {
        *(
            "strip",
            "lstrip",
            "rstrip",
            "lower",
            "upper",
            "title",
            "capitalize",
            "casefold",
            "replace",
            "split",
            "rsplit",
        ),
        *(
            "splitlines",
            "partition",
            "rpartition",
            "removeprefix",
            "removesuffix",
            "encode",
            "decode",
            "zfill",
            "format",
        ),
        *(
            "format_map",
            "join",
            "expandtabs",
            "get",
            "items",
            "values",
            "keys",
            "pop",
            "popitem",
            "getlist",
            "multi_items",
        ),
        *("copy", "setdefault", "dict", "model_dump", "resolve", "absolute", "joinpath", "expanduser", "with_suffix"),
        *("with_name", "as_posix", "union", "unicode_string", "substitute", "safe_substitute", "getvalue", "__str__"),
    }
)
"""Methods of texts, containers, paths and models whose result holds the object or its parts."""
WITH_ARGUMENTS = frozenset(
    {
        *("format", "format_map", "join", "joinpath", "get", "setdefault", "with_name", "with_suffix", "substitute"),
        *("safe_substitute", "union", "pop"),
    }
)
OWNERS = (
    *("fastapi.Request", "fastapi.WebSocket", "fastapi.datastructures.", "starlette.requests.", "urllib.parse."),
    "builtins.",
    "pathlib.",
    "anyio.Path",
    "string.Template",
    "starlette.datastructures.",
    "pydantic.",
    "io.StringIO",
)
GROWERS = frozenset({"append", "extend", "insert", "add", "update", "appendleft", "write", "setdefault"})
"""Methods that put their arguments into a container."""
WRITES = frozenset({"write"})
"""Those that fill a file, whose path stays what it is."""

ESCAPED = {
    "sql": frozenset({"'", "''", '"', "`", ";"}),
    "shell": frozenset({"'", '"', ";", "`", "$", " "}),
    "code": frozenset[str](),
    "path": frozenset({"..", "/", "\\", "../"}),
    "html": frozenset({"<", ">", "&"}),
    "redirect": frozenset({"//", "\\"}),
    "request": frozenset[str](),
}
"""What `.replace` takes out of a text to make it harmless."""
PARTS = {
    "path": frozenset({"name", "stem", "suffix", "suffixes"}),
    "redirect": frozenset({"path", "query", "fragment", "port"}),
    "request": frozenset({"path", "query", "fragment", "port"}),
}
"""Parts of a parsed path or URL that cannot lead elsewhere."""
