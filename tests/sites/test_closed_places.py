"""A contract found by its number shows no address that is closed, whoever's contract makes it so."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from register.audit.acting import acting_as_service
from sites.models import Contract, ContractHolder
from tests.factories import FACTORIES
from tests.harness.staff import make_staff, signed_in

pytestmark = pytest.mark.django_db
SPRING, AUTUMN = datetime.date(2024, 3, 1), datetime.date(2025, 9, 1)


def held(number: str, *, site: Any = None, is_protected: bool = False, **values: Any) -> Contract:
    place = {"site": site} if site else {"site__street_address": "Särkiniementie 21"}
    contract = FACTORIES[Contract](number=number, started_on=SPRING, **place, **values)
    for _each in range(2):  # of a contract with one holder the search opens the customer's page at once
        FACTORIES[ContractHolder](contract=contract, customer__is_protected=is_protected)
    return contract


def found(text: str) -> str:
    client: Client = signed_in(make_staff())
    answer = client.post(reverse("staff-search"), {"q": text}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_contract_of_another_who_lives_there_shows_no_closed_address() -> None:
    with acting_as_service("test"):
        spouse = held("V7000001")
        held("S7000002", site=spouse.site, is_protected=True, line="supply", controller_id=1, supplier_name="")
    page = found("V7000001")
    assert "V7000001" in page
    assert "Särkiniementie" not in page


def test_the_contract_of_a_former_resident_shows_no_closed_address() -> None:
    with acting_as_service("test"):
        former = held("V7000001", ended_on=AUTUMN)
        resident = FACTORIES[Contract](number="V7000003", site=former.site, started_on=AUTUMN, ended_on=None)
        FACTORIES[ContractHolder](contract=resident, customer__is_protected=True)
    page = found("V7000001")
    assert "V7000001" in page
    assert "Särkiniementie" not in page


def test_where_nobody_is_protected_the_address_is_shown() -> None:
    with acting_as_service("test"):
        held("V7000001")
    assert "Särkiniementie" in found("V7000001")
