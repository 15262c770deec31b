"""Clients, engines and models that are expensive to make and meant to be shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlint.facts import syntax as s
from fastlint.project.language import values as v
from fastlint.project.language.scopes import Class, Function

if TYPE_CHECKING:
    from fastlint.project.language.inference import Inference

CLIENTS = frozenset(
    {
        *("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "sqlmodel.create_engine"),
        *("pymongo.MongoClient", "pymongo.AsyncMongoClient", "motor.motor_asyncio.AsyncIOMotorClient"),
        *("redis.Redis", "redis.from_url", "redis.StrictRedis", "redis.asyncio.Redis", "redis.asyncio.from_url"),
        *("redis.Redis.from_url", "redis.asyncio.Redis.from_url", "elasticsearch.Elasticsearch"),
        *("elasticsearch.AsyncElasticsearch", "opensearchpy.OpenSearch", "qdrant_client.QdrantClient"),
        *("qdrant_client.AsyncQdrantClient", "weaviate.Client", "chromadb.Client", "chromadb.HttpClient"),
        *("httpx.Client", "httpx.AsyncClient", "httpx2.Client", "httpx2.AsyncClient", "requests.Session"),
        *("requests.session", "aiohttp.ClientSession", "urllib3.PoolManager"),
        *("openai.OpenAI", "openai.AsyncOpenAI", "openai.AzureOpenAI", "openai.AsyncAzureOpenAI"),
        *("anthropic.Anthropic", "anthropic.AsyncAnthropic", "cohere.Client", "cohere.AsyncClient", "groq.Groq"),
        *("groq.AsyncGroq", "mistralai.Mistral", "google.genai.Client", "boto3.client", "boto3.resource"),
        *("boto3.Session", "google.cloud.storage.Client", "google.cloud.bigquery.Client"),
        *("google.cloud.pubsub_v1.PublisherClient", "google.cloud.firestore.Client", "stripe.StripeClient"),
        *("azure.storage.blob.BlobServiceClient", "azure.cosmos.CosmosClient", "kafka.KafkaProducer"),
        *("aiokafka.AIOKafkaProducer", "transformers.pipeline", "sentence_transformers.SentenceTransformer"),
        *("joblib.load", "torch.load", "torch.jit.load", "spacy.load", "whisper.load_model"),
        *("tensorflow.keras.models.load_model", "keras.models.load_model", "onnxruntime.InferenceSession"),
        *("fasttext.load_model", "lightgbm.Booster", "ultralytics.YOLO"),
    }
)
CACHES = frozenset(
    {
        *("functools.lru_cache", "functools.cache", "functools.cached_property", "async_lru.alru_cache"),
        *("cachetools.cached", "cachetools.func.ttl_cache", "aiocache.cached"),
    }
)


def clients_made(function: Function, inference: Inference) -> Iterator[tuple[s.Call, str]]:
    """The calls in a function's body that make a client anew each time, with its name.

    What is made of the function's own parameters (the caller's key), kept for later or made once is left out.
    """
    if inference.results.decorators(function) & CACHES:
        return
    for call in function.body.all(s.Call):
        if function.body.in_lambda(call) or _kept(call, function) or _depends_on_request(call, function):
            continue
        name = client_name(call, function, inference)
        if name is not None:
            yield call, name


def client_name(call: s.Call, function: Function, inference: Inference, depth: int = 2) -> str | None:
    """The name of the client that a call surely makes, in its own name or through a project function."""
    values = inference.infer(call.func, function)
    if len(values) != 1:
        return None
    match values[0]:
        case v.External(name):
            loads = name.startswith("transformers.") and name.endswith(".from_pretrained")
            return name if name in CLIENTS or loads else None
        case v.ClassValue(cls) if depth:
            return _held_by(cls, inference, depth)
        case v.FunctionValue(maker) if depth and not maker.node.decorators and not maker.is_generator:
            return _made_by(maker, call, inference, depth)
    return None


def _held_by(cls: Class, inference: Inference, depth: int) -> str | None:
    """What the constructor of a project class makes each time, whatever it is given, and keeps in the object."""
    init = inference.classes.method(cls, "__init__")
    if init is None or cls.node.decorators or inference.classes.uncertain(cls):
        return None
    above = inference.classes.ancestry(cls)
    if any(isinstance(item, Class) and (item.node.keywords or "__new__" in item.methods) for item in above):
        return None  # a metaclass or `__new__` may give an object that is there already
    for statement in init.body.statements:
        match statement:
            case s.Assign(targets=(s.Attribute(),), value=s.Call() as value):
                pass
            case s.AnnAssign(target=s.Attribute(), value=s.Call() as value):
                pass
            case _:
                continue
        name = client_name(value, init, inference, depth - 1)
        if name is not None:
            return name
    return None


def _made_by(maker: Function, call: s.Call, inference: Inference, depth: int) -> str | None:
    """What a project function makes and returns with each call, when its arguments have no say in it."""
    returns = [item.value for item in maker.body.all(s.Return) if item.value is not None]
    if len(returns) != 1 or call.args or call.keywords or maker.body.all(s.If) or maker.cls is not None:
        return None
    value = returns[0].value if isinstance(returns[0], s.Await) else returns[0]
    return client_name(value, maker, inference, depth - 1) if isinstance(value, s.Call) else None


def _kept(call: s.Call, function: Function) -> bool:
    """Whether the object outlives the call: it is stored in a global, an attribute or a container, or handed on."""
    statement = function.body.statement(call)
    if isinstance(statement, s.Assign | s.AnnAssign):
        targets = statement.targets if isinstance(statement, s.Assign) else (statement.target,)
        for target in targets:
            stored = isinstance(target, s.Attribute | s.Subscript) and function.name != "__init__"
            if stored or (isinstance(target, s.Name) and target.id in function.body.elsewhere):
                return True
        names = {target.id for target in targets if isinstance(target, s.Name)}
        return any(_stored(name, function) for name in names)
    return False


def _stored(name: str, function: Function) -> bool:
    return any(
        isinstance(assign.value, s.Name)
        and assign.value.id == name
        and any(not isinstance(t, s.Name) or t.id in function.body.elsewhere for t in assign.targets)
        for assign in function.body.all(s.Assign)
    )


def _depends_on_request(call: s.Call, function: Function) -> bool:
    """Whether an argument comes from a parameter: what is made belongs to this request."""
    return any(
        isinstance(node, s.Name) and _of_request(node.id, function, 3)
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for node in s.walk(argument)
    )


def _of_request(name: str, function: Function, depth: int) -> bool:
    """Whether a name is a parameter, or a local that is not made of constants and globals alone."""
    if name in function.body.elsewhere:
        return False
    for binding in function.body.bindings.get(name, ()):
        if binding.kind in ("import", "from"):
            continue
        if binding.kind not in ("assign", "annotated") or binding.value is None or not depth:
            return True
        inner = [node.id for node in s.walk(binding.value) if isinstance(node, s.Name)]
        if any(isinstance(node, s.Await) for node in s.walk(binding.value)):
            return True
        if any(_of_request(item, function, depth - 1) for item in inner):
            return True
    return False
