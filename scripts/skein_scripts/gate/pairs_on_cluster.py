"""Two arms on the hosts of a cluster: each host takes an equal part of every round of a stage, all
at once, and a pair is of one host. Verdicts are over hosts (over_hosts.py).

Leaves out the sessions on the hosts (hosts/pair_sessions.py), each of which is a `gate.py --share`,
and what the pairs say (judge.py).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base.errors import MeasureError, UsageError
from ..base.jsonl import dump
from ..base.outputs import write_text
from ..hosts.choosing import chosen_hosts
from ..hosts.cluster import ClusterHost, connect
from ..hosts.pair_sessions import PairSessions
from ..hosts.received import Received
from ..matrix.matrix import Cell, Matrix
from ..records.shapes import Record, Run, Session
from .builds import Build
from .over_hosts import least_pairs_of_a_host
from .paired_runs import ARMS, MeasuredPairs, OnPair
from .paired_session import prepare_results

SHARES = "shares"  # a folder below the output
Said = Callable[[str], None]


@dataclass
class PairsOnCluster:
    """What a gate is run with. `words`: those that each host's `gate.py --share` gets in any
    case."""

    matrix: Matrix
    folder: Path
    address: str
    hosts: int
    host_class: str
    matrix_file: Path
    words: list[str]
    cpu_options: list[str]
    lost_after_s: float
    say: Said
    sessions: dict[str, list[Session]] = field(default_factory=dict)

    @contextmanager
    def measuring(self, base: Build, candidate: Build) -> Iterator[MeasuredPairs]:
        """The two arms, on the hosts. The results are in the folder, whatever ends it."""
        path = prepare_results(self.folder, self.matrix)
        if any((self.folder / SHARES).glob("*.jsonl")):
            raise UsageError(f"{self.folder / SHARES} has results: choose another --output")
        received = Received(self.folder / SHARES)
        try:
            client = connect(self.address, self.hosts)
            try:
                chosen = chosen_hosts(
                    client,
                    self.hosts,
                    [str(base.skein), str(candidate.skein)],
                    self.cpu_options,
                    self.host_class,
                )
                yield self._pairs(client, chosen, received, candidate)
            except TimeoutError as error:
                raise MeasureError(str(error)) from error
            finally:
                client.close()
        finally:
            received.close()
            write_text(path, "".join(dump(record) for record in received.records()))

    def _pairs(
        self, client: Any, hosts: Sequence[ClusterHost], received: Received, candidate: Build
    ) -> MeasuredPairs:
        text = self.matrix_file.read_text(encoding="utf-8")
        found = _PairsOfHosts(self.words, self.sessions)
        found.runner = PairSessions(
            client,
            hosts,
            str(candidate.skein),
            {"name": self.matrix_file.name, "text": text},
            received,
            self.lost_after_s,
            found.take,
            self.say,
        )
        return found


class _PairsOfHosts(MeasuredPairs):
    """The pairs as they arrive."""

    runner: PairSessions

    def __init__(self, words: list[str], sessions: dict[str, list[Session]]) -> None:
        super().__init__()
        self._words = words
        self._sessions = sessions  # by arm
        self._opened: dict[str, Session] = {}
        self._now: dict[tuple[int, str], dict[str, Run]] = {}  # by pair and cell: the last tries
        self._on_pair: Callable[[str, int], None] = lambda _key, _number: None

    def _expected_s(self, cell: Cell) -> float:
        return super()._expected_s(cell) / len(self.runner.hosts)

    def rounds(
        self, cells: Sequence[Cell], count: int, on_pair: OnPair, until: float | None = None
    ) -> None:
        """Each host measures its part at the same time, and at least as many pairs as show
        something."""
        chosen = [cell for cell in cells if self._fits(cell, until)]
        if not chosen or not count:
            return
        by_key = {cell.key: cell for cell in chosen}
        self._on_pair = lambda key, number: on_pair(by_key[key], number)
        self._now = {}
        began = time.monotonic()
        hosts = len(self.runner.hosts)
        each = max(least_pairs_of_a_host(hosts), math.ceil(count / hosts))
        words = {}
        for name in self.runner.hosts:
            words[name] = self._words_of(chosen, self.next_pair, each, until)
            self.next_pair += each
        try:
            self.runner.run("gate.py", words)
        finally:
            self._count()
            self._leave_out_lost()
        self._learn(chosen, each * hosts, time.monotonic() - began)

    def _words_of(
        self, cells: Sequence[Cell], first: int, count: int, until: float | None
    ) -> list[str]:
        words = [*self._words, "--share", f"{first}-{first + count - 1}"]
        for cell in cells:
            words += ["--filter", f"group={cell.group},runtime={cell.runtime}"]
        if until is not None:
            words += ["--within", f"{max(1, math.ceil(until - time.monotonic()))}s"]
        return words

    def take(self, host: str, record: Record) -> None:
        """A record has arrived."""
        if record["kind"] == "session":
            self._opened[record["session_id"]] = record
            self.host_of[record["session_id"]] = host
        if record["kind"] != "run" or (pair := record["pair"]) is None:
            return
        arm, key = record["arm"], str(record["key"])
        opened = self._opened[record["session_id"]]
        of_arm = self._sessions.setdefault(arm, [])
        if opened not in of_arm:
            of_arm.append(opened)
        runs = self._now.setdefault((pair, key), {})
        if not runs:
            self._on_pair(key, pair)
        self.repeated += arm == ARMS[0] and arm in runs
        runs[arm] = record
        self.tries[arm].append(record)
        self._cell_of[record["run_id"]] = key

    def _count(self) -> None:
        """Pairs of which a run did not arrive are none."""
        for (pair, key), runs in self._now.items():
            if len(runs) < len(ARMS):
                continue
            for arm, run in runs.items():
                self.runs[arm].append(run)
            if all(run["status"] == "ok" for run in runs.values()):
                self._good.setdefault(key, []).append(pair)

    def _leave_out_lost(self) -> None:
        """Whatever a host that is lost had measured: with few pairs of one host, few of each would
        be judged."""

        def is_there(run: Run) -> bool:
            return self.host_of[run["session_id"]] in self.runner.hosts

        there = {run["pair"] for run in self.runs[ARMS[0]] if is_there(run)}
        for kept in (self.runs, self.tries):
            for arm in ARMS:
                kept[arm] = [run for run in kept[arm] if is_there(run)]
        for key, pairs in self._good.items():
            self._good[key] = [pair for pair in pairs if pair in there]

    def _learn(self, cells: Sequence[Cell], pairs: int, took_s: float) -> None:
        """What a pair of a cell takes, where hosts measure at the same time."""
        expected = {cell.key: super(_PairsOfHosts, self)._expected_s(cell) for cell in cells}
        whole = sum(expected.values()) * pairs
        for key, one_s in expected.items():
            self._took_s.setdefault(key, []).append(took_s * one_s / whole)
