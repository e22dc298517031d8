"""Every table with personal data is walked: no scope no row, another's scope no row, and one's own scope a row."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, models
from uuid_utils.compat import uuid7

from customers.models import Customer, Mandate, Representative
from register.access.guard import OutsideScopeError, another_role
from register.access.policies import NOBODY, PERSONS
from register.access.schema import declared_access, protected_tables
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import LogEntry, ReadEvent, ReadSubject
from register.datamap.map import Kind
from register.datamap.registry import declared_models, own_map, subject_paths
from sites.models import (
    ConsumptionCorrection,
    ConsumptionDay,
    Contract,
    ContractHolder,
    ElectricityConnection,
    HeatConnection,
    Meter,
    Site,
)
from tests.factories import FACTORIES
from tests.factories.clocks import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.clause("X2")]

# Words of no row in particular; and the keys, days and counts of the purge, which tell of no person.
WITHOUT_PERSONS = {
    "customers.SearchWord",
    "retention.Approval",
    "retention.Hold",
    "retention.LedgerEntry",
    "retention.PlanRow",
    "retention.RetentionRun",
    "retention.StopSwitch",
}


def paths_of(model: type[models.Model]) -> list[str]:
    data_map = own_map(model)
    return subject_paths(data_map) if data_map else []


PROTECTED = sorted(protected_tables().values(), key=lambda model: model._meta.label)
# The hits of a search and the corrections of consumption are staff's; objections and prospects have no portal user.
OF_CONTROLLER = [model for model in PROTECTED if any(f.name.startswith("controller") for f in model._meta.local_fields)]
OF_PERSONS = [model for model in PROTECTED if PERSONS in declared_access(model).staff]
OF_PORTAL = [model for model in PROTECTED if declared_access(model).portal != NOBODY and paths_of(model)]
# What who signed in by a one-time code reaches, and nothing else: sums of invoices, months of consumption.
BY_CODE = {"billing.Invoice", "sites.ConsumptionDay", "sites.Contract", "sites.ContractHolder"}
STAFF = Actor.staff("somebody")


def by_label(model: type[models.Model]) -> str:
    return model._meta.label


def count(model: type[models.Model], scope: Scope) -> int:
    with acting(actor=STAFF, scope=scope):
        return model._default_manager.count()


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Any:
    with acting_as_service("test"):
        return FACTORIES[request.param]()


def each(which: list[type[models.Model]]) -> Any:
    return pytest.mark.parametrize("made", which, ids=by_label, indirect=True)


def person_of(row: Any) -> UUID | None:
    """Give the customer whom a row is about, after completing what links the row to a person."""
    with acting_as_service("test"):
        if isinstance(row, ReadEvent):
            return FACTORIES[ReadSubject](event=row).customer_id
        if isinstance(row, Representative):
            return FACTORIES[Mandate](representative=row).customer_id
        if isinstance(row, ConsumptionDay | ConsumptionCorrection):
            contract = FACTORIES[Contract](site=row.site, started_on=row.day)
            return FACTORIES[ContractHolder](contract=contract, controller_id=contract.controller_id).customer_id
        contract = row if isinstance(row, Contract) else getattr(row, "contract", None)
        if contract is not None and not hasattr(row, "customer_id") and not hasattr(row, "invoice_id"):
            return FACTORIES[ContractHolder](contract=contract, controller_id=contract.controller_id).customer_id
        for path in paths_of(type(row)):
            found = type(row)._default_manager.filter(pk=row.pk).values_list(path, flat=True).first()
            if found:
                return found
    return None


def test_every_mapped_table_about_persons_is_protected() -> None:
    open_kinds = {Kind.GATE, Kind.NO_PERSON}
    unprotected = {
        model._meta.label
        for model, data_map in declared_models()
        if data_map.kind not in open_kinds and not declared_access(model).protected
    }
    assert unprotected == WITHOUT_PERSONS


@each(PROTECTED)
def test_without_a_scope_there_is_no_row(made: models.Model) -> None:
    model = type(made)
    with acting_as_service("test"):
        assert model._default_manager.count() == 1 or model._default_manager.filter(pk=made.pk).exists()
    with another_role():  # the guard of the tests is set aside, the database's own answer counts
        assert model._default_manager.count() == 0


@each(PROTECTED)
def test_under_test_a_query_outside_a_scope_is_an_error(made: models.Model) -> None:
    with pytest.raises(OutsideScopeError):
        type(made)._default_manager.count()


@each(PROTECTED)
def test_the_scope_of_another_customer_shows_no_row(made: models.Model) -> None:
    with acting_as_service("test"):
        other = FACTORIES[Customer]()
    with acting(actor=STAFF, scope=Scope.portal(customers=(other.pk,))):
        assert Customer.objects.filter(pk=other.pk).exists()
        assert not type(made)._default_manager.filter(pk=made.pk).exists()
    assert count(type(made), Scope.portal(customers=(uuid7(),))) == 0


@each(OF_PORTAL)
def test_the_scope_of_the_customer_shows_the_row(made: models.Model) -> None:
    person = person_of(made)
    assert person is not None
    with acting(actor=STAFF, scope=Scope.portal(customers=(person,))):
        assert type(made)._default_manager.filter(pk=made.pk).exists()


@each(OF_PORTAL)
def test_a_one_time_code_opens_only_the_tables_of_the_limited_view(made: models.Model) -> None:
    person = person_of(made)
    assert person is not None
    with acting(actor=STAFF, scope=Scope.portal(customers=(person,), is_identified=False)):
        is_shown = type(made)._default_manager.filter(pk=made.pk).exists()
    assert is_shown is (type(made)._meta.label in BY_CODE)


@each(OF_CONTROLLER)
def test_the_other_controllers_staff_sees_no_row(made: Any) -> None:
    if made.controller_id is None:
        made.controller_id = 2
    assert count(type(made), Scope.staff(controllers=(made.controller_id,))) >= 1
    if not isinstance(made, LogEntry):
        assert count(type(made), Scope.staff(controllers=(3 - made.controller_id,))) == 0


@each(OF_PERSONS)
def test_a_role_without_persons_sees_no_row(made: models.Model) -> None:
    assert count(type(made), Scope.staff(controllers=(1, 2), persons=True)) >= 1
    assert count(type(made), Scope.staff(controllers=(1, 2), persons=False)) == 0


def test_a_nested_scope_gives_the_former_one_back() -> None:
    with acting_as_service("test"):
        FACTORIES[Customer]()
        with acting(actor=STAFF, scope=Scope.portal(customers=(uuid7(),))):
            assert Customer.objects.count() == 0
        assert Customer.objects.count() == 1


def test_after_an_error_inside_a_nested_scope_the_former_one_holds() -> None:
    with acting_as_service("test"):
        FACTORIES[Customer]()
        with pytest.raises(ZeroDivisionError), acting(actor=STAFF, scope=Scope.portal(customers=(uuid7(),))):
            1 / 0  # noqa: B018
        assert Customer.objects.count() == 1


def test_a_scope_leaves_nothing_on_the_connection() -> None:
    with acting_as_service("test"):
        FACTORIES[Customer]()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('register.kind', true)")
        assert not cursor.fetchone()[0]


@pytest.mark.item("S09")
def test_consumption_is_clipped_to_the_days_of_ones_own_contract() -> None:
    with acting_as_service("test"):
        day = FACTORIES[ConsumptionDay]()
        contract = FACTORIES[Contract](site=day.site, started_on=day.day, ended_on=day.day + timedelta(days=1))
        mine = FACTORIES[ContractHolder](contract=contract, controller_id=contract.controller_id).customer_id
        before, after = (
            FACTORIES[ContractHolder](
                contract=FACTORIES[Contract](site=day.site, started_on=start, ended_on=end),
                controller_id=contract.controller_id,
            ).customer_id
            for start, end in (
                (day.day - timedelta(days=9), day.day),
                (day.day + timedelta(days=1), None),
            )
        )
    assert count(ConsumptionDay, Scope.portal(customers=(mine,))) == 1
    assert count(ConsumptionDay, Scope.portal(customers=(before,))) == 0
    assert count(ConsumptionDay, Scope.portal(customers=(after,))) == 0


@pytest.mark.item("S09")
@pytest.mark.parametrize("model", [Site, ElectricityConnection, HeatConnection, Meter, ConsumptionDay], ids=by_label)
def test_a_cancelled_contract_shows_its_holder_nothing_of_the_site(model: type[models.Model]) -> None:
    with acting_as_service("test"):
        made = FACTORIES[model]()
        site = made if isinstance(made, Site) else made.site  # type: ignore[attr-defined]
        day = getattr(made, "day", TODAY)
        contract = FACTORIES[Contract](site=site, started_on=day, ended_on=day + timedelta(days=30))
        holder = FACTORIES[ContractHolder](contract=contract, controller_id=contract.controller_id).customer_id
    assert count(model, Scope.portal(customers=(holder,))) == 1
    with acting_as_service("test"):
        Contract.objects.filter(pk=contract.pk).update(is_cancelled=True)
    assert count(model, Scope.portal(customers=(holder,))) == 0
    assert count(Contract, Scope.portal(customers=(holder,))) == 1
