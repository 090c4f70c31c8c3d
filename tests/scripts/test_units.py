"""Units: what a person writes, and what a person reads."""

import pytest

from skein_scripts import units
from skein_scripts.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value_ns"),
    [("5s", 5 * 10**9), ("250ms", 250 * 10**6), ("1.5 us", 1500), ("2min", 120 * 10**9)],
)
def test_a_duration_has_a_unit(text, value_ns):
    assert units.parse_duration_ns(text) == value_ns


@pytest.mark.parametrize("text", ["5", "s", "-1s", "5 parsecs", ""])
def test_a_duration_without_a_known_unit_is_refused(text):
    with pytest.raises(UsageError, match="is not a duration"):
        units.parse_duration_ns(text)


def test_sizes_are_powers_of_two():
    assert units.parse_size_bytes("64KiB") == 65536
    assert units.parse_size_bytes(64) == 64
    assert [units.size_text(value) for value in (64, 1024, 1500, 2**21)] == [
        "64B", "1KiB", "1500B", "2MiB"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value_ns", "text"),
    [(None, "–"), (0, "0"), (850, "850 ns"), (12_345, "12.3 µs"), (1_200_000, "1.20 ms"),
     (5 * 10**9, "5.00 s")],
)  # fmt: skip
def test_a_time_is_shown_in_the_unit_that_suits(value_ns, text):
    assert units.format_duration(value_ns) == text


def test_a_duration_that_was_asked_for_is_shown_exactly():
    assert units.format_exact_duration(5 * 10**9) == "5 s"
    assert units.duration_text(1_500_000) == "1500us"


def test_bytes_per_task_are_plain_and_never_minus_zero():
    assert units.format_per_task_bytes(8134.4) == "8,134"
    assert units.format_per_task_bytes(-0.2) == "0"
