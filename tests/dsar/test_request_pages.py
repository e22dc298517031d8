"""The pages of requests: the queue, taking in, acts and refusals, and who finds them."""

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from dsar.models import Request
from register.audit.acting import acting_as_service
from register.audit.models import ReadEvent
from register.identity.roles import Role
from tests.factories.customers import CustomerFactory, PostalCodeFactory
from tests.harness.staff import make_staff, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Client:
    return signed_in(make_staff(role=Role.AGENT))


@pytest.fixture
def officers() -> tuple[Client, Client]:
    """Two people, for whoever records the identity check does not hand over."""
    one, two = (make_staff(email=f"{name}@example.org", role=Role.DPO) for name in ("eka", "toka"))
    return signed_in(one), signed_in(two)


@pytest.fixture
def customer() -> Customer:
    with acting_as_service("test"):
        PostalCodeFactory()
        return CustomerFactory(family_name="Äijälä", street_address="Vanhatie 1")


def take_in(agent: Client, customer: Customer, **values: str) -> Request:
    told = {"kind": "access", "channel": "letter", "received_on": "2026-11-20", "text": "Kaikki", **values}
    answer = agent.post(reverse("staff-request-new", args=[customer.pk]), told)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    with acting_as_service("test"):
        return Request.objects.latest("number")


def act(agent: Client, request: Request, name: str, **values: object) -> int:
    return agent.post(reverse("staff-request-act", args=[request.pk, name]), values).status_code


def test_a_request_goes_from_the_customers_page_through_the_queue_to_its_answer(
    agent: Client, officers: tuple[Client, Client], customer: Customer
) -> None:
    one, two = officers
    panel = agent.get(reverse("staff-customer-requests", args=[customer.pk]), headers={"HX-Request": "true"})
    assert reverse("staff-request-new", args=[customer.pk]) in panel.content.decode()
    request = take_in(agent, customer)
    queue = agent.get(reverse("staff-requests")).content.decode()
    assert request.number in queue
    assert "Äijälä" in queue
    assert act(two, request, "answer") == 422
    assert act(agent, request, "assign") == 302
    assert act(one, request, "identify", method="document") == 302
    assert act(two, request, "answer", answer="Annettu käteen.") == 302
    page = agent.get(reverse("staff-request", args=[request.pk])).content.decode()
    assert "Annettu käteen." in page
    with acting_as_service("test"):
        request.refresh_from_db()
        assert request.state == "answered"
        assert ReadEvent.objects.filter(shown__customer_id=customer.pk, what="request").exists()
    assert request.number not in agent.get(reverse("staff-requests")).content.decode()
    assert request.number in agent.get(reverse("staff-requests"), {"state": "closed"}).content.decode()


def test_a_correction_is_shown_side_by_side_and_applied(
    agent: Client, officers: tuple[Client, Client], customer: Customer
) -> None:
    told = {"kind": "rectification", "new_street_address": "Uusitie 2", "identity": "signature"}
    request = take_in(officers[0], customer, **told)
    page = agent.get(reverse("staff-request", args=[request.pk])).content.decode()
    assert "<del>Vanhatie 1</del>" in page
    assert "<ins>Uusitie 2</ins>" in page
    assert act(agent, request, "accept", field=["street_address"]) == 302
    with acting_as_service("test"):
        customer.refresh_from_db()
        assert customer.street_address == "Uusitie 2"


def test_an_objection_is_done_when_it_is_taken_in(agent: Client, customer: Customer) -> None:
    request = take_in(agent, customer, kind="objection", channel="phone")
    with acting_as_service("test"):
        assert request.state == "answered"
        assert customer.permissions.filter(is_allowed=False, ended_at__isnull=True).count() == 16


def test_a_refusal_and_an_extension_need_their_reasons(agent: Client, customer: Customer) -> None:
    request = take_in(agent, customer)
    assert act(agent, request, "refuse") == 422
    assert act(agent, request, "extend", reason="") == 422
    assert act(agent, request, "note", text="Soitettu.") == 302
    assert act(agent, request, "nonsense") == 404
    assert act(agent, request, "refuse", **{"refuse-reason": "Pyyntö on kohtuuton."}) == 302
    assert act(agent, request, "note", text="Myöhässä.") == 422


def test_a_request_of_tomorrow_is_refused_at_its_field(agent: Client, customer: Customer) -> None:
    answer = agent.post(
        reverse("staff-request-new", args=[customer.pk]),
        {"kind": "access", "channel": "letter", "received_on": "2099-01-01"},
    )
    assert answer.status_code == 422
    assert "id_received_on_error" in answer.content.decode()


def test_an_open_request_is_an_alert_on_the_customers_page(agent: Client, customer: Customer) -> None:
    request = take_in(agent, customer)
    alerts = agent.get(reverse("staff-customer-request-alerts", args=[customer.pk])).content.decode()
    assert request.number in alerts


def test_metering_staff_finds_no_requests(db: None, customer: Customer) -> None:
    client = signed_in(make_staff(role=Role.METERING))
    assert client.get(reverse("staff-requests")).status_code == 403
    assert client.get(reverse("staff-request-new", args=[customer.pk])).status_code == 403
