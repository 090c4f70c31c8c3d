"""A histogram object of the protocol, with HdrHistogram's V2 payload."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import Any

SUB_BUCKET_HALF_BITS = 10


def bucket_of(value: int) -> int:
    """The HdrHistogram bucket of a value: 3 significant digits, lowest value 1."""
    shift = (value | 0x7FF).bit_length() - (SUB_BUCKET_HALF_BITS + 1)
    return (shift << SUB_BUCKET_HALF_BITS) + (value >> shift)


def zigzag(value: int) -> bytes:
    """ZigZag LEB128, as HdrHistogram's V2 encoding writes counts."""
    number = (value << 1) ^ (value >> 63)
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def hdr_payload(values: list[int]) -> str:
    """HdrHistogram V2, compressed, base64."""
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    body, at = bytearray(), 0
    for index in sorted(counts):
        if index > at:
            body += zigzag(at - index)
        body += zigzag(counts[index])
        at = index + 1
    head = struct.pack(">iiiiqqd", 0x1C849303 | 0x10, len(body), 0, 3, 1, 60_000_000_000, 1.0)
    packed = zlib.compress(head + bytes(body))
    return base64.b64encode(struct.pack(">ii", 0x1C849304 | 0x10, len(packed)) + packed).decode()


def histogram(values: list[int]) -> dict[str, Any]:
    """A histogram object of the protocol."""
    late = sorted(value for value in values if value >= 0)
    early = [-value for value in values if value < 0]

    def percentile(percent: float, least: int) -> int | None:
        rank = math.ceil(len(late) * percent / 100 - 1e-9)
        return late[max(rank, 1) - 1] if len(late) >= least else None

    mean = sum(late) / len(late) if late else None
    return {
        "count": len(late),
        "min": late[0] if late else None,
        "mean": mean,
        "stddev": (sum((v - mean) ** 2 for v in late) / len(late)) ** 0.5 if late else None,
        "p50": percentile(50, 1),
        "p90": percentile(90, 1),
        "p99": percentile(99, 20_000),
        "p999": percentile(99.9, 200_000),
        "p9999": percentile(99.99, 2_000_000),
        "max": late[-1] if late else None,
        "overflow": 0,
        "early_count": len(early),
        "early_max_ns": max(early) if early else None,
        "histogram": hdr_payload(late),
    }
