"""What a secret is: by the name it goes by, by what the text looks like."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from fastlint.project.language.words import words_of

PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passwort", "passcode"})
HEADS = PASSWORDS | {"secret", "secrets", "token", "apikey", "secretkey", "credential", "jwt"}
"""A name that ends in one of these is the name of a secret ..."""
KEYS = frozenset(
    {
        *("api", "secret", "private", "access", "signing", "sign", "encryption", "auth", "jwt", "session", "master"),
        *("account", "hmac", "shared", "service", "admin", "webhook", "cookie", "csrf", "crypto", "app", "fernet"),
    }
)
"""... or in `key` after one of these."""
ONLY_WRITTEN = KEYS - frozenset(
    {"api", "secret", "private", "access", "signing", "encryption", "auth", "jwt", "hmac", "master", "fernet"}
)
"""Of these, what only a literal shows to be secret: a `session_key` mostly says which session."""
HARMLESS = frozenset(
    {
        *("fake", "dummy", "mock", "test", "tests", "testing", "example", "sample", "placeholder", "page", "next"),
        *(
            "continuation",
            "cursor",
            "sync",
            "eos",
            "bos",
            "pad",
            "unk",
            "mask",
            "masked",
            "sep",
            "cls",
            "stop",
            "start",
        ),
        *("end", "special", "max", "min", "num", "count", "total", "first", "last", "public", "hashed", "hash", "is"),
        *("has", "no", "require", "use", "show", "hide", "encrypted", "cache", "column", "image", "audio", "video"),
        *("delimiter", "separator", "begin", "thinking", "tool", "grammar", "invalid", "wrong", "redacted", "field"),
        *(
            "idempotency",
            "pagination",
            "legacy",
            "leaked",
            "forbidden",
            "insecure",
            "sentinel",
            "resume",
            "common",
            "weak",
            "banned",
            "blocked",
            "denied",
            "disallowed",
            "breached",
            "worst",
            "request",
            "reservation",
            "lease",
            "fencing",
            "amplitude",
            "posthog",
            "mixpanel",
            "plausible",
            "prompt",
            "completion",
            "input",
            "output",
            "reasoning",
            "header",
        ),
    }
)
"""With one of these in it, it is not."""
OF_TOKENS = frozenset(
    {
        *("page", "next", "continuation", "cursor", "sync", "eos", "bos", "pad", "unk", "sep", "cls", "stop", "start"),
        *("end", "special", "first", "last", "total", "image", "audio", "video", "begin", "thinking", "tool"),
        *("grammar", "prompt", "completion", "input", "output", "reasoning", "resume"),
    }
)
"""Those of them that say which tokens are meant, and nothing about passwords."""
PLACEHOLDER_WORDS = frozenset(
    {
        *(
            "change",
            "changeme",
            "changethis",
            "changeit",
            "your",
            "my",
            "example",
            "placeholder",
            "dummy",
            "fake",
            "todo",
        ),
        *(
            "insert",
            "replace",
            "replaceme",
            "redacted",
            "xxx",
            "test",
            "testing",
            "sample",
            "mock",
            "here",
            "none",
            "null",
        ),
        *(
            "playground",
            "undefined",
            "unset",
            "empty",
            "required",
            "needed",
            "unused",
            "default",
            "invalid",
            "hidden",
            "masked",
            "foo",
        ),
        *("bar", "string", "anything", "whatever", "notset", "notneeded"),
    }
)
URL = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,40}://([^\s/@:?#]{0,100}):([^\s/@]{1,200})@([^\s/@?#,]{1,250})(?:[/?#,]\S*)?"
)
URL_UP_TO_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,40}://([^\s/@:?#]{0,100}):([^\s/@]{1,200})@()$")
"""What stands before a host that is filled in."""
URL_PLACEHOLDERS = PASSWORDS | frozenset(
    {"user", "username", "pass", "secret", "token", "key", "apikey", "guest", "root"}
)
HOSTS = ("host", "server", "data source", "hostname", "addr", "address")
STAND_INS = frozenset(
    {
        *("dummy", "empty", "none", "needed", "required", "fake", "na", "null", "unused", "placeholder", "anything"),
        *("key", "xxx", "nokey", "notneeded", "ollama", "lm", "test", "your", "undefined", "unset", "local"),
    }
)
SERVICES = frozenset(
    {
        *("openai", "anthropic", "azure", "groq", "mistral", "cohere", "google", "gemini", "vertex", "hf"),
        *("huggingface", "langfuse", "langsmith", "langchain", "pinecone", "weaviate", "qdrant", "tavily"),
        *("serper", "serpapi", "stripe", "aws", "sendgrid", "twilio", "slack", "github", "gitlab", "discord"),
        *("telegram", "sentry", "brave", "openrouter", "perplexity", "together", "fireworks", "replicate"),
        *("deepseek", "xai", "nvidia", "bedrock", "elevenlabs", "deepgram", "assemblyai", "voyage", "jina"),
        *("firecrawl", "exa", "notion", "airtable", "jira", "vllm", "lmstudio", "litellm", "watsonx"),
        *("dashscope", "moonshot", "cloudflare", "datadog"),
    }
)
"""Services with keys of their own: made of words, a text in the place of such a key opens nothing."""
STORES = frozenset(
    {
        *("neo4j", "postgres", "postgresql", "pg", "mysql", "mariadb", "redis", "mongo", "mongodb", "clickhouse"),
        *("elastic", "elasticsearch", "opensearch", "rabbitmq", "amqp", "db", "database", "minio", "s3", "milvus"),
    }
)
STORED = frozenset(
    {
        *("password", "postgres", "root", "guest", "admin", "minioadmin", "neo4j", "mysql", "redis", "mongo", "secret"),
        *("pass", "elastic", "clickhouse", "test", "dev", "default", "user"),
    }
)
"""What databases are set up with on a developer's machine, and where they look for it."""
REFERENCE = re.compile(r"[a-z][a-z0-9+-]{1,15}:[\w.-]*/|[\w.-]+/[\w./-]+#[\w.-]+$")
"""`vault:secret/data/app#password`, `secret/data/app#password`: where the secret is kept."""
EXAMPLES = frozenset(
    {
        *("3fa85f64-5717-4562-b3fc-2c963f66afa6", "123e4567-e89b-12d3-a456-426614174000"),
        *("6leixactaaaaagg-vfi1tnrwxmznfuojj4wifjwe", "wjalrxutnfemi/k7mdeng/bpxrficyexamplekey"),
        *("akiaiosfodnn7example", "sk_test_4ec39hqlyjwdarjtt1zdp7dc"),
    }
)
"""UUIDs and keys of everybody's documentation, in lower case: who finds them has found nothing."""
DEMONSTRATION = re.compile(
    r"(?:^|/)(?:examples?|samples?|demos?)/|(?:^|/)(?:demo|example|sample|smoke_?test)(?:_[^/]*)?\.py$|_(?:demo|example)\.py$"
)
QUOTING = re.compile(r"""['"<>|]|\\[a-zA-Z.*+?()\[]|\[[\w^-]""")
"""What stands in patterns, selectors, templates and code, not in keys that were made at random."""
TOKENS = frozenset(
    {
        *("access", "refresh", "auth", "api", "bearer", "jwt", "id", "reset", "verification", "verify"),
        *("login", "oauth", "admin", "github", "gitlab", "slack", "bot", "oauth2", "user", "secret", "service"),
        *("hf", "personal", "session", "csrf", "xsrf", "invite", "invitation", "confirmation", "activation"),
        *("identity", "registry", "deploy", "webhook", "internal", "shared", "master", "worker", "cron"),
        *("gateway",),
    }
)
"""Words before `token` that say that it opens something; without one a token often is only a name or a place."""
ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
PUBLIC = ("phc_", "pk_live_", "pk_test_")
"""Keys that services hand out to be shown: they only let write, or name the account."""
BOAST = re.compile(r"(?:super|very|top|ultra)[-_ ]?secret", re.IGNORECASE)
"""What people write for a secret of their own, and nobody calls a setting, a header or a page."""
PIECE = re.compile(r"[A-Z]*[a-z]*(?:[A-Z][a-z]{2,})*[0-9]{0,4}")
SEPARATORS = re.compile(r"[_\-.:/\s]+")
LONGEST = 8_192
"""Longer texts are documents."""
SHORTEST = 8
SHORTEST_PASSWORD = 7
"""`hunter2`; shorter ones are too many other things, `argon2` or `sha256`."""
LEAST_ENTROPY = 3.0
LEAST_OF_LONG = 2.6
"""What was typed on a keyboard by chance repeats itself; 16 letters and digits of it are no word all the same."""


