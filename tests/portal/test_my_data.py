"""My data on the portal: each datum with its reasons, the switch of marketing, requests, and who has looked."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from billing.models import BankAccount, Invoice
from customers.models import Customer, Disclosure, MarketingPermission
from customers.operations.marketing import has_objected
from dsar import mydata
from dsar.models import Request
from dsar.operations import answer_access, begin_package, make_package
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import LogEntry
from register.audit.operations import record_look
from sites.models import Contract, ContractHolder
from tests.factories import FACTORIES
from tests.harness.portal import make_customer, portal_client

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def maija() -> Customer:
    """A customer with a contract, an ended one, an invoice, a bank account, and a look at her data."""
    customer = make_customer(given_names="Maija", family_name="Meikäläinen", phone="+358401112223")
    with acting_as_service("test"):
        for last_day in (None, datetime.date(2020, 5, 31)):
            made: Contract = FACTORIES[Contract](last_day=last_day)
            FACTORIES[ContractHolder](contract=made, customer=customer)
        FACTORIES[Invoice](customer=customer, number="L777", last_day=datetime.date(2024, 5, 5))
        FACTORIES[BankAccount](customer=customer, ended_on=None)
        FACTORIES[Disclosure](customer=customer)
        record_look(
            actor=Actor.staff("01890000-0000-7000-8000-000000000001"), at=timezone.now(), unit="agent",
            reason="call", what="customer page", customers=[customer.pk],
        )  # fmt: skip
    return customer


def page(customer: Customer, **values: Any) -> str:
    answer = portal_client(customer, **values).get("/my/data/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.item("C04")
@pytest.mark.clause("G1")
def test_each_datum_tells_where_from_why_until_when_and_who_saw_it(maija: Customer) -> None:
    text = page(maija)
    assert "Maija Meikäläinen" in text
    start = text.index('id="datum-C04"')
    datum = text[start : text.index("</details>", start)]
    for words in ("+358401112223", "Mistä", "Miksi", "Mihin asti", "Kuka näki", "10 vuotta", "sopimu", "1 kerran"):
        assert words in datum, words
    assert "Asiakaspalvelu" in text
    assert "01890000" not in text  # the unit is told, never the employee


@pytest.mark.item("C03")
@pytest.mark.item("B05")
def test_secrets_stay_closed(maija: Customer) -> None:
    text = page(maija)
    with acting_as_service("test"):
        code = maija.identity_code
        account = BankAccount.objects.get(customer=maija).iban
        assert code is not None and account is not None
        assert code.reveal() not in text
        assert account.reveal() not in text
    assert 'id="datum-C03"' in text


@pytest.mark.clause("X2")
def test_nothing_of_anybody_else_is_in_it(maija: Customer) -> None:
    other = make_customer(given_names="Toinen", family_name="Tyyppi", phone="+358409998887")
    text = page(other)
    assert "+358409998887" in text
    for hidden in ("Maija", "L777", "+358401112223"):
        assert hidden not in text
    assert "Kukaan ei ole katsonut tietojasi" in text


def test_an_ended_contract_has_its_day(maija: Customer) -> None:
    with acting(actor=Actor.customer(maija.pk), scope=Scope.portal(customers=(maija.pk,))):
        rows = mydata.what_goes([maija.pk], on=timezone.localdate())
        first = mydata.next_to_go(rows)
    assert first is not None
    assert first.first_goes_on == datetime.date(2030, 6, 1)
    assert "1.6.2030" in page(maija)


@pytest.mark.clause("G3")
@pytest.mark.item("C14")
def test_one_switch_stops_marketing_on_every_channel_and_list_at_once(maija: Customer) -> None:
    client = portal_client(maija)
    answer = client.post("/my/data/marketing/", {"stop": "on"})
    assert answer["Location"] == "/my/data/?done=stopped#marketing"
    with acting_as_service("test"):
        rows = MarketingPermission.objects.filter(customer=maija, ended_at__isnull=True)
        assert rows.count() == 16
        assert not rows.filter(is_allowed=True).exists()
        assert all(has_objected(channel, maija.phone) for channel in ("phone", "sms"))
        assert has_objected("email", maija.email)
        request = Request.objects.get(customer_id=maija.pk)
        assert (request.kind, request.state) == ("objection", "answered")
        assert LogEntry.objects.filter(subjects__contains=[maija.pk], actor_kind="customer").exists()
    text = client.get("/my/data/?done=stopped").content.decode()
    assert 'aria-checked="true"' in text
    assert "emme enää markkinoi" in text


@pytest.mark.item("C14")
def test_single_choices_take_effect_and_are_kept_with_their_time(maija: Customer) -> None:
    client = portal_client(maija)
    client.post("/my/data/marketing/", {"allow": ["email.advertising", "post.advertising"]})
    with acting_as_service("test"):
        rows = MarketingPermission.objects.filter(customer=maija, ended_at__isnull=True)
        assert {(row.channel, row.purpose, row.told_by) for row in rows} == {
            ("email", "advertising", "verkkopalvelu"), ("post", "advertising", "verkkopalvelu"),
        }  # fmt: skip
    client.post("/my/data/marketing/", {"allow": ["email.advertising"]})
    with acting_as_service("test"):
        row = MarketingPermission.objects.get(customer=maija, channel="post", ended_at__isnull=True)
        assert row.is_allowed is False
        assert MarketingPermission.objects.filter(customer=maija, channel="post").count() == 2
    text = client.get("/my/data/").content.decode()
    assert 'value="email.advertising" checked' in text
    assert 'value="post.advertising" checked' not in text


@pytest.mark.clause("G1")
def test_all_data_is_asked_for_once_and_has_its_last_day(maija: Customer) -> None:
    client = portal_client(maija)
    assert client.post("/my/data/access/")["Location"] == "/my/data/?done=asked#requests"
    assert client.post("/my/data/access/")["Location"] == "/my/data/?done=asked-already#requests"
    with acting_as_service("test"):
        request = Request.objects.get(customer_id=maija.pk)
        assert (request.kind, request.channel, request.state) == ("access", "portal", "identified")
        due = request.due_on
    assert f"{due.day}.{due.month}.{due.year}" in client.get("/my/data/").content.decode()
    assert request.number not in page(make_customer())


@pytest.mark.clause("G2")
def test_a_correction_is_asked_for_with_what_was_changed_only(maija: Customer) -> None:
    client = portal_client(maija)
    form = client.get("/my/data/correction/").content.decode()
    assert 'value="+358401112223"' in form
    assert client.post("/my/data/correction/", {"phone": "+358401112223"}).status_code == 422
    answer = client.post("/my/data/correction/", {"phone": "040 765 4321", "text": ""})
    assert answer["Location"] == "/my/data/?done=asked#requests"
    with acting_as_service("test"):
        request = Request.objects.get(customer_id=maija.pk)
        assert [(row.field, row.old_value, row.new_value) for row in request.corrections.all()] == [
            ("phone", "+358401112223", "040 765 4321")
        ]
        maija.refresh_from_db()
        assert maija.phone == "+358401112223"  # staff accept it


def test_home_answers_the_three_questions(maija: Customer) -> None:
    with acting_as_service("test"):
        due = timezone.localdate() + datetime.timedelta(days=3)
        FACTORIES[Invoice](customer=maija, invoiced_on=timezone.localdate(), due_on=due)
    text = portal_client(maija).get("/my/").content.decode()
    assert "Hei, Maija" in text
    assert "123,45\N{NO-BREAK SPACE}€" in text
    assert f"na {due.day}.{due.month}." in text
    assert "Onko minulla tehtävää?" in text
    assert "Kuka katsoi tietojani?" in text


def test_home_of_somebody_without_anything_is_calm() -> None:
    text = portal_client(make_customer(phone="")).get("/my/").content.decode()
    assert "Ei mitään juuri nyt" in text
    assert "Kerro puhelinnumerosi" in text
    assert "Ei vielä lukemia" in text


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("path", ["/my/", "/my/data/", "/my/data/correction/", "/my/consumption/", "/my/contracts/"])
def test_pages_speak_the_language_of_the_session(maija: Customer, language: str, path: str) -> None:
    text = portal_client(maija, language=language).get(path).content.decode()
    assert f'<html lang="{language}"' in text
    for finnish in ("Omat tiedot", "Kulutus", "Sopimukset", "Laskut", "Asiakaspalvelu"):
        assert f">{finnish}<" not in text


def test_no_address_holds_anything_of_a_person(maija: Customer) -> None:
    import re

    client = portal_client(maija)
    for path in ("/my/", "/my/data/", "/my/consumption/", "/my/invoices/", "/my/contracts/"):
        for address in re.findall(r'(?:href|action)="([^"]+)"', client.get(path).content.decode()):
            for value in ("maija", "meik", maija.number, "+358", "%2B358", maija.email, maija.street_address):
                assert value.lower() not in address.lower(), address


@pytest.mark.clause("G1")
def test_the_package_is_fetched_once_staff_have_answered(maija: Customer) -> None:
    client = portal_client(maija)
    client.post("/my/data/access/")
    service, now = Actor.service("test"), timezone.now()
    with acting_as_service("test"):
        request = Request.objects.get(customer_id=maija.pk)
        package = begin_package(customer_id=maija.pk, request=request, actor=service, at=now)
    make_package(package_id=package.pk, actor=service, at=now)
    address = f"/my/data/package/{package.pk}/"
    assert client.post(address).status_code == 404
    with acting_as_service("test"):
        answer_access(request_id=request.pk, actor=service, at=now)
    assert address in client.get("/my/data/").content.decode()
    answer = client.post(address)
    assert answer["Content-Disposition"] == 'attachment; filename="package.zip"'
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert portal_client(make_customer()).post(address).status_code == 404
    with acting_as_service("test"):
        assert package.downloads.count() == 1
