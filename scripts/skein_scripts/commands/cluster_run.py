"""A matrix on a cluster, from options to one results file: what arrives is kept in shares/ below
the output, and becomes results.jsonl when every round is whole."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ..base.errors import MeasureError, UsageError
from ..base.outputs import write_text
from ..base.terminal import say, tell
from ..hosts.choosing import chosen_hosts
from ..hosts.cluster import connect
from ..hosts.engine import Engine, Order
from ..hosts.merging import merged, notes_on, write_merged
from ..hosts.received import Received
from ..matrix.matrix import Matrix
from ..matrix.plan import Slot
from ..matrix.rounds import in_words
from ..records.results import RESULTS_NAME, runs, sessions
from ..records.shapes import Record
from ..records.slots import taken_slots
from ..session.progress import describe, figures_of, outcome
from ..session.runner import Tally
from .cluster_options import lost_after_s, word_of

_SHARES, _TAG = "shares", "tag"


def measure_on_cluster(
    options: argparse.Namespace, matrix: Matrix, slots: Sequence[Slot], console: Console
) -> Tally:
    """Runs what is not whole yet, and joins all of it. Raises MeasureError where a round is
    missing."""
    path = options.output / RESULTS_NAME
    if path.exists():
        raise UsageError(f"{path} has results: choose another --output")
    received = _received(options, matrix)
    try:
        if set(range(matrix.repeats)) - received.rounds():
            _run(options, matrix, slots, received, console)
        missing = set(range(matrix.repeats)) - received.rounds()
        if missing:
            raise MeasureError(
                f"the rounds {in_words(missing)} are missing: go on with --resume once the hosts"
                " are there, the same or others of their class"
            )
        shares = received.shares()
    finally:
        received.close()
    records = merged(shares)
    write_merged(records, path)
    for line in notes_on(shares):
        say(console, line)
    return _tally(records)


def _received(options: argparse.Namespace, matrix: Matrix) -> Received:
    folder = options.output / _SHARES
    if not options.resume and any(folder.glob("*.jsonl")):
        raise UsageError(f"{folder} has results: go on with --resume, or choose another --output")
    received = Received(folder, matrix.config_sha256())
    for share in received.shares():
        if any(one["config_sha256"] != matrix.config_sha256() for one in share.at_hand):
            raise UsageError(
                f"{share.path} is of another configuration (other matrix, filters, settings,"
                " repeats or seed): resume with the same options, or choose another --output"
            )
    return received


def _run(
    options: argparse.Namespace,
    matrix: Matrix,
    slots: Sequence[Slot],
    received: Received,
    console: Console,
) -> None:
    client = connect(options.cluster, options.hosts)
    try:
        order = _order(options, matrix)
        progress = _Progress(slots, received, console)
        engine = Engine(client, order, received, progress, lambda text: say(console, text))
        engine.take_up()
        hosts = chosen_hosts(
            client,
            options.hosts,
            [str(options.remote_skein)],
            options.cpu_options,
            options.host_class,
            [session for share in received.shares() for session in share.sessions],
        )
        for line in received.give_up({host.name for host in hosts}):
            say(console, line)
        for line in engine.run(range(matrix.repeats), hosts):
            tell(console, line, "red")
    except TimeoutError as error:
        raise MeasureError(f"{error}; what arrived is kept: go on with --resume") from error
    finally:
        client.close()


def _order(options: argparse.Namespace, matrix: Matrix) -> Order:
    tag = options.output / _SHARES / _TAG
    if not tag.exists():
        write_text(tag, uuid.uuid4().hex)
    file = (
        {"name": options.matrix.name, "text": _text_of(options.matrix)} if options.matrix else None
    )
    return Order(
        tag=tag.read_text(encoding="ascii"),
        skein=str(options.remote_skein),
        arguments=_arguments(options),
        matrix=file,
        lost_after_s=lost_after_s(options),
    )


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _arguments(options: argparse.Namespace) -> list[str]:
    """The words that each session gets, as it would have them from a person."""
    source = ["--matrix", options.matrix.name] if options.matrix else []
    words = source or ["--preset", options.preset or "quick"]
    for name, values in (("--filter", options.filter), ("--set", options.sets)):
        words += [word for value in values for word in (name, value)]
    for name in ("repeats", "seed", "cell_timeout", "host_class"):
        if (value := getattr(options, name)) is not None:
            words += [word_of(name), str(value)]
    return [*words, *options.cpu_options]


class _Progress:
    """A line for each run that arrives."""

    def __init__(self, slots: Sequence[Slot], received: Received, console: Console) -> None:
        self._slots = {(slot.block, slot.position): slot for slot in slots}
        whole = received.rounds()
        self._seen: set[object] = {place for place in self._slots if place[0] in whole}
        self._console = console

    def __call__(self, host: str, record: Record) -> None:
        if record["kind"] != "run":
            return
        place = (record.get("block"), record.get("position"))
        slot = self._slots.get(place)
        if slot is None:
            return
        self._seen.add(place)
        figures = figures_of(record)
        say(
            self._console,
            f"[{len(self._seen)}/{len(self._slots)}] {host}: {describe(slot)}: {outcome(record)}"
            f"{'; ' if figures else ''}{figures}",
        )


def _tally(records: Sequence[Record]) -> Tally:
    tally = Tally()
    for slot in taken_slots(runs(records), sessions(records)):
        tally.add(slot.run["status"])
        tally.retried += slot.repeated
    return tally
