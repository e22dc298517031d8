"""The frame and the admin's pages: our look on Django's names, nothing inside a page that the policy forbids."""

import re

import pytest
from django.contrib.admin.models import LogEntry as DjangoLogEntry
from django.test import Client

from register.audit.acting import acting_as_service
from register.audit.models import LogEntry
from register.identity.models import Account, Controller, RoleGrant
from register.identity.roles import Role
from tests.harness.staff import Staff, make_staff, signed_in

ACCOUNTS = "/staff/identity/account/"
GRANTS = "/staff/identity/rolegrant/"
PAGES = ["/staff/", ACCOUNTS, f"{ACCOUNTS}add/", GRANTS, f"{GRANTS}add/", "/sign-in/sessions/", "/sign-in/password/"]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def new_account(client: Client, **changes: str):
    fields = {
        "email": "uusi@example.org",
        "display_name": "Uusi Työntekijä",
        "language": "fi",
        "password": "riittävän pitkä salasana",
    }
    return client.post(f"{ACCOUNTS}add/", fields | changes)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_style_or_handler_inside_it(client_of_staff: Client, path: str):
    page = text(client_of_staff, path)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    for script in re.findall(r"<script\b[^>]*>", page):
        assert " src=" in script or 'type="application/json"' in script


def test_the_policy_lets_in_only_what_is_ours(client_of_staff: Client):
    policy = client_of_staff.get("/staff/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_pages_are_finnish_by_default_and_english_for_who_chose_it(staff: Staff):
    client = signed_in(staff)
    assert '<html lang="fi">' in text(client, "/staff/")
    assert "Työpöytä" in text(client, "/staff/")
    answer = client.post("/sign-in/language/", {"language": "en", "next": ACCOUNTS})
    assert answer["Location"] == ACCOUNTS
    page = text(client, "/staff/")
    assert '<html lang="en">' in page
    assert "Dashboard" in page
    staff.account.refresh_from_db()
    assert staff.account.language == "en"


def test_the_sign_in_page_speaks_the_language_that_the_browser_was_told(client: Client, db: None):
    assert "Kirjaudu" in client.get("/sign-in/").content.decode()
    client.post("/sign-in/language/", {"language": "en"})
    assert "Sign in" in client.get("/sign-in/").content.decode()


def test_the_menu_has_its_fixed_order_and_opens_the_page_that_is_open(client_of_staff: Client):
    page = text(client_of_staff, ACCOUNTS)
    menu = page[page.index('id="side"') : page.index("reg-side__foot")]
    order = ["Työpöytä", "Asiakkaat", "Käyttöpaikat", "Laskutus", "Tallenteet", "Pyynnöt", "Säilytys", "Tuonnit"]
    places = [menu.find(f">{name}") if f">{name}" in menu else menu.find(name) for name in order]
    there = [place for place in places if place >= 0]
    assert there == sorted(there)
    assert 'aria-current="page">Tunnukset</a>' in menu


def test_who_has_no_right_to_a_table_finds_it_neither_in_the_menu_nor_by_its_address(db: None):
    client = signed_in(make_staff(role=Role.METERING, controllers=(2,)))
    assert ACCOUNTS not in text(client, "/staff/")
    assert client.get(ACCOUNTS).status_code == 403


def test_the_list_keeps_the_names_that_djangos_scripts_look_for(client_of_staff: Client):
    page = text(client_of_staff, ACCOUNTS)
    for name in ("changelist", "changelist-search", "searchbar", "changelist-filter", "changelist-form", "result_list"):
        assert f'id="{name}"' in page
    assert 'scope="row" class="field-email"' in page
    assert 'data-label="Nimi"' in page


def test_a_filter_in_force_can_be_taken_away(client_of_staff: Client):
    page = text(client_of_staff, f"{ACCOUNTS}?language__exact=fi")
    assert "Kieli: suomi" in page
    assert "Valitut rajaukset" in page


@pytest.mark.parametrize(
    "lookup",
    [
        "password__startswith=md5",
        "email__contains=a",
        "grants__granted_by__startswith=s",
        "is_active__regex=x",
        "is_active__exact__startswith=1",
    ],
)
def test_the_address_filters_by_nothing_that_the_list_does_not_show(client_of_staff: Client, lookup: str):
    assert client_of_staff.get(f"{ACCOUNTS}?{lookup}").status_code in (302, 400)
    assert client_of_staff.get(f"{ACCOUNTS}?is_active__exact=1").status_code == 200
    assert client_of_staff.get(f"{GRANTS}?controller__id__exact=1&role__exact=billing").status_code == 200


def test_an_account_is_made_by_its_operation_and_djangos_log_stays_empty(client_of_staff: Client, staff: Staff):
    assert new_account(client_of_staff).status_code == 302
    made = Account.objects.get(email="uusi@example.org")
    assert made.check_password("riittävän pitkä salasana")
    assert not DjangoLogEntry.objects.exists()
    with acting_as_service("test"):
        entries = LogEntry.objects.filter(content_type__model="account", object_pk=str(made.pk))
        assert [entry.actor_id for entry in entries] == [str(staff.account.pk)]


def test_a_refusal_of_the_operation_is_an_error_of_the_form(client_of_staff: Client):
    answer = new_account(client_of_staff, password="lyhyt")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="reg-note reg-note--bad errornote"' in page
    assert "Salasana on liian lyhyt." in page
    assert not Account.objects.filter(email="uusi@example.org").exists()


def test_errors_are_listed_on_top_with_links_and_named_at_the_field(client_of_staff: Client):
    page = new_account(client_of_staff, email="ei osoite", display_name="").content.decode()
    assert "Ei tallennettu, 2 kohtaa on korjattava." in page
    assert '<a href="#id_email">Sähköposti:' in page
    assert 'id="id_display_name_error"' in page
    assert 'aria-invalid="true"' in page


def test_a_form_takes_no_field_that_it_does_not_show(client_of_staff: Client):
    new_account(client_of_staff, is_active="", created_at_0="1.1.2000", id="01890000-0000-7000-8000-000000000000")
    made = Account.objects.get(email="uusi@example.org")
    assert made.is_active
    assert made.created_at.year > 2000
    assert str(made.pk) != "01890000-0000-7000-8000-000000000000"


@pytest.mark.clause("X2")
def test_a_role_is_granted_for_a_controller_and_ended(client_of_staff: Client, staff: Staff):
    energy = Controller.objects.get(code="energy")
    person = make_staff(email="toinen@example.org", role=None).account
    fields = {"account": str(person.pk), "role": "billing", "controller": energy.pk}
    assert client_of_staff.post(f"{GRANTS}add/", fields).status_code == 302
    grant = RoleGrant.objects.get(account=person)
    assert grant.granted_by == f"staff:{staff.account.pk}"
    again = client_of_staff.post(f"{GRANTS}add/", fields)
    assert "Tunnuksella on jo tämä rooli." in again.content.decode()
    assert client_of_staff.post(f"{GRANTS}{grant.pk}/change/", {"ends": "on"}).status_code == 302
    grant.refresh_from_db()
    assert grant.ended_at is not None
    assert client_of_staff.post(f"{GRANTS}{grant.pk}/change/", {"ends": "on"}).status_code == 403


def test_nothing_is_deleted_by_hand(client_of_staff: Client, staff: Staff):
    path = f"{ACCOUNTS}{staff.account.pk}/delete/"
    assert "Täällä ei poisteta mitään käsin." in text(client_of_staff, path)
    client_of_staff.post(path, {"post": "yes"})
    client_of_staff.post(
        ACCOUNTS, {"action": "delete_selected", "_selected_action": str(staff.account.pk), "post": "yes"}
    )
    assert Account.objects.filter(pk=staff.account.pk).exists()
    assert "delete_selected" not in text(client_of_staff, ACCOUNTS)


def test_the_history_comes_from_the_change_log(client_of_staff: Client, staff: Staff):
    client_of_staff.post("/sign-in/language/", {"language": "en"})
    client_of_staff.post("/sign-in/language/", {"language": "fi"})
    page = text(client_of_staff, f"{ACCOUNTS}{staff.account.pk}/history/")
    assert "Testi Äijälä" in page
    assert re.search(r'data-label="Ennen">en</td><td data-label="Jälkeen">fi', page)


def test_a_page_that_is_not_there_says_so_in_the_look(client_of_staff: Client):
    answer = client_of_staff.get("/staff/nothing/here/")
    assert answer.status_code == 404
    assert "Tällaista sivua ei ole." in answer.content.decode()


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(client: Client, db: None):
    answer = client.get("/staff/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/sign-in/"
