"""A role counts at the controller for which it is given: rights and controllers are never taken apart."""

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import Invoice
from customers.models import Contact, Customer
from recordings.models import Recording
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.identity import operations
from register.identity.models import Account, Controller, RoleGrant
from register.identity.rights import scope_of
from register.identity.roles import OPENS_MASKED, Role, permits
from sites.models import Contract, ContractHolder
from tests.factories import FACTORIES
from tests.harness.staff import Staff, make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("X2")]
ENERGY, NETWORK = 1, 2
BOTH = (ENERGY, NETWORK)
OWN = {"supplier_name": ""}


def with_roles(*granted: tuple[Role, int]) -> Staff:
    """Make a member of staff with each of these roles for one controller."""
    return also(make_staff(role=None), *granted)


def also(staff: Staff, *granted: tuple[Role, int]) -> Staff:
    """Give more roles to a member of staff."""
    for role, controller in granted:
        with acting_as_service("test"):
            operations.grant_role(
                account=staff.account,
                role=role,
                controllers=Controller.objects.filter(pk=controller),
                actor=Actor.service("test"),
                at=timezone.now(),
            )
    return replace(staff, account=Account.objects.get(pk=staff.account.pk))


@pytest.fixture
def customer() -> Any:
    """A customer with a contract, an invoice and a recording of each controller."""
    with acting_as_service("test"):
        made = FACTORIES[Customer]()
        for controller in BOTH:
            line = {ENERGY: "heat", NETWORK: "network"}[controller]
            contract = FACTORIES[Contract](controller_id=controller, line=line, number=f"SOP-{controller}", **OWN)
            FACTORIES[ContractHolder](contract=contract, controller_id=controller, customer=made)
            FACTORIES[Invoice](customer=made, controller_id=controller, number=f"LASKU-{controller}")
            FACTORIES[Recording](customer=made, controller_id=controller, handled_by=f"Soittaja {controller}")
    return made


@pytest.fixture
def mixed() -> Client:
    """Customer service at the one controller, metering at the other."""
    return signed_in(with_roles((Role.AGENT, ENERGY), (Role.METERING, NETWORK)))


