"""An imported table is undone while nothing depends on it: reversed, kept because edited since, or refused by name."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from customers.models import Customer, SearchToken
from register.access.guard import another_role
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.work.models import ImportRun, Job
from retention.ledger import BrokenChain, verify_chain
from retention.models import LedgerEntry
from retention.operations import place_hold, stop_purging
from retention.tasks import PurgingIsStopped, delete_rows_of_an_undone_import
from sites.imports.undo import KEEP_RELATIONSHIPS, UnableToUndo, Undoing, undo_register_import
from sites.models import Contract, DeliveredDevice, ElectricityConnection, HomeDetails, Product, Site
from sites.operations import change_contract
from sites.tasks import keep_relationships_after_an_undo
from tests.factories import FACTORIES
from tests.factories.numbers import gsrn
from tests.harness.roles import as_role
from tests.sites.tables import CONTRACTS, CUSTOMERS, SITES, run, written

pytestmark = pytest.mark.django_db

ACTOR = Actor.service("test")
CHANGED = "asiakasnumero;sukunimi;etunimet;sähköposti\n200001;Koivu;Maija;uusi@example.org\n"


@pytest.fixture
def come_in(tmp_path: Path) -> Callable[[str, str], str]:
    """Import a text as a kind, and give the key of the run."""

    def come_in(text: str, kind: str) -> str:
        report = run(written(tmp_path, text), kind)
        assert report["status"] == 0, report
        return str(report["run"])

    return come_in


def undo(key: str) -> Undoing:
    with acting_as_service("test"):
        return undo_register_import(run=ImportRun.objects.get(pk=key), actor=ACTOR, at=timezone.now())


def purge(undoing: Undoing) -> dict[str, Any]:
    """Do the purge worker's part, in its role."""
    with as_role("purge"), another_role():
        return dict(delete_rows_of_an_undone_import(undoing.job))


def settle() -> None:
    """Do what the purge worker asked of the other worker: the relationships."""
    job = Job.objects.filter(kind=KEEP_RELATIONSHIPS).latest("asked_at")
    keep_relationships_after_an_undo(job)


def named(result: dict[str, Any]) -> set[tuple[str, str]]:
    return {(model, why) for model, _key, why in result["named"]}


def test_rows_that_an_import_made_go_with_their_log_and_search_words(come_in: Any) -> None:
    key = come_in(CUSTOMERS, "customers")
    with acting_as_service("test"):
        assert SearchToken.objects.exists()
    result = purge(undo(key))
    assert result == {"deleted": 2, "refused": 0, "named": []}
    with acting_as_service("test"):
        assert not Customer.objects.exists()
        assert not SearchToken.objects.exists()
        assert not LogEntry.objects.filter(additional_data__import_run=key).exists()
        counts = ImportRun.objects.get(pk=key).counts["undo"]
        assert (counts["to_delete"], counts["deleted"]) == (2, 2)
    with as_role("purge"), another_role():
        assert LedgerEntry.objects.get(model="customers.Customer").row_count == 2
    assert come_in(CUSTOMERS, "customers") != key  # the same file may come in again


def test_rows_that_an_import_changed_get_their_old_values_back_and_are_found_by_them(come_in: Any) -> None:
    come_in(CUSTOMERS, "customers")
    key = come_in(CHANGED, "customers")
    undoing = undo(key)
    assert (undoing.restored_count, undoing.kept) == (1, [])
    assert purge(undoing)["deleted"] == 0
    with acting_as_service("test"):
        maija = Customer.objects.get(number="200001")
        assert (maija.family_name, maija.email) == ("Äijälä", "maija@example.org")
        assert SearchToken.objects.filter(customer=maija, token="aijala").exists()
        assert not SearchToken.objects.filter(customer=maija, token="koivu").exists()
        entry = LogEntry.objects.filter(object_pk=str(maija.pk)).latest("id")
        assert entry.changes == {
            "email": ["uusi@example.org", "maija@example.org"],
            "family_name": ["Koivu", "Äijälä"],
        }


