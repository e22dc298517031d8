"""Jobs, outbox messages and imports."""

import datetime

import factory

from register.work.models import ColumnMapping, ImportFault, ImportRun, ImportSource, Job, OutboxMessage

from .clocks import TODAY, day_of, ended_at
from .numbers import file_name

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


class JobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Job

    class Params:
        last_day = None

    kind = "test"
    asked_by = "service:test"
    asked_at = MOMENT
    finished_at = factory.LazyAttribute(ended_at)


class OutboxMessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OutboxMessage

    class Params:
        last_day = None

    kind = "delete-file"
    payload = factory.Sequence(lambda number: {"name": file_name(number + 2**64)})
    made_at = MOMENT
    next_try_at = MOMENT
    sent_at = factory.LazyAttribute(ended_at)


class ImportRunFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ImportRun

    kind = "customers"
    sha256 = factory.Sequence(lambda number: f"{number:064x}")
    state = "committed"
    started_by = "service:test"
    started_at = MOMENT
    finished_at = MOMENT


class ImportSourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ImportSource

    class Params:
        last_day = TODAY

    run = factory.SubFactory(ImportRunFactory)
    name = factory.Sequence(lambda number: f"asiakkaat-{number}.csv")
    size_bytes = 1234
    stored_as = factory.Sequence(lambda number: file_name(number + 2**65))
    wrapped_key = b"wrapped"
    imported_on = factory.LazyAttribute(day_of)


class ImportFaultFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ImportFault

    run = factory.SubFactory(ImportRunFactory)
    row_number = factory.Sequence(lambda number: number + 2)
    column = "Puhelin"
    code = "phone-format"
    message = "This is no phone number."


class ColumnMappingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ColumnMapping

    kind = "customers"
    name = factory.Sequence(lambda number: f"vanha järjestelmä {number}")
    columns = {"phone": "Puhelin"}
    saved_by = "service:test"
    saved_at = MOMENT
