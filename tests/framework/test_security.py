"""What the security rules report can be done to a running FastAPI application, and the remedy stops it.

Every payload is harmless, every connection stays on the loopback interface.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from .run_fixture import FIXTURES, run_fixture

pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
EVIL = "https://evil.example"
KEY = "k" * 32


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
    names = ("SECRET_KEY", "JWT_SECRET", "REFRESH_TOKEN_SECRET", "SESSION_SECRET", "ADMIN_API_KEY", "RESET_SECRET")
    for name in (*names, "BILLING_API_KEY"):
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
