"""What the rules on packaging say is true of the installed FastAPI."""

from __future__ import annotations

import sys
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from pydantic import Field
from pydantic.errors import PydanticUserError
from sqlalchemy.engine import make_url

from fastlint.project.packaging.releases import BELOW

from .run_fixture import run_fixture


@pytest.mark.parametrize("case", ["bad", "bad_poetry", "bad_pyproject"])
def test_forms_fail_at_import_without_multipart(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_multipart", None)
    monkeypatch.setitem(sys.modules, "multipart", None)

    with pytest.raises(RuntimeError, match="python-multipart"), run_fixture(f"packaging/missing_multipart/{case}"):
        pass


def test_fastapi_says_which_starlette_it_takes() -> None:
    own = [Requirement(text) for text in requires("fastapi") or ()]
    starlette = next(one for one in own if one.name == "starlette")

    held = [version for _, version in BELOW["starlette"] if version]
    assert held
    assert not any(starlette.specifier.contains(f"{version}.0") for version in held[:10])


def test_a_major_release_of_pydantic_breaks_models() -> None:
    with pytest.raises(PydanticUserError, match="removed"):
        Field(regex="[a-z]+")


def test_an_address_holds_its_password() -> None:
    address = make_url("postgresql://shop:tR7mQ2vLx9@db.example.com/shop")

    assert address.password == "tR7mQ2vLx9"
    assert address.host == "db.example.com"
