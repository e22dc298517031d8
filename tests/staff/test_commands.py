"""`manage.py create_staff` and `demo_logins`."""

import io
import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from register.identity.models import Account
from register.identity.queries import has_committed, has_second_factor
from register.identity.roles import Role
from tests.harness.staff import PASSWORD, Staff


def create(monkeypatch: pytest.MonkeyPatch, *more: str, password: str = PASSWORD) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    out = io.StringIO()
    call_command(
        "create_staff", "Paa.Kayttaja@Example.org", "--name", "Pää Käyttäjä", "--password-stdin", *more, stdout=out
    )
    return out.getvalue()


@pytest.mark.clause("X4")
def test_the_first_administrator_comes_with_commitment_and_second_factor(db: None, monkeypatch: pytest.MonkeyPatch):
    said = create(monkeypatch, "--committed")
    account = Account.objects.get(email="paa.kayttaja@example.org")
    assert account.roles() == {Role.ADMINISTRATOR}
    assert account.controller_ids() == (1, 2)
    assert has_committed(account)
    assert has_second_factor(account)
    found = re.search(r": ([A-Z2-7]{32})", said)
    assert found
    assert "once" not in said and "molemmat yhtiöt" in said
    client = Client()
    client.post("/sign-in/", {"login": "paa.kayttaja@example.org", "password": PASSWORD})
    code = Staff(account, PASSWORD, found[1], []).code()
    assert client.post("/sign-in/code/", {"code": code})["Location"] == "/staff/"


def test_the_commitment_is_shown_and_without_a_yes_no_account_is_made(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("builtins.input", lambda _question: "ei")
    with pytest.raises(CommandError, match="Ilman sitoumusta"):
        create(monkeypatch)
    assert not Account.objects.exists()


def test_a_short_password_is_refused_in_words(db: None, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(CommandError, match="15 merkkiä"):
        create(monkeypatch, "--committed", password="lyhyt")
    assert not Account.objects.exists()


def test_an_address_in_use_is_refused(db: None, monkeypatch: pytest.MonkeyPatch):
    create(monkeypatch, "--committed")
    with pytest.raises(CommandError, match="on jo tunnus"):
        create(monkeypatch, "--committed")


def test_demonstration_logins_are_one_a_role_and_the_same_each_time(db: None):
    def printed() -> list[dict[str, str]]:
        out = io.StringIO()
        call_command("demo_logins", "--json", stdout=out)
        return json.loads(out.getvalue())

    first, second = printed(), printed()
    assert [one["role"] for one in first] == list(Role)
    assert [(one["email"], one["password"], one["secret"]) for one in first] == [
        (one["email"], one["password"], one["secret"]) for one in second
    ]
    login = first[0]
    client = Client()
    client.post("/sign-in/", {"login": login["email"], "password": login["password"]})
    code = Staff(Account.objects.get(email=login["email"]), "", login["secret"], []).code()
    assert client.post("/sign-in/code/", {"code": code})["Location"] == "/staff/"


def test_demonstration_logins_are_refused_in_production(settings):
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="embedded mode"):
        call_command("demo_logins")
