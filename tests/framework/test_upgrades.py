"""What the rules on upgrades (FST7) say is true: it warns or fails today, and what is written instead does not."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest
from pydantic.errors import PydanticImportError, PydanticUserError

from .run_fixture import FIXTURES, expected_lines, import_errors, run_fixture

FOLDER = FIXTURES / "upgrades"


def said(path: str) -> list[str]:
    """The deprecation warnings of importing a fixture."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with run_fixture(path):
            pass
    return [
        str(item.message)
        for item in caught
        if "eprecat" in item.category.__name__ or "pydantic" in item.category.__module__.lower()
    ]


def failures(path: str) -> dict[int, BaseException]:
    """Line of each marked statement of a file -> what it raises when it runs after the imports and definitions."""
    file = FIXTURES / path
    tree = ast.parse(file.read_text(encoding="utf-8"))
    marked = expected_lines(path, "FST" + _code(path))
    space: dict[str, object] = {"__name__": "fixture"}
    found: dict[int, BaseException] = {}
    for statement in tree.body:
        lines = [line for line in marked if statement.lineno <= line <= (statement.end_lineno or statement.lineno)]
        try:
            exec(compile(ast.Module([statement], []), str(file), "exec"), space)
        except Exception as error:
            assert lines, f"line {statement.lineno} is not marked, and raises {error!r}"
            found.update(dict.fromkeys(lines, error))
    return found


def _code(path: str) -> str:
    """The code that the marks of a file carry."""
    text = (FIXTURES / path).read_text(encoding="utf-8")
    return text.partition("# expect: FST")[2][:3]


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("regex_argument", "`regex` has been deprecated"),
        ("example_argument", "`example` has been deprecated"),
        ("root_path_argument", "`root_path` parameter is deprecated"),
    ],
)
def test_deprecated_arguments_warn_at_import(rule: str, word: str) -> None:
    marks = len(expected_lines(f"upgrades/{rule}/bad.py", "FST" + _code(f"upgrades/{rule}/bad.py")))
    assert sum(word in text for text in said(f"upgrades/{rule}/bad.py")) >= marks
    assert said(f"upgrades/{rule}/good.py") == []
    if (FOLDER / rule / "fixed.py").is_file():
        assert said(f"upgrades/{rule}/fixed.py") == []


def test_703_fields_warn_of_arguments_that_they_do_not_know() -> None:
    (text,) = said("upgrades/example_argument/bad_fields.py")
    assert "extra keyword arguments on `Field` is deprecated" in text
    assert said("upgrades/example_argument/fixed_fields.py") == []


def test_701_lifespan_calls_the_handlers_in_the_same_order(capsys: pytest.CaptureFixture[str]) -> None:
    seen = []
    for name in ("bad", "fixed"):
        with run_fixture(f"upgrades/on_event/{name}.py") as fixture:
            answers = fixture.client.get("/names").json(), fixture.client.get("/openapi.json").json()
            names = fixture.module.names
        seen.append((answers, list(names), capsys.readouterr().out))
    assert seen[0] == seen[1]
    assert seen[0][0][0] == ["mug"]
    assert seen[0][1] == []  # cleared at shutdown
    assert any("on_event is deprecated" in text for text in said("upgrades/on_event/bad.py"))
    assert said("upgrades/on_event/fixed.py") == []


def test_704_extra_keywords_are_refused() -> None:
    errors = failures("upgrades/extra_keyword/bad.py")
    assert {type(error) for error in errors.values()} <= {TypeError, NameError}
    assert len([error for error in errors.values() if isinstance(error, TypeError)]) >= 2
    names = import_errors("upgrades/extra_keyword/bad.py")
    assert {type(error) for error in names.values()} <= {TypeError, NameError}
    with run_fixture("upgrades/extra_keyword/good.py") as fixture:
        assert fixture.module.plain.openapi()["paths"]


def test_705_response_classes_are_deprecated() -> None:
    pytest.importorskip("orjson")
    with run_fixture("upgrades/deprecated_response_class/bad.py") as fixture, pytest.warns(match="ORJSONResponse"):
        fixture.client.get("/raw")


