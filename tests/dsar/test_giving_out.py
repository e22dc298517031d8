"""Who may identify a person, make the package of everything and hand it over: two people, of the whole register."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dsar import operations
from dsar.models import Package, PackageDownload, Request
from dsar.operations import UnableToHandle
from dsar.tasks import make_access_package
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.identity.roles import Role
from register.work.models import Job
from tests.factories.customers import CustomerFactory, PostalCodeFactory
from tests.harness.staff import make_staff, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("G4")]

NOW = datetime.datetime(2026, 11, 20, 9, 0, tzinfo=datetime.UTC)
ACTOR = Actor.service("test")


@pytest.fixture
def asked() -> Request:
    with acting_as_service("test"):
        PostalCodeFactory()
        customer = CustomerFactory(family_name="Äijälä")
        return operations.ask_for_access(customer_id=customer.pk, actor=ACTOR, at=NOW, channel="letter")


def officer(email: str, **values: object) -> Client:
    return signed_in(make_staff(email=email, role=Role.DPO, **values))  # type: ignore[arg-type]


def act(client: Client, request: Request, name: str, **values: str) -> int:
    return client.post(reverse("staff-request-act", args=[request.pk, name]), values).status_code


def made_package(request: Request) -> Package:
    make_access_package(Job.objects.filter(kind="access-package").latest("pk"))
    with acting_as_service("test"):
        return Package.objects.get(request=request)


def take(client: Client, package: Package) -> int:
    return client.post(reverse("staff-request-package", args=[package.request_id, package.pk])).status_code


@pytest.mark.parametrize(
    ("role", "controllers"),
    [(Role.AGENT, (2,)), (Role.AGENT, (1, 2)), (Role.DPO, (2,)), (Role.ADMINISTRATOR, (1,))],
)
def test_an_agent_or_an_officer_of_one_company_gets_no_package(
    asked: Request, role: Role, controllers: tuple[int, ...]
) -> None:
    few = signed_in(make_staff(role=role, controllers=controllers))
    assert act(few, asked, "identify", method="document") == 403
    assert act(few, asked, "package") == 403
    assert act(few, asked, "answer") == 403
    assert not Job.objects.filter(kind="access-package").exists()
    one, two = officer("eka@example.org"), officer("toka@example.org")
    assert act(one, asked, "identify", method="document") == 302
    assert act(two, asked, "package") == 302
    package = made_package(asked)
    assert take(few, package) == 403
    page = few.get(reverse("staff-request", args=[asked.pk])).content.decode()
    assert reverse("staff-request-package", args=[asked.pk, package.pk]) not in page
    for name in ("identify", "package", "answer"):
        assert reverse("staff-request-act", args=[asked.pk, name]) not in page
    assert act(few, asked, "note", text="Soitettu.") == 302
    assert take(two, package) == 200


def test_an_agent_takes_in_a_request_but_records_no_check_with_it(asked: Request) -> None:
    agent = signed_in(make_staff(role=Role.AGENT))
    address = reverse("staff-request-new", args=[asked.customer_id])
    assert 'name="identity"' not in agent.get(address).content.decode()
    told = {"kind": "access", "channel": "letter", "received_on": "2026-11-20", "identity": "document"}
    assert agent.post(address, told).status_code == 302
    with acting_as_service("test"):
        assert not Request.objects.latest("number").is_identified


def test_who_recorded_the_check_does_not_hand_the_data_over(asked: Request) -> None:
    one, two = officer("eka@example.org"), officer("toka@example.org")
    assert act(one, asked, "identify", method="document") == 302
    assert act(one, asked, "package") == 302
    package = made_package(asked)
    assert take(one, package) == 422
    assert act(one, asked, "answer") == 422
    with acting_as_service("test"):
        asked.refresh_from_db()
        assert package.downloads.count() == 0
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            PackageDownload.objects.create(package=package, downloaded_at=NOW, downloaded_by=asked.identity_checked_by)
        assert "download_is_by_a_second_person" in str(refused.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    assert take(two, package) == 200
    assert act(two, asked, "answer") == 302


def test_staff_cannot_say_that_the_identification_was_strong(asked: Request) -> None:
    one = officer("eka@example.org")
    assert 'value="strong"' not in one.get(reverse("staff-request", args=[asked.pk])).content.decode()
    assert act(one, asked, "identify", method="strong") == 422
    address = reverse("staff-request-new", args=[asked.customer_id])
    assert 'value="strong"' not in one.get(address).content.decode()
    told = {"kind": "access", "channel": "letter", "received_on": "2026-11-20", "identity": "strong"}
    assert one.post(address, told).status_code == 422
    with acting_as_service("test"):
        with pytest.raises(UnableToHandle):
            operations.record_identity(request_id=asked.pk, method="strong", actor=Actor.staff("x"), at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Request.objects.filter(pk=asked.pk).update(
                state="identified", identity_method="strong", identity_checked_at=NOW, identity_checked_by="staff:x"
            )