def test_what_was_edited_since_is_kept_and_named(come_in: Any) -> None:
    made = come_in(CUSTOMERS, "customers")
    changed = come_in(CHANGED, "customers")
    with acting_as_service("test"):
        maija = Customer.objects.get(number="200001")
        maija.email = "oma@example.org"
        maija.save()
    undoing = undo(changed)
    assert [(each.model, each.key, each.why) for each in undoing.kept] == [
        ("customers.Customer", str(maija.pk), "edited-since")
    ]
    with acting_as_service("test"):
        maija.refresh_from_db()
        assert (maija.family_name, maija.email) == ("Koivu", "oma@example.org")
    result = purge(undo(made))
    assert (result["deleted"], named(result)) == (1, {("customers.Customer", "edited-since")})
    with acting_as_service("test"):
        assert Customer.objects.get().number == "200001"


def test_an_encrypted_value_cannot_come_back_and_is_named(come_in: Any) -> None:
    come_in(CUSTOMERS, "customers")
    key = come_in("asiakasnumero;sukunimi;henkilötunnus\n200001;Äijälä;010190-998V\n", "customers")
    assert [each.why for each in undo(key).kept] == ["secret"]


def test_what_others_need_is_refused_until_they_are_undone(come_in: Any) -> None:
    customers, sites = come_in(CUSTOMERS, "customers"), come_in(SITES, "sites")
    with acting_as_service("test"):
        FACTORIES[Product](code="YS", line="network")
    contracts = come_in(CONTRACTS, "contracts")
    first = purge(undo(sites))
    assert named(first) == {("sites.Site", "referred-to")}
    with acting_as_service("test"):
        assert [site.gsrn for site in Site.objects.all()] == [gsrn(91)]
        assert not ElectricityConnection.objects.exists()
    second = purge(undo(contracts))
    assert second["named"] == []
    with acting_as_service("test"):
        assert not Contract.objects.exists()
        assert not HomeDetails.objects.exists()
    settle()
    with acting_as_service("test"):
        assert Customer.objects.get(number="200001").relationship_started_on is None
    assert purge(undo(customers)) == {"deleted": 2, "refused": 0, "named": []}


def test_a_row_with_a_part_that_somebody_else_made_is_refused(come_in: Any) -> None:
    key = come_in(CUSTOMERS, "customers")
    with acting_as_service("test"):
        contact = next(model for model in FACTORIES if model.__name__ == "Contact")
        FACTORIES[contact](customer=Customer.objects.get(number="200001"))
    assert named(purge(undo(key))) == {("customers.Customer", "referred-to")}


def test_a_held_row_is_refused(come_in: Any) -> None:
    key = come_in(CUSTOMERS, "customers")
    with acting_as_service("test"):
        target: UUID = Customer.objects.get(number="200002").pk
        place_hold(kind="person", target=target, reason="dispute", actor=ACTOR, at=timezone.now())
    assert named(purge(undo(key))) == {("customers.Customer", "held")}


BARE = f"sopimustunnus;asiakas;käyttöpaikka;laji;alkaa;päättyy\nV1;200001+200002;{gsrn(91)};siirto;1.3.2014;1.3.2024\n"
HOME = (
    "sopimustunnus;asiakas;käyttöpaikka;laji;alkaa;päättyy;asumismuoto\n"
    f"V1;200001+200002;{gsrn(91)};siirto;1.3.2014;1.3.2024;omakotitalo\n"
)


@pytest.fixture
def told(come_in: Any) -> str:
    """The key of an import that told of the home of an older contract."""
    for text, kind in ((CUSTOMERS, "customers"), (SITES, "sites"), (BARE, "contracts")):
        come_in(text, kind)
    key = come_in(HOME, "contracts")
    with acting_as_service("test"):
        assert HomeDetails.objects.count() == 1
    return key


def test_a_part_of_an_older_row_goes_alone_and_stands_in_the_ledger(told: str) -> None:
    with acting_as_service("test"):
        number = HomeDetails.objects.get().pk
    assert purge(undo(told)) == {"deleted": 1, "refused": 0, "named": []}
    with acting_as_service("test"):
        assert not HomeDetails.objects.exists()
        assert Contract.objects.exists()
        kind = ContentType.objects.get_for_model(HomeDetails)
        assert not LogEntry.objects.filter(content_type=kind).exists()
    with as_role("purge"), another_role():
        entry = LedgerEntry.objects.get(model="sites.HomeDetails")
        assert (entry.keys, entry.numbers, entry.row_count) == ([], [number], 1)
        assert entry.run.gone_count == 1
        assert verify_chain([entry]) == 1
        entry.numbers = [number + 1]
        with pytest.raises(BrokenChain):
            verify_chain([entry])


