"""Recordings of calls and their listenings."""

import datetime

import factory

from recordings.models import Listening, Recording

from .clocks import day_of, moment_of
from .customers import CustomerFactory
from .identity import ENERGY
from .numbers import file_name

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


class RecordingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Recording

    class Params:
        last_day = None

    controller_id = ENERGY
    customer = factory.SubFactory(CustomerFactory)
    kind = "service"
    phone = factory.Sequence(lambda number: f"+35846{5000000 + number}")
    called_at = factory.LazyAttribute(moment_of)
    called_on = factory.LazyAttribute(day_of)
    duration_s = 61
    handled_by = "staff:test"
    stored_as = factory.Sequence(lambda number: file_name(number + 2**67))
    wrapped_key = b"wrapped"
    size_bytes = 980_000
    transcript = factory.Sequence(lambda number: f"Hei, soitan laskusta {number}")
    waveform = factory.LazyFunction(lambda: [1, 5, 3])


class ListeningFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Listening

    recording = factory.SubFactory(RecordingFactory)
    reason = "verify"
    listened_at = MOMENT
    listened_by = "staff:test"
