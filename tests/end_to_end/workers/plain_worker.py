#!/usr/bin/env python3
"""A worker in another language: speaks harness/PROTOCOL.md with nothing but the standard library.

Serves both workloads on one `selectors` loop. With `--fault NAME` it breaks one promise, so that
the tests can see that the conductor notices. Slow, and not a runtime anybody should quote.
"""

from __future__ import annotations

import argparse
import base64
import heapq
import json
import math
import os
import selectors
import signal
import socket
import struct
import sys
import time
import zlib
from typing import Any

FAULTS = (
    "crash",  # ends by SIGSEGV in the middle of the work
    "exit",  # leaves with status 3 and a word on stderr
    "hang",  # stops answering once it has started
    "hang_at_hello",  # never says a word
    "nonsense",  # answers with something that is no message
    "unasked",  # sends a message nobody asked for
    "wrong_echo",  # understood another number than it was asked for
    "wrong_runtime",  # is another runtime than its label says
    "wrong_byte",  # changes one byte in what it sends back
    "lost_bytes",  # counts fewer bytes than it echoed
    "lost_timer",  # forgets one task
    "wrong_checksum",  # all tasks woke, but not at their deadlines
    "missing_sample",  # one lateness fewer than tasks
    "large_start",  # needs 100 MiB to begin, and gives them back before it is ready
    "slow",  # takes six seconds to get ready, and six to spawn
    "late_spawn",  # takes five seconds to spawn
    "finished_at_zero",  # says that it finished when the machine was started
    "finished_by_wall_clock",  # says when it finished by another clock
    "finished_in_words",  # says when it finished in no number
    "finished_in_parts",  # says when it finished in a fraction
    "finished_untold",  # does not say when it finished
    "early",  # one task wakes 2 ms before its deadline
    "early_declared",  # the same, and it says that it may be so early
    "overflow",  # one lateness of more than 60 s
    "counted_error",  # counts an error, and says so whenever it is asked
    "late_error",  # counts an error once all the work is done
    "error",  # reports an error of its own
    "limit",  # reports a limit
    "limit_at_accept",  # reports a limit once it has hung up on the peers it had
    "crash_at_accept",  # ends by SIGSEGV while connections are being opened
    "wrong_condition",  # runs with another read buffer than it was asked for
    "tasks_left",  # says that a task is alive after stop
    "bad_exit",  # stops in good order and exits with status 7
)
MASK = (1 << 64) - 1
SUB_BUCKET_HALF_BITS = 10
GROUP, ROUNDS, FIRES_ONE_IN = 16, 8, 16  # of pattern churn
TIMEOUT_NS = 30_000_000_000


def scatter(value: int) -> int:
    """splitmix64's finaliser."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def offset_ns(cell: dict[str, Any], index: int) -> int:
    """When task `index` is due, counted from the epoch."""
    steps = cell["window_ns"] // cell["grid_ns"]
    if cell["pattern"] == "storm":
        return int(steps * cell["grid_ns"])
    return int((scatter(cell["seed"] ^ scatter(index)) % steps + 1) * cell["grid_ns"])


def draw(cell: dict[str, Any], index: int, which: int) -> int:
    """Random number `which` of task `index`."""
    return scatter((scatter(cell["seed"] ^ scatter(index)) + which) & MASK)


def rhythm(cell: dict[str, Any], index: int) -> tuple[int, int, int]:
    """Pattern periodic: phase, period and number of wakes, in steps of the grid."""
    steps = cell["window_ns"] // cell["grid_ns"]
    least = max(steps // 16, 1)
    period = least + draw(cell, index, 1) % (max(steps // 4, least) - least + 1)
    phase = 1 + draw(cell, index, 2) % period
    return phase, period, (steps - phase) // period + 1


def is_canceller(cell: dict[str, Any], index: int) -> bool:
    """Pattern churn: the last of each group of 16, and the last of all, cancel for the others."""
    return index % GROUP == GROUP - 1 or index + 1 == cell["tasks"]


def beat_ns(cell: dict[str, Any], index: int, turn: int) -> int:
    """Pattern churn: when a round of a task's group begins, counted from the epoch."""
    steps = cell["window_ns"] // cell["grid_ns"] // (ROUNDS + 1)
    phase = draw(cell, index - index % GROUP, ROUNDS) % steps
    return int((phase + turn * steps) * cell["grid_ns"])


