"""What the rules on parameters and bodies (FST2) say is true: bad fixtures fail as described, good ones do not.

The rules on responses and errors are in test_contracts_responses.py.
"""

from __future__ import annotations

import pytest
from fastapi.exceptions import FastAPIError

from .run_fixture import FIXTURES, import_errors, marked_functions, run_fixture

FAILS_AT_IMPORT = {
    "body_on_no_content/bad.py",
    "body_on_no_content/bad_constants",
    "default_inside_annotated/bad.py",
    "default_inside_annotated/bad_alias",
    "invalid_return_annotation/bad.py",
    "invalid_return_annotation/bad_alias",
    "invalid_return_annotation/fixed.py",  # three of its sites have no fix
}
FOLDER = FIXTURES / "contracts"
EVERY_FIXTURE = sorted(f"{path.parent.name}/{path.name}" for path in FOLDER.glob("*/*") if path.name != "__pycache__")


@pytest.mark.parametrize("name", EVERY_FIXTURE)
def test_fixture_imports_and_describes_itself(name: str) -> None:
    if name in FAILS_AT_IMPORT:
        with pytest.raises((AssertionError, FastAPIError)), run_fixture(f"contracts/{name}"):
            pass
        return
    with run_fixture(f"contracts/{name}") as fixture:
        assert fixture.client.get("/openapi.json").json()["paths"]


def test_201_untyped_parameter() -> None:
    with run_fixture("contracts/untyped_parameter/bad.py") as fixture:
        assert fixture.client.get("/articles?page=2").status_code == 500
        assert fixture.client.get("/drafts?author=ada&archived=false").json()["archived"] is True
        for answer in (
            fixture.client.post("/articles", json={"title": "x"}),
            fixture.client.put("/articles/1", json={"title": "x"}),
        ):
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["loc"] == ["query", "payload"]
    with run_fixture("contracts/untyped_parameter/good.py") as fixture:
        assert fixture.client.post("/articles", json={"title": " x "}).json() == {"title": "x", "notify": False}
        assert fixture.client.get("/articles?page=2").json() == []
        assert fixture.client.get("/published/7").json() == {"id": "7"}
        assert fixture.client.get("/authors/ada/articles").json() == {"author": "ada"}


def test_202_untyped_body() -> None:
    bodies: dict[str, object] = {"/orders": {}, "/orders/bulk": [{}], "/refunds": {}}
    with run_fixture("contracts/untyped_body/bad.py") as fixture:
        assert {
            path: fixture.client.post(path, json=body).status_code for path, body in bodies.items()
        } == dict.fromkeys(bodies, 500)
        assert fixture.client.put("/orders/1", json={}).status_code == 500
        assert fixture.client.patch("/orders/1", json=3).status_code == 500
    with run_fixture("contracts/untyped_body/good.py") as fixture:
        assert fixture.client.post("/items", json={}).status_code == 422
        assert fixture.client.put("/prices", json={"lamp": {}}).status_code == 422
        assert fixture.client.put("/prices", json={"lamp": {"price": 1}}).json() == ["lamp"]
        assert fixture.client.put("/stock", json={"lamp": "many"}).status_code == 422


