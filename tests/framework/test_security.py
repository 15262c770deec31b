"""What the security rules report can be done to a running FastAPI application, and the remedy stops it.

Every payload is harmless, every connection stays on the loopback interface.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from .run_fixture import FIXTURES, run_fixture

pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
EVIL = "https://evil.example"
KEY = "k" * 32
SCRIPT = "<script>alert(1)</script>"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the good fixtures read when they are imported."""
    for name in ("SESSION_SECRET", "ADMIN_API_KEY", "JWT_SECRET", "REFRESH_TOKEN_SECRET", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def allowed_origin(app: Any, origin: str, path: str = "/openapi.json") -> tuple[str | None, bool]:
    """The origin that the answer lets in, and whether with credentials."""
    headers = TestClient(app, raise_server_exceptions=False).get(path, headers={"Origin": origin}).headers
    return headers.get("access-control-allow-origin"), "access-control-allow-credentials" in headers


# CORS


@pytest.mark.parametrize("name", ["app", "admin", "partners", "reports"])
def test_any_origin_with_credentials_is_reflected(name: str) -> None:
    rule = "security/cors_any_origin_with_credentials"
    with run_fixture(f"{rule}/bad.py") as bad:
        assert allowed_origin(getattr(bad.module, name), EVIL) == (EVIL, True)
    with run_fixture(f"{rule}/fixed.py") as fixed:
        assert allowed_origin(getattr(fixed.module, name), EVIL)[1] is False


@pytest.mark.parametrize("folder", ["bad_settings", "bad_constant"])
def test_any_origin_from_another_module_is_reflected(folder: str) -> None:
    with run_fixture(f"security/cors_any_origin_with_credentials/{folder}") as bad:
        assert allowed_origin(bad.app, EVIL) == (EVIL, True)


def test_named_origins_are_not_reflected() -> None:
    with run_fixture("security/cors_any_origin_with_credentials/good.py") as good:
        for name in ("app", "previews", "local"):
            assert allowed_origin(getattr(good.module, name), EVIL)[0] is None


def test_any_origin_reads_without_credentials() -> None:
    with run_fixture("security/cors_any_origin/bad.py") as bad:
        found = [allowed_origin(getattr(bad.module, name), EVIL) for name in ("app", "search", "feeds", "exports")]
        assert found == [("*", False)] * 4
        assert allowed_origin(bad.module.widgets, EVIL) == (EVIL, False)
    with run_fixture("security/cors_any_origin/good.py") as good:
        for name in ("app", "tenants", "configured", "starred", "closed"):
            assert allowed_origin(getattr(good.module, name), EVIL)[0] is None


def test_origins_as_string_are_matched_as_substrings() -> None:
    with run_fixture("security/cors_origins_as_string/bad.py") as bad:
        assert allowed_origin(bad.app, "https://shop.example.co")[0] == "https://shop.example.co"
        assert allowed_origin(bad.app, "https://s")[0] == "https://s"
    with run_fixture("security/cors_origins_as_string/fixed.py") as fixed:
        assert allowed_origin(fixed.app, "https://shop.example.co")[0] is None
        assert allowed_origin(fixed.app, "https://shop.example.com")[0] == "https://shop.example.com"


def test_dead_origins_never_match() -> None:
    real = {"app": "https://app.example.com", "tenants": "https://a.example.com", "shop": "https://shop.example.com"}
    with run_fixture("security/cors_dead_origin/bad.py") as bad:
        for name, origin in real.items():
            assert allowed_origin(getattr(bad.module, name), origin)[0] is None
        assert allowed_origin(bad.module.bare, "http://localhost:5173")[0] is None
    with run_fixture("security/cors_dead_origin/good.py") as good:
        for origin in ("https://app.example.com", "https://a.example.com", "http://localhost:5173", "null"):
            assert allowed_origin(good.app, origin)[0] == origin


def test_loose_regex_lets_strangers_in() -> None:
    strangers = {
        "app": "https://appXexample.com",
        "tenants": "https://evilexample.com",
        "previews": "https://preview-evilexample.com",
        "shop": "https://example.com.evil.net",
        "mixed": "https://a.exampleXcom",
    }
    with run_fixture("security/cors_loose_regex/bad.py") as bad:
        for name, origin in strangers.items():
            assert allowed_origin(getattr(bad.module, name), origin)[0] == origin
    with run_fixture("security/cors_loose_regex/good.py") as good:
        for name in ("app", "anchored", "tenants", "previews", "local", "built", "plain"):
            for origin in strangers.values():
                assert allowed_origin(getattr(good.module, name), origin)[0] is None


def test_answers_outside_of_cors_have_no_headers() -> None:
    origin = "https://app.example.com"
    preflight = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    with run_fixture("security/cors_not_outermost/bad.py") as bad:
        assert allowed_origin(bad.app, origin, "/orders")[0] is None
        assert bad.client.options("/orders", headers=preflight).status_code == 401
        assert allowed_origin(bad.module.hosts, origin)[0] is None
    with run_fixture("security/cors_not_outermost/good.py") as good:
        assert allowed_origin(good.app, origin, "/orders")[0] == origin
        assert good.client.options("/orders", headers=preflight).status_code == 200


# secrets and tokens


def test_a_published_key_forges_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    forged = jwt.encode({"sub": "admin"}, "supersecretkey", algorithm="HS256")
    with run_fixture("security/hardcoded_secret/bad_sinks") as bad:
        assert bad.client.get("/me", headers={"Authorization": f"Bearer {forged}"}).json() == {"user": "admin"}
        assert bad.client.get("/export", headers={"X-API-Key": "Lk7-Yw2pQd9s-Export"}).status_code == 200
        assert bad.client.get("/admin", auth=("x", "hT5$kd82!Zpw")).json() == {"admin": True}
    monkeypatch.setenv("SECRET_KEY", secrets.token_hex(32))
    with run_fixture("security/hardcoded_secret/good.py") as good:
        token = good.client.post("/login", json={"username": "ada", "userPassword": "x"}).json()["access_token"]
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(token, "supersecretkey", algorithms=["HS256"])


def test_a_published_fallback_opens_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    published = {"X-API-Key": "admin"}
    with run_fixture("security/weak_secret_fallback/bad.py") as bad:
        answer = bad.client.post("/token", params={"user_id": "7"}, headers=published)
        assert jwt.decode(answer.json()["access_token"], "dev-secret", algorithms=["HS256"]) == {"sub": "7"}
    with pytest.raises(KeyError, match="SECRET_KEY"), run_fixture("security/weak_secret_fallback/fixed.py"):
        pass
    for name in ("SECRET_KEY", "JWT_SECRET", "REFRESH_TOKEN_SECRET", "SESSION_SECRET", "ADMIN_API_KEY"):
        monkeypatch.setenv(name, secrets.token_hex(32))
    with run_fixture("security/weak_secret_fallback/fixed.py") as fixed:
        assert fixed.client.post("/token", params={"user_id": "7"}, headers=published).status_code == 403


def test_unverified_tokens_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", KEY)
    past = datetime.now(UTC) - timedelta(days=365)
    forged = {"Authorization": f"Bearer {jwt.encode({'sub': 'admin'}, 'y' * 32)}"}
    expired = {"Authorization": f"Bearer {jwt.encode({'sub': 'ada', 'exp': past}, KEY)}"}
    valid = {"Authorization": f"Bearer {jwt.encode({'sub': 'ada', 'exp': past + timedelta(days=730)}, KEY)}"}
    with run_fixture("security/unverified_jwt/bad.py") as bad:
        assert bad.client.get("/me", headers=forged).json() == {"user": "admin"}
        assert bad.client.get("/exports", headers=expired).json() == {"user": "ada"}
        assert bad.client.get("/files", headers=valid).status_code == 401  # no algorithms: nobody gets in
    with run_fixture("security/unverified_jwt/good.py") as good:
        assert good.client.get("/me", headers=forged).status_code == 401
        assert good.client.get("/me", headers=expired).status_code == 401
        assert good.client.get("/me", headers=valid).json() == {"user": "ada"}


def test_the_sender_chooses_the_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "k" * 64)
    chosen = {"Authorization": f"Bearer {jwt.encode({'sub': 'ada', 'exp': 2**33}, 'k' * 64, algorithm='HS512')}"}
    with run_fixture("security/unverified_jwt/bad.py") as bad:
        assert bad.client.get("/orders", headers=chosen).json() == {"user": "ada"}
    with run_fixture("security/unverified_jwt/good.py") as good:
        assert good.client.get("/me", headers=chosen).status_code == 401