def test_706_old_order_answers_500(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates").mkdir()
    for name in ("index", "about", "news", "help", "terms"):
        (tmp_path / "templates" / f"{name}.html").write_text(f"{name} {{{{ title }}}} {{{{ request.url.path }}}}")
    with run_fixture("upgrades/old_template_response/bad.py") as fixture:
        assert {fixture.client.get(path).status_code for path in ("/", "/about", "/news", "/help", "/terms")} == {500}
    with run_fixture("upgrades/old_template_response/fixed.py") as fixture:
        assert fixture.client.get("/").text == "index Shop /"
        assert fixture.client.get("/news").text == "news New /news"
        assert fixture.client.get("/terms").text == "terms  /terms"
    with run_fixture("upgrades/old_template_response/good.py") as fixture:
        assert fixture.client.get("/about").text == "about  /about"


def test_707_removed_interfaces_raise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    errors = failures("upgrades/removed_starlette_api/bad.py")
    assert sorted(type(error).__name__ for error in errors.values()) == [
        "AttributeError",
        "AttributeError",
        "TypeError",
    ]
    source = (FOLDER / "removed_starlette_api" / "bad.py").read_text(encoding="utf-8")
    space: dict[str, object] = {}
    exec("from fastapi.responses import FileResponse", space)
    assert 'FileResponse("report.pdf", method="GET")' in source
    with pytest.raises(TypeError):
        eval('FileResponse("report.pdf", method="GET")', space)
    with run_fixture("upgrades/removed_starlette_api/good.py") as fixture:
        assert fixture.client.get("/report").content == b"%PDF"


def test_708_old_names_warn_and_mean_the_same() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with run_fixture("upgrades/renamed_status/bad.py") as fixture:
            before = [fixture.client.post(f"/items?size={size}").status_code for size in (11, 6, -1, 1)]
    assert sum("is deprecated" in str(item.message) for item in caught) >= 2
    with run_fixture("upgrades/renamed_status/fixed.py") as fixture:
        assert [fixture.client.post(f"/items?size={size}").status_code for size in (11, 6, -1, 1)] == before
    assert before == [422, 413, 416, 201]


def test_710_validators_warn_or_raise() -> None:
    errors = failures("upgrades/pydantic_v1_validator/bad.py")
    assert {type(error) for error in errors.values()} == {PydanticUserError}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        failures("upgrades/pydantic_v1_validator/bad.py")
    assert sum("is deprecated" in str(item.message) or "are deprecated" in str(item.message) for item in caught) >= 4


def test_711_configuration_classes_warn_are_ignored_or_fail() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        errors = failures("upgrades/pydantic_v1_config/bad.py")
    assert [type(error) for error in errors.values()] == [PydanticUserError]
    assert any("orm_mode" in str(item.message) for item in caught)


def test_712_methods_warn_and_give_the_same() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with run_fixture("upgrades/pydantic_v1_method/bad.py") as fixture:
            before = fixture.client.post("/items", json={"name": "mug"}).json()
    assert sum("is deprecated" in str(item.message) for item in caught) >= 5
    with run_fixture("upgrades/pydantic_v1_method/fixed.py") as fixture:
        assert fixture.client.post("/items", json={"name": "mug"}).json() == before
    assert said("upgrades/pydantic_v1_method/good.py") == []


def test_713_models_of_version_1_are_refused() -> None:
    names = import_errors("upgrades/pydantic_v1_model/bad.py")
    assert set(names) == {"create_item", "list_items", "first_item", "put_item", "patch_item"}
    with run_fixture("upgrades/pydantic_v1_model/good.py") as fixture:
        assert fixture.client.post("/items", json={"name": "mug"}).json() == {"name": "mug"}


def test_715_base_settings_have_moved() -> None:
    with pytest.raises(PydanticImportError), run_fixture("upgrades/pydantic_base_settings/bad.py"):
        pass
    with run_fixture("upgrades/pydantic_base_settings/good.py") as fixture:
        assert fixture.module.Settings().debug is False


def test_716_refusal_in_a_dependency_answers_500() -> None:
    with run_fixture("upgrades/model_as_depends/bad.py") as fixture:
        assert fixture.client.get("/search?text=%20").status_code == 500
        assert fixture.client.get("/items?limit=3").json() == 3
    with run_fixture("upgrades/model_as_depends/good.py") as fixture:
        assert fixture.client.get("/items?limit=x").status_code == 422
