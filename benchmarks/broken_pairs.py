"""Run the pairs of packages that broken-pair reports: that they break, and that the remedy does not.

    python benchmarks/broken_pairs.py

Installs each pair into a folder of its own that is removed afterwards, and prints what happens.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import NamedTuple


class Pair(NamedTuple):
    broken: tuple[str, ...]
    whole: tuple[str, ...]
    code: str


PAIRS = (
    Pair(
        ("passlib==1.7.4", "bcrypt==5.0.0"),
        ("passlib==1.7.4", "bcrypt==4.3.0"),
        "from passlib.hash import bcrypt; bcrypt.hash('x')",
    ),
    Pair(
        ("starlette==0.36.3", "httpx==0.28.1"),
        ("starlette==0.36.3", "httpx==0.27.2"),
        "from starlette.testclient import TestClient; TestClient(lambda *a: None)",
    ),
    Pair(
        ("openai==1.55.2", "httpx==0.28.1"),
        ("openai==1.55.3", "httpx==0.28.1"),
        "import openai; openai.OpenAI(api_key='x')",
    ),
    Pair(
        ("anthropic==0.39.0", "httpx==0.28.1"),
        ("anthropic==0.40.0", "httpx==0.28.1"),
        "import anthropic; anthropic.Anthropic(api_key='x')",
    ),
)


def outcome(requirements: tuple[str, ...], code: str) -> str:
    """The last line of the error, or `works`."""
    with tempfile.TemporaryDirectory() as target:
        install = [sys.executable, "-m", "pip", "install", "-q", "--target", target, *requirements]
        subprocess.run(install, check=True, capture_output=True)
        program = f"import sys; sys.path.insert(0, {target!r}); {code}"
        done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    return "works" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def main() -> int:
    wrong = 0
    for pair in PAIRS:
        broken, whole = outcome(pair.broken, pair.code), outcome(pair.whole, pair.code)
        wrong += broken == "works" or whole != "works"
        print(f"{' '.join(pair.broken):36} {broken}\n{' '.join(pair.whole):36} {whole}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