def test_tokens_without_expiry_last_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", KEY)
    for name, lasting in (("bad.py", True), ("good.py", False)):
        with run_fixture(f"security/jwt_without_expiry/{name}") as fixture:
            token = fixture.client.post("/token", params={"user_id": "7"}).json()["access_token"]
            assert ("exp" not in jwt.decode(token, KEY, algorithms=["HS256"])) is lasting


# passwords


def test_plaintext_passwords_are_in_the_database() -> None:
    from sqlmodel import Session, SQLModel, select

    registration = {"name": "ada", "password": "correct horse", "password_again": "correct horse"}
    stored: dict[str, str] = {}
    for name, column in (("bad", "password"), ("good", "hashed_password")):
        with run_fixture(f"security/plaintext_password/{name}.py") as fixture:
            SQLModel.metadata.create_all(fixture.module.engine)
            assert fixture.client.post("/users", json=registration).status_code == 201
            with Session(fixture.module.engine) as session:
                stored[name] = getattr(session.exec(select(fixture.module.User)).one(), column)
            login: dict[str, Any] = (
                {"data": {"username": "ada", "password": "correct horse"}} if name == "bad" else {"json": registration}
            )
            assert fixture.client.post("/login", **login).json() == {"name": "ada"}
    assert stored["bad"] == "correct horse"
    assert "correct horse" not in stored["good"]


