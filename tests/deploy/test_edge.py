"""The edge's configuration under the real proxy, before the real server with its own configuration."""

import datetime
import http.client
import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.deploy.serving import configuration
from tests.deploy.stack import ROOT

HOST = "register.example.test"
START_S = 20.0
BODY_LIMIT = 1_000_000
UPLOAD_LIMIT = 3_000_000


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def _answer(
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: Any
) -> Answer:
    with closing(connection):
        connection.request(method, path, body=body, headers=headers)
        with connection.getresponse() as response:
            return Answer(response.status, response.headers, response.read())


@dataclass
class Edge:
    """A running proxy and what it wrote to its log."""

    https: int
    http: int
    health: int
    trust: ssl.SSLContext
    log: Path

    def ask(
        self, path: str = "/", method: str = "GET", *, headers: dict[str, str] | None = None, body: Any = None
    ) -> Answer:
        connection = http.client.HTTPSConnection("127.0.0.1", self.https, context=self.trust, timeout=20)
        return _answer(connection, method, path, {"Host": HOST, **(headers or {})}, body)

    def ask_plainly(self, port: int, path: str, host: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        return _answer(connection, "GET", path, {"Host": host}, None)

    def seen(self, headers: dict[str, str]) -> dict[str, str]:
        """Return what the application sees of a request with these headers."""
        answer = self.ask(headers=headers)
        assert answer.status == 200
        seen = json.loads(answer.body)["seen"]
        assert isinstance(seen, dict)
        return seen


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate", folder / "key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def _program(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found, f"{name} is missing: run make setup"
    return found


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {port}: {log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """gunicorn with deploy/serving.py, and its port."""
    (port,) = _free_ports(1)
    log = tmp_path_factory.mktemp("server") / "log"
    command = [_program("gunicorn"), "-c", str(ROOT / "deploy/serving.py"), "tests.deploy.echo:application"]
    environment = {**os.environ, "PORT": str(port), "WEB_CONCURRENCY": "1", "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait_for(port, process, log)
        yield port
    finally:
        _stop(process)


def _run_edge(folder: Path, upstream: int) -> Iterator[Edge]:
    certificate, key = _certificate(folder)
    https, plain, health = _free_ports(3)
    environment = {
        **os.environ,
        "EDGE_HOST": HOST,
        "EDGE_UPSTREAM": f"127.0.0.1:{upstream}",
        "EDGE_HTTPS_PORT": str(https),
        "EDGE_HTTP_PORT": str(plain),
        "EDGE_HEALTH_PORT": str(health),
        "EDGE_CERTIFICATE": str(certificate),
        "EDGE_KEY": str(key),
        "EDGE_BODY_LIMIT": str(BODY_LIMIT),
        "EDGE_UPLOAD_LIMIT": str(UPLOAD_LIMIT),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    log = folder / "log"
    command = [_program("caddy"), "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/edge/Caddyfile")]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        _wait_for(https, process, log)
        yield Edge(https, plain, health, ssl.create_default_context(cafile=str(certificate)), log)
    finally:
        _stop(process)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, server: int) -> Iterator[Edge]:
    yield from _run_edge(tmp_path_factory.mktemp("edge"), server)


@pytest.fixture
def edge_alone(tmp_path: Path) -> Iterator[Edge]:
    """An edge with nothing behind it."""
    yield from _run_edge(tmp_path, _free_ports(1)[0])


def test_the_application_sees_the_edges_word_and_not_the_clients(edge: Edge) -> None:
    plain = edge.seen({})
    assert plain["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert plain["HTTP_X_FORWARDED_PROTO"] == "https"
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "for=203.0.113.9;proto=http",
        "X-Real-IP": "203.0.113.9",
    }
    seen = edge.seen(forged)
    assert seen["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
    assert seen["HTTP_X_FORWARDED_HOST"] == HOST
    assert "203.0.113.9" not in json.dumps(seen)
    assert "evil" not in json.dumps(seen)


def test_a_header_that_passes_is_seen_so_that_the_absence_of_others_means_something(edge: Edge) -> None:
    assert edge.seen({"X-Canary": "tweet"})["HTTP_X_CANARY"] == "tweet"


@pytest.mark.parametrize(
    "name",
    ["X_Forwarded_For", "X_Forwarded_Proto", "Remote_User", "Remote-User", "X-Remote-User", "Proxy",
     "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "True-Client-IP"],
)  # fmt: skip
def test_no_header_poses_as_another(edge: Edge, name: str) -> None:
    assert "canary" not in json.dumps(edge.seen({name: "canary"}))


def test_the_host_is_the_registers_or_none(edge: Edge) -> None:
    assert edge.ask(headers={"Host": "evil.example"}).status == 421
    assert edge.ask(headers={"Host": HOST}).status == 200


def test_plain_http_leads_to_https_of_the_same_name_only(edge: Edge) -> None:
    for host, status in ((HOST, 308), ("evil.example", 421)):
        answer = edge.ask_plainly(edge.http, "/staff/?page=2", host)
        assert answer.status == status
        wanted = f"https://{HOST}/staff/?page=2" if status == 308 else None
        assert answer.headers["Location"] == wanted


def test_the_edge_says_that_it_is_well_from_inside_alone(edge: Edge) -> None:
    assert edge.ask_plainly(edge.health, "/", "127.0.0.1").status == 200


@pytest.mark.parametrize("path", ["/metrics", "/metrics/all", "/health/ready"])
def test_what_is_for_the_operator_is_not_for_the_world(edge: Edge, path: str) -> None:
    assert edge.ask(path).status == 404
    assert edge.ask("/health/live").status == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_methods_that_nobody_needs_are_refused(edge: Edge, method: str) -> None:
    assert edge.ask(method=method).status in (400, 405)


def test_a_header_of_unusual_size_is_refused(edge: Edge) -> None:
    assert edge.ask(headers={"X-Long": "a" * 4_000}).status == 200
    assert edge.ask(headers={"X-Long": "a" * 30_000}).status == 431


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_of_unusual_size_is_refused_where_no_file_is_expected(edge: Edge, is_chunked: bool) -> None:
    assert _sent(edge, "/sign-in/", BODY_LIMIT // 2, is_chunked=is_chunked) == 200
    assert _sent(edge, "/sign-in/", BODY_LIMIT * 2, is_chunked=is_chunked) == 413


def test_a_file_may_be_larger_and_has_its_own_bound(edge: Edge) -> None:
    assert _sent(edge, "/staff/work/import/", BODY_LIMIT * 2, is_chunked=False) == 200
    assert _sent(edge, "/staff/work/import/", UPLOAD_LIMIT * 2, is_chunked=False) == 413


def _sent(edge: Edge, path: str, size: int, *, is_chunked: bool) -> int:
    """Send a body of this size and return the status, which may come before the body is out."""
    body: Any = iter([b"a" * 10_000] * (size // 10_000)) if is_chunked else b"a" * size
    try:
        return edge.ask(path, "POST", body=body).status
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        return 413


def test_every_answer_insists_on_https_and_names_no_server(edge: Edge, edge_alone: Edge) -> None:
    for answer, status in (
        (edge.ask(), 200),
        (edge.ask("/metrics"), 404),
        (edge.ask(headers={"Host": "evil.example"}), 421),
        (edge_alone.ask(), 502),
    ):
        assert answer.status == status
        assert "max-age=63072000" in (answer.headers["Strict-Transport-Security"])
        assert answer.headers["Server"] is None
        assert answer.headers["Via"] is None


def test_the_log_tells_of_the_request_without_its_query_or_headers(edge: Edge) -> None:
    edge.ask("/staff/customers/?q=Virtanen", headers={"Cookie": "session=canary", "User-Agent": "Canary/1"})
    end = time.monotonic() + 5
    while "/staff/customers/" not in edge.log.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    written = edge.log.read_text()
    assert "/staff/customers/" in written
    assert "127.0.0.0" in written or "127.0.0.0/16" in written, written[-2000:]
    for word in ("Virtanen", "canary", "Canary", '127.0.0.1"'):
        assert word not in written.split("/staff/customers/", 1)[1]


def test_old_protocols_are_refused(edge: Edge) -> None:
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", edge.https)) as plain, trust.wrap_socket(plain) as secure:
        assert secure.version() == "TLSv1.2"
    trust.set_ciphers("ALL:@SECLEVEL=0")
    trust.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning):
        trust.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", edge.https)) as plain, pytest.raises(OSError):
        trust.wrap_socket(plain)


def test_what_a_killed_upload_left_is_removed_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, other = tmp_path / "tmpabc.upload.csv", tmp_path / "other"
    left.write_text("names")
    other.write_text("kept")
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    configuration()["on_starting"](None)
    assert not left.exists()
    assert other.exists()
