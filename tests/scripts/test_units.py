"""Units: what a person writes, and what a person reads."""

import json
import re
from pathlib import Path

import pytest

from skein_scripts.base import units
from skein_scripts.base.errors import UsageError
from skein_scripts.records.machine_floor import timer_floor_text

LISTED = json.loads((Path(__file__).parents[1] / "quantities.json").read_text(encoding="utf-8"))
PARSERS = {
    "duration_ns": units.parse_duration_ns,
    "size_bytes": units.parse_size_bytes,
    "count": units.parse_count,
    "rate_per_s": units.parse_rate,
    "share": units.parse_share,
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [(kind, text, value) for kind in PARSERS for text, value in LISTED[kind].items()],
)
def test_a_number_with_a_unit_means_what_it_means_to_the_binary(kind, text, value):
    if value is not None:
        assert PARSERS[kind](text) == value
        return
    with pytest.raises(UsageError, match=re.escape(f"'{text}'")):
        PARSERS[kind](text)


def test_a_number_beyond_all_bounds_is_refused_with_words():
    with pytest.raises(UsageError, match="is too large for a duration"):
        units.parse_duration_ns("9" * 400 + "s")


def test_a_duration_without_a_known_unit_is_told_which_there_are():
    with pytest.raises(UsageError, match="units: ns, us, µs, ms, s, m, min, h"):
        units.parse_duration_ns("5")


def test_sizes_are_powers_of_two():
    assert units.parse_size_bytes("64KiB") == 65536
    assert units.parse_size_bytes(64) == 64
    texts = {"17": 17, "17B": 17, "1.5KiB": 1536, "3MiB": 3 * 2**20, "2 GiB": 2**31}
    assert {text: units.parse_size_bytes(text) for text in texts} == texts
    assert [units.size_text(value) for value in (64, 1024, 1500, 2**21)] == [
        "64B", "1KiB", "1500B", "2MiB"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value_ns", "text"),
    [
        (None, "–"), (0, "0"), (0.0456, "0.0456 ns"), (0.5, "0.500 ns"), (7, "7.00 ns"),
        (850, "850 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (9_990, "9.99 µs"),
        (12_345, "12.3 µs"), (999_000, "999 µs"), (1_000_000, "1.00 ms"), (1_200_000, "1.20 ms"),
        (999_000_000, "999 ms"), (10**9, "1.00 s"), (5 * 10**9, "5.00 s"),
        (7_300 * 10**9, "7,300 s"), (-2_500, "-2.50 µs"), (-999, "-999 ns"),
        (-1_000_000, "-1.00 ms"),
    ],
)  # fmt: skip
def test_a_time_is_shown_in_the_unit_that_suits(value_ns, text):
    assert units.format_duration(value_ns) == text


@pytest.mark.parametrize(
    ("value_ns", "text"),
    [
        (0, "0"), (0.1, "0.1 ns"), (25, "25 ns"), (999, "999 ns"), (1_000, "1 µs"),
        (2_500, "2.5 µs"), (7_500, "7.5 µs"), (100_000, "100 µs"), (999_999, "999.999 µs"),
        (10**6, "1 ms"), (1_500_000, "1.5 ms"), (10**9, "1 s"), (1.25e12, "1,250 s"),
    ],
)  # fmt: skip
def test_a_tick_is_labelled_with_all_its_digits(value_ns, text):
    assert units.format_tick(value_ns) == text


@pytest.mark.parametrize(
    ("value_ns", "text"),
    [(None, "–"), (0, "0"), (7, "0.00700"), (999, "0.999"), (1_000, "1.00"), (12_345, "12.3"),
     (123_456, "123"), (1_234_567, "1,235"), (-1_500, "-1.50")],
)  # fmt: skip
def test_a_column_of_times_is_in_microseconds(value_ns, text):
    assert units.format_us(value_ns) == text


@pytest.mark.parametrize(
    ("value_bytes", "text"),
    [
        (None, "–"), (0, "0 B"), (136, "136 B"), (1_023, "1023 B"), (1_024, "1.00 KiB"),
        (8_397, "8.20 KiB"), (2**20 - 1, "1,024 KiB"), (2**20, "1.00 MiB"), (1_604_321, "1.53 MiB"),
        (2**30, "1.00 GiB"), (23 * 2**30, "23.0 GiB"), (-2_048, "-2.00 KiB"),
    ],
)  # fmt: skip
def test_bytes_are_shown_in_powers_of_two(value_bytes, text):
    assert units.format_bytes(value_bytes) == text


def test_counts_rates_and_shares_have_their_form():
    assert [units.format_count(value) for value in (None, 0, 999, 1_000, 12_345.6)] == [
        "–", "0", "999", "1,000", "12,346",
    ]  # fmt: skip
    assert [units.format_rate(value) for value in (None, 0, 20_011, 999.6)] == [
        "–", "0/s", "20,011/s", "1,000/s",
    ]  # fmt: skip
    assert [units.format_share(value) for value in (None, 0, 0.0217, 0.10, 0.5, 0.9999, 1.2)] == [
        "–", "0 %", "2.17 %", "10 %", "50 %", "100 %", "120 %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (0.4, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (61, "1:01"), (3_599, "59:59"),
     (3_600, "1:00:00"), (36_061, "10:01:01"), (-5, "0:00")],
)  # fmt: skip
def test_time_left_is_shown_as_on_a_clock(seconds, text):
    assert units.format_clock(seconds) == text


def test_a_duration_that_was_asked_for_is_shown_exactly():
    shown = {
        5 * 10**9: "5 s", 1_500 * 10**6: "1,500 ms", 250 * 10**6: "250 ms", 100_000: "100 µs",
        999: "999 ns", 90 * 10**9: "90 s",
    }  # fmt: skip
    assert {value: units.format_exact_duration(value) for value in shown} == shown
    texts = {1_500_000: "1500us", 10**9: "1s", 10**6: "1ms", 1_001: "1001ns", 3_000: "3us"}
    assert {value: units.duration_text(value) for value in texts} == texts


def test_bytes_per_task_are_plain_and_never_minus_zero():
    assert units.format_per_task_bytes(8134.4) == "8,134"
    assert units.format_per_task_bytes(-0.2) == "0"
    assert units.format_per_task_bytes(None) == units.format_per_task_bytes(None, "+") == "–"
    assert [units.format_per_task_bytes(value, "+") for value in (1_234.6, -0.2, -17.8)] == [
        "+1,235", "+0", "-18",
    ]  # fmt: skip


def test_the_timer_floor_has_its_median_first():
    floor = {"timer_p50_ns": 43_700, "timer_p99_ns": 1_630_000, "stall_p99_ns": 7, "wake_ns": 5}
    assert timer_floor_text(floor) == "p50 43.7 µs, p99 1.63 ms late"
    assert timer_floor_text({}) == "p50 –, p99 – late"