def test_compare_digest_answers_the_same_and_needs_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "s3cr3t")
    answers = {}
    for name in ("bad", "fixed", "good"):
        with run_fixture(f"security/timing_unsafe_comparison/{name}.py") as fixture:
            keys = (b"s3cr3t", b"wrong", "schlüssel".encode("latin-1"))
            answers[name] = [fixture.client.get("/export", headers={b"X-API-Key": key}).status_code for key in keys]
    assert answers == {"bad": [200, 403, 403], "fixed": [200, 403, 500], "good": [200, 403, 403]}


# request data that reaches an interpreter


@pytest.mark.parametrize(
    ("path", "benign", "harmless", "payload", "stolen"),
    [
        ("/users", {"name": "ada"}, ["blue"], {"name": "' OR '1'='1"}, ["blue", "green"]),
        (
            "/search",
            {"term": "d"},
            ["ada"],
            {"term": "' UNION SELECT secret FROM users -- "},
            ["ada", "bob", "blue", "green"],
        ),
        ("/users/1", {}, ["blue"], None, ["blue", "green"]),
    ],
)
def test_sql_injection(
    path: str, benign: dict[str, str], harmless: list[str], payload: dict[str, str] | None, stolen: list[str]
) -> None:
    attack, params = (path, payload) if payload else ("/users/0 OR 1=1", {})
    with run_fixture("security/sql_injection/bad.py") as bad:
        assert bad.client.get(path, params=benign).json() == harmless
        assert set(bad.client.get(attack, params=params).json()) >= set(stolen) - {"ada", "bob"}
    with run_fixture("security/sql_injection/fixed.py") as fixed:
        assert fixed.client.get(path, params=benign).json() == harmless
        assert fixed.client.get(attack, params=params).json() == []


def test_command_injection() -> None:
    payload = {"word": "hello; echo INJECTED"}
    with run_fixture("security/command_injection/bad.py") as bad:
        assert bad.client.get("/echo", params=payload).json() == "hello\nINJECTED\n"
    with run_fixture("security/command_injection/good.py") as good:
        assert "hello; echo INJECTED" in good.client.get("/echo", params=payload).json()
    with run_fixture("security/command_injection/bad_service") as bad:
        assert "INJECTED" in bad.client.get("/repositories/log", params={"branch": "x; echo INJECTED"}).json()


def test_path_traversal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tmp_path / "files"
    files.mkdir()
    secret = tmp_path / "secret.md"
    secret.write_text("top secret", encoding="utf-8")
    requests: list[tuple[str, dict[str, Any]]] = [
        ("/files/..%2fsecret.md", {}),
        ("/invoices", {"params": {"name": str(secret)}}),
        ("/pages", {"params": {"page": "../secret"}}),
        ("/themes", {"headers": {"x-theme": "../../secret.md"}}),
    ]
    with run_fixture("security/path_traversal/bad.py") as bad:
        monkeypatch.setattr(bad.module, "FILES", files)
        for path, options in requests:
            assert "top secret" in bad.client.get(path, **options).text
        bad.client.delete("/uploads", params={"name": str(secret)})
        assert not secret.exists()
    secret.write_text("top secret", encoding="utf-8")
    with run_fixture("security/path_traversal/good.py") as good:
        monkeypatch.setattr(good.module, "FILES", files)
        for path, options in requests:
            assert "top secret" not in good.client.get(path, **options).text
        assert good.client.get("/avatars/..%2fsecret.md").status_code == 404


