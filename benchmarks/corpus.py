"""Fetch the code bases that benchmarks read: wheels and source distributions from PyPI, unpacked, never installed.

python benchmarks/corpus.py DIR [NAME ...]     fetch all (or some) into DIR/NAME-VERSION

Source distributions are fetched by `unearth` (pip install unearth), which runs nothing of them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

RELEASES = {
    "fastapi": "0.165.0",
    "open-webui": "0.12.4",
    "mlflow": "3.18.0",
    "langflow-base": "1.13.0",
    "litellm": "1.109.1",
    "zenml": "0.98.0",
    "apache-airflow-core": "3.3.2",
    "khoj": "1.42.10",
    "lnbits": "1.6.2",
    "r2r": "3.6.6",
    "skypilot": "0.14.1",
    "lightrag-hku": "1.5.7",
    "ace-network-monitor": "0.3.2",
    "adapt-server": "0.5.2",
    "agenta": "0.125.1",
    "agentgear-ai": "0.1.19",
    "agno": "3.1.10",
    "aim": "4.0.0b1",
    "archon-search": "26.10.2267",
    "argilla-server": "2.8.0",
    "arize-phoenix": "20.26.1",
    "auth-kit-fastapi": "0.3.22",
    "authx": "1.7.1",
    "autogenstudio": "0.4.3.dev2",
    "autotrain-advanced": "0.8.36",
    "backlin": "0.1.3",
    "bentoml": "1.4.40",
    "biblioflow-web": "0.3.0",
    "brsxkeys": "0.1.0",
    "caddforge-gui": "0.6.0",
    "carole-ai": "0.1.6",
    "cf-web": "0.2.6",
    "chat-completion-server": "0.2.4",
    "chromadb": "1.5.9",
    "cndb": "0.4.18",
    "codex-gateway": "0.1.2",
    "cognee": "1.6.6rc1",
    "cowork-server": "0.26.10.26.2rc4",
    "crawl4ai": "0.9.5",
    "csv-server": "0.1.2",
    "dars-framework": "1.9.18",
    "dbgpt-app": "0.8.2",
    "dbos-argus": "0.0.41",
    "deepsel-cms": "1.1.4",
    "dirigent-server": "0.25.0",
    "docling-serve": "1.38.2",
    "dstack": "0.22.5",
    "dv-platform": "0.1.8",
    "ear2finger": "1.0.1",
    "eitohforge": "0.1.6",
    "embedchain": "0.1.128",
    "emdash-core": "0.1.176",
    "ethyca-fides": "2.86.2",
    "eventuali-api-server": "0.2.2",
    "evidentia-api": "0.13.2",
    "excel-vis": "0.1.5",
    "fast-authkit": "0.1.5",
    "fastapi-amis-admin": "0.7.3",
    "fastapi-startkit-auth": "0.7.0",
    "fastapi-users": "15.0.5",
    "fastkeel": "0.1.1",
    "fastopp": "0.4.7",
    "fastsprout": "0.2.0",
    "fetchyt": "0.1.1",
    "fleetwrit-server": "0.0.2",
    "github-events-monitor": "1.0.1",
    "gochat-python": "0.1.0.dev2",
    "google-adk": "2.13.0",
    "governor-web": "0.7.33",
    "gpt-researcher": "0.16.1",
    "graphiti-core": "0.31.2",
    "graphlagoon": "0.41.0",
    "guardrails-api": "0.4.4",
    "hayhooks": "2.1.0",
    "infinity-emb": "0.0.78",
    "job-sentinel": "1.4.4",
    "kirby-api": "0.5.9",
    "kserve": "0.21.0",
    "langserve": "0.3.3",
    "letta": "0.16.8",
    "litenote-server": "0.1.1",
    "llama-stack": "0.7.3",
    "llamastudio": "1.7.1",
    "loopy-api": "1.0.0",
    "marimo": "0.25.2",
    "mcp-contextforge-gateway": "1.1.0",
    "md-studio": "1.0.3",
    "mem0ai": "2.2.1",
    "metacatalog-api": "0.6.0",
    "mindsdb": "26.1.0",
    "monitorit": "0.2.2",
    "nemoguardrails": "0.17.0",
    "njmtech-upload-blob": "0.1.1",
    "oblox-fastapi-auth": "0.1.4",
    "ontoloviz": "3.0.3",
    "open-interpreter": "0.4.3",
    "openagent-core": "0.1.1",
    "opencad-backend": "0.2.3",
    "openhands-ai": "1.11.0",
    "openlit": "1.45.0",
    "orcheo-backend": "0.39.0",
    "overwatch-admin": "0.1.19",
    "peaky-peek-server": "0.6.0",
    "petal-app-manager": "0.2.7",
    "photoquad-qc": "0.1.1",
    "pipecat-ai": "1.14.0",
    "pipelab": "0.1.0",
    "pyfastcms": "0.1.6",
    "pygeoapi": "0.24.0",
    "python-scientific-os": "0.1.0",
    "pyuploadx-server": "0.1.7",
    "rag-agent-2-0": "0.1.0",
    "ride-booking-backend": "1.0.0",
    "rosclaw-dashboard": "1.0.0",
    "safer-backend": "0.1.8",
    "savemycontext": "0.2.4",
    "security-advisor": "1.1.1",
    "skillreg": "1.11.1",
    "specstar": "0.13.0a5",
    "sqladmin": "0.32.0",
    "stac-fastapi-pgstac": "7.2.0",
    "starlette-admin": "1.0.3",
    "titiler-application": "2.4.0",
    "vanna": "2.0.2",
    "app-platform": "0.9.1",
    "assistant-runtime": "0.3.0",
    "bootlegger-voice": "0.1.2",
    "brsxmail": "0.1.0",
    "datamask-server": "1.1.0",
    "debug-log-server": "0.1.0",
    "earth-viz": "0.0.469",
    "fastadmin": "0.10.0",
    "fastapi-databoard": "0.1.0",
    "fastapi-flare": "0.5.1",
    "fastapi-mongo-admin": "2.0.2",
    "fastapi-openbi": "1.2.1",
    "fief-server": "0.30.0",
    "files-server-fastapi": "0.1.60",
    "financebench-rag-agent": "0.3.5",
    "full-duplex-assistant": "0.1.1",
    "kb-fastapi-rbac": "0.1.2",
    "kivi-ui": "2.0.5",
    "langswarm-backend": "0.0.6",
    "litserve": "0.2.19",
    "llama-cpp-python": "0.3.36",
    "lmdeploy": "0.18.0",
    "mcp-agent": "0.2.6",
    "modelscope": "1.40.2",
    "pyspur": "0.1.18",
    "swarms": "16.0.3",
    "taskiq-dashboard": "0.5.2",
    "chainlit": "2.12.0",
    "invokeai": "6.14.2",
    "phidata": "2.7.10",
    "apitally": "1.0.0",
    "chainforge": "0.3.7.7",
    "crudadmin": "0.6.0",
    "datacontract-cli": "1.2.8",
    "datajunction-server": "0.0.272",
    "fastapi-cache2": "0.2.2",
    "fastapi-login": "1.10.3",
    "fastapi-mail": "1.6.8",
    "fastapi-opa": "2.0.3",
    "fastapi-sso": "0.23.0",
    "h2o-wave": "1.8.16",
    "jesse": "3.5.3",
    "openbb-core": "2.0.1",
    "piccolo-api": "1.11.0",
    "sqlmesh": "0.236.4",
    "stac-fastapi-api": "7.0.0",
    "stac-fastapi-elasticsearch": "8.0.0",
    "timvt": "0.8.0a3",
    "tipg": "1.6.1",
    "titiler-pgstac": "3.2.0",
    "unstructured-api-tools": "0.10.11",
    "fastapi-admin": "1.0.4",
    "fastapi-jwt-auth": "0.5.0",
    "langchain-serve": "0.0.62.dev2",
    "prefect": "3.9.1",
    "jina": "3.34.0",
    "kedro-viz": "12.5.0",
    "meerschaum": "4.1.7",
    "opal-server": "0.9.9",
    "opal-client": "0.9.9",
    "covalent": "0.240.0",
    "conda-store-server": "2025.2.2",
    "quetz-server": "0.10.4",
    "tiled": "0.2.20",
    "fractal-server": "2.26.0",
    "inspect-ai": "0.3.285",
    "iopaint": "1.6.0",
    "txtai": "9.14.0",
    "recce": "1.69.1",
    "parlant": "3.3.2",
    "phosphobot": "0.3.134",
    "leptonai": "0.47.1",
    "fschat": "0.2.36",
    "murfey": "0.27.5",
    "bluesky-httpserver": "0.0.14",
    "superagi": "0.0.26",
    "reachy-mini": "1.13.0",
    "uptrain": "0.7.1",
    "mlserver": "1.7.1",
    "promptman": "0.6.1",
    "funlogin": "1.0.9",
    "llmcycle": "0.2.4",
    "pypang": "0.3.2",
    "fwserve": "1.0.9",
    "imjoy-elfinder": "0.1.63",
    "mia-agent": "0.1.0",
    "fairway-kit": "0.5.0",
    "opengrade-ai-server": "0.1.0",
    "local-s3-server": "0.2.2",
    "mcpgw": "0.1.0",
    "termpaws-backend": "0.9.43",
    "ui-foundation-backend": "4.31.0",
    "account-kit": "0.4.1",
    "aegra-api": "0.11.0",
    "airbyte-cdk": "7.39.1",
    "algoflow": "0.1.0",
    "amfs-http-server": "0.3.66",
    "anipy-server": "0.1.7",
    "bielik-mvp-api": "0.1.0",
    "bioregistry": "0.15.6",
    "cathedral-server": "0.1.0",
    "ccproxy-api": "0.2.10",
    "celestialflow-web": "0.1.3",
    "confsync-server": "0.1.0",
    "csm-dashboard": "0.6.3",
    "deepfreeze-server": "2.2.0",
    "emmet-api": "0.88.1",
    "fastapi-factory-utilities": "7.3.1",
    "fastapi-identity-kit": "0.2.0",
    "feast": "0.67.0",
    "fivccliche": "0.1.117",
    "greatapi": "2.0.1",
    "inference": "1.8.3",
    "kanbaroo-api": "0.5.0",
    "kryten-api-gate": "0.8.4",
    "ldaca-wordflow": "0.7.19",
    "memgentic-api": "1.4.0",
    "nicegui": "3.18.0",
    "nonebot2": "2.5.0",
    "ohmyapi": "0.6.2",
    "opensandbox-server": "1.1.1",
    "promptuna-server": "1.40.0",
    "quark-py": "0.2.5",
    "ruvon-server": "0.1.3",
    "stac-fastapi-eodag": "0.6.1",
    "superrouter": "0.1.0",
    "tortoise-api": "0.10.17",
    "tuspyserver": "4.4.3",
    "z3rno-server": "0.22.3",
    "zmp-manual-chatbot-backend": "0.1.9",
}
WHEELS = frozenset(
    {
        *("open-webui", "mlflow", "langflow-base", "litellm", "zenml", "apache-airflow-core", "khoj", "lnbits", "r2r"),
        *("skypilot", "lightrag-hku", "governor-web", "litenote-server"),
    }
)
"""Of the others the source distribution is taken, which holds manifests, examples and scripts too, if there is one."""


def folder(directory: Path, name: str) -> Path:
    return directory / f"{name}-{RELEASES[name]}"


def fetch(directory: Path, name: str) -> Path:
    """Download and unpack one release unless it is there. Returns its folder."""
    target = folder(directory, name)
    if target.is_dir():
        return target
    wanted = f"{name}=={RELEASES[name]}"
    with tempfile.TemporaryDirectory() as scratch:
        if name in WHEELS:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--only-binary",
                ":all:",
                "-d",
                scratch,
            ]
        else:
            # pip would run the build of a source distribution to learn its dependencies.
            command = [sys.executable, "-m", "unearth", "--no-binary", "--python-version", "3.14", "-d", scratch]
        done = subprocess.run([*command, wanted], check=name in WHEELS, stdout=subprocess.DEVNULL)
        if done.returncode:  # an index that has no source distribution of it
            command = [sys.executable, "-m", "unearth", "--python-version", "3.12", "-d", scratch]
            subprocess.run([*command, wanted], check=True, stdout=subprocess.DEVNULL)
        archive = next(Path(scratch).iterdir())
        unpacked = Path(scratch) / "unpacked"
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as file:
                file.extractall(unpacked, [m for m in file.namelist() if m.endswith((".py", ".toml", ".txt", ".cfg"))])
        else:
            with tarfile.open(archive) as file:
                file.extractall(unpacked, filter="data")
            unpacked = next(unpacked.iterdir())
        directory.mkdir(parents=True, exist_ok=True)
        unpacked.rename(target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("names", nargs="*", default=list(RELEASES))
    options = parser.parse_args()
    for name in options.names:
        print(fetch(options.directory, name))


if __name__ == "__main__":
    main()
