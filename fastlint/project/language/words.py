"""The words that a name is made of."""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@lru_cache(maxsize=65_536)
def words_of(name: str) -> tuple[str, ...]:
    """`OPENAI_API_KEY` and `openAiApiKey` as words in small letters."""
    return tuple(word.lower() for word in WORDS.findall(name[:200]))