def words_of(client: Client, name: str, *keys: Any, **asked: str) -> str:
    answer = client.get(reverse(name, args=keys), asked, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_right_at_one_controller_opens_no_row_of_the_other(mixed: Client, customer: Any) -> None:
    invoices = words_of(mixed, "staff-customer-invoices", customer.pk)
    assert "LASKU-1" in invoices
    assert "LASKU-2" not in invoices
    recordings = words_of(mixed, "admin:recordings_recording_changelist")
    assert "Soittaja 1" in recordings
    assert "Soittaja 2" not in recordings


def test_a_right_that_both_roles_give_opens_the_rows_of_both(mixed: Client, customer: Any) -> None:
    contracts = words_of(mixed, "staff-customer-contracts", customer.pk)
    assert "SOP-1" in contracts
    assert "SOP-2" in contracts


def test_lists_pages_and_histories_of_the_staff_site_keep_to_the_same(mixed: Client, customer: Any) -> None:
    listed = words_of(mixed, "admin:billing_invoice_changelist")
    assert "LASKU-1" in listed
    assert "LASKU-2" not in listed
    with acting_as_service("test"):
        own, others = (Invoice.objects.get(number=f"LASKU-{controller}") for controller in BOTH)
    for page in ("change", "history"):
        assert mixed.get(reverse(f"admin:billing_invoice_{page}", args=[own.pk])).status_code == 200
        assert mixed.get(reverse(f"admin:billing_invoice_{page}", args=[others.pk])).status_code != 200


def test_a_contract_is_changed_only_where_the_right_to_change_is_held(customer: Any) -> None:
    client = signed_in(with_roles((Role.BILLING, ENERGY), (Role.METERING, NETWORK)))
    listed = words_of(client, "admin:sites_contract_changelist")
    assert "SOP-1" in listed
    assert "SOP-2" in listed
    with acting_as_service("test"):
        seen, own = (Contract.objects.get(number=f"SOP-{controller}") for controller in BOTH)
    for contract, reference in ((seen, seen.reference), (own, "1232")):
        client.post(
            reverse("admin:sites_contract_change", args=[contract.pk]),
            {"reference": "1232", "signed_on": "", "supplier_name": "", "ended_on": ""},
        )
        with acting_as_service("test"):
            assert Contract.objects.get(pk=contract.pk).reference == reference


def test_the_search_finds_no_invoice_of_the_other_controller(mixed: Client, customer: Any) -> None:
    for number, is_found in (("LASKU-1", True), ("LASKU-2", False)):
        answer = mixed.post(reverse("staff-search"), {"q": number, "as": "invoice"})
        assert (answer.status_code == 302 or f">{number}<" in answer.content.decode()) is is_found, number


def test_the_dashboard_counts_only_where_its_part_is_permitted(customer: Any) -> None:
    with acting_as_service("test"):
        Invoice.objects.update(state="disputed")
    staff = with_roles((Role.AGENT, ENERGY), (Role.METERING, NETWORK))
    board = signed_in(staff).get("/staff/").context["board"]
    (tile,) = [one for one in board.tiles if one.icon == "hand-stop"]
    assert tile.figure == "1"


def test_a_contact_is_recorded_only_for_the_company_where_one_may(mixed: Client, customer: Any) -> None:
    for controller, count in ((NETWORK, 0), (ENERGY, 1)):
        mixed.post(
            reverse("staff-customer-timeline", args=[customer.pk]),
            {"kind": "call", "topic": "x", "text": "", "controller": controller},
        )
        with acting_as_service("test"):
            assert Contact.objects.count() == count


def test_a_protected_address_opens_only_where_masked_values_may_be_opened(mixed: Client, customer: Any) -> None:
    with acting_as_service("test"):
        Customer.objects.filter(pk=customer.pk).update(is_protected=True)
        first, second = (Contract.objects.get(number=f"SOP-{controller}").site.street_address for controller in BOTH)
    answer = mixed.post(
        reverse("staff-customer-contracts", args=[customer.pk]), {"reason": "fault"}, headers={"HX-Request": "true"}
    )
    assert first in answer.content.decode()
    assert second not in answer.content.decode()


def test_an_administrator_of_one_company_gives_no_role_for_the_other() -> None:
    staff = with_roles((Role.ADMINISTRATOR, ENERGY), (Role.AGENT, NETWORK))
    client = signed_in(staff)
    for controller, count in ((NETWORK, 0), (ENERGY, 1)):
        answer = client.post(
            reverse("admin:identity_rolegrant_add"),
            {"account": staff.account.pk, "role": Role.DPO, "controller": controller},
        )
        assert answer.status_code == (302 if count else 200)
        assert RoleGrant.objects.filter(role=Role.DPO).count() == count


def test_an_administrator_of_one_company_ends_no_role_of_the_other() -> None:
    staff = with_roles((Role.ADMINISTRATOR, ENERGY), (Role.AGENT, NETWORK))
    grant = RoleGrant.objects.get(account=staff.account, role=Role.AGENT)
    answer = signed_in(staff).post(reverse("admin:identity_rolegrant_change", args=[grant.pk]), {"ends": "on"})
    assert answer.status_code == 200
    assert RoleGrant.objects.get(pk=grant.pk).ended_at is None


def test_two_rights_count_only_where_they_are_held_together() -> None:
    account = with_roles((Role.AGENT, ENERGY), (Role.METERING, NETWORK)).account
    assert account.controller_ids("customers.add_contact") == (ENERGY,)
    assert account.controller_ids("work.add_importrun") == (NETWORK,)
    assert account.controller_ids("customers.add_contact", "work.add_importrun") == ()
    assert scope_of(account, "sites.view_contract", OPENS_MASKED).controllers == (ENERGY,)


def test_a_page_that_names_no_right_shows_only_what_all_roles_have_in_common() -> None:
    staff = with_roles((Role.AGENT, ENERGY), (Role.METERING, NETWORK))
    assert scope_of(staff.account).controllers == ()
    assert scope_of(also(staff, (Role.METERING, ENERGY)).account).controllers == (ENERGY,)


def test_who_may_change_or_add_may_also_see() -> None:
    """The scope of a page of the staff site is that of the right to see, until something is sent."""
    for model in admin.site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        for role in Role:
            roles = frozenset({role})
            if permits(roles, f"{app}.change_{name}") or permits(roles, f"{app}.add_{name}"):
                assert permits(roles, f"{app}.view_{name}"), (role, app, name)


def test_the_scope_is_opened_by_the_middleware_after_the_gate() -> None:
    names = [place.rpartition(".")[2] for place in settings.MIDDLEWARE]
    assert names.index("ScopeMiddleware") > names.index("StaffGate")
