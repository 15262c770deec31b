"""`fixtures/apps/shop` really runs, and each pitfall marked in it really hurts.

The shop is only ever started as a server in a process of its own: nothing of it is imported here. What it calls
(payments, suppliers, rates) is a small server in this process that can be told to keep everyone waiting.
"""

import ast
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from packaging.requirements import Requirement

SHOP = Path(__file__).parent.parent / "fixtures" / "apps" / "shop"
HOLD = 0.5  # how long the outside world keeps the shop waiting, in seconds
TRIES = 3  # a busy machine may spoil a measurement, not three in a row
EVIL = "https://evil.example"
PASSWORD = "correct horse battery"
# Uvicorn closes the connection behind the answer to a request that raised: a reused one may be gone.
NO_REUSE = httpx.Limits(max_keepalive_connections=0)

pytestmark = pytest.mark.xdist_group("shop")


# The world around the shop


class Partner(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = {  # noqa: RUF012
        "/fees": {"fee_cents": 25},
        "/charges": {"id": "charge-1"},
        "/receipts": {},
        "/stock": {"available": 7},
        "/rates": {"rate": 1.25},
    }
    gate = threading.Event()
    seen: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append(path)
        self.gate.wait(timeout=20)
        body = json.dumps(self.answers[path]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def partner() -> Iterator[str]:
    Partner.gate.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Shop:
    """The three applications, served by uvicorn on one database."""

    main: httpx.Client
    public: httpx.Client
    admin: httpx.Client
    database: Path

    def log_in(self, email: str) -> dict[str, str]:
        account = {"email": email, "password": PASSWORD}
        self.main.post("/accounts", json=account)
        token = self.main.post("/accounts/token", json=account).raise_for_status().json()["access_token"]
        return {"Authorization": f"Bearer {token}"}


@contextmanager
def served(application: str, environment: dict[str, str], folder: Path) -> Iterator[httpx.Client]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level", "warning"]
    log = folder / f"{application}.log"
    with (
        log.open("w") as output,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False, limits=NO_REUSE) as client,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            deadline = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    client.get("/openapi.json").raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.03)
            else:
                pytest.fail(f"{application} does not start:\n{log.read_text()}")
            yield client
        finally:
            process.kill()


@pytest.fixture(scope="module")
def shop(partner: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    database = folder / "shop.db"
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("SHOP_")}
    environment |= {
        "PYTHONPATH": str(SHOP),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "SHOP_DATABASE_URL": f"sqlite:///{database.as_posix()}",
        "SHOP_PAYMENT_URL": partner,
        "SHOP_SUPPLIER_URL": partner,
        "SHOP_RATES_URL": partner,
        "SHOP_CARRIER_INTERVAL": str(HOLD),
    }
    with (
        served("shop.main:app", environment, folder) as main,
        served("shop.public_api:app", environment, folder) as public,
        served("shop.admin:app", environment, folder) as admin,
    ):
        yield Shop(main, public, admin, database)


# The event loop: how long does GET /health wait while another request does?


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    json: Any = None
    with_account: bool = False
    waits_for: str = "carrier"
    code: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


ORDER = {"order_id": 1}
BLOCKING = [
    Call("GET", "/shipments/1", code="FST101"),
    Call("POST", "/shipments", json=ORDER, code="FST101"),
    Call("GET", "/shipments/1/trace", code="FST101"),
    Call("GET", "/rates/EUR", waits_for="partner", code="FST102"),
    Call("GET", "/suppliers/MUG-1", waits_for="partner", code="FST102"),
    Call("POST", "/orders/quote", json={"cents": 900}, waits_for="partner", code="FST102"),
    Call("POST", "/orders", json={"product_id": 1}, waits_for="partner", code="FST102"),
    Call("GET", "/products/1", waits_for="database", code="FST103"),
    Call("POST", "/products/1/stock", json={"amount": 1}, waits_for="database", code="FST103"),
    Call("GET", "/accounts/me", with_account=True, waits_for="database", code="FST103"),
]
HARMLESS = [
    Call("GET", "/shipments/1/threaded"),
    Call("GET", "/shipments/1/follow"),
    Call("POST", "/shipments/threaded", json=ORDER),
    Call("POST", "/shipments/offloaded", json=ORDER),
    Call("GET", "/rates/EUR/awaited", waits_for="partner"),
    Call("GET", "/rates/EUR/offloaded", waits_for="partner"),
    Call("GET", "/suppliers/MUG-1/awaited", waits_for="partner"),
    Call("GET", "/suppliers/MUG-1/threaded", waits_for="partner"),
    Call("POST", "/orders/quote/offloaded", json={"cents": 900}, waits_for="partner"),
    Call("GET", "/products", waits_for="database"),
    Call("GET", "/products/1/details", waits_for="database"),
    Call("GET", "/products/search?text=Mug", waits_for="database"),
]


@contextmanager
def held_partner() -> Iterator[None]:
    Partner.gate.clear()
    release = threading.Timer(HOLD, Partner.gate.set)
    release.start()
    yield
    release.join()


@contextmanager
def locked_database(database: Path) -> Iterator[None]:
    lock = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(HOLD, lock.rollback)
    release.start()
    yield
    release.join()
    lock.close()


def health_wait(shop: Shop, calls: list[Call], account: dict[str, str]) -> float:
    """The longest that GET /health took while all of `calls` were under way at once."""

    def run(call: Call) -> float:
        started = time.monotonic()
        headers = account if call.with_account else {}
        shop.main.request(call.method, call.path, json=call.json, headers=headers).raise_for_status()
        return time.monotonic() - started

    holds: dict[str, AbstractContextManager[None]] = {
        "carrier": nullcontext(),
        "partner": held_partner(),
        "database": locked_database(shop.database),
    }
    longest = 0.0
    shop.main.get("/health").raise_for_status()
    with ThreadPoolExecutor(len(calls)) as pool, holds[calls[0].waits_for]:
        running = [pool.submit(run, call) for call in calls]
        while not all(each.done() for each in running):
            started = time.monotonic()
            shop.main.get("/health").raise_for_status()
            longest = max(longest, time.monotonic() - started)
            time.sleep(0.01)
    for call, each in zip(calls, running, strict=True):
        assert each.result() > HOLD * 0.5, f"{call} did not have to wait, so it shows nothing"
    return longest


@pytest.fixture(scope="module")
def account(shop: Shop) -> dict[str, str]:
    return shop.log_in("ada@shop.example")


@pytest.fixture(scope="module")
def harmless_wait(shop: Shop, account: dict[str, str]) -> dict[str, float]:
    """Per kind of waiting: what /health waits while every correct variant of it is under way."""
    waits = {}
    for kind in ("carrier", "partner", "database"):
        calls = [call for call in HARMLESS if call.waits_for == kind]
        tries: list[float] = []
        while len(tries) < TRIES and (not tries or tries[-1] > HOLD * 0.3):
            tries.append(health_wait(shop, calls, account))
        waits[kind] = min(tries)
    return waits


@pytest.mark.parametrize("call", BLOCKING, ids=str)
def test_blocking_call_holds_up_every_other_request(
    shop: Shop, account: dict[str, str], harmless_wait: dict[str, float], call: Call
) -> None:
    if harmless_wait[call.waits_for] > HOLD * 0.3:
        pytest.skip("this machine is too busy to tell a blocked loop from a slow one")
    tries: list[float] = []
    while len(tries) < TRIES and (not tries or tries[-1] < HOLD * 0.7):
        tries.append(health_wait(shop, [call], account))
    assert max(tries) > HOLD * 0.6
    assert max(tries) > 2 * harmless_wait[call.waits_for]


def test_receipt_is_sent_after_the_response(shop: Shop) -> None:
    Partner.seen.clear()
    order = shop.main.post("/orders", json={"product_id": 2, "quantity": 2})
    assert (order.status_code, order.json()["charge_id"]) == (201, "charge-1")
    deadline = time.monotonic() + 5
    while "/receipts" not in Partner.seen and time.monotonic() < deadline:
        time.sleep(0.01)
    assert Partner.seen == ["/charges", "/receipts"]


# Contracts


def operation(client: httpx.Client, method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()["paths"][path][method]
    return found


def body_types(client: httpx.Client, path: str) -> list[str]:
    return list(operation(client, "post", path).get("requestBody", {}).get("content", {}))


def test_untyped_parameter_is_an_unchecked_query_parameter(shop: Shop) -> None:
    price = operation(shop.main, "put", "/products/{product_id}/price")
    assert "requestBody" not in price
    assert [(each["name"], each["in"]) for each in price["parameters"]] == [
        ("product_id", "path"),
        ("price_cents", "query"),
    ]
    assert "type" not in price["parameters"][1]["schema"]
    as_json = shop.main.put("/products/2/price", json=2100)
    assert (as_json.status_code, as_json.json()["detail"][0]["loc"]) == (422, ["query", "price_cents"])
    try:
        assert shop.main.put("/products/2/price?price_cents=cheap").status_code == 500
        with sqlite3.connect(shop.database) as database:
            assert database.execute("SELECT price_cents FROM product WHERE id = 2").fetchone() == ("cheap",)
        database.close()
    finally:
        assert shop.main.put("/products/2/price?price_cents=1900").json()["price_cents"] == 1900


def test_untyped_parameter_of_a_dependency_is_unchecked_too(shop: Shop) -> None:
    assert shop.main.get("/products?page=two").status_code == 500
    assert shop.main.get("/products?size=two").status_code == 422


def test_dict_body_is_not_validated(shop: Shop) -> None:
    assert operation(shop.main, "post", "/products")["requestBody"]["content"]["application/json"]["schema"] == {
        "additionalProperties": True,
        "title": "Payload",
        "type": "object",
    }
    wrong = {"sku": "NEG-1", "name": "Negative", "price_cents": -5}
    assert shop.main.post("/products", json=wrong).status_code == 201
    assert shop.main.post("/products", json={}).status_code == 500
    assert shop.main.post("/products/batch", json=[wrong]).status_code == 422
    assert shop.main.post("/products/batch", json=[{}]).status_code == 422


def test_body_read_by_hand_is_neither_documented_nor_validated(shop: Shop) -> None:
    assert body_types(shop.main, "/webhooks/payment") == []
    assert shop.main.post("/webhooks/payment", json={"order": 1, "state": "paid"}).json() == {"accepted": True}
    assert shop.main.post("/webhooks/payment", json={"state": "paid"}).status_code == 500
    assert body_types(shop.main, "/webhooks/stock") == ["application/json"]
    assert shop.main.post("/webhooks/stock", json={"MUG-1": {"amount": "many"}}).status_code == 422


def test_bare_list_is_a_multipart_file(shop: Shop) -> None:
    assert body_types(shop.main, "/products/import") == ["multipart/form-data"]
    assert shop.main.post("/products/import", json=[1, 2]).status_code == 422
    files = [("rows", ("1.csv", b"MUG-1")), ("rows", ("2.csv", b"TEE-1"))]
    assert shop.main.post("/products/import", files=files).json() == {"rows": 2}
    assert body_types(shop.main, "/products/batch") == ["application/json"]


def test_optional_bare_set_silently_drops_the_json_body(shop: Shop) -> None:
    assert body_types(shop.main, "/products/{product_id}/tags") == ["multipart/form-data"]
    answer = shop.main.post("/products/1/tags", json=["new", "blue"])
    assert (answer.status_code, answer.json()) == (200, {"rows": 0})


def test_route_without_response_model_sends_the_password_hash(shop: Shop) -> None:
    account = {"email": "grace@shop.example", "password": PASSWORD}
    registered = shop.main.post("/accounts", json=account).json()
    assert set(registered) == {"id", "email"}
    leaked = shop.main.get(f"/accounts/{registered['id']}").json()
    assert re.fullmatch(r"[0-9a-f]{32}:[0-9a-f]{128}", leaked["password_hash"])
    listed = shop.admin.get("/accounts", headers=shop.log_in("grace@shop.example")).raise_for_status().json()
    assert leaked["password_hash"] in [each["password_hash"] for each in listed]
    for client, path in ((shop.main, "/accounts/{user_id}"), (shop.admin, "/accounts")):
        schema = operation(client, "get", path)["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema == {}


# Security


def test_any_site_may_read_what_the_user_may_read(shop: Shop, account: dict[str, str]) -> None:
    own = shop.main.get("/accounts/me", headers=account | {"Origin": EVIL})
    assert own.json()["email"] == "ada@shop.example"
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "Authorization"}
    preflight = shop.main.options("/products/1/price", headers=asked)
    for answer in (own, preflight):
        assert answer.headers["access-control-allow-origin"] == EVIL
        assert answer.headers["access-control-allow-credentials"] == "true"
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()


def test_public_feed_is_open_to_any_site_but_without_credentials(shop: Shop) -> None:
    feed = shop.public.get("/feed", headers={"Origin": EVIL})
    assert feed.json()
    assert feed.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in feed.headers


def test_back_office_is_open_to_one_site(shop: Shop) -> None:
    assert "access-control-allow-origin" not in shop.admin.get("/accounts", headers={"Origin": EVIL}).headers
    known = {"Origin": "https://admin.shop.example", "Access-Control-Request-Method": "GET"}
    assert shop.admin.options("/accounts", headers=known).headers["access-control-allow-origin"] == known["Origin"]


def markers() -> list[tuple[str, int, str]]:
    found = []
    files = [SHOP / "requirements.txt", SHOP / "pyproject.toml", *sorted((SHOP / "shop").rglob("*.py"))]
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if match := re.search(r"# expect: (FST\d{3}(?:, FST\d{3})*)$", line):
                name = file.relative_to(SHOP).as_posix()
                found += [(name, number, code) for code in match[1].split(", ")]
    return found


def marked_literals(name: str) -> list[str]:
    lines = {line for file, line, code in markers() if file == name and code == "FST510"}
    tree = ast.parse((SHOP / name).read_text(encoding="utf-8"))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.lineno in lines
    ]


def test_who_reads_the_source_can_log_in_as_anyone(shop: Shop) -> None:
    shop.log_in("alan@shop.example")
    (secret,) = marked_literals("shop/settings.py")
    claims = {"sub": "alan@shop.example", "exp": time.time() + 60}
    for key, status in ((secret, 200), (secret[::-1], 401)):
        forged = jwt.encode(claims, key, algorithm="HS256")
        answer = shop.main.get("/accounts/me", headers={"Authorization": f"Bearer {forged}"})
        assert answer.status_code == status


def test_who_reads_the_source_can_open_any_invoice(shop: Shop) -> None:
    order = shop.main.post("/orders", json={"product_id": 1}).json()["id"]
    own = shop.main.post(f"/orders/{order}/invoice").json()["token"]
    assert shop.main.get("/orders/invoice", params={"token": own}).json()["id"] == order
    (key,) = set(marked_literals("shop/security.py"))
    for secret, status in ((key, 200), (key[::-1], 403)):
        forged = jwt.encode({"order": order, "exp": time.time() + 60}, secret, algorithm="HS256")
        assert shop.main.get("/orders/invoice", params={"token": forged}).status_code == status


# Packaging, and the markers themselves


def declared_requirements() -> list[tuple[str, int, Requirement]]:
    found = []
    lines = (SHOP / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if text := line.split("#")[0].strip():
            found.append(("requirements.txt", number, Requirement(text)))
    manifest = (SHOP / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(manifest)["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["server"]]:
        number = manifest[: manifest.index(f'"{text}"')].count("\n") + 1
        found.append(("pyproject.toml", number, Requirement(text)))
    return found


def test_marked_requirements_admit_what_may_break_the_shop() -> None:
    marked = {(file, line): code for file, line, code in markers() if code in {"FST601", "FST602"}}
    for file, line, requirement in declared_requirements():
        beyond_everything = requirement.specifier.contains("99.0")
        beyond_next_minor = requirement.specifier.contains("0.999.0")
        expected = "FST601" if beyond_everything else "FST602" if beyond_next_minor else None
        assert marked.pop((file, line), None) == expected, f"{file}:{line} {requirement}"
    assert not marked


def test_shop_is_an_application_with_every_pitfall() -> None:
    assert "build-system" not in tomllib.loads((SHOP / "pyproject.toml").read_text(encoding="utf-8"))
    assert {code for _, _, code in markers()} == {
        *("FST101", "FST102", "FST103"),
        *("FST201", "FST202", "FST203", "FST204"),
        *("FST501", "FST502", "FST510"),
        *("FST601", "FST602"),
    }
    assert {code for _, _, code in markers() if code < "FST200"} == {call.code for call in BLOCKING}