def test_203_bare_collection_body() -> None:
    with run_fixture("contracts/bare_collection_body/bad.py") as fixture:
        client = fixture.client
        assert client.post("/tags", json=["b", "a"]).status_code == 422
        assert client.post("/labels", json=["b", "a"]).json() == []
        assert client.get("/articles?ids=1").status_code == 422
        assert client.post("/sum", json=[1, 2]).status_code == 422
        assert client.put("/articles/1/tags", json={"tags": ["a"], "note": "n"}).json()["tags"] == []
        content = fixture.app.openapi()["paths"]["/tags"]["post"]["requestBody"]["content"]
        assert list(content) == ["multipart/form-data"]
    with run_fixture("contracts/bare_collection_body/fixed.py") as fixture:
        client = fixture.client
        assert client.post("/tags", json=["b", "a"]).json() == ["a", "b"]
        assert client.post("/labels", json=["b", "a"]).json() == ["b", "a"]
        assert client.get("/articles?ids=1").json()["ids"] == ["1"]
        assert client.post("/sum", json=[1, 2]).json() == 3
        assert client.put("/articles/1/tags", json={"tags": ["a"], "note": "n"}).json()["tags"] == ["a"]
    with run_fixture("contracts/bare_collection_body/bad_alias") as fixture:
        assert fixture.client.post("/tags", json=["a"]).status_code == 422
        assert fixture.client.post("/areas", json=[1.0, 4.0]).status_code == 422
    with run_fixture("contracts/bare_collection_body/good.py") as fixture:
        client = fixture.client
        assert client.post("/tags", json=["a"]).json() == client.post("/labels", json=["a"]).json() == 1
        assert client.post("/numbers", json=[1, 2]).json() == 3
        assert client.get("/articles?ids=1&ids=2").json() == client.post("/form", data={"choices": ["1", "2"]}).json()


def test_212_body_on_get() -> None:
    with run_fixture("contracts/body_on_get/bad.py") as fixture:
        for path in ("/articles?author=ada", "/articles/by-id?ids=1", "/drafts?author=ada"):
            assert fixture.client.get(path).status_code == 422
        assert fixture.client.head("/articles").status_code == 422
        assert fixture.client.delete("/articles?ids=1").status_code == 422
        assert "requestBody" in fixture.app.openapi()["paths"]["/articles"]["get"]
    with run_fixture("contracts/body_on_get/fixed.py") as fixture:
        for path in ("/articles?author=ada", "/articles/by-id?ids=1", "/drafts?author=ada"):
            assert fixture.client.get(path).status_code == 200
    for good in ("good.py", "good_layers"):
        with run_fixture(f"contracts/body_on_get/{good}") as fixture:
            paths = fixture.app.openapi()["paths"].values()
            assert not [path for path in paths if "requestBody" in path.get("get", {})]
            assert fixture.client.get("/articles?author=bob&ids=1").json()["author"] == "bob"


def test_213_form_mixed_with_json() -> None:
    file, caption = ("a.txt", b"x"), '{"text": "t"}'
    with run_fixture("contracts/form_mixed_with_json/bad.py") as fixture:
        client = fixture.client
        for method, path, files, field in (
            ("POST", "/pictures", {"picture": file}, "caption"),
            ("POST", "/notes", {}, "note"),
            ("PUT", "/avatar", {"avatar": file}, "caption"),
            ("POST", "/documents", {"document": file}, "caption"),
        ):
            for data in ({field: caption, "author": "ada"}, {"text": "t", "author": "ada"}):
                answer = client.request(method, path, data=data, files=files)
                assert answer.status_code == 422
                assert answer.json()["detail"][0]["loc"] == ["body", field]
    with run_fixture("contracts/form_mixed_with_json/good.py") as fixture:
        client, expected = fixture.client, "a.txt: t"
        assert client.post("/notes", data={"text": "t", "author": "ada"}).json() == "ada: t"
        assert client.post("/pictures", data={"text": "t"}, files={"picture": file}).json() == expected
        assert client.post("/scans", data={"caption": caption}, files={"scan": file}).json() == expected
        assert client.post("/raw", data={"caption": caption}, files={"scan": file}).json() == expected
        assert client.post("/labels", data={"label": "t"}, files={"scan": file}).json() == expected
        assert client.post("/documents", data={"text": "t"}, files={"document": file}).json() == expected
        assert client.post("/captions", json={"text": "t"}).json() == {"text": "t"}


def test_216_default_style_parameter() -> None:
    with (
        run_fixture("contracts/default_style_parameter/bad.py") as bad,
        run_fixture("contracts/default_style_parameter/fixed.py") as fixed,
    ):
        assert bad.app.openapi() == fixed.app.openapi()
        for path in ("/items?sort=up", "/items?sort=up&limit=0", "/items", "/me"):
            assert bad.client.get(path).content == fixed.client.get(path).content
        assert bad.client.put("/items/1", json={"name": "x"}).json() == {
            "id": 1,
            "name": "x",
            "trace": None,
            "theme": "dark",
        }
        assert (
            bad.client.put("/items/1", json={"name": "x"}).json()
            == fixed.client.put("/items/1", json={"name": "x"}).json()
        )


