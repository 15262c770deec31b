"""What request data does to an interpreter it reaches, and the remedy that stops it.

Every payload is harmless, every connection stays on the loopback interface.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from .run_fixture import run_fixture

EVIL = "https://evil.example"
SCRIPT = "<script>alert(1)</script>"


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


class Harmless:
    """Loading its pickle calls `len`, where an attacker's calls `os.system`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (len, ("INJECTED",))


def test_code_injection() -> None:
    pickled = pickle.dumps(Harmless())
    layout = {"title": "sales", "layout": "{{ 6 * 7 }}"}
    with run_fixture("security/command_injection/bad_code.py") as bad:
        assert bad.client.get("/calculate", params={"expression": "__import__('os').sep"}).json() == "/"
        assert bad.client.post("/sessions", content=pickled).json() == "8"
        assert bad.client.post("/models", files={"file": pickled}).json() == "int"
        assert bad.client.post("/reports", json=layout).json() == "42"
    with run_fixture("security/command_injection/good_code.py") as good:
        assert good.client.get("/calculate", params={"expression": "__import__('os').sep"}).status_code == 400
        assert good.client.post("/sessions", content=pickled).status_code == 500
        assert good.client.post("/reports", json=layout).status_code == 500
        assert good.client.post("/reports", json=layout | {"layout": "plain"}).json() == "sales"


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
