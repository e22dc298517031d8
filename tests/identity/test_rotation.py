"""Rotation of keys: killed and continued, searched meanwhile, and a dropped key is the end of what it sealed."""

import io
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection

from customers.models import Customer, Representative
from embedded.places import CHECKOUT
from recordings.models import Recording
from register.audit.acting import acting_as_service
from register.crypto.keyring import KeySet, keyring, read_key_file, write_key_file
from register.crypto.sealing import UnableToOpen
from register.identity import rotation
from register.identity.factors import factors_of
from register.identity.models import Account
from register.identity.rotation import Outcome, Target, count_stale, count_versions, rotate, targets
from tests.crypto.people import add_people, found, versions
from tests.harness.committed import CommittedDatabase


@pytest.fixture
def key_file(tmp_path: Path, settings: Any) -> Path:
    """A key file of this test alone."""
    path = tmp_path / "keys.json"
    write_key_file(path, KeySet.made())
    settings.REGISTER_KEYRING_FILE = str(path)
    return path


def add_key(path: Path) -> None:
    write_key_file(path, read_key_file(path).with_new_key())
    keyring().refresh()


def drop_key(path: Path, version: int) -> None:
    write_key_file(path, read_key_file(path).without(version))
    keyring().refresh()


def customers() -> Target:
    return next(target for target in targets() if target.model is Customer)


def run(outcome: Outcome, chunk_rows: int = 100) -> list[int]:
    return list(rotate(customers(), outcome, chunk_rows=chunk_rows))


def test_every_table_with_secrets_is_a_target() -> None:
    labels = {target.model._meta.label for target in targets()}
    assert labels == {
        "billing.BankAccount",
        "dsar.Package",
        "customers.Customer",
        "customers.PowerOfAttorney",
        "customers.Representative",
        "recordings.Recording",
        "work.ImportSource",
    }


def test_the_columns_that_can_be_searched_are_known(db: None) -> None:
    indexed = {f"{target.table}.{index.column}" for target in targets() for index in target.indexes}
    assert indexed == {
        "billing_bankaccount.iban_index",
        "customers_customer.identity_code_index",
        "customers_representative.identity_code_index",
    }


@pytest.mark.item("C03")
@pytest.mark.clause("X3")
def test_all_is_sealed_anew_in_chunks_and_a_second_run_has_nothing_to_do(db: None, key_file: Path) -> None:
    codes = add_people(250)
    assert versions() == {1}
    add_key(key_file)
    assert count_stale(customers()) == 250
    outcome = Outcome()
    assert run(outcome) == [100, 100, 50]
    assert outcome == Outcome(rotated=250)
    assert versions() == {2}
    assert count_stale(customers()) == 0
    assert run(Outcome()) == []
    assert found(codes[7]) == ["7"]
    with acting_as_service("test"):
        opened = {
            customer.number: customer.identity_code and customer.identity_code.reveal()
            for customer in Customer.objects.all()
        }
    assert opened == {str(at): code for at, code in enumerate(codes)}


@pytest.mark.item("C03")
def test_search_by_identity_code_works_before_during_and_after(db: None, key_file: Path) -> None:
    codes = add_people(30)
    add_key(key_file)
    assert [found(code) for code in codes] == [[str(at)] for at in range(30)]
    steps = rotate(customers(), Outcome(), chunk_rows=10)
    next(steps)
    assert versions() == {1, 2}
    assert [found(code) for code in codes] == [[str(at)] for at in range(30)]
    list(steps)
    drop_key(key_file, 1)
    assert [found(code) for code in codes] == [[str(at)] for at in range(30)]


def test_a_dropped_key_makes_what_it_sealed_unreadable(db: None, key_file: Path) -> None:
    (code,) = add_people(1)
    add_key(key_file)
    drop_key(key_file, 1)
    assert found(code) == []
    with acting_as_service("test"):
        customer = Customer.objects.get()
        assert customer.identity_code is not None
        with pytest.raises(UnableToOpen):
            customer.identity_code.reveal()


def test_a_row_that_no_key_opens_is_named_and_left_and_the_others_go_on(db: None, key_file: Path) -> None:
    add_people(20)
    with acting_as_service("test"), connection.cursor() as cursor:
        bad = Customer.objects.get(number="5").pk
        cursor.execute("UPDATE customers_customer SET identity_code = '\\x01aabb' WHERE id = %s", [bad])
    add_key(key_file)
    outcome = Outcome()
    run(outcome, chunk_rows=8)
    assert outcome == Outcome(rotated=19, unreadable=[("customers_customer", bad)])
    assert count_stale(customers()) == 1


def test_one_code_entered_again_during_rotation_is_named_as_a_conflict(db: None, key_file: Path) -> None:
    (code, *_) = add_people(5)
    add_key(key_file)
    with acting_as_service("test"):
        first = Customer.objects.get(number="0").pk
        Customer.objects.create(number="again", family_name="Testi", identity_code=code)
    outcome = Outcome()
    run(outcome)
    assert outcome == Outcome(rotated=4, in_conflict=[("customers_customer", first)])
    assert sorted(found(code)) == ["0", "again"]


