"""Measures load shapes in consumption files and prints them as figures: `python -m demo.measure_shapes FOLDER`.

The figures go into demo/data/load_profile.json; the files themselves stay outside the project.
Needs only CSV files of the customer download (semicolons, decimal comma, UTC start times).
"""

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

HELSINKI = ZoneInfo("Europe/Helsinki")
QUANTILES = np.linspace(0.005, 0.995, 34)


def measure(folder: Path) -> dict[str, object]:
    """Return the figures of each file of the folder: one home each, in the order of their names."""
    homes = [_measure_home(path) for path in sorted(folder.glob("*.csv"))]
    return {
        "hours_are": "local time of Europe/Helsinki, weekday 0 is Monday, month 0 is January",
        "value_is": "weekday_hour x month_hour x residual, mean 1",
        "residual_quantiles_at": [round(float(q), 4) for q in QUANTILES],
        "homes": homes,
    }


def _measure_home(path: Path) -> dict[str, object]:
    hours, quarters = _read(path)
    moments = sorted(hours)
    energy = np.array([hours[moment] for moment in moments])
    local = [moment.astimezone(HELSINKI) for moment in moments]
    hour = np.array([moment.hour for moment in local])
    weekday = np.array([moment.weekday() for moment in local])
    month = np.array([moment.month - 1 for moment in local])

    relative = energy / energy.mean()
    weekday_hour = _means(relative, weekday, hour, 7)
    month_hour = _means(relative / weekday_hour[weekday, hour], month, hour, 12)
    residual = relative / (weekday_hour[weekday, hour] * month_hour[month, hour])
    return {
        "annual_wh": round(float(energy.sum()) * 1000),
        "weekday_hour": _rounded(weekday_hour),
        "month_hour": _rounded(month_hour),
        "residual_quantiles": [round(float(q), 3) for q in np.quantile(residual, QUANTILES)],
        "residual_next_hour": round(float(np.corrcoef(residual[1:], residual[:-1])[0, 1]), 3),
        "quarter_deviation": round(float(np.std(quarters)), 3) if quarters else None,
    }


def _read(path: Path) -> tuple[dict[datetime, float], list[float]]:
    """Return kWh by hour (UTC), and by quarter its share of the hour (mean 1), where there are quarters."""
    hours: dict[datetime, float] = defaultdict(float)
    quarters: dict[datetime, list[float]] = defaultdict(list)
    for start, energy, is_quarter in _rows(path):
        hour = start.replace(minute=0)
        hours[hour] += energy
        if is_quarter:
            quarters[hour].append(energy)
    shares = [4 * part / sum(parts) for parts in quarters.values() if sum(parts) > 0 for part in parts]
    return hours, shares


def _rows(path: Path) -> Iterator[tuple[datetime, float, bool]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter=";")
        next(lines)
        for line in lines:
            start = datetime.strptime(line[5], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            yield start, float(line[6].replace(",", ".")), line[2] == "PT15M"


def _means(values: np.ndarray, group: np.ndarray, hour: np.ndarray, groups: int) -> np.ndarray:
    sums = np.zeros((groups, 24))
    counts = np.zeros((groups, 24))
    np.add.at(sums, (group, hour), values)
    np.add.at(counts, (group, hour), 1)
    return sums / counts


def _rounded(table: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 3) for value in row] for row in table]


if __name__ == "__main__":
    figures = json.dumps(measure(Path(sys.argv[1])), indent=None, separators=(",", ":"))
    print(figures.replace("],[", "],\n[").replace('"homes"', '\n"homes"').replace("},{", "},\n{"))
