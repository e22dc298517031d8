"""Contracts and what they do to the clocks of customers and representatives; places and their things."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from customers import operations as people
from customers.models import Customer
from register.access.scope import Actor, Scope
from register.audit.acting import acting
from register.audit.models import LogEntry
from sites import operations as act
from sites.models import Contract
from tests.customers.conftest import ASTA, NOON
from tests.factories.customers import RepresentativeFactory
from tests.factories.sites import MeterFactory, ProductFactory, ProductPriceFactory, SiteFactory

WHO: Any = {"actor": ASTA, "at": NOON}
START, END = datetime.date(2024, 3, 1), datetime.date(2026, 12, 1)


@pytest.fixture
def at_work(db: Any) -> Any:
    with acting(actor=ASTA, scope=Scope.staff(controllers=(1, 2))):
        yield


pytestmark = pytest.mark.usefixtures("at_work")


def customer(**values: Any) -> Customer:
    return people.register_customer(**WHO, family_name="Kallio", contacted_on=START, **values)


def concluded(holder: Customer, **values: Any) -> Contract:
    site = values.pop("site", None) or SiteFactory()
    usual: dict[str, Any] = {"line": "network", "started_on": START, "site_id": site.pk, "holders": [holder.pk]}
    return act.conclude_contract(**usual | values, **WHO)


@pytest.mark.item("S05")
def test_a_contract_begins_the_relationship_and_has_its_controller() -> None:
    holder = customer()
    assert holder.relationship_ended_on is not None
    contract = concluded(holder)
    holder.refresh_from_db()
    assert (holder.relationship_started_on, holder.relationship_ended_on) == (START, None)
    assert contract.controller.code == "network"
    assert contract.number.startswith("V")
    assert concluded(holder, line="heat").controller.code == "energy"


@pytest.mark.clause("T1")
def test_the_latest_end_is_the_customers_and_the_representatives() -> None:
    holder, person = customer(), RepresentativeFactory()
    people.add_mandate(customer_id=holder.pk, representative_id=person.pk, role="contact", started_on=START, **WHO)
    first, second = concluded(holder), concluded(holder, line="heat")
    act.end_contract(contract_id=first.pk, ended_on=datetime.date(2025, 1, 1), **WHO)
    holder.refresh_from_db()
    assert holder.relationship_ended_on is None
    act.end_contract(contract_id=second.pk, ended_on=END, **WHO)
    holder.refresh_from_db()
    person.refresh_from_db()
    assert (holder.relationship_ended_on, person.relationship_ended_on) == (END, END)
    act.reopen_contract(contract_id=first.pk, **WHO)
    holder.refresh_from_db()
    person.refresh_from_db()
    assert (holder.relationship_ended_on, person.relationship_ended_on) == (None, None)


def test_a_contract_of_the_other_controller_that_is_not_seen_keeps_the_relationship() -> None:
    holder = customer()
    concluded(holder)
    heat = concluded(holder, line="heat")
    with acting(actor=ASTA, scope=Scope.staff(controllers=(1,))):
        assert not Contract.objects.filter(line="network").exists()
        act.end_contract(contract_id=heat.pk, ended_on=END, **WHO)
    holder.refresh_from_db()
    assert holder.relationship_ended_on is None


def test_an_end_before_the_start_cancels_and_can_be_taken_back() -> None:
    holder = customer()
    contract = concluded(holder)
    assert act.end_contract(contract_id=contract.pk, ended_on=START, **WHO).is_cancelled
    assert not act.reopen_contract(contract_id=contract.pk, **WHO).is_cancelled


def test_a_contract_is_not_reopened_over_its_follower() -> None:
    one, other, site = customer(), customer(), SiteFactory()
    former = concluded(one, site=site)
    act.end_contract(contract_id=former.pk, ended_on=END, **WHO)
    concluded(other, site=site, started_on=END)
    with pytest.raises(act.UnableToChangeContract) as refused:
        act.reopen_contract(contract_id=former.pk, **WHO)
    assert "Key (" not in str(refused.value)


def test_two_contracts_of_a_kind_are_refused_in_plain_words() -> None:
    site = SiteFactory()
    concluded(customer(), site=site)
    with pytest.raises(act.UnableToConcludeContract) as refused:
        concluded(customer(), site=site)
    assert str(refused.value)
    assert "a_site_has_one" not in str(refused.value)


def test_the_product_has_the_price_of_the_first_day() -> None:
    product = ProductFactory(line="network")
    ProductPriceFactory(product=product, started_on=START, energy_c_kwh=Decimal("4.32"), basic_eur_month=Decimal(9))
    contract = concluded(customer(), product_id=product.pk)
    agreed = contract.products.get()
    assert (agreed.energy_c_kwh, agreed.basic_eur_month) == (Decimal("4.3200"), Decimal("9.00"))
    act.change_product(contract_id=contract.pk, product_id=product.pk, started_on=END, energy_c_kwh=Decimal(5), **WHO)
    assert [row.ended_on for row in contract.products.order_by("started_on")] == [END, None]
    with pytest.raises(act.UnableToConcludeContract):
        concluded(customer(), product_id=product.pk, line="heat")


@pytest.mark.item("S01")
def test_a_site_is_kept_with_a_valid_metering_point_and_a_folded_address() -> None:
    site = act.save_site(
        gsrn=SiteFactory.build().gsrn,
        commodity="electricity",
        street_address="Särkiniementie 21 B",
        postal_code="70700",
        post_office="Kuopio",
        **WHO,
    )
    assert site.address_key == "sarkiniementie 21 b 70700 kuopio"
    with pytest.raises(act.UnableToSavePlace) as refused:
        act.save_site(gsrn="643000000000000018", commodity="heat", **WHO)
    assert refused.value.field == "gsrn"


def test_two_meters_are_not_in_one_place_at_one_time() -> None:
    meter = MeterFactory(removed_on=None)
    new: dict[str, Any] = {"site": meter.site, "controller_id": 2, "method": "PT15M", "number": "9"}
    day = meter.installed_on + datetime.timedelta(days=100)
    with pytest.raises(act.UnableToSavePlace):
        act.install_meter(installed_on=day, **new, **WHO)
    act.remove_meter(meter_id=meter.pk, removed_on=day, **WHO)
    assert act.install_meter(installed_on=day, **new, **WHO).pk


def test_each_act_is_in_the_change_log_with_its_actor() -> None:
    contract = concluded(customer())
    act.end_contract(contract_id=contract.pk, ended_on=END, **WHO)
    entry = LogEntry.objects.filter(object_pk=str(contract.pk)).latest("timestamp")
    assert entry.changes["ended_on"] == [None, str(END)]
    assert (entry.actor_kind, entry.actor_id, entry.controller_id) == ("staff", ASTA.id, 2)
    assert Actor.staff(ASTA.id) == ASTA
