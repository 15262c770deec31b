"""What a worker thread lacks (FST115, FST116): the bad fixtures of these rules when they run."""

from __future__ import annotations

from .run_fixture import run_fixture


def test_115_no_loop_runs_in_the_thread_of_a_plain_function() -> None:
    with run_fixture("event_loop/event_loop_api_in_sync_route/bad.py") as fixture:
        assert fixture.client.post("/orders/1").status_code == 500
    with run_fixture("event_loop/event_loop_api_in_sync_route/bad_threads") as fixture:
        client = fixture.client
        paths = ("/time", "/watched", "/task", "/schedule")
        assert [client.get(path).status_code for path in paths] == [500] * 4
        assert client.post("/refresh").status_code == 500
    with run_fixture("event_loop/event_loop_api_in_sync_route/good.py") as fixture:
        assert fixture.client.post("/orders/1").json() == "placed"
        assert fixture.client.post("/orders/1/copy").json() == "copied"


def test_116_what_a_plain_dependency_sets_the_route_does_not_see() -> None:
    with run_fixture("event_loop/lost_context_variable/bad.py") as fixture:
        assert fixture.client.get("/reports", headers={"x-tenant": "acme"}).json() == "public"
    with run_fixture("event_loop/lost_context_variable/bad_context") as fixture:
        client = fixture.client
        assert client.get("/me", headers={"x-user": "ada"}).json() == " "
        assert client.get("/session", headers={"x-user": "ada", "x-session": "s1"}).json() == ""
    with run_fixture("event_loop/lost_context_variable/good.py") as fixture:
        assert fixture.client.get("/reports", headers={"x-tenant": "acme"}).json() == "acme"
