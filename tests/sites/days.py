"""Sites and day rows for the tests of consumption."""

import datetime as dt
import uuid
from collections.abc import Sequence

import numpy as np
from django.db import connection

from register.audit.acting import acting_as_service
from sites.consumption.rows import GAP, NO_WORD, DayRows, Place
from sites.consumption.store import StoreCounts, store_days, word_keys
from sites.models import ConsumptionDay, Series, Site
from sites.slots import day_number, slot_count

NETWORK = 2
AT = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
DAY = dt.date(2024, 1, 10)


def make_site(gsrn: str = "643000000000000016", commodity: str = Site.Commodity.ELECTRICITY) -> Site:
    return Site.objects.create(
        gsrn=gsrn, commodity=commodity, street_address="Tulliportinkatu 1", postal_code="70100", post_office="KUOPIO"
    )


def day_rows(
    wh: Sequence[int | None] | int = 1000,
    words: Sequence[str | None] | str = "OK",
    *,
    day: dt.date = DAY,
    minutes: int = 60,
) -> DayRows:
    """One day of place 0; a single value or word is that of each slot."""
    count = slot_count(day, minutes)
    values = [wh] * count if isinstance(wh, int) else [GAP if one is None else one for one in wh]
    with connection.cursor() as cursor:
        some = [words] if isinstance(words, str) else words
        known = sorted({word for word in some if word})
        keys = dict(zip(known, word_keys(cursor, known), strict=True))
    codes = [NO_WORD if word is None else keys[word] for word in some]
    return DayRows(
        minutes,
        np.zeros(1, np.int32),
        np.array([day_number(day)], np.int32),
        np.array([values], np.int32),
        np.array(codes if isinstance(words, str) else [codes], np.int16),
    )


def store(
    site: Site, *days: DayRows, import_id: uuid.UUID | None = None, controller: int = NETWORK, at: dt.datetime = AT
) -> StoreCounts:
    place = Place(site.id, Series.ELECTRICITY_USE, controller)
    with connection.cursor() as cursor:
        return store_days(cursor, days, [place], import_id=import_id or uuid.uuid4(), at=at)


def stored(site: Site, day: dt.date = DAY) -> ConsumptionDay:
    return ConsumptionDay.objects.get(site=site, day=day)


as_test = acting_as_service
