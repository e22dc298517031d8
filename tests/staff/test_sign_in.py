"""Sign-in: password, then one-time code; the same answer for every failure; sessions that end."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.identity import operations
from register.identity.factors import accepts, factors_of
from register.identity.models import Account, Commitment
from register.identity.queries import COMMITMENT_VERSION
from tests.harness.staff import PASSWORD, Staff, make_staff, signed_in

WRONG = "Osoite tai salasana ei ole oikein."


def give_password(client: Client, email: str, password: str, **more: str) -> Any:
    return client.post("/sign-in/", {"login": email, "password": password} | more)


def body(response: Any, email: str) -> str:
    text = response.content.decode().replace(email, "ADDRESS")
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]+"', r"\1", text)


def test_password_and_code_open_the_staff_pages(staff: Staff, client: Client):
    answer = give_password(client, staff.account.email, PASSWORD)
    assert answer["Location"] == "/sign-in/code/"
    assert client.get("/staff/")["Location"].startswith("/sign-in/")
    answer = client.post("/sign-in/code/", {"code": staff.code()})
    assert answer["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200


def test_a_code_with_a_space_in_it_is_the_same_code(staff: Staff, client: Client):
    give_password(client, staff.account.email, PASSWORD)
    code = staff.code()
    assert client.post("/sign-in/code/", {"code": f"{code[:3]} {code[3:]}"}).status_code == 302


def test_an_unknown_address_a_wrong_password_and_a_closed_account_get_the_same_answer(staff: Staff):
    closed = make_staff(email="suljettu@example.org")
    closed.account.is_active = False
    with acting_as_service("test"):
        closed.account.save(update_fields=["is_active"])
    tries = [
        (staff.account.email, "väärä salasana vain"),
        ("tuntematon@example.org", PASSWORD),
        (closed.account.email, PASSWORD),
    ]
    answers = [(give_password(client, *pair), client, pair[0]) for pair in tries for client in [Client()]]
    assert WRONG in answers[0][0].content.decode()
    assert len({answer.status_code for answer, _client, _email in answers}) == 1
    assert len({body(answer, email) for answer, _client, email in answers}) == 1
    assert len({tuple(sorted(client.cookies)) for _answer, client, _email in answers}) == 1


def test_five_failures_stop_an_address_for_a_while_and_no_other(staff: Staff, client: Client):
    other = make_staff(email="toinen@example.org")
    for _ in range(5):
        assert WRONG in give_password(client, staff.account.email, "ei tämä ole se").content.decode()
    assert "Liian monta yritystä" in give_password(client, staff.account.email, PASSWORD).content.decode()
    assert give_password(client, other.account.email, PASSWORD).status_code == 302


def test_a_code_works_once(staff: Staff):
    first, second = Client(), Client()
    moment = staff.code()
    give_password(first, staff.account.email, PASSWORD)
    assert first.post("/sign-in/code/", {"code": moment}).status_code == 302
    give_password(second, staff.account.email, PASSWORD)
    answer = second.post("/sign-in/code/", {"code": moment})
    assert "Koodi ei ole oikein" in answer.content.decode()


def test_a_code_of_the_half_minute_before_is_taken_once(staff: Staff):
    first, second = Client(), Client()
    former = staff.code((int(time.time()) // 30 - 1) * 30)
    give_password(first, staff.account.email, PASSWORD)
    assert first.post("/sign-in/code/", {"code": former})["Location"] == "/staff/"
    give_password(second, staff.account.email, PASSWORD)
    assert "Koodi ei ole oikein" in second.post("/sign-in/code/", {"code": former}).content.decode()


@pytest.mark.parametrize(("step", "is_good"), [(0, True), (-1, True), (-2, False), (1, False)])
def test_a_code_is_good_in_its_half_minute_and_the_one_after_it(staff: Staff, step: int, is_good: bool):
    at = 1_800_000_015
    factor = Authenticator.objects.get(user=staff.account, type=Authenticator.Type.TOTP)
    with factors_of(staff.account.pk):
        assert accepts(factor, staff.code(at + step * 30), at=at) is is_good


def test_a_secret_moved_to_another_account_opens_nothing(staff: Staff, client: Client):
    thief = make_staff(email="toinen@example.org")
    assert give_password(client, thief.account.email, PASSWORD).status_code == 302
    stolen = Authenticator.objects.get(user=thief.account, type=Authenticator.Type.TOTP)
    stolen.data = Authenticator.objects.get(user=staff.account, type=Authenticator.Type.TOTP).data
    stolen.save()
    answer = client.post("/sign-in/code/", {"code": staff.code()})
    assert "Koodi ei ole oikein" in answer.content.decode()


def test_a_recovery_code_works_once(staff: Staff):
    code = staff.recovery_codes[0]
    first, second = Client(), Client()
    give_password(first, staff.account.email, PASSWORD)
    assert first.post("/sign-in/code/", {"code": code})["Location"] == "/staff/"
    give_password(second, staff.account.email, PASSWORD)
    assert second.post("/sign-in/code/", {"code": code}).status_code == 200


def test_the_key_of_the_codes_is_sealed_in_the_database(staff: Staff):
    held = Authenticator.objects.get(user=staff.account, type=Authenticator.Type.TOTP).data
    assert held["secret"]
    assert staff.secret not in str(held)


def test_without_a_second_factor_nothing_opens_but_its_enrolment(db: None, client: Client):
    staff = make_staff(has_factor=False)
    answer = give_password(client, staff.account.email, PASSWORD, next="/staff/identity/account/")
    assert answer.status_code == 302
    for path in ("/staff/", "/staff/identity/account/", "/sign-in/password/", "/sign-in/commitment/"):
        assert client.get(path)["Location"].startswith("/sign-in/second-factor/"), path
    page = client.get("/sign-in/second-factor/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    code = Staff(staff.account, PASSWORD, secret, []).code()
    answer = client.post("/sign-in/second-factor/", {"code": code})
    assert answer["Location"] == "/sign-in/recovery-codes/"
    assert len(client.get("/sign-in/recovery-codes/").context["unused_codes"]) == 10
    assert client.get("/staff/").status_code == 200


@pytest.mark.clause("X4")
def test_nobody_passes_before_the_commitment_is_on_record(db: None):
    staff = make_staff(is_committed=False)
    client = signed_in(staff)
    assert client.get("/staff/identity/account/")["Location"].startswith("/sign-in/commitment/?next=")
    page = client.get("/sign-in/commitment/?next=/staff/identity/account/").content.decode()
    assert "Salassapitositoumus" in page
    assert client.post("/sign-in/commitment/", {}).status_code == 200
    assert not Commitment.objects.filter(account=staff.account).exists()
    answer = client.post("/sign-in/commitment/", {"accepts": "yes", "next": "/staff/identity/account/"})
    assert answer["Location"] == "/staff/identity/account/"
    commitment = Commitment.objects.get(account=staff.account)
    assert commitment.text_version == COMMITMENT_VERSION
    with acting_as_service("test"):
        entry = LogEntry.objects.get(content_type__model="commitment", object_pk=str(commitment.pk))
    assert (entry.actor_kind, entry.actor_id) == ("staff", str(staff.account.pk))
    assert client.get("/staff/identity/account/").status_code == 200


def test_signing_in_changes_the_key_of_the_session(staff: Staff, client: Client):
    client.get("/sign-in/")
    give_password(client, staff.account.email, PASSWORD)
    before = client.session.session_key
    client.post("/sign-in/code/", {"code": staff.code()})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize(
    ("signed_in_s", "seen_s", "is_open"),
    [
        (settings.STAFF_SESSION_LONGEST_S - 5, 0, True),
        (settings.STAFF_SESSION_LONGEST_S + 1, 0, False),
        (3600, settings.STAFF_SESSION_IDLE_S - 5, True),
        (3600, settings.STAFF_SESSION_IDLE_S + 1, False),
    ],
)
def test_a_session_ends_when_idle_and_in_any_case(staff: Staff, signed_in_s: int, seen_s: int, is_open: bool):
    client = signed_in(staff)
    session = client.session
    session["signed_in_at"], session["seen_at"] = time.time() - signed_in_s, time.time() - seen_s
    session.save()
    answer = client.get("/staff/")
    assert answer.status_code == (200 if is_open else 302)
    if not is_open:
        assert answer["Location"] == "/sign-in/?next=%2Fstaff%2F"
        assert not Session.objects.filter(session_key=session.session_key).exists()


def test_signing_out_is_a_post_that_ends_the_session_and_clears_the_browser(staff: Staff):
    client = signed_in(staff)
    old = Client()
    old.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/staff/").status_code == 200
    answer = client.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert old.get("/staff/").status_code == 302


def test_other_sessions_can_be_ended(staff: Staff):
    here, there = signed_in(staff), signed_in(staff)
    assert len(here.get("/sign-in/sessions/").context["sessions"]) == 2
    here.post("/sign-in/sessions/")
    assert there.get("/staff/").status_code == 302
    assert here.get("/staff/").status_code == 200


def test_a_closed_account_is_out_at_its_next_request(staff: Staff):
    client = signed_in(staff)
    assert client.get("/staff/").status_code == 200
    with acting_as_service("test"):
        operations.close_account(
            account=staff.account, ended_on=timezone.localdate(), actor=Actor.service("test"), at=timezone.now()
        )
    assert client.get("/staff/").status_code == 302


def test_a_role_taken_back_closes_its_pages_at_once(staff: Staff):
    client = signed_in(staff)
    assert client.get("/staff/identity/account/").status_code == 200
    with acting_as_service("test"):
        for grant in staff.account.grants.all():
            operations.end_role(grant=grant, actor=Actor.service("test"), at=timezone.now())
    assert client.get("/staff/identity/account/").status_code == 403


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site(staff: Staff, client: Client, elsewhere: str):
    give_password(client, staff.account.email, PASSWORD, next=elsewhere)
    assert client.post("/sign-in/code/", {"code": staff.code()})["Location"] == "/staff/"


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/password/reset/", "/admin/", "/sign-in/signup/"])
def test_there_is_no_other_way_in(client: Client, path: str):
    assert client.get(path).status_code == 404


def test_a_wish_for_the_password_page_waits_for_a_proof_when_the_last_one_is_old(staff: Staff):
    client = signed_in(staff)
    answer = client.get("/sign-in/recovery-codes/new/")
    assert answer["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_password_that_another_chose_is_changed_before_anything_else(db: None, is_committed: bool):
    staff = make_staff(password_set_by_other=True, is_committed=is_committed)
    client, other = signed_in(staff), signed_in(staff)
    for path in ("/staff/", "/staff/identity/account/", "/sign-in/commitment/", "/sign-in/sessions/", "/staff/search/"):
        assert client.get(path)["Location"].startswith("/sign-in/password/"), path
        assert client.post(path)["Location"] == "/sign-in/password/", path
    page = client.get("/sign-in/password/?next=/staff/identity/account/").content.decode()
    assert "Joku muu valitsi salasanasi" in page
    same = {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    assert "Valitse muu salasana" in client.post("/sign-in/password/", same).content.decode()
    assert client.get("/staff/")["Location"].startswith("/sign-in/password/")
    own = {"oldpassword": PASSWORD, "password1": "ihan oma uusi salasana", "password2": "ihan oma uusi salasana"}
    answer = client.post("/sign-in/password/", own | {"next": "/staff/identity/account/"})
    assert answer["Location"] == "/staff/identity/account/"
    answer = client.get("/staff/identity/account/")
    assert answer.status_code == 200 if is_committed else answer["Location"].startswith("/sign-in/commitment/")
    assert other.get("/staff/")["Location"].startswith("/sign-in/?")
    with acting_as_service("test"):
        entry = LogEntry.objects.filter(content_type__model="account", object_pk=str(staff.account.pk)).latest("id")
    assert entry.changes == {"password_set_by_other": [True, False]}
    assert (entry.actor_kind, entry.actor_id) == ("staff", str(staff.account.pk))


def test_an_account_that_another_makes_has_such_a_password(client_of_staff: Client):
    new = {"email": "uusi@example.org", "display_name": "Uusi Äijä", "language": "fi", "password": PASSWORD}
    assert client_of_staff.post("/staff/identity/account/add/", new).status_code == 302
    assert Account.objects.get(email="uusi@example.org").password_set_by_other


def test_a_new_password_must_be_long_and_ends_the_other_sessions(staff: Staff):
    here, there = signed_in(staff), signed_in(staff)
    short = {"oldpassword": PASSWORD, "password1": "lyhyt", "password2": "lyhyt"}
    assert here.post("/sign-in/password/", short).status_code == 200
    long = {"oldpassword": PASSWORD, "password1": "uusi pitkä salasana", "password2": "uusi pitkä salasana"}
    assert here.post("/sign-in/password/", long).status_code == 302
    assert here.get("/staff/").status_code == 200
    assert there.get("/staff/").status_code == 302
