"""Sign-in of customers: a one-time code for the limited view, the demonstration bank for the full one."""

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, clear_url_caches, reverse
from django.utils import timezone

import customers.tasks  # noqa: F401 - what the worker does
from customers.models import Mandate, PowerOfAttorney, Representative, ServiceUse
from customers.operations import end_mandate
from customers.portal import signin
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.identity import operations
from register.identity.limits import Limit
from register.identity.models import PortalSession, SignInCode
from register.identity.queries import portal_digest
from register.work.models import ImportRun, OutboxMessage
from register.work.operations import deliver_due
from tests.factories import FACTORIES
from tests.harness.portal import CODE, make_customer, open_session, portal_client

pytestmark = [pytest.mark.django_db, pytest.mark.item("C05")]


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def ask(client: Client, email: str) -> Any:
    return client.post("/", {"email": email})


def code_of(client: Client) -> str:
    """Deliver the outbox and read the code in the letter."""
    deliver_due(at=timezone.now())
    (letter,) = mail.outbox
    found = re.search(r"\b(\d{6})\b", str(letter.body))
    assert found
    return found[1]


def demonstration() -> None:
    ImportRun.objects.create(
        kind="demo", sha256="0" * 64, state="committed", started_by="service:test", started_at=timezone.now()
    )


def test_the_code_from_the_letter_opens_the_limited_view(client: Client) -> None:
    customer = make_customer(email="Aino@Example.org")
    answer = ask(client, " aino@example.ORG ")
    assert (answer.status_code, answer["Location"]) == (302, "/my/code/")
    assert mail.outbox == []  # the letter goes out after the answer
    code = code_of(client)
    assert mail.outbox[0].to == ["Aino@Example.org"]
    assert code not in mail.outbox[0].subject
    answer = client.post("/my/code/", {"code": f"{code[:3]} {code[3:]}"})
    assert (answer.status_code, answer["Location"]) == (302, "/my/")
    assert client.get("/my/").status_code == 200
    session = PortalSession.objects.get()
    assert (session.is_identified, session.shown) == (False, (customer.pk,))
    with acting_as_service("test"):
        assert ServiceUse.objects.filter(customer=customer, service="verkkopalvelu").count() == 1


def test_known_and_unknown_addresses_get_the_same_answer_and_cause_the_same_work() -> None:
    make_customer(email="tuttu@example.org")
    make_customer(email="suojattu@example.org", is_protected=True)
    make_customer(email="yritys@example.org", kind="company")
    seen = set()
    for email in ("tuttu@example.org", "outo@example.org", "suojattu@example.org", "yritys@example.org"):
        client = Client()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = ask(client, email)
        cookies = {name: (len(cookie.value), str(cookie["max-age"])) for name, cookie in client.cookies.items()}
        words = client.get("/my/code/").content
        words = re.sub(rb'csrfmiddlewaretoken" value="[^"]+"', b"", words)
        seen.add((answer.status_code, answer["Location"], str(sorted(cookies.items())), words, len(queries)))
    assert len(seen) == 1
    assert OutboxMessage.objects.filter(kind=operations.SEND_CODE).count() == 4
    deliver_due(at=timezone.now())
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "suojattu@example.org", "tuttu@example.org", "yritys@example.org",
    ]  # fmt: skip


def test_neither_code_nor_token_is_kept_in_clear(client: Client) -> None:
    make_customer(email="aino@example.org")
    ask(client, "aino@example.org")
    code = code_of(client)
    row = SignInCode.objects.get()
    token = client.cookies[settings.PORTAL_CODE_COOKIE_NAME].value
    kept = repr([row.__dict__, list(OutboxMessage.objects.values())])
    assert code not in kept
    assert token not in kept
    assert "aino" not in kept
    assert bytes(row.browser_digest) == portal_digest(token)
    client.post("/my/code/", {"code": code})
    token = client.cookies[settings.PORTAL_COOKIE_NAME].value
    assert token not in repr(list(PortalSession.objects.values()))


def test_a_code_works_once(client: Client) -> None:
    make_customer(email="aino@example.org")
    ask(client, "aino@example.org")
    code = code_of(client)
    token = client.cookies[settings.PORTAL_CODE_COOKIE_NAME].value
    assert client.post("/my/code/", {"code": code}).status_code == 302
    again = Client()
    again.cookies[settings.PORTAL_CODE_COOKIE_NAME] = token
    assert again.post("/my/code/", {"code": code}).status_code == 422


def test_a_code_is_for_the_browser_that_asked(client: Client) -> None:
    make_customer(email="aino@example.org")
    ask(client, "aino@example.org")
    code = code_of(client)
    other = Client()
    ask(other, "outo@example.org")
    assert other.post("/my/code/", {"code": code}).status_code == 422
    assert client.post("/my/code/", {"code": code}).status_code == 302