def test_217_default_inside_annotated() -> None:
    errors = import_errors("contracts/default_inside_annotated/bad.py")
    expected = marked_functions("contracts/default_inside_annotated/bad.py", "FST217") - {"language"}
    expected.add("greet")  # depends on `language`
    assert {name: type(error) for name, error in errors.items()} == dict.fromkeys(expected, AssertionError)
    with run_fixture("contracts/default_inside_annotated/fixed.py") as fixture:
        assert fixture.client.get("/items").json() == {"limit": 10}
        assert fixture.client.get("/articles?author=ada").json() == {"author": "ada", "page": 1, "tag": None}
        assert fixture.client.post("/notes", json={}).json() == {"text": ""}
        assert fixture.client.get("/greeting").json() == {"language": "en"}
    with run_fixture("contracts/default_inside_annotated/good.py") as fixture:
        assert fixture.client.get("/drafts").json() == {"tags": []}
        assert fixture.client.post("/items", json={"name": "x"}).json() == {"name": "x", "price": 1.0, "stock": 0}


def test_218_optional_without_default() -> None:
    paths = ("/items", "/articles?author=ada", "/me")
    with run_fixture("contracts/optional_without_default/bad.py") as fixture:
        assert [fixture.client.get(path).status_code for path in paths] == [422, 422, 422]
    with run_fixture("contracts/optional_without_default/fixed.py") as fixture:
        assert [fixture.client.get(path).status_code for path in paths] == [200, 200, 200]
    with run_fixture("contracts/optional_without_default/good.py") as fixture:
        codes = [fixture.client.get(path).status_code for path in ("/items", "/me", "/items/x", "/older", "/made")]
        assert codes == [200] * 5


def test_219_function_as_default() -> None:
    with run_fixture("contracts/function_as_default/bad.py") as fixture:
        assert fixture.client.post("/orders").json() == {"accepted": True}
        assert fixture.client.get("/prices").status_code == 500
        assert fixture.client.get("/currency").json()["currency"].startswith("<function get_settings")
    with run_fixture("contracts/function_as_default/fixed.py") as fixture:
        assert fixture.client.post("/orders").status_code == 401
        assert fixture.client.get("/prices").json() == {"limit": 10, "currency": "EUR"}
        assert fixture.client.get("/currency").json() == {"currency": "{'currency': 'EUR'}"}
    with run_fixture("contracts/function_as_default/bad_layers") as fixture:
        assert fixture.client.delete("/orders").json() == {"deleted": True}
        assert fixture.client.get("/orders").status_code == 500
    with run_fixture("contracts/function_as_default/good_layers") as fixture:
        assert fixture.client.delete("/orders").status_code == 403
        assert fixture.client.get("/orders").json() == ["lamp"]


def test_222_unbounded_page_size() -> None:
    calls = {"/rows": "limit", "/pages": "page_size", "/older": "per_page", "/window": "limit"}
    with run_fixture("contracts/unbounded_page_size/bad.py") as fixture:
        sizes = [len(fixture.client.get(f"{path}?{name}=999999").json()) for path, name in calls.items()]
        assert sizes == [1000] * 4
    with run_fixture("contracts/unbounded_page_size/fixed.py") as fixture:
        codes = [fixture.client.get(f"{path}?{name}=999999").status_code for path, name in calls.items()]
        assert codes == [422] * 4
        assert len(fixture.client.get("/window").json()) == 100
    with run_fixture("contracts/unbounded_page_size/good.py") as fixture:
        assert len(fixture.client.get("/clamped?limit=999999").json()) == 100
        for query in ("/rows?limit", "/alias?page_size", "/alias?per_page", "/older?limit", "/model?limit"):
            assert fixture.client.get(f"{query}=999999").status_code == 422