def test_open_redirect() -> None:
    evil = {"next": EVIL, "page": "//evil.example", "path": "/evil.example", "host": "evil.example"}
    with run_fixture("security/open_redirect/bad.py") as bad:
        targets = [
            bad.client.get(path, params=evil).headers["location"]
            for path in ("/login", "/continue", "/open", "/short", "/tenants")
        ]
        assert targets == [EVIL, EVIL, "//evil.example", "//evil.example", f"{EVIL}/start"]
        assert bad.client.post("/logout", data={"back": EVIL}).headers["location"] == EVIL
        assert bad.client.get("/language", headers={"Cookie": f"return_to={EVIL}"}).headers["location"] == EVIL
    with run_fixture("security/open_redirect/good.py") as good:
        for value in (EVIL, "//evil.example", "/\\evil.example"):
            assert good.client.get("/login", params={"next": value}).headers["location"] == "/"
        assert good.client.get("/leave", params={"url": EVIL}).status_code == 400
        assert good.client.get("/go/evil").status_code == 404
        assert good.client.get("/search", params={"term": "@evil"}).headers["location"].startswith("https://search.")


class Internal(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"internal only")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def internal_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Internal)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/admin"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_request_forgery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with internal_server() as url:
        with run_fixture("security/request_forgery/bad.py") as bad:
            assert bad.client.get("/preview", params={"url": url}).json() == "internal only"
            assert bad.client.post("/webhooks", json={"url": url, "name": "x"}).json() == 202
            assert bad.client.post("/import", data={"feed": url}).json() == len("internal only")
            assert bad.client.get("/avatar", headers={"x-picture": url}).json() == len("internal only")
        with run_fixture("security/request_forgery/good.py") as good:
            assert good.client.get("/import", params={"url": url}).status_code == 400
            assert good.client.get("/orders", params={"region": url}).status_code == 422
            assert good.client.get("/status", params={"host": url}).status_code == 422


# pages


def test_html_injection() -> None:
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/search", {"params": {"term": SCRIPT}}),
        ("GET", "/hello/<img src=x>", {}),
        ("POST", "/comments", {"data": {"comment": SCRIPT}}),
        ("GET", "/error", {"params": {"message": SCRIPT}}),
    ]
    for name, injected in (("bad", True), ("fixed", False)):
        with run_fixture(f"security/html_injection/{name}.py") as fixture:
            for method, path, options in requests:
                answer = fixture.client.request(method, path, **options)
                assert answer.headers["content-type"].startswith("text/html")
                assert ("<script>" in answer.text or "<img" in answer.text) is injected
    with run_fixture("security/html_injection/good.py") as good:
        for path in ("/search", "/page"):
            assert "<script>" not in good.client.get(path, params={"term": SCRIPT}).text
        for path in (f"/hello/{SCRIPT.replace('/', '')}", f"/greeting?{urlencode({'name': SCRIPT})}"):
            assert "<script>" not in good.client.get(path).text
    with run_fixture("security/html_injection/bad_pages") as bad:
        assert SCRIPT in bad.client.get("/missing", params={"path": SCRIPT}).text
        assert SCRIPT in bad.client.post("/notes/preview", json={"title": "t", "lines": [SCRIPT]}).text
        assert SCRIPT in bad.client.get("/nowhere", params={"from": SCRIPT}).text


def test_unescaped_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("page.html", "page.html.j2", "page.jinja", "page.txt"):
        (tmp_path / "templates").mkdir(exist_ok=True)
        (tmp_path / "templates" / name).write_text("<h1>{{ term }}</h1>", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with run_fixture("security/unescaped_template/bad.py") as bad:
        for path in ("/search", "/find", "/notes", "/plain", "/raw"):
            answer = bad.client.get(path, params={"term": SCRIPT})
            assert SCRIPT in answer.text and answer.headers["content-type"].startswith("text/html")
    with run_fixture("security/unescaped_template/good.py") as good:
        for path in ("/search", "/find", "/look"):
            assert "&lt;script&gt;" in good.client.get(path, params={"term": SCRIPT}).text
        assert good.client.get("/robots.txt").headers["content-type"].startswith("text/plain")
    for folder, escaped in (("bad_rendering", False), ("good_rendering", True)):
        with run_fixture(f"security/unescaped_template/{folder}") as fixture:
            for path in ("/profile", "/card", "/banner"):
                text = fixture.client.get(path, params={"name": SCRIPT, "text": SCRIPT}).text
                assert (SCRIPT not in text) is escaped


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


def test_every_rule_has_marked_lines() -> None:
    marked = {
        code
        for path in (FIXTURES / "security").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        for code in line.partition("# expect: ")[2].split(", ")
        if code
    }
    numbers = [*range(501, 507), *range(510, 517), *range(520, 527), *range(530, 539)]
    assert marked == {f"FST{number}" for number in numbers}
