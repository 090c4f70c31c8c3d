"""A session of pairs on each of several hosts at a time. Each runs once, and a host that is lost
gets nothing more: pairs, other than rounds, need not be as many as planned. Leaves out what is
measured, and what the pairs say (the package gate)."""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.errors import MeasureError, ScriptError
from ..records.shapes import Record
from . import on_host
from .cluster import ClusterHost, ask, submit, workers_of
from .events import Events, Heard
from .received import Received

LEAST_HOSTS = 2
_LOOK_S = 0.5
_LAST_RECORDS_S = 20.0  # after an interrupt

Said = Callable[[str], None]
OnRecord = Callable[[str, Record], None]


class PairSessions:
    """The hosts that are left, by name, and their sessions. `on_record` is told of each record of
    what runs now."""

    def __init__(
        self,
        client: Any,
        hosts: Sequence[ClusterHost],
        skein: str,
        matrix: dict[str, str],
        received: Received,
        lost_after_s: float,
        on_record: OnRecord,
        say: Said,
    ) -> None:
        self.hosts = {host.name: host for host in hosts}
        self._asked = len(hosts)
        self._client = client
        self._tag = uuid.uuid4().hex
        self._skein = skein
        self._matrix = matrix
        self._on_record = on_record
        self._say = say
        self._arrived: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._events = Events(client, self._topic, received, self._pass_on)
        self._heard = Heard(lost_after_s)
        self._start_of: dict[str, str] = {}  # of the session that runs now, by host
        client.subscribe_topic(self._topic, lambda event: self._arrived.put(event[1]))

    @property
    def _topic(self) -> str:
        return f"skein-{self._tag}"

    def run(self, script: str, words: Mapping[str, Sequence[str]]) -> None:
        """Runs a script on each of these hosts, with words of its own, to its end. Raises
        MeasureError where fewer than two hosts are left then, or the scheduler is gone."""
        self._start_of = {}
        tasks = {name: self._submit(name, script, list(words[name])) for name in words}
        try:
            while any(not tasks[name].done() for name in tasks if name in self.hosts):
                self._take_arrivals()
                self._look_after(tasks)
            self._events.replay()
        except BaseException:
            self._interrupt_all(tasks)
            raise
        for name, task in tasks.items():
            if name in self.hosts and (why := _failure_of(task)):
                self._lose(name, task, why)
        if len(self.hosts) < LEAST_HOSTS:
            raise MeasureError(
                f"of {self._asked} hosts {len(self.hosts)} are left, too few for a verdict over"
                " hosts: start their workers again, and measure anew"
            )

    def _submit(self, name: str, script: str, words: list[str]) -> Any:
        key = f"skein-{name}-{uuid.uuid4().hex}"
        order = {
            "task": key,
            "tag": self._tag,
            "topic": self._topic,
            "host": name,
            "skein": self._skein,
            "matrix": self._matrix,
            "script": script,
            "words": [*words, "--host-name", name],
        }
        return submit(self._client, self.hosts[name], on_host.measure, order, key)

    def _take_arrivals(self) -> None:
        """Waits a while for the first, and takes all that are there."""
        try:
            message = self._arrived.get(timeout=_LOOK_S)
            while True:
                if "number" in message:
                    self._events.take(message)
                message = self._arrived.get_nowait()
        except queue.Empty:
            return

    def _pass_on(self, host: str, start: str, record: Record) -> None:
        # Dask may start a task again by itself: what that measures is kept, and counts for nothing.
        if self._start_of.setdefault(host, start) == start:
            self._on_record(host, record)

    def _look_after(self, tasks: Mapping[str, Any]) -> None:
        try:
            heard = self._heard.among(workers_of(self._client))
        except (OSError, TimeoutError) as error:
            raise MeasureError(
                f"the scheduler is gone ({error}): start it and the workers again, and measure anew"
            ) from error
        for name in [one for one in self.hosts if one in tasks and not tasks[one].done()]:
            if self.hosts[name].address not in heard:
                self._lose(name, tasks[name], "its worker is gone, or says nothing any more")

    def _lose(self, name: str, task: Any, why: str) -> None:
        task.cancel()
        del self.hosts[name]
        self._say(f"host '{name}' is left out from here on: {why}")

    def _interrupt_all(self, tasks: Mapping[str, Any]) -> None:
        """Ends the sessions, and takes their last records."""
        running = [name for name in self.hosts if name in tasks and not tasks[name].done()]
        try:
            alive = workers_of(self._client)
            addresses = [self.hosts[name].address for name in running]
            ask(
                self._client, [one for one in addresses if one in alive], on_host.interrupt,
                self._tag,
            )  # fmt: skip
            until = time.monotonic() + _LAST_RECORDS_S
            while time.monotonic() < until and not all(tasks[name].done() for name in running):
                time.sleep(0.05)
            self._events.replay()
        except (OSError, TimeoutError, ScriptError):
            return  # the scheduler is gone, and with it the workers; or a record is none


def _failure_of(task: Any) -> str | None:
    """Why a session did not end as it should."""
    if task.status != "finished":
        return repr(task.exception()) if task.status == "error" else "its task is lost"
    result = task.result()
    if result["status"] == 0:
        return None
    lines = [line for line in result["words"].splitlines() if line.strip()]
    return f"it ended with status {result['status']}: {lines[-1] if lines else 'it said nothing'}"
