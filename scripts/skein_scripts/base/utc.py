"""Points in time, as records carry them."""

from __future__ import annotations

import datetime


def utc_now() -> str:
    """Now, as records carry it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