@lru_cache(maxsize=65_536)
def names_secret(name: str) -> bool:
    """Whether what goes by this name is a secret: the last word decides, as in `TOKEN_URL` and `API_TOKEN`."""
    words = [word for word in words_of(name) if not word.isdigit()]
    if not words or (HARMLESS - OF_TOKENS if words[-1] in PASSWORDS else HARMLESS).intersection(words):
        return False
    if words[-1] in HEADS:
        return not (words[-1] in ("secret", "token") and words[-2:-1] and words[-2] in ("to", "per", "of"))
    if words[-2:] == ["key", "base"]:
        return len(words) > 2 and words[-3] in KEYS
    return len(words) > 1 and words[-1] == "key" and words[-2] in KEYS


def names_secrets(name: str) -> bool:
    """Whether several secrets go by this name: `API_KEYS`, `ADMIN_PASSWORDS`, `VALID_TOKENS`."""
    words = [word for word in words_of(name) if not word.isdigit()]
    if not words or not words[-1].endswith("s"):
        return False
    if words[-1] == "tokens" and not (len(words) > 1 and words[-2] in KEYS | {"valid", "allowed", "bearer", "user"}):
        return False
    kept = words[:-1] if words[-2:-1] != ["valid"] else words[:-2]
    return names_secret("_".join((*kept, words[-1][:-1])))