def left_to_fire(cell: dict[str, Any], index: int, turn: int) -> bool:
    """Pattern churn: True for a round whose timer is not cancelled."""
    return draw(cell, index, turn) % FIRES_ONE_IN == 0


def turn_offset_ns(cell: dict[str, Any], index: int, turn: int) -> int:
    """When a task's timer number `turn` fires, counted from the epoch."""
    if cell["pattern"] == "periodic":
        phase, period, _ = rhythm(cell, index)
        return int((phase + turn * period) * cell["grid_ns"])
    if cell["pattern"] == "churn":
        steps = cell["window_ns"] // cell["grid_ns"] // (ROUNDS + 1)
        inside = 1 + draw(cell, index, turn) // FIRES_ONE_IN % (steps - 1)
        return beat_ns(cell, index, turn) + int(inside * cell["grid_ns"])
    return offset_ns(cell, index)


def turns_of(cell: dict[str, Any], index: int) -> int:
    """How many units a task comes to."""
    if cell["pattern"] == "periodic":
        return rhythm(cell, index)[2]
    if cell["pattern"] == "churn":
        return 0 if is_canceller(cell, index) else ROUNDS
    return 1


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
        "stddev": (sum((v - mean) ** 2 for v in late) / len(late)) ** 0.5 if mean else None,
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


