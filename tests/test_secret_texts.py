"""Texts that are secrets, and texts that only stand where secrets could stand."""

from __future__ import annotations

import pytest

from fastlint.project.security.secrets import (
    connection_password,
    looks_secret,
    names_secret,
    text_is_setting,
    url_password,
)
from fastlint.project.security.token_forms import known_format

KEY = "hT7vQ2mZ9xL4wB8kR3nY6pC1sD5fG0jH"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("api_key", True),
        ("apiKey", True),
        ("SECRET_KEY", True),
        ("secret_key_base", True),
        ("key_base", False),
        ("password", True),
        ("db_password", True),
        ("client_secret", True),
        ("access_token", True),
        ("key", False),
        ("keyboard", False),
        ("primary_key", False),
        ("name", False),
        ("token_count", False),
        ("max_tokens", False),
        ("password_min_length", False),
        ("passwords_match", False),
    ],
)
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert names_secret(name) is secret


@pytest.mark.parametrize(
    ("text", "name", "secret"),
    [
        ("hT7vQ2mZ9xL4wB8k", "api_key", True),
        ("9f86d081884c7d659a2feaa0c55ad015", "secret_key", True),
        ("short", "api_key", False),
        ("x" * 20, "api_key", False),
        ("changeme-please", "api_key", False),
        ("your-api-key-here", "api_key", False),
        ("two words of text", "password", False),
        ("pässwörd-mit-umlaut9", "password", False),
        ("^[A-Za-z0-9_]{20,40}$", "token", False),
        ("%(password)s", "password", False),
        ("(one|two|three4)", "token", False),
        ("SERVICE_API_KEY", "api_key", False),
        ("api-key", "api_key", False),
        ("https://example.com/token", "token", False),
        ("hT7vQ2mZ9xL4wB8k" * 9000, "api_key", False),
    ],
)
def test_texts_that_look_like_secrets(text: str, name: str, secret: bool) -> None:
    assert looks_secret(text, name) is secret


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("postgresql://app:hT7vQ2mZ9x@db.internal/shop", ("hT7vQ2mZ9x", "db.internal")),
        ("postgresql://app:app@db/shop", None),
        ("postgresql://app:password@db/shop", None),
        ("postgresql://app:12345@db/shop", None),
        ("postgresql://app:{password}@db/shop", None),
        ("postgresql://{user}:hT7vQ2mZ9x@db/shop", None),
        ("postgresql://app:<secret>@db/shop", None),
        ("postgresql://example_user:hT7vQ2mZ9x@db/shop", None),
        ("postgresql://app:changeme@db/shop", None),
        ("postgresql://db/shop", None),
        ("postgresql://app:hT7vQ2mZ9x@db/" + "x" * 50_000, None),
        ("no address at all", None),
    ],
)
def test_passwords_in_addresses(text: str, found: tuple[str, str] | None) -> None:
    assert url_password(text, whole=True) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("host=db user=app password=hT7vQ2mZ9x", ("hT7vQ2mZ9x", "db")),
        ("Server=db;Uid=app;Pwd=hT7vQ2mZ9x;", ("hT7vQ2mZ9x", "db")),
        ("host=db user=app password='hT7vQ2mZ9x'", ("hT7vQ2mZ9x", "db")),
        ("host=db user=app password=app", None),
        ("host=db user=app password=password", None),
        ("host=db user=app password=12345", None),
        ("host=db user=app password=changeme", None),
        ("host=db user=app password={password}", None),
        ("host=${HOST} user=app password=hT7vQ2mZ9x", None),
        ("user=app password=hT7vQ2mZ9x", None),
        ("host=db user=app", None),
        ("host=db\npassword=hT7vQ2mZ9x", None),
        ("a text", None),
        ("host=db password=hT7vQ2mZ9x " + "x" * 50_000, None),
    ],
)
def test_passwords_in_connection_strings(text: str, found: tuple[str, str] | None) -> None:
    assert connection_password(text) == found


def test_switches_and_numbers_are_no_secrets() -> None:
    assert [text for text in ("true", "No", " 12 ", "none", "hT7vQ2mZ") if text_is_setting(text.strip())] == [
        *("true", "No", " 12 ", "none"),
    ]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (
            "AccountKey=" + "hT7vQ2mZ9xL4wB8kR3nY6pC1sD5fG0jH" * 2 + "hT7vQ2mZ9xL4wB8kR3nYZQ==",
            "a storage account's key",
        ),
        ("AccountKey=" + "A" * 86 + "==", None),
        ("AccountKey=short", None),
        ("a text of no form", None),
        ("x", None),
    ],
)
def test_forms_of_tokens(text: str, form: str | None) -> None:
    assert known_format(text) == form