def surely_names_secret(name: str) -> bool:
    """Whether a value by this name is a secret whatever it looks like; keys that may be those of a mapping are not."""
    words = [word for word in words_of(name) if not word.isdigit()]
    if not names_secret(name):
        return False
    if len(words) > 1 and words[-1] == "token":
        return words[-2] in TOKENS
    return not (len(words) > 1 and words[-1] == "key" and words[-2] in ONLY_WRITTEN)


@lru_cache(maxsize=65_536)
def names_password(name: str) -> bool:
    words = [word for word in words_of(name) if not word.isdigit()]
    return bool(words) and words[-1] in PASSWORDS and not (HARMLESS - OF_TOKENS).intersection(words)


def looks_secret(text: str, name: str) -> bool:
    """Whether a literal under the name of a secret is one, and not a name, an address, a message or a placeholder."""
    if any(c.isspace() for c in text) or not text.isascii() or len(text) > LONGEST:
        return False
    if len(text) < SHORTEST:
        return len(text) >= SHORTEST_PASSWORD and names_password(name) and _guessable(text) and not is_placeholder(text)
    if BOAST.search(text) is not None and not is_template(text) and not _speaks_of_another_place(text):
        return True
    if is_placeholder(text) or _speaks_of_another_place(text) or text.startswith(PUBLIC):
        return False
    if _is_name(text, name):
        return False
    if named(text) and not (names_password(name) and _guessable(text)):
        return False
    if QUOTING.search(text) is not None:
        return False
    if re.match(r"\^|.*[\]\)][*+?$]$|%\(?[a-z]", text) or ("|" in text and "(" in text):
        return False
    mixed = len(text) >= 16 and sum(c.isdigit() for c in text) >= 4 and any(c.isalpha() for c in text)
    if names_password(name):  # `P@ssw0rd!`: what forms ask for, capitals, digits and signs
        mixed = mixed or (any(c.isdigit() for c in text) and text != text.lower() and not text.isalnum())
    return entropy(text) >= (LEAST_OF_LONG if mixed else LEAST_ENTROPY)


def is_demonstration(path: str) -> bool:
    """Whether a file shows how something is used: its keys are for everybody to see."""
    return DEMONSTRATION.search(path) is not None


def _is_name(text: str, name: str) -> bool:
    """Whether a text is the name of an environment variable with the secret, or the name that it goes by itself."""
    if ENVIRONMENT_NAME.fullmatch(text) is not None and names_secret(text):
        return True
    return set(words_of(text)) <= set(words_of(name)) and SEPARATORS.search(text) is not None


def named(text: str) -> bool:
    """Whether a text is made of words, as names of things are: `session_token_v2`, `X-Api-Key`, `projects/shop`."""
    return all(PIECE.fullmatch(piece) is not None for piece in SEPARATORS.split(text))


def _guessable(text: str) -> bool:
    """A password made of a word and digits, `admin123`, of several in both cases, `Winter-2024`, or with a year."""
    digits = sum(c.isdigit() for c in text)
    if not digits or text.isdigit() or HEADS.intersection(words_of(text)):
        return False
    return SEPARATORS.search(text) is None or digits > 2 or (text.lower() != text != text.upper())


