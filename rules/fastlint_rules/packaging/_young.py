"""Packages that are, or long were, before 1.0: what a requirement that says little about the version installs."""

from __future__ import annotations

_YOUNG = """
aiodataloader aiokafka aiomysql aioresponses aiosqlite arq asyncer asyncmy asyncpg asyncpg-stubs bitsandbytes bottle
cachecontrol cachelib clickhouse-driver cloudpathlib curl-cffi databases databricks-sdk datadog
datamodel-code-generator deptry diffusers dill dirty-equals docstring-parser ecdsa einops evaluate eventlet fastapi
fastapi-cache2 fastapi-clerk-auth fastapi-cli fastapi-cloud-cli fastapi-code-generator fastapi-injector
fastapi-limiter fastapi-mcp fastapi-pagination fastapi-plugins fastapi-sso fastapi-throttle fastapi-utils fastcrud
fastembed faststream fastui geoalchemy2 google-generativeai graphviz grpclib httplib2 httptools httpx httpx-oauth
httpx-sse httpx-ws hypercorn imbalanced-learn jax jiter json-repair lancedb langchain-community langchain-mcp-adapters
langchain-postgres langgraph-sdk langserve langsmith levenshtein llama-cpp-python llama-index llama-index-core
llama-parse loguru mangum markitdown msgspec nh3 numba ollama openai-agents openapi-core openapi-pydantic
openapi-spec-validator opentelemetry-distro opentelemetry-exporter-prometheus opentelemetry-instrumentation
opentelemetry-instrumentation-asgi opentelemetry-instrumentation-asyncpg opentelemetry-instrumentation-botocore
opentelemetry-instrumentation-celery opentelemetry-instrumentation-fastapi opentelemetry-instrumentation-grpc
opentelemetry-instrumentation-httpx opentelemetry-instrumentation-logging opentelemetry-instrumentation-psycopg2
opentelemetry-instrumentation-redis opentelemetry-instrumentation-requests opentelemetry-instrumentation-sqlalchemy
opentelemetry-instrumentation-system-metrics opentelemetry-instrumentation-urllib3 opentelemetry-semantic-conventions
ormar outlines-core pandera pdfplumber peft pgvector pint poethepoet prek prometheus-client pwdlib py-spy pyiceberg
pypika pytest-alembic pytest-httpx pytest-playwright pytest-recording pytest-socket python-gnupg python-levenshtein
python-multipart ragas redisvl responses respx rich-toolkit ruff safetensors schema scikit-image scp sentencepiece
shap slowapi soundfile sqladmin sqlalchemy-utils sqlmodel sqlparse starlette-context starlette-exporter statsmodels
strawberry-graphql supervision tabulate taskiq tavily-python tiktoken timing-asgi tokencost tokenizers tomlkit
torchvision trino trio truststore ty typer typer-slim umap-learn unstructured unstructured-client uv uvicorn
uvicorn-worker uvloop validators vllm voluptuous wandb xformers zstandard
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