def test_rows_without_a_secret_are_left_alone(db: None, key_file: Path) -> None:
    with acting_as_service("test"):
        Representative.objects.create(family_name="Testi")
        Representative.objects.create(family_name="Testi", identity_code="010190-999W")
    add_key(key_file)
    (target,) = (target for target in targets() if target.model is Representative)
    outcome = Outcome()
    list(rotate(target, outcome))
    assert outcome == Outcome(rotated=1)
    with acting_as_service("test"):
        assert Representative.objects.filter(identity_code__isnull=True, identity_code_index=None).count() == 1


def test_the_secrets_of_second_factors_are_sealed_anew(db: None, key_file: Path) -> None:
    with acting_as_service("test"):
        account = Account.objects.create(email="aino@example.fi", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    adapter = get_adapter()
    with factors_of(account.pk):
        data = {"secret": adapter.encrypt("JBSWY3DPEHPK3PXP"), "codes": [adapter.encrypt("one")], "used_mask": 1}
    Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data=data)
    assert rotation.count_factor_versions() == {1: 2}
    add_key(key_file)
    outcome = Outcome()
    assert rotation.rotate_second_factors(outcome) == 1
    assert outcome == Outcome(rotated=1)
    drop_key(key_file, 1)
    data = Authenticator.objects.get().data
    with factors_of(account.pk):
        assert adapter.decrypt(data["secret"]) == "JBSWY3DPEHPK3PXP"
        assert adapter.decrypt(data["codes"][0]) == "one"
    assert data["used_mask"] == 1
    assert rotation.count_factor_versions() == {2: 2}
    assert rotation.rotate_second_factors(outcome) == 0


@pytest.mark.item("C03")
def test_rotation_that_was_killed_continues_where_it_was(committed_db: CommittedDatabase, key_file: Path) -> None:
    codes = add_people(2_000)
    add_key(key_file)
    process = start(committed_db, key_file, "--chunk", "20")
    try:
        while versions() == {1}:
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert versions() == {1, 2}
    left = count_stale(customers())
    assert 0 < left < 2_000
    assert found(codes[0]) == ["0"]
    assert found(codes[-1]) == ["1999"]

    again = start(committed_db, key_file)
    output, _ = again.communicate(timeout=60)
    assert again.returncode == 0, output
    assert versions() == {2}
    assert f"{left} " in output.decode()
    assert found(codes[0]) == ["0"]
    assert found(codes[-1]) == ["1999"]


def start(database: CommittedDatabase, key_file: Path, *options: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "rotate_keys", *options],
        cwd=CHECKOUT,
        env=database.environment() | {"REGISTER_KEYRING_FILE": str(key_file)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def command(*options: str) -> str:
    output = io.StringIO()
    call_command("rotate_keys", *options, stdout=output, stderr=output)
    return output.getvalue()


def test_the_command_adds_a_key_rotates_and_lets_the_old_one_go(
    db: None, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("register.identity.management.commands.rotate_keys.LOOK_AGAIN_S", 0.1)
    codes = add_people(10)
    assert "10" in command("--new-key")
    assert versions() == {2}
    assert read_key_file(key_file).current == 2
    assert "customers_customer.identity_code" in command("--status")
    command("--drop-key", "1")
    assert list(read_key_file(key_file).keys) == [2]
    assert found(codes[3]) == ["3"]


def test_a_key_in_use_is_not_dropped(db: None, key_file: Path) -> None:
    add_people(1)
    add_key(key_file)
    with pytest.raises(CommandError, match=r"customers_customer\.identity_code") as caught:
        command("--drop-key", "1")
    assert caught.value.returncode == 1
    assert sorted(read_key_file(key_file).keys) == [1, 2]


def test_rows_that_are_left_end_the_command_with_code_1(db: None, key_file: Path) -> None:
    add_people(2)
    add_key(key_file)
    drop_key(key_file, 1)
    with pytest.raises(CommandError) as caught:
        command()
    assert caught.value.returncode == 1


def test_ctrl_c_says_how_to_go_on(db: None, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("register.identity.rotation.open_many", interrupted)
    add_people(2)
    add_key(key_file)
    with pytest.raises(CommandError, match="rotate_keys") as caught:
        command()
    assert caught.value.returncode == 130
    assert versions() == {1}


def test_keys_from_the_environment_are_said_and_not_changed(db: None, settings: Any) -> None:
    settings.REGISTER_KEYRING_FILE = ""
    settings.REGISTER_KEYRING = KeySet.made().as_json()
    with pytest.raises(CommandError) as caught:
        command("--new-key")
    text = str(caught.value)
    told = KeySet.parsed(text[text.index("{") : text.rindex("}") + 1])
    assert told.current == 1
    assert sorted(told.keys) == [1, 2]
    assert KeySet.parsed(settings.REGISTER_KEYRING).keys[1] == told.keys[1]


def test_counts_tell_each_column_by_version(db: None, key_file: Path) -> None:
    add_people(3)
    add_key(key_file)
    next(rotate(customers(), Outcome(), chunk_rows=1))
    assert count_versions(customers()) == {"identity_code": {1: 2, 2: 1}, "identity_code_index": {1: 2, 2: 1}}
    assert Recording._meta.label in {target.model._meta.label for target in rotation.targets()}