def _speaks_of_another_place(text: str) -> bool:
    """An address, a path, a template, a header's scheme."""
    if "://" in text or "{" in text or REFERENCE.match(text) is not None:
        return True
    return text.startswith(("/", "./", "../", "urn:", "arn:", "<", "$", "%", "[", "(", "~/"))


def is_template(text: str) -> bool:
    """Whether a text is one that is filled in, or blotted out."""
    small = text.strip().lower()
    if len(set(small)) <= 3 or small.startswith(("<", "{", "${", "...", "%")):
        return True
    return "***" in small or "..." in small or "xxxx" in small


def is_placeholder(text: str) -> bool:
    """Whether a text stands for one that somebody has to fill in."""
    small = text.strip().lower()
    if small in EXAMPLES or is_template(text):
        return True
    if "your" in small or "changeme" in small or "change-me" in small or "placeholder" in small:
        return True
    if "example" in small:
        return True
    return bool(PLACEHOLDER_WORDS.intersection(_words_in(text)))


def _words_in(text: str) -> set[str]:
    """The words that a text says; two letters in the midst of a key made at random are none."""
    words = set(words_of(text))
    if named(text):
        return words
    return {word for word in words if len(word) > 3} | set(SEPARATORS.split(text.lower()))


def is_row(text: str) -> bool:
    """Whether somebody typed along the row, `1234567890abcdef`: nobody's token, unless a name says that it is one."""
    small = text.lower()
    return "12345678" in small or ("abcdef" in small and "123456" in small)


def entropy(text: str) -> float:
    """Bits a character."""
    counts = (text.count(character) for character in set(text))
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts) if text else 0.0


def shown(text: str) -> str:
    """What may be said about a secret: never more than its first two characters."""
    first = text[:2] if len(text) >= SHORTEST else ""
    return f"`{first}…`, {len(text)} characters" if first.isprintable() and first else f"{len(text)} characters"


def variable(name: str) -> str:
    """The environment variable that a secret of this name is kept in."""
    return "_".join(words_of(name)).upper()


def url_password(text: str, *, whole: bool) -> tuple[str, str] | None:
    """The password in an address, and the host; `whole` says that nothing is filled in behind it.

    The host is empty where that is what is filled in.
    """
    if len(text) > LONGEST:
        return None
    found = URL.fullmatch(text) if whole else URL.match(text) or URL_UP_TO_HOST.match(text)
    if found is None:
        return None
    user, password, host = found[1], found[2], found[3]
    small = password.lower()
    if any(c in password + user for c in "{<$%[*") or small == user.lower() or small in URL_PLACEHOLDERS:
        return None
    if (
        is_placeholder(password)
        or is_row(password)
        or password.isdigit()
        or "example" in user
        or set(words_of(password)) <= URL_PLACEHOLDERS
    ):
        return None
    return password, host


def connection_password(text: str) -> tuple[str, str] | None:
    """The password in a connection string, `host=db user=app password=...` or `Server=...;Pwd=...`, and the host."""
    if len(text) > LONGEST or "=" not in text or "\n" in text:
        return None
    separator = ";" if ";" in text else None
    pairs = {
        key.strip().lower(): value.strip("'\" ")
        for key, found, value in (part.partition("=") for part in text.split(separator))
        if found
    }
    host = next((pairs[key] for key in HOSTS if key in pairs), None)
    password = next((pairs[key] for key in ("password", "pwd", "passwd") if key in pairs), None)
    if not host or not password or any(c in password + host for c in "{<$%[*"):
        return None
    user = next((pairs[key] for key in ("user", "uid", "user id", "username") if key in pairs), "")
    small = password.lower()
    if (
        small == user.lower()
        or small in URL_PLACEHOLDERS
        or is_placeholder(password)
        or is_row(password)
        or password.isdigit()
    ):
        return None
    return password, host


def text_is_setting(text: str) -> bool:
    """Whether a fallback is a number or a switch, no secret."""
    return text.strip().lower() in ("true", "false", "none", "null", "yes", "no", "on", "off") or text.isdigit()


def is_stand_in(text: str, name: str) -> bool:
    """Whether a text only fills in for the key of another service, and opens nothing."""
    words = words_of(name)
    if named(text) and SERVICES.intersection(words) and not names_password(name):
        return True
    if text.lower() in STORED and STORES.intersection((*words, *name.lower().split("_"))):
        return True
    if words[-2:] != ("api", "key") and words[-1:] not in (("token",), ("apikey",)):
        return False
    return bool(STAND_INS.intersection(_words_in(text))) or is_placeholder(text) or is_row(text)
