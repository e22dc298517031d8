"""The change log and the read log."""

import datetime

import factory
from django.contrib.contenttypes.models import ContentType
from uuid_utils.compat import uuid7

from customers.models import Customer
from register.audit.models import LogEntry, ReadEvent, ReadSubject

from .clocks import moment_of

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


class LogEntryFactory(factory.django.DjangoModelFactory):
    """An entry about a customer; give `object_pk` the key of a real one where it matters."""

    class Meta:
        model = LogEntry

    class Params:
        last_day = None

    content_type = factory.LazyFunction(lambda: ContentType.objects.get_for_model(Customer))
    object_pk = factory.LazyFunction(lambda: str(uuid7()))
    object_repr = ""
    action = LogEntry.Action.UPDATE
    changes = factory.LazyFunction(lambda: {"phone": ["+358401", "+358402"]})
    timestamp = factory.LazyAttribute(moment_of)
    actor_kind = "staff"
    actor_id = "test"


class ReadEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReadEvent

    class Params:
        last_day = None

    at = factory.LazyAttribute(moment_of)
    actor_kind = "staff"
    actor_id = "test"
    unit = "customer service"
    reason = "call"
    what = "customer page"


class ReadSubjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReadSubject

    event = factory.SubFactory(ReadEventFactory)
    customer_id = factory.LazyFunction(uuid7)
