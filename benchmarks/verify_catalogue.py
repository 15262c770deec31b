"""Resolve the names of the catalogue against installed packages.

    python benchmarks/verify_catalogue.py --site DIR [--only NAME ...] [--list]

DIR is a folder with packages (made by `pip install --target DIR`, or the site-packages of a virtual environment of the
interpreter that runs this script). Nothing is installed and no server is asked: each package is imported in a process
of its own, and every name is looked up there, attribute chains on instances through annotations, `__init__` and, for
a few clients, an instance that does not connect. Exit code 1 when a name of an installed package does not resolve.
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import importlib.util
import inspect
import json
import re
import subprocess
import sys
import textwrap
import types
import typing
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Clients whose attributes exist on instances only: expressions that make one (`M` is the class) without connecting.
MADE = "I.import_module('boto3').{}('{}', region_name='eu-west-1')"
SAMPLES: dict[str, tuple[str, ...]] = {
    "algoliasearch.search.client.SearchClientSync": ("M('a', 'k')",),
    "anthropic.Anthropic": ("M(api_key='k')",),
    "anthropic.AsyncAnthropic": ("M(api_key='k')",),
    "anthropic.AnthropicBedrock": ("M(aws_region='eu-west-1', aws_access_key='a', aws_secret_key='k')",),
    "anthropic.AnthropicFoundry": ("M(api_key='k', resource='r')",),
    "anthropic.AnthropicVertex": ("M(region='r', project_id='p')",),
    "asyncio.Condition": ("M()",),
    "boto3.resources.base.ServiceResource": (
        *(MADE.format("resource", service) for service in ("s3", "dynamodb", "sqs", "sns", "ec2")),
        MADE.format("resource", "dynamodb") + ".Table('t')",
        MADE.format("resource", "sqs") + ".Queue('u')",
    ),
    "botocore.client.BaseClient": (MADE.format("client", "s3"),),
    "celery.Celery": ("M('name')",),
    "cohere.Client": ("M('k')",),
    "cohere.ClientV2": ("M('k')",),
    "django.db.connection": (
        "I.import_module('django.conf').settings.configure(DATABASES={'default': {'ENGINE': "
        "'django.db.backends.sqlite3', 'NAME': ':memory:'}}) or M",
    ),
    "docker.DockerClient": ("M(base_url='tcp://localhost:1', version='1.43')",),
    "elasticsearch.Elasticsearch": ("M('http://localhost:9200')",),
    "gitlab.Gitlab": ("M('http://localhost')",),
    "google.genai.Client": ("M(api_key='k')",),
    "groq.AsyncGroq": ("M(api_key='k')",),
    "groq.Groq": ("M(api_key='k')",),
    "hvac.Client": ("M('http://localhost')",),
    "kafka.KafkaProducer": ("M.__new__(M)",),
    "mistralai.Mistral": ("M(api_key='k')",),
    "mistralai.client.Mistral": ("M(api_key='k')",),
    "multiprocessing.synchronize.BoundedSemaphore": ("I.import_module('multiprocessing').BoundedSemaphore()",),
    "multiprocessing.synchronize.Condition": ("I.import_module('multiprocessing').Condition()",),
    "multiprocessing.synchronize.Lock": ("I.import_module('multiprocessing').Lock()",),
    "multiprocessing.synchronize.RLock": ("I.import_module('multiprocessing').RLock()",),
    "multiprocessing.synchronize.Semaphore": ("I.import_module('multiprocessing').Semaphore()",),
    "notion_client.Client": ("M(auth='k')",),
    "openai.AsyncOpenAI": ("M(api_key='k')",),
    "openai.OpenAI": ("M(api_key='k')",),
    "opensearchpy.OpenSearch": ("M('http://localhost:9200')",),
    "pinecone.Pinecone": ("M(api_key='k')",),
    "select.poll": ("M()",),
    "sendgrid.SendGridAPIClient": ("M('k')",),
    "stripe.StripeClient": ("M('sk_test_x')",),
    "subprocess.Popen": ("M(['true'], stdout=-1, stderr=-1, stdin=-1)",),
    "supabase.Client": ("M('http://localhost', 'a.b.c')",),
    "threading.Lock": ("M()",),
    "threading.RLock": ("M()",),
    "together.AsyncTogether": ("M(api_key='k')",),
    "together.Together": ("M(api_key='k')",),
    "twilio.rest.Client": ("M('AC0', 'k')",),
    "twilio.rest.verify.v2.service.ServiceContext": (
        "I.import_module('twilio.rest').Client('AC0', 'k').verify.v2.services('VA0')",
    ),
    "weaviate.WeaviateClient": (
        "M(connection_params=I.import_module('weaviate.connect').ConnectionParams.from_url("
        "'http://localhost:8080', 50051))",
    ),
}
PRESENT, IN_SOURCE, ABSENT = "resolved", "read from the source of a package that cannot be imported here", "unresolved"
NO_PACKAGE, UNCONFIRMED = "package not available", "listed as unconfirmed"


class Instance:
    """Stands for an object of a class of which there is no object."""

    def __init__(self, cls: Any) -> None:
        self.cls = cls


def import_longest(parts: list[str]) -> tuple[Any, list[str]]:
    found, rest = None, parts
    for end in range(1, len(parts) + 1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
            rest = parts[end:]
        except Exception:
            if found is None:
                raise
            if hasattr(found, parts[end - 1]):
                break
    return found, rest


def class_of(hint: Any) -> Any:
    """The class that an annotation names; awaitables and optionals count as what they wrap."""
    origin = typing.get_origin(hint)
    if origin is None:
        return hint if isinstance(hint, type) else None
    for part in [a for a in typing.get_args(hint) if a is not type(None)]:
        if origin in (typing.Union, types.UnionType, typing.Annotated) or "Awaitable" in str(origin):
            return class_of(part)
    return origin if isinstance(origin, type) else None


def hints(obj: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(obj)
    except Exception:
        return dict(getattr(obj, "__annotations__", {}) or {})


def evaluate(node: ast.expr, module: Any, local: dict[str, Any]) -> Any:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            node = ast.parse(part.value, mode="eval").body
            break
    try:
        return eval(compile(ast.Expression(node), "<annotation>", "eval"), {**vars(module), **local})
    except Exception:
        return None


def from_init(cls: type, name: str) -> Any:
    """The class of `self.name` as `__init__` sets it."""
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(init))) if init else None
        except (OSError, TypeError, SyntaxError):
            continue
        module = sys.modules.get(base.__module__)
        local: dict[str, Any] = {}
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                for alias in node.names:
                    local[alias.asname or alias.name.split(".")[0]] = importlib.import_module(alias.name)
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if not any(isinstance(t, ast.Attribute) and t.attr == name for t in targets):
                continue
            if isinstance(node, ast.AnnAssign):
                return class_of(evaluate(node.annotation, module, local)) or object
            if isinstance(node.value, ast.Call):
                return class_of(evaluate(node.value.func, module, local)) or object
            return object
    return None


def step(owner: Any, name: str) -> Any:
    """The attribute `name` of `owner`; of an `Instance`, an `Instance` or a function."""
    if not isinstance(owner, Instance):
        if name == "__call__" and isinstance(owner, type):
            return inspect.getattr_static(owner, name)
        if isinstance(owner, type) and not isinstance(owner, types.GenericAlias):
            return step(Instance(owner), name)
        return getattr(owner, name)
    cls = owner.cls
    try:
        found = inspect.getattr_static(cls, name)
    except AttributeError:
        pass
    else:
        getter = getattr(found, "fget", None) or (
            getattr(found, "func", None) if "cached" in type(found).__name__ else None
        )
        if getter is not None:
            target = class_of(hints(getter).get("return"))
            return Instance(target or object)
        if not isinstance(found, types.MemberDescriptorType | types.GetSetDescriptorType) and found is not None:
            return found if callable(found) else getattr(found, "__func__", None) or _plain(cls, name, found)
    for base in cls.__mro__:
        if name in vars(base).get("__annotations__", {}):
            return Instance(class_of(hints(base).get(name)) or object)
    if (target := from_init(cls, name)) is not None:
        return Instance(target)
    if any(name in (vars(base).get("__slots__") or ()) for base in cls.__mro__):
        return Instance(object)
    raise AttributeError(name)


def _plain(cls: type, name: str, found: Any) -> Any:
    try:
        return getattr(cls, name)
    except Exception:
        return Instance(type(found))


def look_up(name: str) -> Any:
    parts = name.removesuffix(".*").split(".")
    if any(part.endswith("()") for part in parts):
        return look_up_result(parts)
    for end in range(len(parts) - 1, 0, -1):
        for sample in SAMPLES.get(".".join(parts[:end]), ()):
            try:
                value = eval(sample, {"M": look_up_plain(parts[:end]), "I": importlib})
                for part in parts[end:]:
                    value = getattr(value, part)
            except Exception:
                continue
            return value
    return look_up_plain(parts)


def look_up_plain(parts: list[str]) -> Any:
    found, rest = import_longest(parts)
    for part in rest:
        found = step(found, part)
    return found


def look_up_result(parts: list[str]) -> Any:
    """Of an invented type only the function that makes it can be checked."""
    made = next(i for i, part in enumerate(parts) if part.endswith("()"))
    return look_up_plain([*parts[:made], parts[made].removesuffix("()")])


def is_coroutine(found: Any) -> bool:
    while found is not None:
        found = getattr(found, "__func__", found)
        returned = str(getattr(found, "__annotations__", {}).get("return", ""))
        if inspect.iscoroutinefunction(found) or any(w in returned for w in ("Awaitable", "Coroutine", "Future")):
            return True
        found = getattr(found, "__wrapped__", None)
    return False


def same(found: Any, other: Any) -> bool:
    """Whether an alias is the canonical object, a relative of the class, or a function named after the class."""
    if isinstance(found, type) and isinstance(other, type):
        return issubclass(found, other) or issubclass(other, found)
    return found is other or found == other or (inspect.ismethod(found) and found.__name__ == other.__name__)


def refuses(enter: Any) -> bool:
    try:
        return "raise TypeError" in inspect.getsource(enter)
    except (OSError, TypeError):
        return False


@functools.cache
def sources(folder: Path) -> list[str]:
    files = [*folder.rglob("*.py"), *folder.rglob("*.pyi")] if folder.is_dir() else [folder.with_suffix(".pyi")]
    return [file.read_text(errors="replace") for file in files if file.exists()]


@functools.cache
def classes_named(folder: Path, name: str) -> list[ast.ClassDef]:
    found: list[ast.ClassDef] = []
    for text in sources(folder):
        if re.search(rf"^[ \t]*class {name}\b", text, re.MULTILINE):
            nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef))
            found += [node for node in nodes if node.name == name]
    return found


def in_source(folder: Path, parts: list[str]) -> bool:
    """Whether some module of a package defines the function, or the class and its method, inherited ones too."""
    *_, owner, last = ["", *parts]
    if not owner.lstrip("_")[:1].isupper():
        return any(re.search(rf"^(async def|def|class) {last}\b", text, re.MULTILINE) for text in sources(folder))
    wanted = [owner]
    for name in wanted:
        for cls in classes_named(folder, name):
            if any(getattr(item, "name", "") == last for item in ast.walk(cls)):
                return True
            bases = [ast.unparse(base).split("[")[0].split(".")[-1] for base in cls.bases]
            wanted += [base for base in bases if base not in wanted]
    return False


def expand(text: str) -> str:
    """`typing.Iterator[x]` -> x."""
    return text[text.index("[") + 1 : -1] if "[" in text else text


def examine(kind: str, name: str, values: list[str]) -> str | None:
    """What is wrong with one entry, or None."""
    found = look_up(name)
    if kind == "blocking" and inspect.iscoroutinefunction(found):
        return "is a coroutine function"
    if kind == "awaitable" and not is_coroutine(found):
        return "is not a coroutine function"
    if kind == "context" and not name.endswith("()"):
        if not hasattr(found, "__aenter__"):
            return "has no __aenter__"
        if hasattr(found, "__enter__") and not refuses(found.__enter__):
            return "has __enter__"
    for value in values:
        other = look_up(expand(value))
        if kind == "alias" and not same(found, other):
            return f"is not {value}"
        if kind == "base" and isinstance(found, type) and isinstance(other, type) and other not in found.__mro__:
            return f"is no subclass of {value}"
    return None


def child() -> None:
    """Read entries from stdin, print one verdict each."""
    verdicts = []
    for kind, name, values in json.load(sys.stdin):
        try:
            verdicts.append(examine(kind, name, values))
        except Exception as error:
            verdicts.append(f"{type(error).__name__}: {error}"[:160])
    print("\n" + json.dumps(verdicts))


def entries() -> Iterable[tuple[str, str, list[str]]]:
    load = importlib.import_module
    names: dict[str, Any] = {}
    for module in ("stdlib", "http", "databases", "sdks", "compute"):
        names |= load(f"fastlint.project.catalogue.{module}").BLOCKING
    known = load("fastlint.project.catalogue.types")
    conditions = load("fastlint.project.catalogue.conditions")
    yield from (("blocking", name, []) for name in names)
    yield from (("alias", name, [target]) for name, target in known.ALIASES.items())
    yield from (("base", name, list(bases)) for name, bases in known.BASES.items())
    yield from (("returns", name, [result]) for name, result in known.RETURNS.items())
    yield from (("attribute", name, [result]) for name, result in known.ATTRIBUTES.items())
    yield from (("awaitable", name, []) for name in sorted(known.AWAITABLE))
    yield from (("context", name, []) for name in sorted(known.ASYNC_ONLY_CONTEXT))
    for table in (
        "UNLESS",
        "NON_BLOCKING",
        "LAZY",
        "OFFLOADERS",
        "OFFLOADING_KEYWORDS",
        "OFFLOADING_WRAPPERS",
        "ON_LOOP",
    ):
        yield from ((table, name, []) for name in sorted(getattr(conditions, table)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", required=True, type=Path, help="folder with the installed packages")
    parser.add_argument("--only", nargs="*", help="top-level packages to check")
    parser.add_argument("--list", action="store_true", help="print the names of packages that are not installed, too")
    options = parser.parse_args()
    unconfirmed = importlib.import_module("fastlint.project.catalogue.types").UNCONFIRMED
    packages: dict[str, list[tuple[str, str, list[str]]]] = defaultdict(list)
    for entry in entries():
        parts = entry[1].split(".")
        packages[".".join(parts[:3] if parts[0] in ("google", "azure") else parts[:1])].append(entry)
    outcome: dict[str, list[str]] = {title: [] for title in (PRESENT, IN_SOURCE, ABSENT, UNCONFIRMED, NO_PACKAGE)}
    for package, group in sorted(packages.items()):
        if options.only and package.split(".")[0] not in options.only:
            continue
        for (kind, name, _), verdict in zip(group, check(package, group, options.site), strict=True):
            line = f"{kind:10} {name}"
            if verdict is None:
                outcome[PRESENT].append(line)
            elif name in unconfirmed:
                outcome[UNCONFIRMED].append(line)
            elif verdict == NO_PACKAGE:
                outcome[NO_PACKAGE].append(line)
            elif in_source(options.site.joinpath(*package.split(".")), name.split(".")):
                outcome[IN_SOURCE].append(line)
            else:
                outcome[ABSENT].append(f"{line}: {verdict}")
    for title, names in outcome.items():
        print(f"{title}: {len(names)}")
    if options.list:
        print("\n".join(["", *outcome[NO_PACKAGE]]))
    print("\n".join(["", *outcome[ABSENT]]))
    return 1 if outcome[ABSENT] else 0


def check(package: str, group: list[tuple[str, str, list[str]]], site: Path) -> list[str | None]:
    path = [str(site.resolve()), str(Path(__file__).resolve().parent)]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; import verify_catalogue as v; v.child()"]
    root = package.split(".")
    standard = root[0] in sys.stdlib_module_names
    there = any((site.joinpath(*root[: i + 1])).exists() for i in (len(root) - 1,))
    single = any(site.glob(f"{root[0]}.*"))
    if not (standard or there or (len(root) == 1 and single) or (len(root) > 1 and site.joinpath(*root[:2]).exists())):
        return [NO_PACKAGE] * len(group)
    try:
        done = subprocess.run(
            command, input=json.dumps(group), capture_output=True, text=True, timeout=300, check=False
        )
        verdicts: list[str | None] = json.loads(done.stdout.splitlines()[-1])
        return verdicts
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
        return [f"{package} could not be imported: {error}"] * len(group)


if __name__ == "__main__":
    sys.exit(main())
