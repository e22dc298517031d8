"""What is written of customers, and what is refused."""

import datetime
from typing import Any

import pytest

from customers import operations as act
from customers.models import (
    Contact,
    Customer,
    Mandate,
    MarketingPermission,
    PostalCode,
    Representative,
    SearchToken,
    Suppression,
)
from customers.operations.marketing import has_objected
from register.audit.models import LogEntry
from tests.customers.conftest import ASTA, NOON
from tests.factories.customers import CustomerFactory, RecipientFactory, RepresentativeFactory

pytestmark = pytest.mark.usefixtures("at_work")
WHO: Any = {"actor": ASTA, "at": NOON}
CODE = "010190-999W"


def registered(**values: Any) -> Customer:
    return act.register_customer(**WHO, **{"given_names": "Maija", "family_name": "Äijälä"} | values)


@pytest.mark.item("C08")
def test_a_customer_gets_the_next_number() -> None:
    first, second = registered(), registered()
    assert int(second.number) == int(first.number) + 1


@pytest.mark.item("C03")
def test_values_are_kept_in_one_form(settings: Any) -> None:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    row = registered(phone="040 123 4567", email="Maija@Example.ORG", identity_code="010190-999w")
    row.refresh_from_db()
    assert (row.phone, row.email) == ("+358401234567", "Maija@example.org")
    assert row.identity_code.reveal() == CODE
    assert row.birth_on == datetime.date(1990, 1, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("phone", "12"), ("email", "maija"), ("identity_code", "010190-999A"), ("country", "XX"), ("postal_code", "7070")],
)
def test_a_wrong_value_is_refused_by_its_field(name: str, value: str) -> None:
    with pytest.raises(act.UnableToRegisterCustomer) as refused:
        registered(**{name: value})
    assert refused.value.field == name
    assert not Customer.objects.filter(family_name="Äijälä").exists()


def test_a_postal_code_brings_its_office() -> None:
    PostalCode.objects.get_or_create(code="70700", defaults={"office_fi": "Kuopio", "office_sv": "Kuopio"})
    office = PostalCode.objects.get(code="70700").office_fi
    assert registered(street_address="Särkiniementie 21", postal_code="70700").post_office == office


def test_birth_date_and_identity_code_agree(settings: Any) -> None:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    with pytest.raises(act.UnableToRegisterCustomer) as refused:
        registered(identity_code=CODE, birth_on=datetime.date(1991, 1, 1))
    assert refused.value.field == "birth_on"


def test_two_persons_have_not_the_same_identity_code(settings: Any) -> None:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    registered(identity_code=CODE)
    with pytest.raises(act.UnableToRegisterCustomer) as refused:
        registered(identity_code=CODE)
    assert CODE not in str(refused.value)
    assert "Key (" not in str(refused.value)


def test_a_person_without_contract_is_kept_from_the_last_contact() -> None:
    row = registered(contacted_on=datetime.date(2026, 11, 1))
    assert row.relationship_ended_on == datetime.date(2026, 11, 2)
    act.record_contact(customer_id=row.pk, controller_id=1, kind="call", happened_at=NOON, topic="Tarjous", **WHO)
    row.refresh_from_db()
    assert row.relationship_ended_on == datetime.date(2026, 11, 25)


@pytest.mark.item("C04")
def test_a_change_is_in_the_log_with_old_and_new_value_and_actor() -> None:
    row = registered(phone="040 123 4567")
    act.change_customer(customer_id=row.pk, phone="050 765 4321", **WHO)
    entry = LogEntry.objects.filter(object_pk=str(row.pk), action=LogEntry.Action.UPDATE).latest("timestamp")
    assert entry.changes == {"phone": ["+358401234567", "+358507654321"]}
    assert (entry.actor_kind, entry.actor_id) == ("staff", ASTA.id)
    assert entry.subjects == [row.pk]


def test_what_is_not_changed_is_not_logged() -> None:
    row = registered(phone="040 123 4567")
    before = LogEntry.objects.count()
    act.change_customer(customer_id=row.pk, phone="+358 40 1234567", **WHO)
    assert LogEntry.objects.count() == before


def test_the_identity_code_is_masked_in_the_log(settings: Any) -> None:
    settings.REGISTER_ALLOW_TEMPORARY_CODES = True
    row = registered()
    act.change_customer(customer_id=row.pk, identity_code=CODE, **WHO)
    changes = LogEntry.objects.filter(object_pk=str(row.pk)).latest("timestamp").changes
    assert "identity_code" in changes
    assert CODE not in str(changes)


@pytest.mark.clause("G3")
@pytest.mark.item("C14")
def test_a_prohibition_takes_effect_at_once_and_keeps_its_history() -> None:
    row = registered(phone="040 123 4567")
    how: Any = {"customer_id": row.pk, "channel": "phone", "purpose": "distance-selling", "told_by": "call"}
    act.set_marketing_permission(**how, is_allowed=True, **WHO)
    act.set_marketing_permission(**how, is_allowed=False, **WHO)
    rows = list(MarketingPermission.objects.filter(customer=row).order_by("pk").values_list("is_allowed", "ended_at"))
    assert rows == [(True, NOON), (False, None)]
    assert has_objected("phone", "+358401234567")
    act.set_marketing_permission(**how, is_allowed=True, **WHO)
    assert not has_objected("phone", "+358401234567")


