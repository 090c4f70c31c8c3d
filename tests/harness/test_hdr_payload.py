"""The stored payload, read by an implementation that is not ours.

Runs histogram_dump from the build directory (SKEIN_BUILD_DIR, by default build/release) and decodes
what it prints with the Python package hdrhistogram.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
PERCENTILES = {"p50": "50", "p90": "90", "p99": "99", "p999": "99.9", "p9999": "99.99"}
THREE_DIGITS = 1e-3
HIGHEST_NS = 60_000_000_000


def find_program() -> Path:
    build = ROOT / os.environ.get("SKEIN_BUILD_DIR", "build/release")
    found = sorted(build.rglob("histogram_dump"))
    assert found, f"histogram_dump is not in {build}: build the tests first, or set SKEIN_BUILD_DIR"
    return found[0]


def dump(values: list[int]) -> dict[str, Any]:
    text = " ".join(map(str, values))
    done = subprocess.run([find_program()], input=text, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def log_uniform(count: int, seed: int) -> list[int]:
    source = random.Random(seed)
    return [int(10 ** source.uniform(0, 10.77)) for _ in range(count)]


def percentile_of(decoded: HdrHistogram, percent: str) -> int:
    """The bucket that holds the nearest rank, counted without rounding; the package's own
    percentile rounds the rank to the nearest whole number, which may be the one below."""
    wanted = Fraction(percent) / 100 * decoded.get_total_count()
    passed = 0
    for bucket in decoded.get_recorded_iterator():
        passed += bucket.count_at_value_iterated_to
        if passed >= wanted:
            return int(bucket.value_iterated_to)
    raise AssertionError(f"no value at {percent} %")


@pytest.mark.parametrize("count", [1, 7, 16, 1_000, 50_000])
def test_percentiles_of_the_decoded_payload_equal_the_printed_ones(count: int) -> None:
    printed = dump(log_uniform(count, seed=count))
    decoded = HdrHistogram.decode(printed["histogram"])
    assert decoded.get_total_count() == printed["count"] == count
    for field, percent in PERCENTILES.items():
        expected = pytest.approx(percentile_of(decoded, percent), rel=THREE_DIGITS)
        assert printed[field] == expected, field
    assert printed["mean"] == pytest.approx(decoded.get_mean_value(), rel=THREE_DIGITS)
    assert printed["stddev"] == pytest.approx(decoded.get_stddev(), rel=THREE_DIGITS, abs=1)


def test_every_bucket_boundary_survives_decoding() -> None:
    values = sorted({0, HIGHEST_NS} | {2**k + d for k in range(36) for d in (-1, 0, 1)})
    values = [value for value in values if 0 <= value <= HIGHEST_NS]
    printed = dump(values)
    decoded = HdrHistogram.decode(printed["histogram"])
    buckets = {
        item.value_iterated_to: item.count_at_value_iterated_to
        for item in decoded.get_recorded_iterator()
    }
    assert sum(buckets.values()) == len(values)
    assert decoded.get_max_value() == pytest.approx(HIGHEST_NS, rel=THREE_DIGITS)


def test_the_payload_written_by_the_other_implementation_is_the_same_histogram() -> None:
    values = log_uniform(5_000, seed=3)
    theirs = HdrHistogram(1, HIGHEST_NS, 3)
    for value in values:
        theirs.record_value(value)
    ours = HdrHistogram.decode(dump(values)["histogram"])
    for percent in (0.0, 1.0, 25.0, 50.0, 75.0, 99.0, 99.9, 100.0):
        assert ours.get_value_at_percentile(percent) == theirs.get_value_at_percentile(percent)


def test_overflow_and_early_values_stay_outside_the_payload() -> None:
    printed = dump([-5, -9, 10, HIGHEST_NS + 1])
    decoded = HdrHistogram.decode(printed["histogram"])
    assert decoded.get_total_count() == 1
    assert (printed["overflow"], printed["early_count"], printed["early_max_ns"]) == (1, 2, 9)
