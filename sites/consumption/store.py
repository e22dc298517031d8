"""Writes day rows into the consumption table: merged by slot, with what they replace kept.

Dangerous if wrong: bills rest on this. A value is never lost: a missing one never overwrites, a different one
leaves the former day in the corrections, and days that say the same are not written again.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from sites.consumption.copying import COLUMNS, Portion, copy_pieces
from sites.consumption.rows import DayRows, Place
from sites.slots import day_of

MISSING = "MISSING"
Cursor = CursorWrapper


@dataclass(frozen=True)
class StoreCounts:
    """What became of the readings: slots, but for the last two, which are days."""

    new_count: int = 0
    corrected_count: int = 0
    unchanged_count: int = 0
    gap_count: int = 0
    new_day_count: int = 0
    changed_day_count: int = 0

    def __add__(self, other: "StoreCounts") -> "StoreCounts":
        return StoreCounts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


class UnableToStoreDays(Exception):
    """The days could not be stored; nothing was written."""


def store_days(
    cursor: Cursor, days: Sequence[DayRows], places: Sequence[Place], *, import_id: uuid.UUID | None, at: dt.datetime
) -> StoreCounts:
    """Store the days of one import within the open transaction and scope; see store_portions.

    Raises: UnableToStoreDays.
    """
    (counts,) = store_portions(cursor, [Portion(import_id, days, places)], at=at)
    return counts


def store_portions(cursor: Cursor, portions: Sequence[Portion], *, at: dt.datetime) -> list[StoreCounts]:
    """Store days of several imports at once within the open transaction and scope; give the counts of each.

    `word` of the days is the key of a quality word. No day of a place may stand twice in all portions.
    Readings of the same import that differ from readings stored before are refused.
    Raises: UnableToStoreDays.
    """
    days = [rows for portion in portions for rows in portion.days if len(rows)]
    if not days:
        return [StoreCounts() for _ in portions]
    first = day_of(min(int(rows.day.min()) for rows in days))
    last = day_of(max(int(rows.day.max()) for rows in days))
    add_months(cursor, first, last)
    _stage(cursor, portions)
    # The statistics of a temporary table are unknown: without this the planner may read whole months.
    cursor.execute(_BY_INDEX.format("off"))
    cursor.execute(_MEETING, {"first": first, "last": last, "missing": MISSING})
    met_count = cursor.rowcount
    met = _merge(cursor, at) if met_count else {}
    cursor.execute(_BY_INDEX.format("on"))
    cursor.execute(_INSERTING + (_NOT_MET if met_count else "") + "ON CONFLICT DO NOTHING")
    if met_count + cursor.rowcount != sum(map(len, days)):
        raise UnableToStoreDays(_("Another import stores the same days at this moment, or a site is gone. Try again."))
    return [_counts(portion, met.get(portion.import_id)) for portion in portions]


def add_months(cursor: Cursor, first: dt.date, last: dt.date) -> None:
    """Add the partitions of the months from the first day to the last where they are not there."""
    cursor.execute(
        "SELECT add_consumption_month(month::date) FROM"
        " generate_series(date_trunc('month', %s::date), %s::date, interval '1 month') month"
        " WHERE to_regclass('sites_consumptionday_' || to_char(month, 'YYYY_MM')) IS NULL",
        [first, last],
    )


def word_keys(cursor: Cursor, words: Sequence[str]) -> list[int]:
    """Give the key of each quality word, adding those that are new."""
    keys = _known_words(cursor, words)
    if new := [word for word in words if word not in keys]:
        cursor.execute(
            "INSERT INTO sites_qualityword (word, is_estimate)"
            " SELECT word, word NOT IN ('OK', 'MISSING') FROM unnest(%s::text[]) word ON CONFLICT (word) DO NOTHING",
            [new],
        )
        keys = _known_words(cursor, words)
    return [keys[word] for word in words]


def _known_words(cursor: Cursor, words: Sequence[str]) -> dict[str, int]:
    cursor.execute("SELECT word, id FROM sites_qualityword WHERE word = ANY(%s)", [list(words)])
    return dict(cursor.fetchall())


def _stage(cursor: Cursor, portions: Sequence[Portion]) -> None:
    cursor.execute(_STAGING)
    cursor.execute("TRUNCATE pg_temp.consumption_staged, pg_temp.consumption_met")
    with cursor.copy(f"COPY pg_temp.consumption_staged ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary)") as copy:
        for piece in copy_pieces(portions):
            copy.write(piece)


class _Met(NamedTuple):
    """What became of the days of an import that were there already."""

    import_id: uuid.UUID | None
    day_count: int
    changed_day_count: int
    new_count: int
    corrected_count: int
    unchanged_count: int
    gap_count: int


def _merge(cursor: Cursor, at: dt.datetime) -> dict[uuid.UUID | None, _Met]:
    cursor.execute(_CONTRADICTION)
    if contradiction := cursor.fetchone():
        raise UnableToStoreDays(_("The import says different things about %(day)s.") % {"day": contradiction[0]})
    cursor.execute(_COUNTING)
    found = [_Met(*row) for row in cursor.fetchall()]
    if any(met.changed_day_count for met in found):
        cursor.execute(_KEEPING, {"at": at})
        cursor.execute(_UPDATING)
    return {met.import_id: met for met in found}


def _counts(portion: Portion, met: _Met | None) -> StoreCounts:
    met = met or _Met(portion.import_id, 0, 0, 0, 0, 0, 0)
    readings = sum(rows.reading_count for rows in portion.days)
    slots = sum(rows.wh.size for rows in portion.days)
    return StoreCounts(
        new_count=readings - met.corrected_count - met.unchanged_count,
        corrected_count=met.corrected_count,
        unchanged_count=met.unchanged_count,
        gap_count=slots - readings,
        new_day_count=sum(map(len, portion.days)) - met.day_count,
        changed_day_count=met.changed_day_count,
    )


_BY_INDEX = "SET LOCAL enable_seqscan = {0}; SET LOCAL enable_hashjoin = {0}; SET LOCAL enable_mergejoin = {0}"
_STAGING = """
CREATE TEMPORARY TABLE IF NOT EXISTS consumption_staged (
    site_id uuid, day date, series smallint, resolution_min smallint, controller_id smallint,
    import_run_id uuid, wh integer[], quality smallint[]
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS consumption_met (
    site_id uuid, day date, series smallint, resolution_min smallint, controller_id smallint,
    import_run_id uuid, old_wh integer[], old_quality smallint[], old_import_run_id uuid,
    wh integer[], quality smallint[],
    new_count integer, corrected_count integer, unchanged_count integer, gap_count integer
) ON COMMIT DELETE ROWS
"""

# A single word for the day means its values; only MISSING also says something of a slot without one.
_WORDS = """CASE WHEN cardinality({0}.quality) > 1 THEN {0}.quality
    ELSE array_fill({0}.quality[1], ARRAY[cardinality({0}.wh)]) END"""
_MISSING_KEY = "(SELECT id FROM sites_qualityword WHERE word = %(missing)s)"
_MEETING = f"""
INSERT INTO pg_temp.consumption_met
SELECT s.site_id, s.day, s.series, s.resolution_min, old.controller_id, s.import_run_id,
    old.wh, old.quality, old.import_run_id,
    coalesce(merged.wh, old.wh),
    CASE WHEN merged.wh IS NULL THEN old.quality
         WHEN merged.lowest = merged.highest THEN ARRAY[merged.lowest]
         ELSE merged.words END,
    coalesce(merged.new_count, 0),
    coalesce(merged.corrected_count, 0),
    coalesce(merged.unchanged_count, cardinality(s.wh) - cardinality(array_positions(s.wh, NULL))),
    coalesce(merged.gap_count, cardinality(array_positions(s.wh, NULL)))
FROM pg_temp.consumption_staged s
CROSS JOIN LATERAL (
    SELECT one.controller_id, one.wh, one.quality, one.import_run_id
    FROM sites_consumptionday one
    WHERE one.site_id = s.site_id AND one.series = s.series AND one.resolution_min = s.resolution_min
        AND one.day = s.day AND one.day BETWEEN %(first)s::date AND %(last)s::date
    OFFSET 0 FOR UPDATE
) old
LEFT JOIN LATERAL (
    SELECT array_agg(coalesce(slot.new_wh, slot.old_wh) ORDER BY slot.at) AS wh,
        array_agg(slot.word ORDER BY slot.at) AS words,
        min(slot.word) AS lowest, max(slot.word) AS highest,
        count(*) FILTER (WHERE slot.new_wh IS NOT NULL AND slot.old_wh IS NULL) AS new_count,
        count(*) FILTER (WHERE slot.new_wh IS NOT NULL AND slot.old_wh IS NOT NULL
            AND (slot.new_wh <> slot.old_wh OR slot.new_word IS DISTINCT FROM slot.old_word)) AS corrected_count,
        count(*) FILTER (WHERE slot.new_wh = slot.old_wh AND slot.new_word IS NOT DISTINCT FROM slot.old_word)
            AS unchanged_count,
        count(*) FILTER (WHERE slot.new_wh IS NULL) AS gap_count
    FROM (
        SELECT both_days.at, both_days.new_wh, both_days.old_wh, both_days.new_word, both_days.old_word,
            CASE WHEN both_days.new_wh IS NOT NULL THEN both_days.new_word
                 WHEN both_days.old_wh IS NOT NULL THEN both_days.old_word
                 WHEN both_days.new_word = {_MISSING_KEY} OR cardinality(s.quality) > 1 THEN both_days.new_word
                 WHEN both_days.old_word = {_MISSING_KEY} OR cardinality(old.quality) > 1 THEN both_days.old_word
            END AS word
        FROM unnest(s.wh, old.wh, {_WORDS.format("s")}, {_WORDS.format("old")})
            WITH ORDINALITY AS both_days (new_wh, old_wh, new_word, old_word, at)
    ) slot
) merged ON s.wh <> old.wh OR s.quality <> old.quality
"""

_CHANGED = "(wh <> old_wh OR quality <> old_quality)"
_CONTRADICTION = """
SELECT day FROM pg_temp.consumption_met WHERE corrected_count > 0 AND old_import_run_id = import_run_id LIMIT 1
"""
_COUNTING = f"""
SELECT import_run_id, count(*), count(*) FILTER (WHERE {_CHANGED}),
    sum(new_count), sum(corrected_count), sum(unchanged_count), sum(gap_count)
FROM pg_temp.consumption_met GROUP BY import_run_id
"""
_KEEPING = f"""
INSERT INTO sites_consumptioncorrection
    (site_id, series, resolution_min, day, controller_id, wh, quality, import_run_id, replaced_at, replaced_by_id)
SELECT site_id, series, resolution_min, day, controller_id, old_wh, old_quality, old_import_run_id,
    %(at)s, import_run_id
FROM pg_temp.consumption_met
WHERE {_CHANGED} AND old_import_run_id IS DISTINCT FROM import_run_id
"""
# As an insertion, so that each row is found by its key, whatever the planner thinks of the temporary table.
_UPDATING = f"""
INSERT INTO sites_consumptionday
    (site_id, day, series, resolution_min, controller_id, import_run_id, wh, quality)
SELECT site_id, day, series, resolution_min, controller_id, import_run_id, wh, quality
FROM pg_temp.consumption_met WHERE {_CHANGED}
ON CONFLICT (site_id, series, resolution_min, day)
DO UPDATE SET wh = excluded.wh, quality = excluded.quality, import_run_id = excluded.import_run_id
"""
_INSERTING = """
INSERT INTO sites_consumptionday
    (site_id, day, series, resolution_min, controller_id, import_run_id, wh, quality)
SELECT s.site_id, s.day, s.series, s.resolution_min, s.controller_id, s.import_run_id, s.wh, s.quality
FROM pg_temp.consumption_staged s JOIN sites_site ON sites_site.id = s.site_id
"""
_NOT_MET = """
WHERE NOT EXISTS (
    SELECT FROM pg_temp.consumption_met met
    WHERE met.site_id = s.site_id AND met.series = s.series
        AND met.resolution_min = s.resolution_min AND met.day = s.day
)
"""
