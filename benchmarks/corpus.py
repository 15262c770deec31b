"""Fetch the code bases that benchmarks read: wheels and source distributions from PyPI, unpacked, never installed.

python benchmarks/corpus.py DIR [NAME ...]     fetch all (or some) into DIR/NAME-VERSION
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
}
SOURCE_DISTRIBUTIONS = frozenset({"fastapi"})
"""For fastapi the documentation's own examples are wanted, which the wheel does not hold."""


def folder(directory: Path, name: str) -> Path:
    return directory / f"{name}-{RELEASES[name]}"


def fetch(directory: Path, name: str) -> Path:
    """Download and unpack one release unless it is there. Returns its folder."""
    target = folder(directory, name)
    if target.is_dir():
        return target
    kind = ["--no-binary", "fastapi"] if name in SOURCE_DISTRIBUTIONS else ["--only-binary", ":all:"]
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *kind, "-d", scratch]
        subprocess.run([*command, f"{name}=={RELEASES[name]}"], check=True)
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
