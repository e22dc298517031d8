"""What an attacker or an error page gets: nothing, though the canary was there."""

import hashlib
import hmac
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from customers.models import Customer
from register.crypto import sealing
from register.crypto.fields import blind_index_values
from register.crypto.keyring import Keyring, KeyringFault, KeySet, LocalProvider, Purpose, keyring
from register.crypto.sealing import INDEX_BYTES, index_value, open_sealed, seal
from register.datamap.formats import birth_date_of, clean_iban, clean_identity_code, hetu

CODE = "010190-999W"
IBAN = "FI2112345600000785"
PLACE = "customers_customer.identity_code_index"


@pytest.fixture(autouse=True)
def _keys(key_file: Path) -> None:
    """All tests here have keys."""


def codes_of_1990() -> list[str]:
    """Return every identity code of somebody born in January 1990, the hidden one among them."""
    starts = (f"{day:02}0190-{number:03}" for day in range(1, 32) for number in range(2, 1000))
    return [hetu_of(start) for start in starts]


def hetu_of(start: str) -> str:
    return start + hetu._calc_checksum(start[:6] + start[7:])


def test_no_code_is_found_by_trying_all_without_the_key(settings: Any) -> None:
    """The dump, the source and the settings are known; only the key file is not."""
    stolen = index_value(PLACE, CODE)
    tried = codes_of_1990()
    assert CODE in tried

    def hits(index_of: Callable[[bytes], bytes]) -> list[str]:
        return [code for code in tried if index_of(code.encode())[:INDEX_BYTES] == stolen[1:]]

    right = keyring().index_key(PLACE, 1)
    assert hits(lambda code: hmac.digest(right, code, "sha256")) == [CODE]
    known = [b"", settings.SECRET_KEY.encode(), PLACE.encode(), b"\0" * 32, keyring().index_key("another.column", 1)]
    for guess in known:
        assert hits(lambda code, key=guess: hmac.digest(key, code, "sha256")) == []
    assert hits(lambda code: hashlib.sha256(code).digest()) == []


def breaking(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch, where: str) -> str:
    """Return the error report of a production server where something breaks within `where`."""

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("something broke")

    monkeypatch.setattr(where, broken)
    try:
        work()
    except RuntimeError:
        request = RequestFactory().get("/")
        reporter = ExceptionReporter(request, *sys.exc_info())
        return reporter.get_traceback_html() + reporter.get_traceback_text()
    raise AssertionError("nothing broke")


@pytest.mark.parametrize(
    ("work", "where"),
    [
        (lambda: seal("t", "c", 1, CODE), "register.crypto.sealing._row"),
        (lambda: open_sealed("t", "c", 1, seal("t", "c", 1, CODE)), "register.crypto.sealing._open"),
        (lambda: blind_index_values(Customer, "identity_code_index", CODE), "register.crypto.sealing._index"),
        (lambda: clean_identity_code(CODE), "register.datamap.formats.hetu._calc_checksum"),
        (lambda: clean_identity_code(f" {CODE}"), "register.datamap.formats.hetu.validate"),
        (lambda: clean_iban(IBAN), "register.datamap.formats.IBAN"),
        (lambda: birth_date_of(CODE), "register.datamap.formats.clean_identity_code"),
    ],
)
def test_an_error_report_shows_no_secret(
    work: Callable[[], object], where: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEBUG = False
    report = breaking(work, monkeypatch, where)
    assert "something broke" in report
    assert CODE not in report
    assert IBAN not in report


def test_an_error_report_would_show_what_is_not_guarded(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    def careless(text: str) -> None:
        sealing._row(1)

    settings.DEBUG = False
    assert CODE in breaking(lambda: careless(CODE), monkeypatch, "register.crypto.sealing._row")


class Vault:
    """A provider in the manner of a key vault: the secrets stay inside, and it answers with keyed hashes."""

    def __init__(self) -> None:
        self._secrets = {0: b"suppression", 1: b"first", 2: b"second"}
        self.calls = 0

    def versions(self) -> tuple[int, tuple[int, ...]]:
        return 2, (2, 1)

    def derive(self, version: int, context: bytes) -> bytes:
        self.calls += 1
        if version not in self._secrets:
            raise KeyringFault(f"There is no key version {version}.")
        return hmac.digest(self._secrets[version], context, "sha256")

    def refresh(self) -> bool:
        return False


VAULT = Vault()


def vault(*, path: str, text: str) -> Vault:
    return VAULT


def local() -> Keyring:
    text = KeySet.made().with_new_key().as_json()
    return Keyring(LocalProvider(lambda: text, lambda: None))


@pytest.mark.parametrize("make", [local, lambda: Keyring(Vault())], ids=["local", "vault"])
def test_every_provider_keeps_the_contract(make: Callable[[], Keyring]) -> None:
    ring = make()
    assert ring.current_version == 2
    assert ring.live_versions == (2, 1)
    places = [(version, column) for version in (1, 2) for column in ("a.b", "a.c")]
    keys = {ring.index_key(column, version) for version, column in places}
    keys |= {ring.suppression_key("a.b")}
    assert len(keys) == 5
    assert {len(key) for key in keys} == {32}
    assert ring.index_key("a.b", 1) == ring.index_key("a.b", 1)
    assert ring.cipher(Purpose.ENCRYPT, "a.b", 1) is ring.cipher(Purpose.ENCRYPT, "a.b", 1)
    for unknown in (3, 255):
        with pytest.raises(KeyringFault):
            ring.index_key("a.b", unknown)
    assert ring.refresh() is False


def test_the_settings_name_another_provider_which_is_asked_once_a_key(settings: Any) -> None:
    settings.REGISTER_KEY_PROVIDER = "tests.crypto.test_exposure.vault"
    sealed = seal("t", "c", 1, CODE)
    calls = keyring()._provider.calls
    for _ in range(3):
        assert open_sealed("t", "c", 1, sealed) == CODE
    assert keyring()._provider.calls == calls
    assert sealed[0] == 2
