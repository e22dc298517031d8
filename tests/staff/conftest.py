"""Fixtures of the staff's pages."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.harness.staff import Staff, make_staff, signed_in


@pytest.fixture(autouse=True)
def _no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def staff(db: None) -> Staff:
    """An administrator with second factor and commitment."""
    return make_staff()


@pytest.fixture
def client_of_staff(staff: Staff) -> Client:
    """A browser of hers, signed in."""
    return signed_in(staff)
