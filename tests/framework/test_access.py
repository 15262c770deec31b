"""What the configuration of an application and its routes leave open, and the remedy that closes it.

Every payload is harmless, every connection stays on the loopback interface.
"""

from __future__ import annotations

import json
import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from .run_fixture import run_fixture

EVIL = "https://evil.example"
FORM = {"content-type": "application/x-www-form-urlencoded"}


# configuration


def test_debug_shows_the_source() -> None:
    for name, shown in (("bad.py", True), ("fixed.py", False), ("good.py", False)):
        with run_fixture(f"security/debug_enabled/{name}") as fixture:
            answer = fixture.client.get("/orders/0")
            assert answer.status_code == 500
            assert ("order_id" in answer.text and "ZeroDivisionError" in answer.text) is shown
    with run_fixture("security/debug_enabled/bad_package") as bad:
        assert "ZeroDivisionError" in bad.client.get("/share", params={"parts": 0}).text


def test_secrets_are_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    registration = {"mail": "ada@example.com", "password": "correct horse"}
    with run_fixture("security/secret_in_log/bad.py") as bad:
        bad.client.post("/users", json=registration)
        bad.client.get("/me", headers={"Authorization": "Bearer t0k3n-value"})
        assert caplog.text.count("correct horse") == 2
        assert caplog.text.count("t0k3n-value") == 2
    caplog.clear()
    with run_fixture("security/secret_in_log/good.py") as good:
        good.client.post("/users", json=registration)
        good.client.get("/me", headers={"Authorization": "Bearer t0k3n-value"})
        assert "ada@example.com" in caplog.text
        assert "correct horse" not in caplog.text and "t0k3n-value" not in caplog.text


def test_cookies_without_flags() -> None:
    paths = ("/login", "/login/remembered", "/login/partner")
    with run_fixture("security/insecure_cookie/bad.py") as bad:
        cookies = [bad.client.post(path).headers["set-cookie"].lower() for path in paths]
    assert all(not ("secure" in cookie and "httponly" in cookie) for cookie in cookies)
    assert all("samesite=lax" in cookie for cookie in cookies)
    with run_fixture("security/insecure_cookie/fixed.py") as fixed:
        cookies = [fixed.client.post(path).headers["set-cookie"].lower() for path in paths]
    assert all("secure" in cookie and "httponly" in cookie and "samesite=lax" in cookie for cookie in cookies)


def test_a_form_of_another_site_acts_for_the_user() -> None:
    foreign = FORM | {"Origin": EVIL}
    for name, status in (("bad.py", 200), ("good.py", 422)):
        with run_fixture(f"security/cookie_auth_without_csrf/{name}") as fixture:
            client = TestClient(fixture.app, base_url="https://testserver")
            signed_in = client.post("/login", data={"user": "ada"})
            assert "samesite=none" in signed_in.headers["set-cookie"].lower()  # a browser sends it from everywhere
            answer = client.post("/transfers", content="to=mallory&amount=100", headers=foreign)
            assert answer.status_code == status
    with run_fixture("security/cookie_auth_without_csrf/good.py") as good:
        client = TestClient(good.app, base_url="https://testserver")
        token = client.post("/login", data={"user": "ada"}).json()["csrf_token"]
        assert client.post("/transfers", data={"to": "bob"}, headers={"X-CSRF-Token": token}).status_code == 200
        assert client.post("/mail", content="mail=m", headers=foreign).status_code == 403
    for folder, same_site, status in (
        ("bad_form", "none", 200),
        ("good_lax", "lax", 200),
        ("good_csrf", "none", 403),
    ):
        with run_fixture(f"security/cookie_auth_without_csrf/{folder}") as fixture:
            client = TestClient(fixture.app, base_url="https://testserver")
            if folder != "good_csrf":
                assert (
                    f"samesite={same_site}" in client.post("/login", data={"user": "a"}).headers["set-cookie"].lower()
                )
            assert client.post("/posts", content="text=spam", headers=foreign).status_code == status


def test_secrets_in_the_query_are_part_of_the_url() -> None:
    body = {"username": "ada", "password": "correct horse"}
    with run_fixture("security/secret_in_query/bad.py") as bad:
        assert bad.client.post("/login", data=body).status_code == 422
        answer = bad.client.post("/login", params=body)
        assert answer.status_code == 200 and "password=correct" in str(answer.request.url)
        assert bad.client.get("/report", params={"api_key": "x"}).status_code == 200
    with run_fixture("security/secret_in_query/good.py") as good:
        assert good.client.post("/login", data=body).status_code == 200
        assert "correct" not in json.dumps(good.client.get("/openapi.json").json())


# access


def test_routes_without_the_declared_dependency_are_open() -> None:
    with run_fixture("security/route_without_auth/bad_policy") as bad:
        assert bad.client.get("/orders/").status_code == 401
        assert bad.client.delete("/orders/7").status_code == 200
        assert bad.client.get("/statistics").status_code == 200
    with run_fixture("security/route_without_auth/good_policy") as good:
        assert good.client.get("/health").status_code == 200
        for path in ("/orders/", "/orders/all", "/orders/token", "/admin/users", "/reports/sales"):
            assert good.client.get(path).status_code == 401
        assert good.client.delete("/orders/7").status_code == 401


@pytest.mark.parametrize("name", ["{}.py", "{}_service"])
def test_objects_of_other_users(name: str) -> None:
    from sqlmodel import Session, SQLModel

    for kind, status in (("bad", 200), ("good", 404)):
        with run_fixture(f"security/object_without_owner_check/{name.format(kind)}") as fixture:
            models = fixture.module if name.endswith(".py") else fixture.submodule("models")
            SQLModel.metadata.create_all(models.engine)
            with Session(models.engine) as session:
                session.add_all([models.User(id=1, name="ada"), models.User(id=2, name="mallory")])
                session.add(models.Invoice(id=7, owner_id=1, total=100))
                session.commit()
            answers = [
                fixture.client.get("/invoices/7", headers={"Authorization": f"Bearer {user}"}).status_code
                for user in (1, 2)
            ]
            assert answers == [200, status]


def test_passwords_can_be_tried_without_end() -> None:
    attempt = {"username": "eve", "user": "eve", "password": "guess"}
    with run_fixture("security/login_without_rate_limit/bad.py") as bad:
        assert {bad.client.post("/token", data=attempt).status_code for _ in range(30)} == {401}
    with run_fixture("security/login_without_rate_limit/good.py") as good:
        answers = [good.client.post("/token", data=attempt).status_code for _ in range(7)]
        assert answers == [200] * 5 + [429] * 2


def test_uploads_without_limit_are_read_as_a_whole() -> None:
    large = b"x" * (10 * 1024 * 1024 + 1)

    def upload(app: FastAPI, path: str, field: str) -> tuple[int, str]:
        answer = TestClient(app, raise_server_exceptions=False).post(path, files={field: ("large", large)})
        return answer.status_code, answer.text

    with run_fixture("security/unbounded_upload/bad.py") as bad:
        assert upload(bad.app, "/pictures", "picture") == (200, f'{{"size":{len(large)}}}')
        assert upload(bad.app, "/notes", "note") == (200, f'{{"size":{len(large)}}}')
    with run_fixture("security/unbounded_upload/good.py") as good:
        for path, field in (("/pictures", "picture"), ("/films", "film"), ("/tables", "table"), ("/notes", "note")):
            assert upload(good.app, path, field)[0] == 413
    with run_fixture("security/unbounded_upload/good_limit") as good:
        assert upload(good.app, "/pictures", "picture")[0] == 413