@pytest.mark.parametrize("kind", ["contract", "site", "person"])
def test_a_part_whose_root_a_hold_covers_is_refused(told: str, kind: str) -> None:
    with acting_as_service("test"):
        contract, customer = Contract.objects.get(), Customer.objects.get(number="200002")
        target = {"contract": contract.pk, "site": contract.site_id, "person": customer.pk}[kind]
        place_hold(kind=kind, target=target, reason="dispute", actor=ACTOR, at=timezone.now())
    assert named(purge(undo(told))) == {("sites.HomeDetails", "held")}
    with acting_as_service("test"):
        assert HomeDetails.objects.count() == 1
    with as_role("purge"), another_role():
        assert not LedgerEntry.objects.filter(model="sites.HomeDetails").exists()


def test_the_stop_switch_stops_it_and_it_can_be_asked_again(come_in: Any) -> None:
    key = come_in(CUSTOMERS, "customers")
    undoing = undo(key)
    with acting_as_service("test"):
        stop_purging(reason="a check", actor=ACTOR, at=timezone.now())
    with pytest.raises(PurgingIsStopped):
        purge(undoing)
    Job.objects.filter(pk=undoing.job.pk).update(state=Job.State.FAILED)
    assert undo(key).job.pk != undoing.job.pk


def test_an_import_is_undone_once_and_prohibitions_never(come_in: Any) -> None:
    key = come_in(CUSTOMERS, "customers")
    undo(key)
    with pytest.raises(UnableToUndo):
        undo(key)
    with pytest.raises(UnableToUndo):
        undo(come_in("puhelin\n040 123 4567\n", "prohibitions"))


def test_the_command_says_what_it_did_and_what_waits(come_in: Any, capsys: Any) -> None:
    key = come_in(CUSTOMERS, "customers")
    call_command("undo_import", key, wait=0, as_json=True)
    assert f'"run": "{key}"' in capsys.readouterr().out
    for wrong, status in ((key, 1), ("00000000-0000-7000-8000-000000000000", 2)):
        with pytest.raises(CommandError) as caught:
            call_command("undo_import", wrong, wait=0)
        assert caught.value.returncode == status


def relationship(number: str) -> tuple[Any, Any]:
    with acting_as_service("test"):
        row = Customer.objects.get(number=number)
        return row.relationship_started_on, row.relationship_ended_on


@pytest.fixture
def contracts(come_in: Any) -> str:
    come_in(CUSTOMERS, "customers"), come_in(SITES, "sites")
    with acting_as_service("test"):
        FACTORIES[Product](code="YS", line="network")
    return str(come_in(CONTRACTS, "contracts"))


STANDS, ENDED = date(2014, 3, 1), date(2024, 3, 1)


@pytest.mark.clause("T1")
def test_a_contract_that_an_undo_could_not_delete_still_tells_until_when_its_holder_was_a_customer(
    contracts: str,
) -> None:
    with acting_as_service("test"):
        FACTORIES[DeliveredDevice](contract=Contract.objects.get())
    undoing = undo(contracts)
    assert relationship("200001") == (STANDS, ENDED)
    assert ("sites.Contract", "referred-to") in named(purge(undoing))
    settle()
    assert relationship("200001") == (STANDS, ENDED)


def test_the_holders_of_a_contract_that_was_edited_since_stay_with_it(contracts: str) -> None:
    with acting_as_service("test"):
        contract = Contract.objects.get()
        change_contract(contract_id=contract.pk, supplier_name="Kolmas Oy", actor=ACTOR, at=timezone.now())
    assert named(purge(undo(contracts))) == {("sites.Contract", "edited-since")}
    settle()
    with acting_as_service("test"):
        assert Contract.objects.get().holders.count() == 2
    assert relationship("200001") == (STANDS, ENDED)


@pytest.mark.clause("T1")
def test_an_undone_contract_leaves_the_relationship_that_the_others_tell(come_in: Any, contracts: str) -> None:
    later = (
        CONTRACTS.replace("V1;", "V2;")
        .replace("1.3.2014;1.3.2024", "1.3.2024;1.9.2024")
        .replace(";YS;4,12;12,50", ";;;")
    )
    key = come_in(later, "contracts")
    assert relationship("200001") == (STANDS, date(2024, 9, 1))
    purge(undo(key))
    settle()
    assert relationship("200001") == (STANDS, ENDED)
    purge(undo(contracts))
    settle()
    started_on, ended_on = relationship("200001")
    assert started_on is None and ended_on is not None
