"""A histogram object of the protocol, with HdrHistogram's V2 payload."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Any

HIGHEST_NS = 60_000_000_000
SUB_BUCKET_HALF_BITS = 10
HALF = 1 << SUB_BUCKET_HALF_BITS
BUCKETS = 26  # 2048 << 25 is the first power above 60 s


def bucket_of(value: int) -> int:
    """The HdrHistogram bucket of a value: 3 significant digits, lowest value 1."""
    shift = (value | 2 * HALF - 1).bit_length() - (SUB_BUCKET_HALF_BITS + 1)
    return (shift << SUB_BUCKET_HALF_BITS) + (value >> shift)


def bounds_of(bucket: int) -> tuple[int, int]:
    """The lowest and the highest value of a bucket."""
    shift = max((bucket >> SUB_BUCKET_HALF_BITS) - 1, 0)
    lowest = (bucket - (shift << SUB_BUCKET_HALF_BITS)) << shift
    return lowest, lowest + (1 << shift) - 1


def zigzag(value: int) -> bytes:
    """ZigZag LEB128, as HdrHistogram's V2 encoding writes counts."""
    number = (value << 1) ^ (value >> 63)
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class Histogram:
    """Durations in ns, negative ones counted as early. All of it is allocated at once."""

    def __init__(self) -> None:
        self.counts = array("Q", bytes(8 * (BUCKETS + 1) * HALF))
        self.count = self.overflow = self.early = 0
        self.lowest, self.highest, self.earliest = HIGHEST_NS, 0, 0

    def record(self, value: int) -> None:
        """Takes one."""
        if value < 0:
            self.early += 1
            self.earliest = max(self.earliest, -value)
        elif value > HIGHEST_NS:
            self.overflow += 1
        else:
            self.counts[bucket_of(value)] += 1
            self.count += 1
            self.lowest = min(self.lowest, value)
            self.highest = max(self.highest, value)

    def message(self) -> dict[str, Any]:
        """As the protocol has it."""
        some = self.count > 0
        mean = self._sum_of(lambda middle: middle) / self.count if some else None
        return {
            "count": self.count,
            "min": self.lowest if some else None,
            "mean": mean,
            "stddev": self._deviation(mean) if mean is not None else None,
            "p50": self._percentile(50, 1),
            "p90": self._percentile(90, 1),
            "p99": self._percentile(99, 20_000),
            "p999": self._percentile(99.9, 200_000),
            "p9999": self._percentile(99.99, 2_000_000),
            "max": self.highest if some else None,
            "overflow": self.overflow,
            "early_count": self.early,
            "early_max_ns": self.earliest if self.early else None,
            "histogram": self._payload(),
        }

    def _used(self) -> Iterator[tuple[int, int]]:
        return ((bucket, count) for bucket, count in enumerate(self.counts) if count)

    def _percentile(self, percent: float, least: int) -> int | None:
        """The highest value equivalent to the one at the nearest rank."""
        if self.count < least:
            return None
        left = max(math.ceil(self.count * percent / 100 - 1e-9), 1)
        for bucket, count in self._used():
            left -= count
            if left <= 0:
                return min(bounds_of(bucket)[1], self.highest)
        raise AssertionError("a rank is at most the count")

    def _deviation(self, mean: float) -> float:
        return math.sqrt(self._sum_of(lambda middle: (middle - mean) ** 2) / self.count)

    def _sum_of(self, figure: Callable[[float], float]) -> float:
        """Over all values, each counted as the middle of its bucket."""
        total = 0.0
        for bucket, count in self._used():
            lowest, highest = bounds_of(bucket)
            total += count * figure((max(lowest, self.lowest) + min(highest, self.highest)) / 2)
        return total

    def _payload(self) -> str:
        """HdrHistogram V2, compressed, base64: counts, and rows of zeros as their length,
        negative."""
        body, at = bytearray(), 0
        for bucket, count in self._used():
            if bucket > at:
                body += zigzag(at - bucket)
            body += zigzag(count)
            at = bucket + 1
        head = struct.pack(">iiiiqqd", 0x1C849303 | 0x10, len(body), 0, 3, 1, HIGHEST_NS, 1.0)
        packed = zlib.compress(head + bytes(body))
        return base64.b64encode(
            struct.pack(">ii", 0x1C849304 | 0x10, len(packed)) + packed
        ).decode()


def histogram(values: Iterable[int]) -> dict[str, Any]:
    """A histogram object of the protocol."""
    of = Histogram()
    for value in values:
        of.record(value)
    return of.message()
