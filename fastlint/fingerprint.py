"""What stays the same about a diagnostic while the code around it moves.

A fingerprint is a digest of the rule's code, the path from the project's root, the qualified name of what the finding
is in, and what is reported. Lines and columns are no part of it, nor is the evidence that other files change: the chain
of a blocking call, or which versions are concerned. So a baseline outlives code that moves within its function, and a
code host recognises an old alert.

What a rule masks in its message (`4c…`, 44 characters) is masked in what is digested too: a fingerprint can be
published.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from fastlint.diagnostic import Diagnostic

VERSION = 1
"""Goes up when the same finding gets another fingerprint, so that whoever stores them can tell."""
PLACE = re.compile(r"\b(lines?|columns?) \d+")
SIZE = 16


def fingerprint(diagnostic: Diagnostic) -> str:
    """32 hexadecimal digits. Several diagnostics share one when they report the same of the same function."""
    reported = PLACE.sub(r"\1", diagnostic.about or diagnostic.message)
    return _digest(diagnostic.code, diagnostic.path, diagnostic.symbol, reported)


def fingerprints(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """One for each diagnostic, no two alike: the second of those that share one counts in its digest, and so on.

    For receivers that take equal fingerprints for the same alert. A baseline counts `fingerprint` instead.
    """
    seen: Counter[str] = Counter()
    for diagnostic in diagnostics:
        found = fingerprint(diagnostic)
        seen[found] += 1
        yield found if seen[found] == 1 else _digest(found, str(seen[found]))


def _digest(*parts: str) -> str:
    text = "\0".join(part.replace("\0", "\\0") for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=SIZE).hexdigest()
