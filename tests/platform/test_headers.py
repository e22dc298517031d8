"""What stands between the register and the network, on every kind of answer."""

from pathlib import Path

import pytest
from django.test import Client, override_settings

from register.settings.environment import Environment
from register.settings.web import POLICY, web
from tests.harness.production import production_environment

ADDRESSES = ["/", "/health/live", "/staff/", "/sign-in/", "/no/such/page", "/static/no/such/file.css", "/admin/"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_headers(client: Client, address: str):
    answer = client.get(address)
    policy = answer.headers["Content-Security-Policy"]
    for directive, sources in POLICY.items():
        assert f"{directive} {' '.join(sources)}" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_production_answers_only_by_https_and_says_so_for_years(tmp_path: Path, address: str):
    with override_settings(**web(Environment(production_environment(tmp_path)))):
        client = Client(headers={"host": "register.example", "x-forwarded-proto": "https"})
        answer = client.get(address)
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
        plain = Client(headers={"host": "register.example"}).get(address)
        if address != "/health/live":  # who watches over the process asks it directly
            assert plain.status_code == 301
            assert plain.headers["Location"].startswith("https://register.example/")


@pytest.mark.django_db
def test_cookies_of_production_are_bound_to_their_host(tmp_path: Path):
    with override_settings(**web(Environment(production_environment(tmp_path)))):
        client = Client(headers={"host": "register.example", "x-forwarded-proto": "https"})
        client.get("/sign-in/")
        assert client.cookies
        for name, cookie in client.cookies.items():
            assert name.startswith("__Host-")
            assert cookie["secure"]
            assert cookie["httponly"]
            assert cookie["path"] == "/"
            assert not cookie["domain"]
            assert cookie["samesite"] == "Lax"


@pytest.mark.django_db
def test_another_host_gets_nothing(tmp_path: Path):
    with override_settings(**web(Environment(production_environment(tmp_path)))):
        answer = Client(headers={"host": "evil.example", "x-forwarded-proto": "https"}).get("/sign-in/")
        assert answer.status_code == 400


@pytest.mark.django_db
def test_the_front_door_is_the_customers_and_staff_go_to_theirs(client: Client):
    assert client.get("/").status_code == 200
    answer = client.get("/staff/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/?next=%2Fstaff%2F")