def test_after_five_wrong_tries_the_right_code_is_void(client: Client) -> None:
    make_customer(email="aino@example.org")
    ask(client, "aino@example.org")
    code = code_of(client)
    wrong = "000000" if code != "000000" else "111111"
    answers = [client.post("/my/code/", {"code": wrong}) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {422}
    assert client.post("/my/code/", {"code": code}).status_code == 422


@pytest.mark.parametrize(("after_s", "opens"), [(599, True), (600, False)])
def test_a_code_lives_ten_minutes(client: Client, after_s: int, opens: bool) -> None:
    make_customer(email="aino@example.org")
    ask(client, "aino@example.org")
    code = code_of(client)
    row = SignInCode.objects.get()
    token = client.cookies[settings.PORTAL_CODE_COOKIE_NAME].value
    moment = row.asked_at + datetime.timedelta(seconds=after_s)
    found = operations.use_code(browser_token=token, code=code, at=moment)
    assert (found is not None) is opens


def test_the_fourth_request_within_ten_minutes_is_refused_for_any_address() -> None:
    make_customer(email="aino@example.org")
    for email in ("aino@example.org", "outo@example.org"):
        assert [ask(Client(), email).status_code for _ in range(4)] == [302, 302, 302, 429]
        assert ask(Client(), email.upper()).status_code == 429
    assert "Liian monta" in ask(Client(), "aino@example.org").content.decode()


def test_one_network_address_is_stopped_whatever_addresses_it_asks_for() -> None:
    codes = [ask(Client(), f"joku{number}@example.org").status_code for number in range(21)]
    assert codes == [302] * 20 + [429]
    forged = Client(headers={"x-forwarded-for": "203.0.113.9"})
    assert ask(forged, "muu@example.org").status_code == 429


def test_one_network_address_locks_nobody_else_out_of_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    network, address, _everybody = signin.ASKED
    monkeypatch.setattr(signin, "ASKED", (network, address, Limit("code-all", 25, 600)))
    victim = "aino@example.org"
    flood = [f"joku{number}@example.org" for number in range(20)] + [victim] * 30
    codes = [ask(Client(REMOTE_ADDR="127.0.0.1"), email).status_code for email in flood]
    assert codes == [302] * 20 + [429] * 30
    assert [ask(Client(REMOTE_ADDR="127.0.0.9"), victim).status_code for _ in range(4)] == [302, 302, 302, 429]
    # What was let through still counts for all: 23 so far, two more, and then nobody.
    last = [ask(Client(REMOTE_ADDR=f"127.0.1.{number}"), f"x{number}@example.org").status_code for number in range(3)]
    assert last == [302, 302, 429]


def test_one_network_address_locks_nobody_else_out_of_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(network: str, browser: str) -> int:
        client = Client(REMOTE_ADDR=network)
        client.cookies[settings.PORTAL_CODE_COOKIE_NAME] = browser
        return client.post("/my/code/", {"code": "000000"}).status_code

    network, browser, _everybody = signin.TRIED
    monkeypatch.setattr(signin, "TRIED", (network, browser, Limit("try-all", 55, 600)))
    codes = [attempt("127.0.0.1", f"browser-{number}") for number in range(70)]
    assert codes == [422] * 50 + [429] * 20
    assert [attempt("127.0.0.9", f"other-{number}") for number in range(6)] == [422] * 5 + [429]


def test_what_is_no_address_is_said_at_the_field(client: Client) -> None:
    answer = ask(client, "aino")
    assert answer.status_code == 422
    assert 'aria-describedby="email-hint email-error"' in answer.content.decode()
    assert SignInCode.objects.count() == 0


def test_the_letter_is_in_the_language_of_the_page() -> None:
    make_customer(email="aino@example.org")
    for language, subject in (("fi", "Kirjautumiskoodisi"), ("sv", "Din inloggningskod"), ("en", "Your sign-in code")):
        client = Client()
        client.post("/my/language/", {"language": language, "next": "/"})
        ask(client, "aino@example.org")
        deliver_due(at=timezone.now())
        assert mail.outbox[-1].subject == subject


def test_the_session_is_apart_from_that_of_staff(client: Client) -> None:
    customer = make_customer()
    client = portal_client(customer)
    assert client.get("/my/").status_code == 200
    assert client.get("/staff/")["Location"].startswith("/sign-in/")
    staff_only = Client()
    staff_only.cookies["session"] = client.cookies[settings.PORTAL_COOKIE_NAME].value
    assert staff_only.get("/my/")["Location"] == "/"


@pytest.mark.parametrize(
    ("signed_in", "seen", "is_open"),
    [(0, 899, True), (0, 901, False), (7199, 10, True), (7201, 10, False)],
)
def test_a_session_ends_when_idle_and_at_its_longest(signed_in: int, seen: int, is_open: bool) -> None:
    client = portal_client(make_customer())
    now = timezone.now()
    PortalSession.objects.update(
        signed_in_at=now - datetime.timedelta(seconds=max(signed_in, seen)),
        seen_at=now - datetime.timedelta(seconds=seen),
    )
    answer = client.get("/my/")
    assert answer.status_code == (200 if is_open else 302)
    if not is_open:
        assert answer["Location"] == "/?ended"
        assert "päättynyt" in client.get("/?ended").content.decode()


def test_sign_out_ends_the_session_at_once() -> None:
    client = portal_client(make_customer())
    token = client.cookies[settings.PORTAL_COOKIE_NAME].value
    answer = client.post("/my/sign-out/")
    assert answer["Location"] == "/?out"
    assert PortalSession.objects.count() == 0
    again = Client()
    again.cookies[settings.PORTAL_COOKIE_NAME] = token
    assert again.get("/my/").status_code == 302


def test_every_sign_in_has_a_token_of_its_own() -> None:
    customer = make_customer()
    assert open_session(customer)[1] != open_session(customer)[1]


def test_the_demonstration_bank_opens_the_full_view(client: Client) -> None:
    customer = make_customer(language="sv")
    assert client.get("/my/demonstration-bank/").status_code == 404  # no demonstration register is loaded
    demonstration()
    assert "demonstration-bank" in client.get("/").content.decode()
    assert customer.name in client.get("/my/demonstration-bank/").content.decode()
    answer = client.post("/my/demonstration-bank/", {"person": customer.number})
    assert answer["Location"] == "/my/"
    session = PortalSession.objects.get()
    assert (session.is_identified, session.shown) == (True, (customer.pk,))
    assert client.post("/my/demonstration-bank/", {"person": "123"}).status_code == 422


def test_without_the_setting_the_bank_has_no_address(client: Client) -> None:
    import importlib

    from register import urls

    demonstration()
    with override_settings(REGISTER_DEMO_BANK=False):
        importlib.reload(urls)
        clear_url_caches()
        try:
            with pytest.raises(NoReverseMatch):
                reverse("portal-bank")
            assert client.get("/my/demonstration-bank/").status_code == 404
            assert "demonstration-bank" not in client.get("/").content.decode()
        finally:
            settings.REGISTER_DEMO_BANK = True
            importlib.reload(urls)
            clear_url_caches()


@pytest.mark.item("C07")
@pytest.mark.clause("D3")
def test_a_representative_with_a_power_of_attorney_chooses_for_whom(client: Client) -> None:
    demonstration()
    other, unsigned, unfiled, narrow = (make_customer() for _each in range(4))
    with acting_as_service("test"):
        person = FACTORIES[Representative]()
        for customer, lacking in ((unfiled, {"stored_as": "", "wrapped_key": None}), (narrow, {"covers_all": False})):
            standing = FACTORIES[Mandate](customer=customer, representative=person, ended_on=None)
            FACTORIES[PowerOfAttorney](mandate=standing, customer=customer, **lacking)
        mandate = FACTORIES[Mandate](customer=other, representative=person, ended_on=None)
        FACTORIES[PowerOfAttorney](mandate=mandate, customer=other)
        FACTORIES[Mandate](customer=unsigned, representative=person, ended_on=None)
        own = make_customer(identity_code=person.identity_code.reveal())
    client.post("/my/demonstration-bank/", {"person": own.number})
    page = client.get("/my/").content.decode()
    assert other.name in page
    for hidden in (unsigned, unfiled, narrow):
        assert hidden.name not in page
        assert client.post("/my/customer/", {"customer": str(hidden.pk)}).status_code == 403
    assert PortalSession.objects.get().shown == (own.pk,)
    assert client.post("/my/customer/", {"customer": str(other.pk)}).status_code == 302
    assert PortalSession.objects.get().shown == (other.pk,)
    assert client.post("/my/customer/", {"customer": str(unsigned.pk)}).status_code == 403
    assert PortalSession.objects.get().shown == (other.pk,)
    with acting_as_service("test"):
        now = timezone.now()
        end_mandate(mandate_id=mandate.pk, ended_on=timezone.localdate(), actor=Actor.service("test"), at=now)
    assert client.get("/my/").status_code == 302  # the session in which one acted for them is gone
    client.post("/my/demonstration-bank/", {"person": own.number})
    assert PortalSession.objects.get().customers == [own.pk]


def test_who_signed_in_by_a_code_chooses_nobody() -> None:
    customer, other = make_customer(), make_customer()
    client = portal_client(customer, means=CODE, others=(other.pk,))
    assert client.post("/my/customer/", {"customer": str(other.pk)}).status_code == 403
    page = client.get("/my/").content.decode()
    assert customer.name not in page
    assert customer.given_names.split()[0] not in page


def test_a_form_without_its_token_is_refused_in_the_customers_look() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/", {"email": "aino@example.org"})
    assert answer.status_code == 403
    assert "Lomake oli vanhentunut" in answer.content.decode()
    assert SignInCode.objects.count() == 0
    staff = client.post("/sign-in/", {"login": "x"})
    assert staff.status_code == 403
    assert "portal.css" not in staff.content.decode()


def test_the_cookies_of_production_are_bound_to_their_host() -> None:
    import os
    import subprocess
    import sys

    from embedded.places import CHECKOUT

    told = subprocess.run(
        [sys.executable, "-c", "from register import settings as s; print(s.PORTAL_COOKIE_NAME, s.REGISTER_DEMO_BANK)"],
        cwd=CHECKOUT,
        env=os.environ | {"REGISTER_MODE": "production", "REGISTER_ROLE": "app"},
        capture_output=True,
        text=True,
    )
    assert told.stdout.split() == ["__Host-portal", "False"], told.stderr
