"""Definitions that refer to each other at random: cycles of all kinds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

DEFINITIONS = (
    *(
        "{0} = {1}",
        "{0} = {1}()",
        "{0} = {1}.{2}",
        "{0} = {1} | {2}",
        "{0}: {1} = {2}",
        "{0} = [{1}, {0}]",
        "{0} = {1}[{0}]",
    ),
    *(
        "class {0}({1}): ...",
        "class {0}({0}):\n    {1}: '{0}'\n    {2} = {0}",
        "{0}, {1} = {1}, {0}",
        "{0} = lambda: {1}({0})",
    ),
    *("class {0}({1}, {2}):\n    def {1}(self): return self.{2}()\n    def __call__(self, {0}=Depends({1})): {0}()",),
    *(
        "def {0}({1}=Depends({2})): return {3}({1})",
        "async def {0}(x: {1}) -> {2}: return {0}(await {3}(x))",
        "del {0}",
    ),
    *("@{0}\n@{1}.get('/')\nasync def {2}(q: Annotated[{3}, Depends({4})]) -> {5}: return {2}", "{0} = APIRouter()"),
    *("{0}.include_router({1})", "{0}.mount('/{1}', {2})", "{0} = FastAPI(dependencies=[Depends({1})], lifespan={2})"),
    *(
        "for {0} in {1}:\n    {0}.include_router({2})",
        "with {0} as {1}:\n    {1}.{2}()",
        "{0} = Annotated[{1}, Depends({0})]",
    ),
    *(
        "def {0}():\n    yield {1}()\n    return {0}()",
        "{0} = {1} + f'{{{0}}}' + {2}",
        "{0}.{1} = {2}.{3}",
        "global {0}",
    ),
    *(
        "@{0}.post('/{{{1}}}' + {2})\ndef {1}({1}: {1}, {2}: list['{0}']): {3}({4})",
        "def {0}(f):\n    return f({0}(f))",
    ),
    *(
        "class {0}(BaseModel):\n    {1}: list['{0}']\n    {2}: {3} | None = {4}",
        "{0} = {1} if {2} else {0}",
        "({0} := {1})",
    ),
    *(
        "type = {0}",
        "try:\n    import {0}\nexcept:\n    {0} = {1}",
        "{0} = dict({1}={2}, **{0})",
        "{0}.add_api_route({1}, {2})",
    ),
)


def names(chance: random.Random, files: Sequence[Path]) -> dict[str, bytes]:
    """Modules whose functions, classes, aliases, routers and dependencies name each other."""
    modules = ["main", "a", "b", "json", "pkg.c"][: chance.randint(1, 5)]
    words = [f"n{number}" for number in range(chance.randint(2, 7))]
    made: dict[str, bytes] = {}
    for module in modules:
        lines = [
            "from fastapi import APIRouter, Depends, FastAPI",
            "from typing import Annotated",
            "from pydantic import *",
        ]
        for other in modules:
            if chance.random() < 0.6:
                form = chance.choice(("from {} import *", "import {}", "from {} import {}", "from {} import {} as {}"))
                lines.append(form.format(other, *chance.choices(words, k=2)))
        for _ in range(chance.randint(3, 14)):
            form = chance.choice(DEFINITIONS)
            lines.append(form.format(*chance.choices([*words, *words, *modules], k=6)).replace("pkg.c", "c"))
        made[module.replace(".", "/") + ".py"] = "\n".join(lines).encode()
    return made