class Worker:
    """One run: the control channel, the sockets and the timers on one selector."""

    def __init__(self, runtime: str, fault: str | None) -> None:
        self.runtime = runtime
        self.fault = fault
        self.selector = selectors.DefaultSelector()
        self.commands = b""
        self.cell: dict[str, Any] = {}
        self.listener: socket.socket | None = None
        self.connections = 0
        self.units = self.bytes = self.checksum = 0
        self.sleepers: list[tuple[int, int, int]] = []  # due, task, turn
        self.ended: dict[int, int] = {}  # churn: by task, turns that are over
        self.units_wanted = 0
        self.spawned = self.epoch_ns = self.spawn_ns = 0
        self.lateness: list[int] = []
        self.fire_ns: int | None = None
        self.stopped = False

    def say(self, **message: Any) -> None:
        """One message, one line, at once."""
        os.write(1, json.dumps(message).encode() + b"\n")

    def run(self) -> int:
        """The whole conversation; the exit status."""
        if self.fault == "hang_at_hello":
            time.sleep(600)
        label = "somebody_else" if self.fault == "wrong_runtime" else self.runtime
        self.say(
            type="hello",
            protocol=1,
            runtime=label,
            pid=os.getpid(),
            style="callback",
            loop="selectors",
            timer_source="select timeout",
            library="python",
            **({"early_by_at_most_ns": 2_000_000} if self.fault == "early_declared" else {}),
        )
        self.selector.register(0, selectors.EVENT_READ, self.read_commands)
        while not self.stopped:
            timeout = None
            if self.sleepers:
                timeout = max(0.0, (self.sleepers[0][0] - time.monotonic_ns()) / 1e9)
            for key, _ in self.selector.select(timeout):
                key.data()
            self.fire_due()
        return 7 if self.fault == "bad_exit" else 0

    def read_commands(self) -> None:
        chunk = os.read(0, 65536)
        if not chunk:
            self.stopped = True  # the conductor is gone
        self.commands += chunk
        *lines, self.commands = self.commands.split(b"\n")
        for line in lines:
            message = json.loads(line)
            getattr(self, "on_" + message["type"])(message)

    def on_prepare(self, message: dict[str, Any]) -> None:
        self.cell = message["cell"]
        if self.fault == "slow":
            time.sleep(6)
        if self.fault == "large_start":
            del bytearray(b"x" * (100 << 20))[:]
        if self.fault == "limit":
            self.say(type="limit", limit="planted limit", value=1, needed=2, message="planted")
            self.stopped = True
            return
        if self.fault == "error":
            self.say(type="error", message="planted trouble")
            raise SystemExit(1)
        echoed = dict(self.cell)
        if self.fault == "wrong_echo":
            count = "tasks" if echoed["tasks"] else "connections"
            echoed[count] -= 1
        reply = {"type": "ready", "echoed": echoed}
        if self.fault == "wrong_condition":
            reply["conditions"] = {"buffer_bytes": 77, "timer_slack_ns": 50_000}
        if message["workload"] == "timers":
            tasks = range(self.cell["tasks"])
            self.units_wanted = sum(turns_of(self.cell, index) for index in tasks)
        if message["workload"] == "c10k":
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
            self.listener.setblocking(False)
            reply["port"] = self.listener.getsockname()[1]
        self.say(**reply)

    def on_start(self, _message: dict[str, Any]) -> None:
        if self.listener:
            self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.say(type="started")
        if self.fault == "hang":
            time.sleep(600)
        if self.fault == "nonsense":
            os.write(1, b"Segmentation fault (not really)\n")
        if self.fault == "unasked":
            self.say(type="applause")
        if self.fault == "exit":
            print("planted: I am leaving", file=sys.stderr, flush=True)
            raise SystemExit(3)

    def on_phase(self, message: dict[str, Any]) -> None:
        if self.fault == "slow" and self.spawned == 0:
            time.sleep(6)
        if self.fault == "late_spawn" and self.spawned == 0:
            time.sleep(5)
        begin_ns = time.monotonic_ns()
        self.epoch_ns = message["epoch_ns"]
        while self.spawned < message["tasks"]:
            if self.fault != "lost_timer" or self.spawned != 0:
                self.arm(self.spawned, 0)
            self.spawned += 1
        self.spawn_ns += time.monotonic_ns() - begin_ns
        self.say(type="phase", name="spawn", tasks=self.spawned, spawn_ns=self.spawn_ns)

    def on_stats(self, _message: dict[str, Any]) -> None:
        self.say(type="stats", **self.counts())

    def on_stop(self, _message: dict[str, Any]) -> None:
        self.stopped = True
        self.sleepers.clear()
        self.say(type="stopped", **self.counts())

    def counts(self) -> dict[str, Any]:
        samples = self.lateness[1:] if self.fault == "missing_sample" else list(self.lateness)
        if samples and self.fault in ("early", "early_declared"):
            samples[0] = -2_000_000
        lateness = histogram(samples) if self.cell["workload"] == "timers" else None
        if samples and self.fault == "overflow":
            lateness = histogram(samples[1:]) | {"overflow": 1}
        wrong = self.fault == "counted_error" or (self.fault == "late_error" and self.stopped)
        left = 1 if self.fault == "tasks_left" and self.stopped else 0
        return {
            "units": self.units,
            "bytes": self.bytes - (1 if self.fault == "lost_bytes" and self.bytes else 0),
            "checksum": f"{self.checksum:016x}",
            "live_tasks": len(self.sleepers) + self.connections + left,
            "live_connections": self.connections,
            "errors": int(wrong),
            "first_error": "planted error" if wrong else "",
            "lateness": lateness,
            "spawn_ns": self.spawn_ns,
            "fire_ns": self.fire_ns,
            "frame_bytes": None,
        }

    def accept(self) -> None:
        assert self.listener is not None
        while True:
            try:
                peer, _ = self.listener.accept()
            except BlockingIOError:
                return
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            if self.fault == "crash_at_accept" and self.connections == 10:
                self.crash()
            if self.fault == "limit_at_accept" and self.connections == 10:
                self.hang_up_and_name_a_limit(peer)
                return
            self.selector.register(peer, selectors.EVENT_READ, lambda peer=peer: self.echo(peer))

    def hang_up_and_name_a_limit(self, newest: socket.socket) -> None:
        newest.close()
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        time.sleep(0.2)  # as a worker with many tasks to end
        self.say(type="limit", limit="planted limit", value=10, needed=11, message="planted")
        self.stopped = True

    def echo(self, peer: socket.socket) -> None:
        try:
            chunk = peer.recv(self.cell["buffer_bytes"])
        except (BlockingIOError, ConnectionResetError):
            chunk = b""
        if not chunk:
            self.hang_up(peer)
            return
        self.units += 1
        self.bytes += len(chunk)
        if self.fault == "crash" and self.units == 50:
            self.crash()
        if self.fault == "wrong_byte" and self.units == 50:
            chunk = bytes([chunk[0] ^ 1]) + chunk[1:]
        if rest := self.send(peer, chunk):
            self.selector.modify(peer, selectors.EVENT_WRITE, lambda: self.go_on(peer, rest))

    def send(self, peer: socket.socket, data: bytes) -> bytes:
        """What the kernel did not take of it."""
        try:
            return data[peer.send(data) :]
        except BlockingIOError:
            return data
        except (BrokenPipeError, ConnectionResetError):
            return b""  # the next read says so, too

    def go_on(self, peer: socket.socket, data: bytes) -> None:
        """While a peer is slow nothing is read from it."""
        if rest := self.send(peer, data):
            self.selector.modify(peer, selectors.EVENT_WRITE, lambda: self.go_on(peer, rest))
        else:
            self.selector.modify(peer, selectors.EVENT_READ, lambda: self.echo(peer))

    def hang_up(self, peer: socket.socket) -> None:
        self.selector.unregister(peer)
        peer.close()
        self.connections -= 1

    def arm(self, index: int, turn: int) -> None:
        """The timer of a task's turn. A cancelled one stays in the heap and is passed over."""
        offset = turn_offset_ns(self.cell, index, turn)
        if self.cell["pattern"] == "churn":
            self.ended[index] = turn
            if is_canceller(self.cell, index):
                offset = beat_ns(self.cell, index, turn + 1)
            elif not left_to_fire(self.cell, index, turn):
                late_ns = max(time.monotonic_ns() - self.epoch_ns, 0)
                offset = late_ns + self.cell["window_ns"] + TIMEOUT_NS
        heapq.heappush(self.sleepers, (self.epoch_ns + offset, index, turn))

    def fire_due(self) -> None:
        while self.sleepers and self.sleepers[0][0] <= (now_ns := time.monotonic_ns()):
            due_ns, index, turn = heapq.heappop(self.sleepers)
            if self.cell["pattern"] == "churn" and self.ended[index] != turn:
                continue
            if self.cell["pattern"] == "churn" and is_canceller(self.cell, index):
                self.cancel_group(index, turn)
            else:
                self.fired(now_ns - due_ns, index, turn)

    def cancel_group(self, canceller: int, turn: int) -> None:
        for index in range(canceller - canceller % GROUP, canceller):
            skipped = self.fault == "lost_timer" and index == 0
            if not skipped and not left_to_fire(self.cell, index, turn):
                self.done(index, turn, -1 - turn)
        if turn + 1 < ROUNDS:
            self.arm(canceller, turn + 1)

    def fired(self, late_ns: int, index: int, turn: int) -> None:
        self.lateness.append(late_ns)
        self.done(index, turn, turn_offset_ns(self.cell, index, turn))

    def done(self, index: int, turn: int, value: int) -> None:
        """A task's turn is over: it goes on with its next."""
        value += 1 if self.fault == "wrong_checksum" else 0
        self.units += 1
        self.checksum = (self.checksum + scatter(scatter(index) ^ (value & MASK))) & MASK
        if self.fault == "crash" and self.units == 50:
            self.crash()
        if turn + 1 < turns_of(self.cell, index):
            self.arm(index, turn + 1)
        elif self.cell["pattern"] == "churn":
            self.ended[index] = turn + 1
        if self.units == self.units_wanted:
            now_ns = time.monotonic_ns()
            self.fire_ns = now_ns - self.epoch_ns
            self.say(type="phase", name="finished", **self.finished(now_ns))

    def finished(self, now_ns: int) -> dict[str, Any]:
        """When that was, if it says so."""
        lies: dict[str | None, dict[str, Any]] = {
            "finished_at_zero": {"t_ns": 0},
            "finished_by_wall_clock": {"t_ns": time.time_ns()},
            "finished_in_words": {"t_ns": "now"},
            "finished_in_parts": {"t_ns": now_ns + 0.5},
            "finished_untold": {},
        }
        return lies.get(self.fault, {"t_ns": now_ns})

    def crash(self) -> None:
        print("planted: about to crash", file=sys.stderr, flush=True)
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", default="plain_python")
    parser.add_argument("--fault", choices=FAULTS)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Worker(arguments.runtime, arguments.fault).run()


if __name__ == "__main__":
    sys.exit(main())
