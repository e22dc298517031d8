"""deploy/make-secrets makes what docker-compose.yml names, and what it makes fits together."""

import datetime
import hashlib
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store

from register.crypto.keyring import KeySet
from tests.deploy import stack

SCRIPT = stack.ROOT / "deploy" / "make-secrets"
BY_HAND = {"edge_certificate", "edge_key", "mail_password"}
AUTHORITY = {"internal_ca", "internal_ca_key"}


def _run(target: Path) -> "subprocess.CompletedProcess[str]":
    assert shutil.which("openssl"), "openssl is missing: install it"
    return subprocess.run(["sh", str(SCRIPT), str(target)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy") / "secrets"
    told = _run(folder)
    assert told.returncode == 0, told.stderr
    assert all(name in told.stdout for name in BY_HAND)
    return folder


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def test_every_secret_of_the_stack_is_made_or_named_as_to_be_given(secrets: Path) -> None:
    wanted = {Path(entry["file"]).name for entry in stack.read()["secrets"].values()}
    assert {path.name for path in secrets.iterdir()} == (wanted - BY_HAND) | AUTHORITY


def test_each_file_is_for_the_user_that_reads_it_and_for_no_other(secrets: Path) -> None:
    for name, service in stack.read()["services"].items():
        for secret in service.get("secrets", []):
            if secret in BY_HAND:
                continue
            file = (secrets / secret).stat()
            assert stat.S_IMODE(file.st_mode) == 0o400, secret
            if os.geteuid() == 0:
                assert f"{file.st_uid}:{file.st_gid}" == service["user"], f"{secret} of {name}"
    assert stat.S_IMODE((secrets / "internal_ca_key").stat().st_mode) == 0o400
    assert stat.S_IMODE((secrets / "internal_ca").stat().st_mode) == 0o444


def test_no_two_secrets_are_alike(secrets: Path) -> None:
    words = [word for path in secrets.iterdir() for word in re.findall(r"[0-9a-f]{64}", path.read_text())]
    made = [word for word in words if word not in _text(secrets, "admin_database_url")]
    assert len(made) >= 9
    assert len(set(made)) == len(made)


def test_the_folder_is_never_overwritten(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    told = _run(secrets)
    assert told.returncode == 1
    assert "there already" in told.stderr
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


def test_nothing_is_left_when_it_fails(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "openssl").write_text("#!/bin/sh\nexit 3\n")
    (tools / "openssl").chmod(0o755)
    target = tmp_path / "home" / "secrets"
    target.parent.mkdir()
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    told = subprocess.run(["sh", str(SCRIPT), str(target)], env=environment, capture_output=True, text=True)
    assert told.returncode != 0
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("service", ["database", "broker"])
def test_the_authority_vouches_for_the_name_that_clients_verify(secrets: Path, service: str) -> None:
    authority = x509.load_pem_x509_certificate((secrets / "internal_ca").read_bytes())
    certificate = x509.load_pem_x509_certificate((secrets / f"{service}_certificate").read_bytes())
    key = load_pem_private_key((secrets / f"{service}_key").read_bytes(), password=None)
    assert key.public_key() == certificate.public_key()
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [service, "localhost"]
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=800) < left < datetime.timedelta(days=826)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert PolicyBuilder().store(Store([authority])) is not None


def test_the_broker_knows_the_passwords_of_its_clients_by_digest(secrets: Path) -> None:
    users = dict(re.findall(r"^user (\w+) on #([0-9a-f]{64})", _text(secrets, "broker_acl"), re.MULTILINE))
    for user, file in (("register", "broker_url"), ("purge", "purge_broker_url")):
        address = urlsplit(_text(secrets, file))
        assert address.scheme == "rediss"
        assert address.username == user
        assert address.password
        assert users[user] == hashlib.sha256(address.password.encode()).hexdigest()
        assert parse_qs(address.query)["ssl_cert_reqs"] == ["required"]
        assert parse_qs(address.query)["ssl_ca_certs"] == ["/internal_ca"]


def test_the_administrators_address_holds_the_servers_password(secrets: Path) -> None:
    address = urlsplit(_text(secrets, "admin_database_url"))
    assert address.password == _text(secrets, "admin_password")
    assert parse_qs(address.query)["sslmode"] == ["verify-full"]


def test_the_keyring_reads_the_keys(secrets: Path) -> None:
    keys = KeySet.parsed(_text(secrets, "keyring"))
    assert keys.current == 1
    assert list(keys.keys) == [1]


def test_no_secret_can_be_committed() -> None:
    assert "/secrets/" in (stack.ROOT / "deploy" / ".gitignore").read_text().splitlines()
