"""Every address has its rule: who is not signed in gets nothing, and who has no role gets nothing either."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from register.audit.acting import acting_as_service
from register.identity.gate import OPEN, OWN_ACCOUNT
from register.identity.models import Account
from register.identity.portal import BY_CODE, PUBLIC
from register.identity.queries import COMMITMENT_VERSION
from register.identity.rights import rights_of_page
from tests.factories.identity import AccountFactory, CommitmentFactory
from tests.harness.portal import CODE, make_customer, portal_client

SIGN_IN = "/sign-in/"
# Pages of a person's own account, which need no role.
OWN = OWN_ACCOUNT | {
    "account_change_password", "mfa_generate_recovery_codes", "mfa_index", "mfa_deactivate_totp", "staff-sessions",
}  # fmt: skip
# The start page shows nothing to who may see nothing; the others serve the frame.
WITHOUT_ROLE = OWN | OPEN | {"staff-dashboard", "admin:index", "admin:jsi18n", "admin:login"}
DUMMIES = {
    "int": 1, "str": "1", "slug": "x", "path": "1", "uuid": UUID("01890000-0000-7000-8000-000000000000"),
}  # fmt: skip


Keys = dict[str, Any]


@dataclass(frozen=True)
class Address:
    """One address of the site, by its name, with a key where it wants one."""

    name: str
    path: str


def _walk(resolver: URLResolver, names: tuple[str, ...], before: Keys) -> Iterator[tuple[str, Keys]]:
    for entry in resolver.url_patterns:
        keys = before | _keys(entry)
        if isinstance(entry, URLResolver):
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from _walk(entry, inner, keys)
        elif isinstance(entry, URLPattern) and entry.name:
            yield ":".join((*names, entry.name)), keys


def _keys(entry: URLPattern | URLResolver) -> Keys:
    """Return a value for each key that an address wants; of a choice of words, the first."""
    found: Keys = {
        name: DUMMIES[next(kind for kind, known in _kinds() if isinstance(converter, known))]
        for name, converter in entry.pattern.converters.items()
    }
    for name, words in re.findall(r"\(\?P<(\w+)>([^)]*)\)", str(entry.pattern)):
        found[name] = words.split("|")[0]
    return found


def _kinds() -> list[tuple[str, type]]:
    from django.urls.converters import get_converters

    # The more special first: path, slug and uuid are no int.
    known = get_converters()
    return [(kind, type(known[kind])) for kind in ("int", "uuid", "slug", "path", "str")]


def addresses() -> list[Address]:
    """Return every named address of the site, once."""
    found: dict[str, Address] = {}
    for name, keys in _walk(get_resolver(), (), {}):
        path = reverse(name, kwargs=keys)
        found.setdefault(path, Address(name, path))
    return list(found.values())


def of_portal(address: Address) -> bool:
    """Whether the door of the portal stands before it."""
    return address.name.startswith("portal")


def unnamed() -> list[str]:
    """Return the addresses that have no name and are no catch-all of the admin site."""
    return [
        str(pattern.pattern)
        for pattern in _patterns(get_resolver())
        if not pattern.name and not re.search(r"url>\.\*\)|object_id>", str(pattern.pattern))
    ]


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        else:
            yield entry


def test_every_address_has_a_name() -> None:
    assert len(addresses()) > 20
    assert unnamed() == []


def test_the_open_pages_are_these_and_no_others() -> None:
    assert {
        "account_login", "account_logout", "account_inactive", "mfa_authenticate", "staff-language", "health_live",
        "health_ready", "privacy", "privacy-language",
    } == OPEN  # fmt: skip


@pytest.mark.django_db
def test_who_is_not_signed_in_is_led_to_the_sign_in() -> None:
    shut = [address for address in addresses() if address.name not in OPEN and not of_portal(address)]
    assert len(shut) > 20
    answers = {address: Client().get(address.path) for address in shut}
    passed = {
        address.path: answer.status_code
        for address, answer in answers.items()
        if answer.status_code != 302 or not answer["Location"].startswith(SIGN_IN)
    }
    assert passed == {}


def test_the_public_pages_of_the_portal_are_these_and_no_others() -> None:
    assert {"portal-front", "portal-code", "portal-bank", "portal-language", "portal-sign-out"} == PUBLIC


@pytest.mark.django_db
def test_the_portal_leads_who_is_not_signed_in_to_its_front_page() -> None:
    shut = [address for address in addresses() if of_portal(address) and address.name not in PUBLIC]
    assert shut
    assert {Client().get(address.path).headers["Location"] for address in shut} == {"/"}
    assert {Client().post(address.path).headers["Location"] for address in shut} == {"/"}


@pytest.mark.django_db
def test_a_one_time_code_opens_the_limited_view_of_the_portal_only() -> None:
    client = portal_client(make_customer(), means=CODE)
    by_code = {"portal-home", "portal-invoices", "portal-consumption"}
    assert by_code == BY_CODE
    shut = [address for address in addresses() if of_portal(address) and address.name not in PUBLIC | BY_CODE]
    assert shut
    assert {address.path: client.get(address.path).status_code for address in shut} == dict.fromkeys(
        (address.path for address in shut), 403
    )


@pytest.mark.django_db
def test_a_customer_of_the_portal_gets_no_page_of_staff() -> None:
    client = portal_client(make_customer())
    shut = [address for address in addresses() if address.name not in OPEN and not of_portal(address)]
    assert {client.get(address.path).headers.get("Location", "")[:9] for address in shut} == {SIGN_IN}


@pytest.fixture
def newcomer(db: None) -> Client:
    """A member of staff with second factor and commitment, and no role."""
    with acting_as_service("test"):
        account = AccountFactory()
        CommitmentFactory(account=account, text_version=COMMITMENT_VERSION)
    assert isinstance(account, Account)
    Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = Client()
    client.force_login(account, settings.AUTHENTICATION_BACKENDS[0])
    session = client.session
    session["signed_in_at"] = session["seen_at"] = time.time()
    session.save()
    return client


def test_the_newcomer_is_signed_in(newcomer: Client) -> None:
    assert newcomer.get(reverse("admin:index")).status_code == 200


def test_who_has_no_role_sees_nothing(newcomer: Client) -> None:
    shut = [address for address in addresses() if address.name not in WITHOUT_ROLE and not of_portal(address)]
    assert shut
    answers = {address: newcomer.get(address.path) for address in shut}
    away = (SIGN_IN, reverse("admin:index"))
    passed = {
        address.path: answer.status_code
        for address, answer in answers.items()
        if answer.status_code not in (302, 400, 403, 404, 405)
        or (answer.status_code == 302 and not answer["Location"].startswith(away))
    }
    assert passed == {}


def test_every_page_with_rows_names_the_right_that_it_needs() -> None:
    """The scope of a page is made of its right; one that names none shows only what all roles have in common."""
    nameless = {
        address.name
        for address in addresses()
        if address.name not in WITHOUT_ROLE | {"admin:autocomplete", "admin:app_list"}
        and not of_portal(address)
        and not rights_of_page(RequestFactory().get(address.path))
    }
    assert nameless == set()


def test_there_is_no_admin_page_where_everybody_looks_for_one(client: Client) -> None:
    assert client.get("/admin/").status_code == 404