@pytest.mark.clause("G3")
def test_all_marketing_is_prohibited_in_one_act_and_no_prospect_comes_in_again() -> None:
    row = registered(phone="040 123 4567", email="maija@example.org")
    rows = act.prohibit_all_marketing(customer_id=row.pk, told_by="portal", **WHO)
    assert len(rows) == 16
    assert not any(one.is_allowed for one in rows)
    assert len(act.prohibit_all_marketing(customer_id=row.pk, told_by="portal", **WHO)) == 16
    assert MarketingPermission.objects.filter(customer=row).count() == 16
    assert Suppression.objects.filter(withdrawn_on__isnull=True).count() == 3
    day = datetime.date(2026, 11, 24)
    with pytest.raises(act.UnableToSaveProspect):
        act.register_prospect(processed_on=day, name="Maija Äijälä", phone="0401234567", **WHO)
    assert act.register_prospect(processed_on=day, name="Eetu Kallio", phone="0401234568", **WHO).pk


@pytest.mark.item("C07")
def test_a_representative_stands_for_a_customer_and_is_found_by_name() -> None:
    row = registered()
    person = act.add_representative(given_names="Oskari", family_name="Kärki", phone="0400008901", **WHO)
    mandate = act.add_mandate(
        customer_id=row.pk,
        representative_id=person.pk,
        role=Mandate.Role.ATTORNEY,
        started_on=datetime.date(2026, 1, 1),
        **WHO,
    )
    assert SearchToken.objects.filter(customer=row, kind="representative", token="karki").exists()
    person = Representative.objects.get(pk=person.pk)
    assert person.relationship_ended_on == row.relationship_ended_on
    with pytest.raises(act.UnableToSaveMandate):
        act.end_mandate(mandate_id=mandate.pk, ended_on=datetime.date(2025, 12, 31), **WHO)


def disclosed(customer: Customer, **values: Any) -> object:
    usual = {"controller_id": 1, "ground": "mandate", "what": "laskut 2026", "customer_id": customer.pk}
    if "recipient_id" not in values:
        usual["recipient_id"] = RecipientFactory().pk
    return act.record_disclosure(**usual | values, **WHO)


@pytest.mark.clause("D1")
def test_a_disclosure_without_ground_is_refused() -> None:
    with pytest.raises(act.UnableToDisclose):
        disclosed(CustomerFactory(), ground="")


@pytest.mark.clause("D2")
def test_an_authority_needs_its_statute() -> None:
    customer = CustomerFactory()
    with pytest.raises(act.UnableToDisclose):
        disclosed(customer, ground="authority")
    assert disclosed(customer, ground="authority", statute="Laki 1/2000 5 §")


@pytest.mark.clause("D3")
@pytest.mark.parametrize(
    ("scope", "signed_on", "ended_on", "passes"),
    [
        ("laskut ja muutto", datetime.date(2026, 1, 1), None, True),
        ("kaikki asiat", datetime.date(2026, 1, 1), None, True),
        ("muutto", datetime.date(2026, 1, 1), None, False),
        ("laskut", datetime.date(2026, 1, 1), datetime.date(2026, 11, 24), False),
        ("laskut", datetime.date(2026, 1, 1), datetime.date(2026, 11, 25), True),
    ],
)
def test_a_power_of_attorney_is_in_force_and_covers_the_matter(
    scope: str, signed_on: datetime.date, ended_on: datetime.date | None, passes: bool
) -> None:
    customer, person = CustomerFactory(), RepresentativeFactory()
    mandate = act.add_mandate(
        customer_id=customer.pk,
        representative_id=person.pk,
        role="attorney",
        started_on=signed_on,
        ended_on=ended_on,
        **WHO,
    )
    with pytest.raises(act.UnableToDisclose):
        disclosed(customer, representative_id=person.pk)  # nothing is on file yet
    act.add_power_of_attorney(mandate_id=mandate.pk, scope=scope, signed_on=signed_on, **WHO)
    if passes:
        assert disclosed(customer, representative_id=person.pk)
    else:
        with pytest.raises(act.UnableToDisclose):
            disclosed(customer, representative_id=person.pk)


@pytest.mark.clause("D4")
def test_a_service_provider_needs_contract_and_commitment() -> None:
    recipient = act.save_recipient(name="Painotalo", role="print house", country="FI", **WHO)
    with pytest.raises(act.UnableToDisclose):
        disclosed(CustomerFactory(), ground="processor", recipient_id=recipient.pk)


@pytest.mark.clause("D5")
def test_a_recipient_outside_the_eea_is_refused() -> None:
    with pytest.raises(act.UnableToSaveRecipient) as refused:
        act.save_recipient(name="Far Away", role="print house", country="US", **WHO)
    assert refused.value.field == "country"


def test_a_contact_in_the_future_is_refused() -> None:
    customer = CustomerFactory()
    with pytest.raises(act.UnableToRecordContact):
        act.record_contact(
            customer_id=customer.pk,
            controller_id=1,
            kind="call",
            happened_at=NOON + datetime.timedelta(hours=1),
            **WHO,
        )
    assert not Contact.objects.filter(customer=customer).exists()
