"""Load shapes: whole days, also where the clock is moved, the same for the same seed, and of the asked size."""

import io
import json
import wave
from datetime import date

import numpy as np
import pytest

from demo.audio import clip
from demo.measure_shapes import measure
from demo.shapes import Batch, LoadShapes, Shape, local_hours
from demo.weather import temperatures_c


def _batch(count: int = 12, heat_wh: float = 0, annual_wh: float = 5_000_000) -> Batch:
    return Batch(
        ordinals=np.arange(count),
        shapes=np.arange(count) % len(Shape),
        annual_wh=np.full(count, annual_wh),
        heat_wh=np.full(count, heat_wh),
    )


@pytest.mark.item("S09")
def test_days_of_the_clock_change_have_23_and_25_hours() -> None:
    shapes = LoadShapes(1)
    march = {
        day: block for block in shapes.month(_batch(), date(2026, 3, 1), date(2026, 3, 31), 1) for day in block.days
    }
    october = {
        day: block for block in shapes.month(_batch(), date(2026, 10, 1), date(2026, 10, 31), 4) for day in block.days
    }
    assert len(march) == len(october) == 31
    assert march[date(2026, 3, 29)].energy_wh.shape[2] == 23
    assert march[date(2026, 3, 28)].energy_wh.shape[2] == 24
    assert october[date(2026, 10, 25)].energy_wh.shape[2] == 100
    assert list(local_hours(date(2026, 10, 25)))[2:6] == [2, 3, 3, 4]


def test_a_series_is_the_same_for_its_seed_and_site_whatever_is_made_beside_it() -> None:
    def values(seed: int, batch: Batch) -> np.ndarray:
        return next(LoadShapes(seed).month(batch, date(2026, 2, 1), date(2026, 2, 28), 1)).energy_wh

    many, one = values(3, _batch(12)), values(3, _batch(1))
    assert np.array_equal(many[0], one[0])
    assert not np.array_equal(values(4, _batch(1)), one)
    assert not np.array_equal(many[0], many[6]), "two sites of one shape differ"


def test_a_year_adds_up_to_about_what_was_asked_for() -> None:
    shapes, total = LoadShapes(1), np.zeros(12)
    for month in range(1, 13):
        last = date.fromordinal(date(2025 + month // 12, month % 12 + 1, 1).toordinal() - 1)
        for block in shapes.month(_batch(heat_wh=10_000_000), date(2025, month, 1), last, 1):
            assert (block.energy_wh >= 0).all()
            total += block.energy_wh.sum(axis=(1, 2))
    assert np.allclose(total, 15_000_000, rtol=0.1)


def test_heat_follows_the_cold_and_homes_their_evenings() -> None:
    shapes = LoadShapes(1)
    heated = _batch(heat_wh=10_000_000, annual_wh=0)
    january = next(shapes.month(heated, date(2026, 1, 1), date(2026, 1, 31), 1)).energy_wh.sum()
    july = next(shapes.month(heated, date(2026, 7, 1), date(2026, 7, 31), 1)).energy_wh.sum()
    assert january > 4 * july
    home = next(shapes.month(_batch(1), date(2026, 1, 1), date(2026, 1, 31), 1)).energy_wh[0].mean(axis=0)
    assert home[20] > 1.3 * home[4]
    winter, summer = temperatures_c([date(2026, 1, 15), date(2026, 7, 15)])
    assert winter < 0 < summer


def test_the_figures_can_be_measured_again(tmp_path) -> None:
    lines = ["Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;Alkuaika;Määrä;Laatu"]
    start = np.datetime64("2023-12-31T22:00:00")
    for hour in range(8784):
        moment = start + np.timedelta64(hour, "h")
        kwh = 2 if (hour % 24) == 19 else 1
        lines.append(f"643000000000000016;8716867000030;PT1H;kWh;BN01;{moment}Z;{kwh},000000;OK")
    (tmp_path / "home.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    figures = json.loads(json.dumps(measure(tmp_path)))
    [home] = figures["homes"]
    assert home["annual_wh"] == 8_784_000 + 366_000
    assert home["weekday_hour"][0].index(max(home["weekday_hour"][0])) in (19, 20), "an evening peak, in local time"
    assert home["quarter_deviation"] is None


@pytest.mark.item("O01")
def test_calls_are_playable_sound() -> None:
    with wave.open(io.BytesIO(clip(1, 2))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 8000, 32000)
        samples = np.frombuffer(file.readframes(32000), np.uint8).astype(int) - 128
    assert samples.std() > 8, "something is heard"
    assert clip(1, 2) == clip(1, 2) != clip(1, 3)
