"""Real workers: killed in the middle they go on, two at once do each row once, people ask and wait."""

import datetime
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from customers.models import Prospect
from embedded.places import CHECKOUT
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from retention.ledger import verify_chain
from retention.models import LedgerEntry, RetentionRun
from retention.operations import approve_run, stop_purging
from tests.factories.customers import ProspectFactory
from tests.factories.retention import LedgerEntryFactory
from tests.harness.committed import CommittedDatabase
from tests.harness.roles import as_role

LONG_AGO = datetime.date(2010, 6, 30)
NOW = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)
SLOW_PURGE = Path(__file__).with_name("slow_purge.py")


def due_prospects(count: int) -> None:
    with acting_as_service("test"):
        Prospect.objects.bulk_create(ProspectFactory.build_batch(count, last_day=LONG_AGO))
        Prospect.objects.bulk_create(ProspectFactory.build_batch(3))


def prospects_left() -> int:
    with acting_as_service("test"):
        return Prospect.objects.count()


def approve() -> None:
    run = RetentionRun.objects.get(state="waiting")
    approve_run(run=run, plan_hash=run.plan_hash, actor=Actor.service("test"), at=NOW)


def start_slow_purge(database: CommittedDatabase) -> "subprocess.Popen[bytes]":
    """Start a process of the purge role that deletes one row a chunk and takes its time."""
    return subprocess.Popen(
        [sys.executable, str(SLOW_PURGE)],
        cwd=CHECKOUT,
        env=database.environment("purge") | {"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.DEVNULL,
    )


def wait_until_gone(count: int, process: "subprocess.Popen[bytes]") -> None:
    for _number in range(600):
        if LedgerEntry.objects.count() >= count:
            return
        assert process.poll() is None, "the purge ended"
        time.sleep(0.05)
    raise AssertionError("the purge does not begin")


def ledger_keys() -> list[object]:
    return [key for entry in LedgerEntry.objects.order_by("id") for key in entry.keys]


@pytest.mark.worker
def test_killed_in_the_middle_it_continues_and_nothing_goes_twice(committed_db: CommittedDatabase) -> None:
    due_prospects(60)
    assert committed_db.manage("purge", role="purge").returncode == 3
    approve()
    for number in (1, 2, 3):
        process = start_slow_purge(committed_db)
        wait_until_gone(number * 5, process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert 3 < prospects_left() < 63
        assert prospects_left() == 63 - LedgerEntry.objects.count()
    done = committed_db.manage("purge", "--json", role="purge")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["gone"], prospects_left()) == (60, 3)
    keys = ledger_keys()
    assert len(keys) == len(set(keys)) == 60
    assert verify_chain(LedgerEntry.objects.order_by("id")) == LedgerEntry.objects.count()


@pytest.mark.worker
def test_two_at_once_do_each_row_once(committed_db: CommittedDatabase) -> None:
    due_prospects(150)
    committed_db.manage("purge", role="purge")
    approve()
    first = start_slow_purge(committed_db)
    wait_until_gone(2, first)
    second = committed_db.manage("purge", role="purge")
    assert second.returncode == 1
    assert "Traceback" not in second.stderr
    assert first.wait(60) == 0
    assert prospects_left() == 3
    assert len(ledger_keys()) == len(set(ledger_keys())) == 150


@pytest.mark.worker
def test_a_row_that_somebody_has_locked_waits_and_the_rest_goes(committed_db: CommittedDatabase) -> None:
    due_prospects(5)
    committed_db.manage("purge", role="purge")
    approve()
    with acting_as_service("test"):
        locked = Prospect.objects.select_for_update().filter(processed_on=LONG_AGO).order_by("id").first()
        assert locked is not None
        result = committed_db.manage("purge", "--json", role="purge")
    report = json.loads(result.stdout)
    assert (result.returncode, report["state"], report["gone"]) == (1, "failed", 4)
    assert committed_db.manage("purge", role="purge").returncode == 0
    assert prospects_left() == 3


@pytest.mark.worker
def test_the_application_asks_the_purge_worker_and_waits(committed_db: CommittedDatabase) -> None:
    due_prospects(40)
    committed_db.start_worker(queue="purge", role="purge")
    preview = committed_db.manage("purge", "--preview", "--json", "--keys")
    assert preview.returncode == 0, preview.stderr
    foreseen = json.loads(preview.stdout)
    assert (foreseen["planned"], len(foreseen["plan"]), prospects_left()) == (40, 40, 43)
    assert foreseen["tables"][0]["clause"] == "T2"
    assert committed_db.manage("purge").returncode == 3
    done = committed_db.manage("purge", "--approve", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert (json.loads(done.stdout)["gone"], prospects_left()) == (40, 3)
    key = ledger_keys()[0]
    why = committed_db.manage("why", "customers.Prospect", str(key))
    assert why.returncode == 0, why.stderr
    assert str(key) in why.stdout


@pytest.mark.worker
def test_a_stopped_purge_says_so(committed_db: CommittedDatabase) -> None:
    due_prospects(3)
    committed_db.manage("purge", role="purge")
    approve()
    stop_purging(reason="drill", actor=Actor.service("test"), at=NOW)
    assert committed_db.manage("purge", role="purge").returncode == 4
    assert committed_db.manage("purge", "--resume").returncode == 0
    assert committed_db.manage("purge", role="purge").returncode == 0
    assert prospects_left() == 3


@pytest.mark.worker
def test_the_lock_of_a_dead_purge_is_given_back(committed_db: CommittedDatabase) -> None:
    due_prospects(20)
    committed_db.manage("purge", role="purge")
    approve()
    process = start_slow_purge(committed_db)
    wait_until_gone(1, process)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone()[0] >= 1
    process.kill()
    process.wait()
    assert committed_db.manage("purge", role="purge").returncode == 0


def test_a_preview_in_a_pipe_cuts_no_name_of_a_table(committed_db: CommittedDatabase) -> None:
    due_prospects(2)
    done = committed_db.manage("purge", "--preview", role="purge")
    assert done.returncode == 0
    assert "customers.Prospect" in done.stdout
    assert "processed_on" in done.stdout
    assert "…" not in done.stdout


@pytest.mark.worker
def test_two_who_write_the_ledger_at_one_time_write_one_chain(committed_db: CommittedDatabase) -> None:
    due_prospects(40)
    with acting_as_service("test"):
        keys = [str(key) for key in Prospect.objects.filter(processed_on=LONG_AGO).values_list("pk", flat=True)]
    command = [sys.executable, str(Path(__file__).with_name("slow_erasure.py"))]
    environment = committed_db.environment("purge") | {"PYTHONPATH": str(CHECKOUT)}
    writers = [
        subprocess.Popen([*command, str(number), *keys[number::2]], cwd=CHECKOUT, env=environment)
        for number in range(2)
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert prospects_left() == 3
    assert LedgerEntry.objects.count() == 40
    assert verify_chain(LedgerEntry.objects.order_by("id")) == 40


def test_the_ledger_has_one_entry_after_another(scope: None) -> None:
    first = LedgerEntryFactory.create()
    again = {field.attname: getattr(first, field.attname) for field in LedgerEntry._meta.fields if field.name != "id"}
    with as_role("purge"), pytest.raises(IntegrityError, match="the_ledger_is_one_chain"), transaction.atomic():
        LedgerEntry.objects.create(**again | {"chunk_number": first.chunk_number + 1})
