"""What hosts send as events of a topic, and whether they are heard of at all: records are kept in
order, each once, and passed on. Leaves out what hosts are told to do (engine.py, pair_sessions.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..base.errors import MeasureError, UsageError
from ..records.results import RecordError
from ..records.shapes import Record
from .received import ForeignError, GapError, Received

_LEAST_SILENCE_S = 10.0  # of a worker that is lost; they are heard of every few seconds

OnRecord = Callable[[str, str, Record], None]  # host, start of its session, record


class Events:
    """The records of a topic."""

    def __init__(self, client: Any, topic: str, received: Received, on_record: OnRecord) -> None:
        self._client = client
        self._topic = topic
        self._received = received
        self._on_record = on_record

    def take(self, message: dict[str, Any]) -> None:
        """Keeps a record that has arrived. Raises MeasureError or UsageError where it cannot be one
        of this matrix."""
        try:
            self._keep(message)
        except GapError:
            self.replay()

    def replay(self) -> None:
        """Takes what is missing from the scheduler's list of events. What that has lost stays
        lost."""
        broken = set()
        for _, message in self._client.get_events(self._topic):
            if "number" in message and message["start"] not in broken:
                try:
                    self._keep(message)
                except GapError:
                    broken.add(message["start"])

    def _keep(self, message: dict[str, Any]) -> None:
        host, start = message["host"], message["start"]
        try:
            record = self._received.take(host, start, message["number"], message["line"])
        except RecordError as error:
            raise MeasureError(f"host '{host}' sent no valid record: {error}") from error
        except ForeignError as error:
            raise UsageError(
                f"host '{host}' has another matrix by that name, or other scripts: check out the"
                " same commit on every host"
            ) from error
        if record is not None:
            self._on_record(host, start, record)


class Heard:
    """Of which workers the scheduler goes on hearing. One that is stopped keeps its place there for
    minutes. Clocks of two machines are not compared."""

    def __init__(self, silence_s: float) -> None:
        self.silence_s = max(silence_s, _LEAST_SILENCE_S)
        self._seen: dict[str, tuple[object, float]] = {}

    def among(self, workers: dict[str, Any]) -> list[str]:
        """Those of the workers, as `workers_of` has them, of which there was news lately."""
        now = time.monotonic()
        for address, info in workers.items():
            last = info.get("last_seen")
            if address not in self._seen or self._seen[address][0] != last:
                self._seen[address] = (last, now)
        return [one for one in workers if now - self._seen[one][1] <= self.silence_s]
