"""Units at the edge: text to base units (ns, bytes) on the way in, base units to text on the way
out. Everything between works on integers of base units, with the unit in the name."""

from __future__ import annotations

import contextlib
import math
import re
import sys
from decimal import Decimal

from .errors import UsageError

# The units that skein's own options have (harness/cells/units.cpp; tests/quantities.json holds both
# parsers to one list).
_DURATION_NS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "min": 60 * 10**9,
    "h": 3600 * 10**9,
}  # fmt: skip
_SIZE_BYTES = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_COUNT = {"": 1, "k": 10**3, "M": 10**6}
_QUANTITY = re.compile(r" *([0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?) *([A-Za-zµ%]*) *")
_OFF = 4 * sys.float_info.epsilon  # a product of two floats is off by two epsilons at most
_MOST_SATURATION = 2.0
MISSING = "–"


def _parse(text: str, units: dict[str, int], what: str, example: str) -> float:
    match = _QUANTITY.fullmatch(text)
    unit = match.group(2) if match else ""
    if match is None or unit not in units:
        valid = ", ".join(name for name in units if name)
        raise UsageError(f"'{text}' is not a {what} (write it like {example}; units: {valid})")
    value = float(match.group(1).replace("_", "")) * units[unit]
    if not math.isfinite(value):
        raise UsageError(f"'{text}' is too large for a {what}")
    return value


def _whole(text: str, units: dict[str, int], what: str, example: str) -> int:
    value = _parse(text, units, what, example)
    if abs(value - round(value)) > _OFF * max(1.0, value):
        raise UsageError(f"'{text}' is not a {what}: it is no whole number of the base unit")
    return round(value)


def parse_duration_ns(text: str) -> int:
    """`"5s"`, `"250ms"` to nanoseconds. A bare number is refused: its unit would be a guess."""
    return _whole(text, _DURATION_NS, "duration", "5s")


def parse_size_bytes(value: str | int) -> int:
    """`"64KiB"` or a number of bytes to bytes."""
    return value if isinstance(value, int) else _whole(value, _SIZE_BYTES, "size", "64KiB")


def parse_count(text: str) -> int:
    """`"10000"`, `"10_000"`, `"10k"` or `"1M"`."""
    return _whole(text, _COUNT, "count", "10k")


def parse_rate(text: str) -> float:
    """A rate per second, `"20k"` or `"0.5"`: above 0."""
    value = _parse(text, _COUNT, "rate per second", "20k")
    if value <= 0:
        raise UsageError(f"'{text}' is no rate: it must be above 0")
    return value


def is_auto(text: str) -> bool:
    """Whether it is meant to be a share of saturation, well-formed or not."""
    return text.startswith("auto")


def parse_share(text: str) -> float:
    """`"auto:60%"`: a share of saturation, 0.6; above 0 and at most 2, which is an overload."""
    share = -1.0
    if text.startswith("auto:"):
        with contextlib.suppress(UsageError):
            share = _parse(text.removeprefix("auto:"), {"%": 1}, "share", "60%") / 100
    if not 0 < share <= _MOST_SATURATION:
        raise UsageError(
            f"'{text}' is not a share of saturation: write it like auto:60%, from above 0 to"
            f" {100 * _MOST_SATURATION:g} %"
        )
    return share


def decimal_text(value: float) -> str:
    """A number as options take it: without an exponent, and read back as the same."""
    text = format(Decimal(repr(float(value))), "f")
    return text.removesuffix(".0")


def _significant(value: float, digits: int = 3) -> str:
    """Three significant digits without an exponent: 0.123, 1.23, 12.3, 123, 1,234."""
    if value == 0:
        return "0"
    magnitude = abs(value)
    decimals = max(0, digits - 1 - _exponent(magnitude))
    return f"{value:,.{decimals}f}"


def _exponent(magnitude: float) -> int:
    exponent = 0
    while magnitude >= 10:
        magnitude /= 10
        exponent += 1
    while magnitude < 1:
        magnitude *= 10
        exponent -= 1
    return exponent


def _in_its_unit(value_ns: float) -> tuple[float, str]:
    for unit, scale in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if abs(value_ns) >= scale:
            return value_ns / scale, unit
    return value_ns, "ns"


def format_duration(value_ns: float | None) -> str:
    """Nanoseconds to text, in the unit that suits: `850 ns`, `12.3 µs`, `1.20 ms`, `5.00 s`."""
    if value_ns is None:
        return MISSING
    value, unit = _in_its_unit(value_ns)
    return f"{_significant(value)} {unit}" if value else "0"


def format_tick(value_ns: float) -> str:
    """The time at which a tick of an axis stands: as many digits as it has."""
    value, unit = _in_its_unit(value_ns)
    return f"{value:,.6g} {unit}" if value else "0"


def format_us(value_ns: float | None) -> str:
    """Nanoseconds to microseconds, for columns that all have one unit."""
    return MISSING if value_ns is None else _significant(value_ns / 1000)


def format_us_difference(value_ns: float | None) -> str:
    """How many microseconds more or less."""
    return MISSING if value_ns is None else f"{value_ns / 1000:+.2f}"


def format_bytes(value_bytes: float | None, digits: int = 3) -> str:
    """Bytes to text: `136 B`, `8.20 KiB`, `1.53 MiB`."""
    if value_bytes is None:
        return MISSING
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if abs(value_bytes) >= scale:
            return f"{_significant(value_bytes / scale, digits)} {unit}"
    return f"{value_bytes:.0f} B"


def format_per_task_bytes(value_bytes: float | None, sign: str = "") -> str:
    """Bytes per task in plain bytes, so that a column compares at a glance. Sign "+": a difference,
    which has one always."""
    if value_bytes is None:
        return MISSING
    rounded = round(value_bytes) or 0  # no "-0"
    return f"{rounded:{sign},}"


def format_count(value: float | None) -> str:
    """A count with thousands separated."""
    return MISSING if value is None else f"{value:,.0f}"


def format_number(value: float | None) -> str:
    """A number that is none of things, or of parts of them: a mean, for example."""
    return MISSING if value is None else _significant(value)


def format_ratio(value: float | None) -> str:
    """How many times as much."""
    return MISSING if value is None else f"{value:.3f}"


def format_rate(value: float | None) -> str:
    """Events a second."""
    return MISSING if value is None else f"{value:,.0f}/s"


def format_share(value: float | None) -> str:
    """A fraction as a percentage."""
    return MISSING if value is None else f"{100 * value:.3g} %"


def format_clock(seconds: float) -> str:
    """Seconds as `m:ss` or `h:mm:ss`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def size_text(value_bytes: int) -> str:
    """Bytes as a command line takes them, exactly: 64B, 1KiB, 2MiB."""
    for unit, scale in (("MiB", 2**20), ("KiB", 2**10)):
        if value_bytes and value_bytes % scale == 0:
            return f"{value_bytes // scale}{unit}"
    return f"{value_bytes}B"


def format_exact_duration(value_ns: int) -> str:
    """A duration that was asked for, exactly: `5 s`, `250 ms`."""
    match = re.fullmatch(r"([0-9]+)([a-z]+)", duration_text(value_ns))
    assert match is not None
    return f"{int(match.group(1)):,} {match.group(2).replace('us', 'µs')}"


def duration_text(value_ns: int) -> str:
    """Nanoseconds as a command line takes them, exactly: 5s, 250ms, 1500us."""
    for unit in ("s", "ms", "us"):
        if value_ns % _DURATION_NS[unit] == 0:
            return f"{value_ns // _DURATION_NS[unit]}{unit}"
    return f"{value_ns}ns"
