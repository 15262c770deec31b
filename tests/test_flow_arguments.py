"""What a client sends, followed through the ways in which a call can pass it."""

from __future__ import annotations

import pytest

from fastlint.engine import check
from tests.soundness import inputs_of

HEAD = """
import sqlite3
from fastapi import FastAPI

app = FastAPI()
connection = sqlite3.connect("x")

def last(a, sql):
    connection.execute("select " + sql)

def only(*, sql="1"):
    connection.execute("select " + sql)

def first(sql, /, other=1):
    connection.execute(f"select {sql}")

def many(*parts):
    connection.execute("select " + parts[0])

def joined(start, *parts):
    connection.execute("select " + ",".join(parts))

def options(**given):
    connection.execute("select " + given["sql"])

class Store:
    def find(self, sql, other=None):
        connection.execute("select " + sql)

    @staticmethod
    def static(sql):
        connection.execute("select " + sql)

    @classmethod
    def built(cls, sql):
        connection.execute("select " + sql)

store = Store()
"""
DANGEROUS = """
last(1, q)
last(1, sql=q)
last(sql=q, a=1)
last(**{"a": 1, "sql": q})
only(sql=q)
first(q)
first(q, other=2)
many(q)
joined("a", q)
joined("a", "b", q)
options(sql=q)
options(a="x", sql=q)
store.find(q)
store.find(sql=q)
Store().find(q)
Store.static(q)
Store.built(q)
store.static(q)
"""
HARMLESS = """
last(q, "x")
last(a=q, sql="x")
last(**{"a": q, "sql": "x"})
only()
only(sql="a")
first("x", q)
many("x")
joined(q)
joined(q, "b")
options(sql="x")
store.find("x", q)
store.find("x", other=q)
Store.static("x")
"""


def expressions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize(
    ("call", "wanted"), [*((e, True) for e in expressions(DANGEROUS)), *((e, False) for e in expressions(HARMLESS))]
)
def test_the_ways_of_passing_something_on(call: str, wanted: bool) -> None:
    text = HEAD + f"@app.get('/')\ndef read(q: str):\n    {call}\n"
    found = {one.code for one in check(inputs_of({"main.py": text.encode()}), fixes=False).diagnostics}

    assert ("FST520" in found) is wanted
