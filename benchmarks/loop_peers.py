"""Slow peers for blocked_loop.py: what a fixture calls, answering from this machine after 0.3 seconds.

They live in a network namespace in which every address is this machine: the fixtures' own hosts and ports are reached.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

DELAY = 0.3
PAUSE = 0.25
CONTROL = 19099
"""The port on which the slow disk is told to wait."""
HERE = Path(__file__).resolve().parent
HOSTS = (
    "*.example.com example.com *.openai.com *.anthropic.com *.stripe.com slack.com *.slack.com storage.googleapis.com"
    " *.googleapis.com *.amazonaws.com *.eu-north-1.amazonaws.com *.s3.eu-north-1.amazonaws.com localhost"
)
SILENT = (21, 22, 25, 43, 465, 993, 3306, 5672)
"""Ports that accept and say nothing, then hang up; on those meant for TLS the handshake is what waits."""
PROXIED = {5432: 15432, 6379: 16379}
PROGRAMS = "git convert ruff hostname who uptime pg_dump du ls systemctl worker"
ANSWER = {
    "price": 1.0, "name": "a", "id": "a", "object": "list", "ok": True, "model": "m", "type": "message", "created": 1,
    "role": "assistant", "content": [{"type": "text", "text": "a"}], "usage": {"input_tokens": 1, "output_tokens": 1},
    "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}], "items": [],
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a"}}],
    "output": [], "hits": {"hits": []}, "url": "a",
}  # fmt: skip
Handler = Callable[[socket.socket], None]


def listen(port: int, handler: Handler) -> None:
    server = socket.create_server(("0.0.0.0", port), backlog=50)

    def accept() -> None:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=quietly, args=(handler, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def quietly(handler: Handler, connection: socket.socket) -> None:
    with connection:
        try:
            handler(connection)
        except (OSError, ValueError, struct.error):
            return  # the fixture hung up


def silent(connection: socket.socket) -> None:
    time.sleep(DELAY)


def http(connection: socket.socket) -> None:
    with connection.makefile("rwb") as stream:
        while request := stream.readline():
            headers = {}
            while (line := stream.readline().strip()) and b":" in line:
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip()
            if b"100-continue" in headers.get(b"expect", b"").lower():
                stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                stream.flush()
            if b"chunked" in headers.get(b"transfer-encoding", b""):
                while size := int(stream.readline().split(b";")[0], 16):
                    stream.read(size + 2)
                stream.readline()
            stream.read(int(headers.get(b"content-length", 0)))
            time.sleep(DELAY)
            body = b"" if request.startswith(b"HEAD") else json.dumps(ANSWER).encode()
            stream.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
            )  # fmt: skip
            stream.flush()


def over_tls(handler: Handler, folder: Path) -> Handler:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "peer.pem", folder / "peer.key")

    def wrapped(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            handler(secure)

    return wrapped


def proxy(target: int) -> Handler:
    """A real server behind a slow line: what the client sends after a pause arrives late."""

    def handler(client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", target)) as server:
            threading.Thread(target=quietly, args=(lambda peer: pump(peer, client, 0), server), daemon=True).start()
            pump(client, server, DELAY)

    return handler


def pump(source: socket.socket, target: socket.socket, delay: float) -> None:
    last = 0.0
    while content := source.recv(65536):
        if delay and time.monotonic() - last > PAUSE:
            time.sleep(delay)
        last = time.monotonic()
        target.sendall(content)


def names(port: int = 53) -> None:
    """A name server that gives one address for every name."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))

    def answer(query: bytes, client: tuple[str, int]) -> None:
        time.sleep(DELAY)
        end = query.index(b"\0", 12) + 5
        address = query[end - 4 : end - 2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x0a\x09\x09\x09" if address else b""
        server.sendto(
            query[:2] + b"\x81\x80\0\1" + struct.pack(">H", address) + b"\0\0\0\0" + query[12:end] + record, client
        )

    def serve() -> None:
        while True:
            query, client = server.recvfrom(1024)
            threading.Thread(target=answer, args=(query, client), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def bson(document: dict[str, object]) -> bytes:
    body = b""
    for name, value in document.items():
        key = name.encode() + b"\0"
        match value:
            case bool():
                body += b"\x08" + key + bytes([value])
            case int():
                body += b"\x12" + key + struct.pack("<q", value)
            case float():
                body += b"\x01" + key + struct.pack("<d", value)
            case str():
                body += b"\x02" + key + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
            case dict():
                body += b"\x03" + key + bson(value)
            case list():
                body += b"\x04" + key + bson({str(index): item for index, item in enumerate(value)})
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def mongo(connection: socket.socket) -> None:
    """As much of the wire protocol as a client needs to believe that it talks to an empty server."""
    hello = {"helloOk": True, "isWritablePrimary": True, "ismaster": True, "maxBsonObjectSize": 16777216}
    hello |= {"maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 1000, "minWireVersion": 0, "maxWireVersion": 21}
    cursor = {"id": 0, "ns": "shop.orders", "firstBatch": []}
    answer = bson({**hello, "readOnly": False, "cursor": cursor, "n": 1, "ok": 1.0})
    with connection.makefile("rwb") as stream:
        while len(head := stream.read(16)) == 16:
            length, request, _, kind = struct.unpack("<iiii", head)
            stream.read(length - 16)
            time.sleep(DELAY)
            old = kind == 2004
            body = struct.pack("<iqii", 8, 0, 0, 1) + answer if old else struct.pack("<iB", 0, 0) + answer
            stream.write(struct.pack("<iiii", len(body) + 16, 1, request, 1 if old else 2013) + body)
            stream.flush()


def certificate(folder: Path) -> None:
    subject = ",".join(f"DNS:{host}" for host in HOSTS.split())
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=slow peer"]
    command += ["-addext", f"subjectAltName={subject}", "-keyout", f"{folder}/peer.key", "-out", f"{folder}/peer.pem"]
    subprocess.run(command, check=True, capture_output=True)


def programs(folder: Path) -> None:
    folder.mkdir()
    for name in PROGRAMS.split():
        (folder / name).write_text(f"#!/bin/sh\nexec /bin/sleep {DELAY}\n")
        (folder / name).chmod(0o755)


def databases(folder: Path) -> list[str]:
    """Starts Redis and PostgreSQL behind slow lines; says what cannot be had."""
    missing = []
    if redis := shutil.which("redis-server"):
        subprocess.Popen([redis, "--port", "16379", "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
    else:
        missing.append("redis-server")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        return [*missing, "postgresql"]
    data, binary = folder / "postgres", found[-1].parent
    data.mkdir()
    shutil.chown(data, "postgres", "postgres")
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "env", f"HOME={data}"]
    run = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*user, str(binary / "initdb"), "-D", f"{data}/d", "-A", "trust", "-N"], **run)  # type: ignore[call-overload]
    options = f"-p 15432 -k {data} -c fsync=off"
    subprocess.run([*user, str(binary / "pg_ctl"), "-D", f"{data}/d", "-o", options, "-w", "start"], **run)  # type: ignore[call-overload]
    for name, script in {
        "shop": "CREATE TABLE items (id int, title text)",
        "bank": "CREATE TABLE accounts (id int, name text); INSERT INTO accounts VALUES (1, 'a')",
    }.items():
        client = [*user, str(binary / "psql"), "-h", str(data), "-p", "15432"]
        subprocess.run([*client, "-c", f"CREATE DATABASE {name}"], **run)  # type: ignore[call-overload]
        subprocess.run([*client, "-d", name, "-c", script], **run)  # type: ignore[call-overload]
    return missing


def isolate(folder: Path) -> None:
    """Called in namespaces of our own: every address is this machine, names are asked of our server, /srv is empty."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        f"mount --bind {folder}/resolv.conf /etc/resolv.conf",
        "mount -t tmpfs none /srv",
        "mkdir /srv/repository",
    ):
        subprocess.run(command.split(), check=True)


def environment(folder: Path, disk: Path) -> dict[str, str]:
    """What the server is started with: certificates, keys that nobody checks, programs that only sleep."""
    bundle = f"{folder}/peer.pem"
    kept = {name: os.environ[name] for name in ("LANG", "HOME") if name in os.environ}
    return {
        **kept,
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE"), bundle),
        **dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "none"),
        "AWS_DEFAULT_REGION": "eu-north-1",
        "STORAGE_EMULATOR_HOST": "http://storage.googleapis.com",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PGHOST": "127.0.0.1",
        "PGUSER": "postgres",
        "TMPDIR": f"{disk}/tmp",
        "PATH": f"{folder}/bin:/usr/bin:/bin",
    }


def start(folder: Path, python: str) -> list[str]:
    """All peers; gives back the names of those that cannot be had."""
    isolate(folder)
    certificate(folder)
    programs(folder / "bin")
    names()
    for port in (80, 9200):
        listen(port, http)
    listen(443, over_tls(http, folder))
    listen(27017, mongo)
    for port in SILENT:
        listen(port, silent)
    for port, target in PROXIED.items():
        listen(port, proxy(target))
    (folder / "under").mkdir()
    (folder / "disk").mkdir()
    log = (folder / "disk.log").open("w")
    subprocess.Popen(
        [python, str(HERE / "loop_disk.py"), f"{folder}/under", f"{folder}/disk", str(CONTROL)], stdout=log, stderr=log
    )
    missing = databases(folder)
    if not os.path.ismount(folder / "disk"):
        time.sleep(2)
    return missing if os.path.ismount(folder / "disk") else [*missing, "FUSE"]
