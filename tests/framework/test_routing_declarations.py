"""How routes and routers are declared (FST305 to FST314): what the bad fixtures of these rules do when they run."""

from __future__ import annotations

import ast
import types

import pytest
from starlette.websockets import WebSocketDisconnect

from .run_fixture import FIXTURES, expected_lines, run_fixture
from .test_routing import answer, operation_id_warnings


def statement_errors(path: str) -> dict[int, str]:
    """The module run statement by statement: the line of each that fails -> what it says."""
    module = types.ModuleType("statements")
    errors = {}
    for statement in ast.parse((FIXTURES / path).read_text(encoding="utf-8")).body:
        try:
            exec(compile(ast.Module([statement], []), path, "exec"), vars(module))
        except AssertionError as error:
            errors[statement.lineno] = str(error)
    return errors


def test_305_a_relative_path_is_never_found() -> None:
    with run_fixture("routing/relative_path/bad.py") as fixture:
        client = fixture.client
        assert [answer(client, "GET", path) for path in ("/items", "/users/active")] == [404, 404]
        assert [answer(client, "POST", path) for path in ("/jobs/start", "/jobs/stop")] == [404, 404]
        assert answer(client, "PUT", "/items/1") == 404
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/feed"):
            pass
        assert answer(client, "GET", "/usersactive") == []
        assert client.post("/jobsstart").status_code == 202
    with run_fixture("routing/relative_path/fixed.py") as fixture:
        client = fixture.client
        assert [answer(client, "GET", path) for path in ("/items", "/users/active")] == [[], []]
        assert [client.post(path).status_code for path in ("/jobs/start", "/jobs/stop")] == [202, 200]
        with client.websocket_connect("/feed"):
            pass
    with run_fixture("routing/relative_path/good.py") as fixture:
        assert answer(fixture.client, "GET", "/api/items") == "things"
        assert [answer(fixture.client, "GET", path) for path in ("/users", "/users/active")] == [[], []]


def test_306_each_prefix_is_refused() -> None:
    errors = statement_errors("routing/invalid_prefix/bad.py")
    marked = expected_lines("routing/invalid_prefix/bad.py", "FST306")
    assert len(errors) == len(marked) == 5
    assert all(first <= line <= first + 1 for first, line in zip(sorted(errors), marked, strict=True))
    assert statement_errors("routing/invalid_prefix/fixed.py") == {}
    with run_fixture("routing/invalid_prefix/bad_app_path") as fixture:
        assert [fixture.client.get(path).status_code for path in ("", "/")] == [404, 404]
    with run_fixture("routing/invalid_prefix/fixed.py") as fixture:
        assert [answer(fixture.client, "GET", path) for path in ("/tags/all", "/v2/tags/all")] == [["news"], ["news"]]
    with run_fixture("routing/invalid_prefix/good.py") as fixture:
        assert [answer(fixture.client, "GET", path) for path in ("/v1/users", "/plain", "/")] == [[], [], "index"]


def test_307_and_313_not_found_and_redirected() -> None:
    with run_fixture("routing/orphan_router/bad") as fixture:
        client = fixture.client
        wanted = {"/users/": [], "/invoices/": 404, "/reports/daily/sales": 404}
        assert {path: answer(client, "GET", path) for path in wanted} == wanted
    with run_fixture("routing/mixed_trailing_slash/bad.py") as fixture:
        assert answer(fixture.client, "POST", "/items/import") == 307
        assert answer(fixture.client, "POST", "/users/1/posts/") == 307


def test_309_no_prefix_no_dependencies_no_schema() -> None:
    with run_fixture("routing/generic_route_decorator/bad.py") as fixture:
        client = fixture.client
        assert answer(client, "GET", "/admin/users") == 401
        assert answer(client, "GET", "/admin/export") == 404
        assert answer(client, "GET", "/export") == ["ada"]
        assert client.post("/purge").text == "purged"
        assert list(fixture.app.openapi()["paths"]) == ["/admin/users"]
    with run_fixture("routing/generic_route_decorator/good.py") as fixture:
        assert answer(fixture.client, "POST", "/echo") == "echo"
        assert answer(fixture.client, "GET", "/whoami") == "/whoami"
        assert fixture.client.get("/metrics").text == "requests_total 1"


def test_310_included_routes_are_not_in_the_list() -> None:
    with run_fixture("routing/flat_route_iteration/bad.py") as fixture:
        assert answer(fixture.client, "GET", "/routes") == 500  # an included router has no path
        assert "/users/{user_id}" not in answer(fixture.client, "GET", "/names").values()
        identifiers = {
            path: operations["get"]["operationId"] for path, operations in fixture.app.openapi()["paths"].items()
        }
        assert identifiers == {
            "/routes": "list_routes",
            "/names": "list_names",
            "/users/{user_id}": "read_user_users__user_id__get",
        }
    with run_fixture("routing/flat_route_iteration/bad_package") as fixture:
        operation = fixture.app.openapi()["paths"]["/orders/"]["get"]
        assert operation["operationId"] == "list_orders_orders__get"
    with run_fixture("routing/flat_route_iteration/good.py") as fixture:
        assert fixture.app.openapi()["paths"]["/users/{user_id}"]["get"]["operationId"] == "read_user"
        assert "/users/{user_id}" in answer(fixture.client, "GET", "/routes")
        assert "/users/{user_id}" in answer(fixture.client, "GET", "/schema")["paths"]
        assert answer(fixture.client, "GET", "/tools/paths") == ["/paths"]


@pytest.mark.parametrize(
    ("name", "count"),
    [("bad.py", 4), ("bad_unique_id", 1), ("bad_included_twice", 1), ("good.py", 0), ("good_unique_id", 0)],
)
def test_311_one_id_for_several_operations(name: str, count: int) -> None:
    with run_fixture(f"routing/duplicate_operation_id/{name}") as fixture:
        assert operation_id_warnings(fixture.app) == count


def test_312_a_mount_does_not_ask_for_the_token() -> None:
    with run_fixture("routing/bypassed_app_dependencies/bad.py") as fixture:
        wanted = {"/users": 401, "/reports/sales": {"total": 42}}
        assert {path: answer(fixture.client, "GET", path) for path in wanted} == wanted
        assert fixture.client.get("/uploads/bad.py").status_code == 200
    with run_fixture("routing/bypassed_app_dependencies/bad_package") as fixture:
        wanted = {"/files/names": 401, "/admin/users": ["ada"]}
        assert {path: answer(fixture.client, "GET", path) for path in wanted} == wanted
        assert fixture.client.get("/files/raw/main.py").status_code == 200
    with run_fixture("routing/bypassed_app_dependencies/good.py") as fixture:
        paths = ["/users/", "/reports/sales", "/exports/all", "/uploads/good.py"]
        assert [fixture.client.get(path).status_code for path in paths] == [401] * 4
        token = {"Authorization": "Bearer letmein"}
        assert [fixture.client.get(path, headers=token).status_code for path in paths] == [200] * 4


def test_314_the_prefix_means_the_same_on_the_router() -> None:
    documents = []
    for name in ("bad.py", "fixed.py"):
        with run_fixture(f"routing/prefix_on_include/{name}") as fixture:
            documents.append(fixture.app.openapi())
    assert documents[0] == documents[1]
    assert list(documents[0]["paths"]) == ["/users/{user_id}", "/items/{item_id}", "/orders/{order_id}"]
