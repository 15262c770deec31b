"""What the rules on responses and errors (FST2) say is true: bad fixtures fail as described, good ones do not."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import FastAPIError

from .run_fixture import import_errors, marked_functions, run_fixture


def test_204_missing_response_model() -> None:
    with run_fixture("contracts/missing_response_model/bad.py") as bad:
        assert "hashed_password" in bad.client.get("/accounts").json()[0]
        assert "hashed_password" in bad.client.get("/accounts/first").json()["account"]
        before = {path: bad.client.get(path).content for path in ("/balance/1", "/balance/-1", "/balances", "/health")}
        assert _ok_schema(bad.app.openapi(), "/balance/{account}") == {}
    with run_fixture("contracts/missing_response_model/fixed.py") as fixed:
        assert {path: fixed.client.get(path).content for path in before} == before
        assert _ok_schema(fixed.app.openapi(), "/balance/{account}") == {"$ref": "#/components/schemas/Balance"}
        assert _ok_schema(fixed.app.openapi(), "/balances")["items"] == {"$ref": "#/components/schemas/Balance"}
    with run_fixture("contracts/missing_response_model/bad_layers") as fixture:
        assert "internal_margin" in fixture.client.get("/orders/1").json()
        assert "internal_margin" in fixture.client.get("/orders/all/last").json()


def test_205_generic_response_model() -> None:
    with run_fixture("contracts/generic_response_model/bad.py") as fixture:
        for path in ("/users/first", "/users/any", "/users/object", "/users", "/users/last"):
            assert "$argon2id" in fixture.client.get(path).text
    with run_fixture("contracts/generic_response_model/good.py") as fixture:
        for path in ("/cards", "/cards/first", "/cards/by-name"):
            answer = fixture.client.get(path)
            assert answer.status_code == 200
            assert "argon2" not in answer.text


def test_206_redundant_response_model() -> None:
    with (
        run_fixture("contracts/redundant_response_model/bad.py") as bad,
        run_fixture("contracts/redundant_response_model/fixed.py") as fixed,
    ):
        assert bad.app.openapi() == fixed.app.openapi()
        for path in ("/items/lamp", "/items/"):
            assert bad.client.get(path).content == fixed.client.get(path).content
    with run_fixture("contracts/redundant_response_model/good.py") as fixture:
        for path in ("/users/first", "/users/any", "/users/maybe"):
            assert fixture.client.get(path).json() == {"name": "ada"}


def test_207_secret_in_response_model() -> None:
    with run_fixture("contracts/secret_in_response_model/bad.py") as fixture:
        client = fixture.client
        assert "hashed_password" in client.get("/users").json()[0]
        assert "hashed_password" in client.get("/users/first").json()
        assert "hashed_password" in client.get("/orders/first").json()["buyer"]
        assert "totp_secret" in client.get("/devices/first").json()
        assert client.post("/users", json={"name": "ada", "password": "hunter2"}).json()["password"] == "hunter2"
    with run_fixture("contracts/secret_in_response_model/bad_layers") as fixture:
        assert "password_hash" in fixture.client.get("/users/first").json()
        assert "password_hash" in fixture.client.get("/users/team").json()["members"][0]
    with run_fixture("contracts/secret_in_response_model/good.py") as fixture:
        for path in ("/users/first", "/users/partial", "/users/hidden", "/users"):
            answer = fixture.client.get(path)
            assert answer.status_code == 200
            assert "argon2" not in answer.text
        assert fixture.client.get("/users/masked").json()["password"] == "**********"


def test_208_unfiltered_orm_response() -> None:
    with run_fixture("contracts/unfiltered_orm_response/bad.py") as fixture:
        for path in ("/users", "/users/1", "/users/by-name/ada", "/sample"):
            assert "$argon2id" in fixture.client.get(path).text
    with run_fixture("contracts/unfiltered_orm_response/bad_repository") as fixture:
        for path in ("/users", "/users/ada"):
            assert "$argon2id" in fixture.client.get(path).text
    with run_fixture("contracts/unfiltered_orm_response/good.py") as fixture:
        for path in ("/users", "/users/1", "/users/1/card", "/users/1/name", "/names", "/count", "/pairs"):
            answer = fixture.client.get(path)
            assert answer.status_code == 200
            assert "argon2" not in answer.text


def test_209_bypassed_response_model() -> None:
    user = {"name": "ada"}
    with run_fixture("contracts/bypassed_response_model/bad.py") as fixture:
        assert "password_hash" in fixture.client.get("/users/ada").json()
        assert "password_hash" in fixture.client.put("/users/ada", json=user).text
        assert fixture.client.post("/users", json=user).status_code == 200
        assert fixture.client.get("/people").status_code == 307
    with run_fixture("contracts/bypassed_response_model/bad_helper") as fixture:
        assert "password_hash" in fixture.client.get("/users/ada").json()
    with run_fixture("contracts/bypassed_response_model/good.py") as fixture:
        for path in ("/users/ada", "/users/ada/cached", "/users/ada/fast"):
            assert fixture.client.get(path).json() == user
        assert fixture.client.get("/users/bob").status_code == 404
        assert fixture.client.post("/users", json=user).status_code == 201
        assert fixture.client.get("/people").status_code == 301


def test_210_invalid_return_annotation() -> None:
    errors = import_errors("contracts/invalid_return_annotation/bad.py")
    assert set(errors) == marked_functions("contracts/invalid_return_annotation/bad.py", "FST210")
    assert {type(error) for error in errors.values()} == {FastAPIError}
    left = import_errors("contracts/invalid_return_annotation/fixed.py")
    assert set(errors) - set(left) == {"read_item", "read_cached", "page"}
    with run_fixture("contracts/invalid_return_annotation/good.py") as fixture:
        assert fixture.client.get("/items/lamp").json() == {"name": "lamp"}
        assert fixture.client.get("/items").headers["content-type"] == "application/jsonl"


def test_211_body_on_no_content() -> None:
    errors = import_errors("contracts/body_on_no_content/bad.py")
    assert {name: type(error) for name, error in errors.items()} == dict.fromkeys(
        ("delete_item", "reset_item"), AssertionError
    )
    assert errors.keys() < marked_functions("contracts/body_on_no_content/bad.py", "FST211")
    with run_fixture("contracts/body_on_no_content/fixed.py") as fixture:
        answer = fixture.client.post("/items/lamp/sold")  # the site without a fix
        assert (answer.status_code, answer.content) == (204, b'{"sold":"lamp"}')
        for method, path, status in (("DELETE", "/items", 204), ("PUT", "/items/x", 205), ("DELETE", "/items/x", 204)):
            answer = fixture.client.request(method, path)
            assert (answer.status_code, answer.content) == (status, b"")
    with run_fixture("contracts/body_on_no_content/good.py") as fixture:
        assert fixture.client.delete("/desks").content == fixture.client.delete("/lamps").content == b""
        assert fixture.client.put("/items/desk").status_code == 200


def test_214_returned_http_exception() -> None:
    with run_fixture("contracts/returned_http_exception/bad.py") as fixture:
        client = fixture.client
        answers = [client.get("/items/7"), client.delete("/items/1"), client.put("/items/1?name=x")]
        assert [(answer.status_code, answer.json()["status_code"]) for answer in answers] == [
            (200, 404),
            (200, 409),
            (200, 403),
        ]
        assert client.get("/me").json() == {"secret": 42}
    with run_fixture("contracts/returned_http_exception/fixed.py") as fixture:
        client = fixture.client
        answers = [client.get("/items/7"), client.delete("/items/1"), client.get("/me")]
        assert [answer.status_code for answer in answers] == [404, 409, 401]
    with run_fixture("contracts/returned_http_exception/bad_helper") as fixture:
        assert fixture.client.get("/items/7").status_code == fixture.client.delete("/items/7").status_code == 200
    with run_fixture("contracts/returned_http_exception/good.py") as fixture:
        codes = [fixture.client.get(f"/{path}/7").status_code for path in ("items", "checked", "tried")]
        assert codes == [404, 409, 404]
        assert fixture.client.get("/described").json()["code"] == 418


def test_215_tuple_response() -> None:
    with run_fixture("contracts/tuple_response/bad.py") as fixture:
        answers = [fixture.client.get("/items/7"), fixture.client.post("/items?name=x"), fixture.client.get("/teapot")]
        assert [(answer.status_code, answer.json()[1]) for answer in answers] == [(200, 404), (200, 201), (200, 418)]
        assert fixture.client.get("/ready").status_code == 200
    with run_fixture("contracts/tuple_response/fixed.py") as fixture:
        answers = [fixture.client.get("/items/7"), fixture.client.post("/items?name=x"), fixture.client.get("/teapot")]
        assert [answer.status_code for answer in answers] == [404, 201, 418]
        assert answers[1].json() == {"name": "x"}
        assert answers[2].headers["x-pot"] == "tea"
    with run_fixture("contracts/tuple_response/good.py") as fixture:
        assert fixture.client.get("/size").json() == [640, 480]
        assert fixture.client.get("/items/7").status_code == 404


def test_220_lost_response_headers() -> None:
    with run_fixture("contracts/lost_response_headers/bad.py") as fixture:
        client = fixture.client
        assert "set-cookie" not in client.post("/login").headers
        assert "cache-control" not in client.get("/items").headers
        assert client.post("/items?name=x").status_code == 200
        assert "x-rows" in client.get("/report").headers
        assert "x-rows" not in client.get("/report?plain=1").headers
        assert client.get("/profile").status_code == 401 and "set-cookie" not in client.get("/profile").headers
    with run_fixture("contracts/lost_response_headers/bad_dependency") as fixture:
        assert "x-rate-remaining" not in fixture.client.get("/page").headers
    with run_fixture("contracts/lost_response_headers/good.py") as fixture:
        client = fixture.client
        assert "set-cookie" in client.post("/login").headers
        for path, header in (
            ("/items", "cache-control"),
            ("/itself", "cache-control"),
            ("/branches", "x-rows"),
            ("/either?login=1", "x-rows"),
            ("/passed-on", "x-rows"),
            ("/copied", "set-cookie"),
            ("/rebound", "x-rows"),
        ):
            assert header in client.get(path).headers, path
    with run_fixture("contracts/lost_response_headers/good_dependency") as fixture:
        for path in ("/calls", "/page"):
            assert "x-rate-remaining" in fixture.client.get(path).headers


def test_221_undocumented_http_exception() -> None:
    with run_fixture("contracts/undocumented_http_exception/bad.py") as fixture:
        for path, status in (("/items/{item_id}", 404), ("/items/{item_id}/upper", 404), ("/best", 402)):
            assert fixture.client.get(path.format(item_id=7)).status_code == status
            assert str(status) not in fixture.app.openapi()["paths"][path]["get"]["responses"]
    with run_fixture("contracts/undocumented_http_exception/good.py") as fixture:
        for path, status in (("/items/{item_id}", 404), ("/again/{item_id}", 404), ("/night", 503)):
            assert fixture.client.get(path.format(item_id=7)).status_code == status
            assert str(status) in fixture.app.openapi()["paths"][path]["get"]["responses"]


def test_223_swallowed_http_exception() -> None:
    def codes(name: str) -> list[int]:
        with run_fixture(f"contracts/swallowed_http_exception/{name}") as fixture:
            client = fixture.client
            return [
                answer.status_code
                for answer in (client.get("/items/7"), client.get("/items/7/upper"), client.delete("/items/1"))
            ]

    assert codes("bad.py") == [500, 200, 200]
    assert codes("fixed.py") == [404, 404, 409]
    with run_fixture("contracts/swallowed_http_exception/bad_service") as fixture:
        assert fixture.client.get("/items/7").status_code == 502
    with run_fixture("contracts/swallowed_http_exception/good_service") as fixture:
        assert fixture.client.get("/items/7").status_code == 404
    with run_fixture("contracts/swallowed_http_exception/good.py") as fixture:
        for path in ("guarded", "guarded-by-base", "logged", "asked", "before", "siblings", "narrow"):
            assert fixture.client.get(f"/{path}/7").status_code == 404, path


def test_224_exception_detail_in_response() -> None:
    paths = ("/rows", "/count", "/first", "/last")
    with run_fixture("contracts/exception_detail_in_response/bad.py") as fixture:
        for path in paths:
            assert "db.internal" in fixture.client.get(path).text
    with run_fixture("contracts/exception_detail_in_response/fixed.py") as fixture:
        answers = [fixture.client.get(path) for path in paths]
        assert ["db.internal" in answer.text for answer in answers] == [False, False, True, True]  # two have no fix
        assert [answer.status_code for answer in answers] == [500, 503, 200, 500]
    with run_fixture("contracts/exception_detail_in_response/bad_layers") as fixture:
        assert "SELECT secret" in fixture.client.get("/rows").text
    with run_fixture("contracts/exception_detail_in_response/good.py") as fixture:
        for path in ("/rows", "/stock", "/number?text=x", "/again"):
            assert "db.internal" not in fixture.client.get(path).text
        assert fixture.client.get("/stock").json() == {"error": "Sold out until Monday"}


def test_224_handler_of_every_exception() -> None:
    for name, told in (("bad.py", True), ("fixed.py", False), ("good.py", False)):
        with run_fixture(f"contracts/exception_detail_in_response/{name}") as fixture:

            @fixture.app.get("/probe")
            def probe() -> None:
                raise RuntimeError("db.internal")

            answer = fixture.client.get("/probe")
            assert answer.status_code == 500
            assert ("db.internal" in answer.text) is told


def test_225_partial_exception_handler() -> None:
    plain, wrapped = {"detail": "Not Found"}, {"error": {"code": 404}}
    prefixes = ("", "/admin", "/shop")
    with run_fixture("contracts/partial_exception_handler/bad.py") as fixture:
        assert fixture.client.get("/items/1").json() == wrapped
        assert [fixture.client.get(f"{prefix}/none").json() for prefix in prefixes] == [plain] * 3
        assert fixture.client.post("/items/1").json() == {"detail": "Method Not Allowed"}
    with run_fixture("contracts/partial_exception_handler/fixed.py") as fixture:
        assert fixture.client.get("/items/2").json() == wrapped
        assert [fixture.client.get(f"{prefix}/none").json() for prefix in prefixes] == [wrapped] * 3
        assert fixture.client.post("/items/1").json() == {"error": {"code": 405}}
    with run_fixture("contracts/partial_exception_handler/bad_layers") as fixture:
        assert fixture.client.get("/none").json() == plain
    with run_fixture("contracts/partial_exception_handler/good_layers") as fixture:
        assert fixture.client.get("/none").json() == fixture.client.get("/items/404").json() == wrapped
    with run_fixture("contracts/partial_exception_handler/good.py") as fixture:
        assert [fixture.client.get(f"{prefix}/none").json() for prefix in ("", "/both", "/codes")] == [wrapped] * 3


def _ok_schema(openapi: dict[str, Any], path: str) -> Any:
    return openapi["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
