"""A request is answered within the scope of its account, and what failed leaves nothing behind."""

import datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from customers.models import Customer
from register.access.scope import current_scope
from register.audit.acting import acting_as_service
from register.identity.middleware import ScopeMiddleware
from register.identity.models import Account, Commitment, RoleGrant
from register.identity.queries import COMMITMENT_VERSION
from tests.factories import FACTORIES

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 24, 10, tzinfo=datetime.UTC)


def account(*, role: str = "agent", controllers: tuple[int, ...] = (1, 2), has_committed: bool = True) -> Account:
    with acting_as_service("test"):
        made = FACTORIES[Account]()
        for controller in controllers:
            RoleGrant.objects.create(
                account=made, role=role, controller_id=controller, granted_at=NOW, granted_by="service:test"
            )
        if has_committed:
            Commitment.objects.create(account=made, text_version=COMMITMENT_VERSION, accepted_at=NOW)
    return made


def answer(user: Any, view: Any, path: str = "/staff/") -> Any:
    request = RequestFactory().get(path)
    request.user = user
    return ScopeMiddleware(view)(request)


def count_customers(_request: Any) -> HttpResponse:
    return HttpResponse(str(Customer.objects.count()))


@pytest.fixture(autouse=True)
def customer() -> Any:
    with acting_as_service("test"):
        return FACTORIES[Customer]()


@pytest.mark.clause("X2")
def test_staff_with_a_role_reach_the_customers() -> None:
    assert answer(account(), count_customers).content == b"1"


@pytest.mark.clause("X4")
def test_without_a_commitment_to_confidentiality_nothing_is_in_scope() -> None:
    assert answer(account(has_committed=False), count_customers).content == b"0"


@pytest.mark.clause("X2")
def test_without_a_role_in_force_nothing_is_in_scope() -> None:
    somebody = account()
    with acting_as_service("test"):
        RoleGrant.objects.filter(account=somebody).update(ended_at=NOW)
    assert answer(Account.objects.get(pk=somebody.pk), count_customers).content == b"0"


def test_an_answer_of_5xx_rolls_back_what_the_request_wrote() -> None:
    def fail(_request: Any) -> HttpResponse:
        FACTORIES[Customer]()
        return HttpResponse(status=503)

    assert answer(account(), fail).status_code == 503
    with acting_as_service("test"):
        assert Customer.objects.count() == 1


def test_a_stranger_has_no_scope() -> None:
    class Stranger:
        is_authenticated = False

    def see(_request: Any) -> HttpResponse:
        return HttpResponse(repr(current_scope()))

    assert answer(Stranger(), see).content == b"None"
