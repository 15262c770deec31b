"""What the rules on routes (FST3) say is true: bad fixtures answer wrong or fail as described, good ones do not.

The rules from FST305 on are in test_routing_declarations.py.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.exceptions import FastAPIError
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from .run_fixture import FIXTURES, expected_lines, run_fixture

FAILS_AT_IMPORT: dict[str, tuple[type[Exception], str]] = {
    "generic_route_decorator/bad_app_route": (AttributeError, "no attribute 'route'"),
    "invalid_prefix/bad.py": (AssertionError, "must start with '/'"),
    "invalid_prefix/bad_empty_path": (FastAPIError, "cannot be both empty"),
    "invalid_prefix/bad_nested_empty_path": (FastAPIError, "cannot be both empty"),
    "relative_path/bad_at_import": (AssertionError, "must start with '/'"),
}
OTHER_LIBRARIES = {"generic_route_decorator/good_flask", "prefix_on_include/good_library"}
NO_APPLICATION = {"orphan_router/good_library", "late_route/bad_factory", "late_route/good_factories"}
FOLDER = FIXTURES / "routing"
EVERY_FIXTURE = sorted(f"{path.parent.name}/{path.name}" for path in FOLDER.glob("*/*") if path.name != "__pycache__")


@pytest.mark.parametrize("name", sorted(set(EVERY_FIXTURE) - OTHER_LIBRARIES - NO_APPLICATION))
def test_fixture_imports_and_describes_itself(name: str) -> None:
    if name in FAILS_AT_IMPORT:
        error, message = FAILS_AT_IMPORT[name]
        with pytest.raises(error, match=message), run_fixture(f"routing/{name}"):
            pass
        return
    with run_fixture(f"routing/{name}") as fixture, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "paths" in fixture.client.get("/openapi.json").json()


def answer(client: TestClient, method: str, path: str) -> Any:
    response = client.request(method, path)
    return response.json() if response.status_code == 200 else response.status_code


def said_on(client: TestClient, path: str) -> str:
    with client.websocket_connect(path) as websocket:
        return websocket.receive_text()


def operation_id_warnings(app: FastAPI) -> int:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        app.openapi()
    return sum("Duplicate Operation ID" in str(warning.message) for warning in caught)


def test_301_another_handler_answers() -> None:
    with run_fixture("routing/shadowed_route/bad.py") as fixture:
        client = fixture.client
        assert answer(client, "GET", "/users/me") == 422
        assert answer(client, "POST", "/orders/7/cancel") == {"order": "7", "action": "cancel"}
        assert answer(client, "GET", "/files/home/index") == {"file": "home/index"}
        assert said_on(client, "/rooms/lobby") == "lobby"
    with run_fixture("routing/shadowed_route/fixed.py") as fixture:
        client = fixture.client
        assert answer(client, "GET", "/users/me") == {"user": "me"}
        assert answer(client, "POST", "/orders/7/cancel") == 422  # the right handler: 7 is no UUID
        assert answer(client, "GET", "/files/home/index") == {"index": "home"}
        assert answer(client, "GET", "/files/home/other") == {"file": "home/other"}
        assert said_on(client, "/rooms/lobby") == "welcome to the lobby"


def test_301_across_routers_and_mounts() -> None:
    with run_fixture("routing/shadowed_route/bad_routers") as fixture:
        client = fixture.client
        assert answer(client, "GET", "/articles/some-slug") == 422
        assert answer(client, "GET", "/articles/tags") == 422
        assert answer(client, "POST", "/articles/tags") == "created"
        assert answer(client, "GET", "/authors/anonymous") == "author anonymous"
    with run_fixture("routing/shadowed_route/bad_mount") as fixture:
        client = fixture.client
        assert answer(client, "GET", "/admin/health") == 404
        assert answer(client, "POST", "/admin/users/1/ban") == 404
        assert answer(client, "GET", "/administrators") == ["ada"]
    with run_fixture("routing/shadowed_route/bad_root_mount") as fixture:
        assert answer(fixture.client, "GET", "/api/version") == "1"
        assert answer(fixture.client, "GET", "/api/items") == 404


def test_301_look_alikes_answer_themselves() -> None:
    wanted = {
        "/users/me": "me",
        "/orders/latest": "latest order",
        "/orders/3": "order 3",
        "/sessions/main": "session called main",
        "/teams/1/members": "members of 1",
        "/reports/2026/latest": "latest of 2026",
        "/reports/draft/one": "draft one",
        "/exports/all": "all",
        "/exports/all.csv": "all as CSV",
        "/live/rooms": "rooms",
        "/items/popular": "popular",
        "/else/where": "nothing at else/where",
    }
    with run_fixture("routing/shadowed_route/good.py") as fixture:
        assert {path: answer(fixture.client, "GET", path) for path in wanted} == wanted
        assert answer(fixture.client, "POST", "/users/invite") == "invited"
    answers: dict[str, object] = {
        "/articles/tags": ["news"],
        "/articles/1": "article 1",
        "/drafts/tags": ["unsorted"],
        "/statistics": "statistics",
        "/older": "older",
        "/old/one": "old page one",
    }
    with run_fixture("routing/shadowed_route/good_routers") as fixture:
        assert {path: answer(fixture.client, "GET", path) for path in answers} == answers


def test_302_the_first_one_answers_and_the_last_one_is_documented() -> None:
    with run_fixture("routing/duplicate_route/bad.py") as fixture:
        client = fixture.client
        assert answer(client, "GET", "/health") == "ok"
        assert answer(client, "POST", "/echo") == "echo"
        assert answer(client, "GET", "/users/1") == "user 1, without the router"
        with pytest.warns(UserWarning, match="Duplicate Operation ID"):
            schema = client.get("/openapi.json").json()
        assert schema["paths"]["/echo"]["post"]["summary"] == "Echo Body"
    with run_fixture("routing/duplicate_route/bad_routers") as fixture:
        assert answer(fixture.client, "GET", "/shop/orders") == "orders of the shop"
        paths = [context.path for context in iter_route_contexts(fixture.app.routes)]
        assert paths.count("/archive/orders") == paths.count("/shop/orders") == 2
    with run_fixture("routing/duplicate_route/good.py") as fixture:
        client = fixture.client
        assert (answer(client, "GET", "/notes"), answer(client, "POST", "/notes")) == ("notes", "created")
        assert answer(client, "GET", "/admin/notes") == "notes of everybody"
        assert [answer(client, "GET", path) for path in ("/v1/items/1", "/v2/items/1", "/people/1")] == [
            "item 1",
            "item 1",
            "person 1",
        ]
        assert operation_id_warnings(fixture.app) == 0


def documented_path_parameters(app: FastAPI) -> dict[str, list[str]]:
    """`GET /users/{x}` -> the placeholders that the schema describes."""
    return {
        f"{method.upper()} {path}": sorted(
            item["name"] for item in operation.get("parameters", ()) if item["in"] == "path"
        )
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }


def test_303_the_placeholder_is_dropped_and_not_documented() -> None:
    with run_fixture("routing/unused_path_parameter/bad.py") as fixture:
        client = fixture.client
        assert answer(client, "DELETE", "/users/1") == answer(client, "DELETE", "/users/nobody")
        assert answer(client, "GET", "/users/x/posts/2") == "post 2 of anybody, 20 comments"
        assert answer(client, "GET", "/tenants/x/invoices/1") == "invoice 1 of any tenant"
        assert documented_path_parameters(fixture.app) == {
            "DELETE /users/{user_id}": [],
            "GET /users/{user_id}/posts/{post_id}": ["post_id"],
            "GET /books/{book_id}": [],
            "GET /shelves/{shelf}/{place}": ["place"],
            "GET /files/{path}": [],
            "DELETE /files/{path}": [],
            "GET /tenants/{tenant_id}/invoices/{invoice_id}": ["invoice_id"],
            "GET /tenants/{tenant_id}/name": ["tenant_id"],
        }
    with run_fixture("routing/unused_path_parameter/bad_prefix") as fixture:
        assert documented_path_parameters(fixture.app) == {
            "GET /teams/{team_id}/members/{member_id}": ["member_id"],
            "DELETE /teams/{team_id}/members/{member_id}": ["member_id", "team_id"],
            "GET /shops/{shop_id}/payments": [],
        }


def test_303_look_alikes_take_it() -> None:
    wanted = {
        "/items/7/lid": "lid of 7",
        "/books/emma/3": "emma, chapter 3",
        "/weather/it/rome": "rain in rome",
        "/tables/door": "words: door",
        "/raw/ada": "ada",
        "/pages/first": "first",
        "/described/it": "GET {'thing': 'it'}",
        "/baskets/4": "basket 4",
        "/projects/x": 422,
        "/users/x/public": 422,
        "/accounts/x/settings": 422,
        "/app/users/7": "<html></html>",
    }
    with run_fixture("routing/unused_path_parameter/good.py") as fixture:
        assert {path: answer(fixture.client, "GET", path) for path in wanted} == wanted
        assert answer(fixture.client, "DELETE", "/users/1") == "user 1, an admin"
        assert answer(fixture.client, "DELETE", "/plugins/any") == 501
        assert said_on(fixture.client, "/rooms/blue") == "blue"
    with run_fixture("routing/unused_path_parameter/good_dependencies") as fixture:
        documented = documented_path_parameters(fixture.app)
        documented |= documented_path_parameters(fixture.module.billing)
        assert all(operation.count("{") == len(names) for operation, names in documented.items())
        assert answer(fixture.client, "GET", "/teams/0/members/1") == 422
        assert answer(fixture.client, "GET", "/billing/tenants/acme/plans") == "plans"
    with run_fixture("routing/unused_path_parameter/good_unknown") as fixture:
        assert answer(fixture.client, "GET", "/users/1") == "user 1"


def test_304_every_request_fails() -> None:
    uuid = "12345678-1234-5678-1234-567812345678"
    sites = {
        "/items/1": 422,
        "/users/1/orders/2": 422,
        "/owners/ada": 422,
        "/pages/1": 422,
        f"/sessions/{uuid}": 422,
        "/books/1": 404,
        "/invoices": 422,
        "/tickets/1": 422,
    }
    with run_fixture("routing/mismatched_path_parameter/bad.py") as fixture:
        assert {path: answer(fixture.client, "GET", path) for path in sites} == sites
        assert len(sites) == len(expected_lines("routing/mismatched_path_parameter/bad.py", "FST304"))
        assert fixture.client.get("/items/1?id=2").json() == "item 2"  # a query parameter
        assert fixture.client.get("/invoices?invoice_id=2").status_code == 422  # not even that
    with run_fixture("routing/mismatched_path_parameter/bad_prefix") as fixture:
        assert answer(fixture.client, "GET", "/teams/1/members/2") == 422
        assert answer(fixture.client, "GET", "/teams/1/members/2/name") == "name of 2 of 1"
    wanted = {
        "/items/1": "item 1 for None",
        "/users/2": "user 2",
        "/owners/ada": "ada",
        "/pages/3": "page 3",
        f"/sessions/{uuid}": f"session {uuid}",
        "/floors/1": "FIRST",
        "/weights/5": "5.0 kg",
        "/limits/6": "limit 6",
        "/anything/7": "7",
        "/files/a/b": "a/b",
        f"/invoices/{uuid}": f"invoice {uuid}",
        "/years/2026/months/11": "2026-11, long",
    }
    with run_fixture("routing/mismatched_path_parameter/good.py") as fixture:
        assert {path: answer(fixture.client, "GET", path) for path in wanted} == wanted
