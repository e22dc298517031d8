"""Forms that expired, and how long a refusal takes."""

import statistics
import time
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from tests.harness.staff import PASSWORD, Staff


class ShorterHasher(PBKDF2PasswordHasher):
    """As in use, but quicker: long enough to stand out of the noise."""

    iterations = 100_000


def test_a_form_without_its_token_is_refused_in_the_look(staff: Staff):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in/", {"login": staff.account.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "Lomake oli vanhentunut." in answer.content.decode()


def test_a_refusal_takes_as_long_for_an_unknown_address_as_for_a_known_one(staff: Staff, settings: Any):
    settings.PASSWORD_HASHERS = ["tests.staff.test_refusals.ShorterHasher"]
    settings.ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
    staff.account.set_password(PASSWORD)
    staff.account.save(update_fields=["password"])

    def taken_s(email: str) -> float:
        began = time.process_time()
        Client().post("/sign-in/", {"login": email, "password": "väärä salasana vain"})
        return time.process_time() - began

    known = statistics.median(taken_s(staff.account.email) for _ in range(5))
    unknown = statistics.median(taken_s("tuntematon@example.org") for _ in range(5))
    assert known == pytest.approx(unknown, rel=0.25)
