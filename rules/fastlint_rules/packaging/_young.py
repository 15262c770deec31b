"""Packages that are, or long were, before 1.0: what a requirement that says little about the version installs."""

from __future__ import annotations

_YOUNG = """
agent-client-protocol aiodataloader aiohttp-socks aiokafka aiomysql aioresponses aiosqlite aiostream arq asyncer asynch
asyncmy asyncpg asyncpg-stubs autoevals beartype bidict bitsandbytes bottle braintrust browser-use cachecontrol cachelib
cel-python claude-agent-sdk clickhouse-driver cloudpathlib composio compressed-tensors curl-cffi databases
databricks-sdk datadog datamodel-code-generator daytona deepagents deptry diagrams diffusers dill dirty-equals
disposable-email-domains docstring-parser docutils docxtpl ecdsa einops eth-account evaluate eventlet extract-msg
fastapi fastapi-cache2 fastapi-clerk-auth fastapi-cli fastapi-cloud-cli fastapi-code-generator fastapi-injector
fastapi-limiter fastapi-mcp fastapi-pagination fastapi-plugins fastapi-sso fastapi-throttle fastapi-utils fastcrud
fastembed fasteners fastexcel faststream fastui fire flax folium genai-prices geoalchemy2 gguf google-generativeai
graphviz grpclib hdbscan holidays httplib2 httptools httpx httpx-aiohttp httpx-oauth httpx-retries httpx-sse httpx-ws
hypercorn hyperopt ics imageio-ffmpeg imbalanced-learn injector inspect-ai jax jaxtyping jiter json-repair json5 kornia
lancedb langchain-community langchain-experimental langchain-mcp-adapters langchain-postgres langgraph-api langgraph-cli
langgraph-sdk langserve langsmith lazy-loader levenshtein lifelines lightning-utilities llama-cpp-python llama-index
llama-index-core llama-parse loguru lxml-html-clean mangum marimo markitdown modin msgspec multiprocess nbclient nh3
numba numcodecs obstore ollama onnxscript openai-agents openai-harmony openapi-core openapi-pydantic
openapi-spec-validator opentelemetry-distro opentelemetry-exporter-prometheus opentelemetry-instrumentation
opentelemetry-instrumentation-asgi opentelemetry-instrumentation-asyncpg opentelemetry-instrumentation-botocore
opentelemetry-instrumentation-celery opentelemetry-instrumentation-fastapi opentelemetry-instrumentation-grpc
opentelemetry-instrumentation-httpx opentelemetry-instrumentation-logging opentelemetry-instrumentation-psycopg2
opentelemetry-instrumentation-redis opentelemetry-instrumentation-requests opentelemetry-instrumentation-sqlalchemy
opentelemetry-instrumentation-system-metrics opentelemetry-instrumentation-urllib3 opentelemetry-semantic-conventions
optax optree ormar outlines-core pandera pathos pdfplumber peft pgvector pint plotnine poethepoet prek prometheus-client
pwdlib py-key-value-aio py-spy pycrdt pydeck pyiceberg pyogrio pyphen pypika pytest-alembic pytest-httpx
pytest-playwright pytest-recording pytest-socket pytest-split python-bidi python-calamine python-gnupg
python-levenshtein python-multipart python-on-whales python-whois ragas redisvl responses respx rich-toolkit ruamel-yaml
ruff rustworkx s3path s3transfer safetensors schema scikit-image scp sentencepiece sglang shap slowapi sounddevice
soundfile sqladmin sqlalchemy-utils sqlite-vec sqlmodel sqlparse sshtunnel starlette-context starlette-exporter statsig
statsmodels strands-agents-tools strawberry-graphql striprtf supervision tabulate tantivy taskiq tavily-python textblob
thrift tiktoken timing-asgi tokencost tokenizers tomlkit torchcodec torchvision traceloop-sdk transitions tree-sitter
trino trio truststore ty typer typer-slim umap-learn universal-pathlib unstructured unstructured-client uv uvicorn
uvicorn-worker uvloop validators vllm voluptuous voyageai wandb whenever xformers xgrammar xhtml2pdf zeroconf zstandard
"""
_GROWN = """
aiofiles alembic anyio beanie httpcore langchain openai orjson pandas prometheus-fastapi-instrumentator pytest-asyncio
scikit-learn sentry-sdk starlette starlette-admin tortoise-orm watchfiles websockets
"""

BEFORE_1_0 = frozenset(_YOUNG.split())
"""Much installed packages of services that are still released, as 0.x (looked up in November 2026).

A requirement without a version gets one of those. Those last released long ago are left out: no later one comes.
"""
PAST_1_0 = frozenset(_GROWN.split())
"""Packages that had a long 0.x life: a lower bound there says nothing about what is installed today."""
