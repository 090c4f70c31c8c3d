#!/usr/bin/env python3
"""The worker in Python (runtimes/python_selectors) with a label of its own; with `--fault NAME` it
breaks one promise, so that the tests can see that the conductor notices."""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "runtimes" / "python_selectors"))
sys.path.insert(0, str(ROOT / "runtimes" / "shared" / "python"))

from skein_worker.conversation import Message  # noqa: E402
from skein_worker.histogram import histogram  # noqa: E402
from worker import SelectorsWorker  # noqa: E402

FAULTS = (
    "crash",  # ends by SIGSEGV in the middle of the work
    "exit",  # leaves with status 3 and a word on stderr
    "hang",  # stops answering once it has started
    "hang_at_hello",  # never says a word
    "nonsense",  # answers with something that is no message
    "unasked",  # sends a message nobody asked for
    "wrong_echo",  # understood another number than it was asked for
    "strange_echo",  # understood something else altogether
    "wrong_runtime",  # is another runtime than its label says
    "wrong_pid",  # says that it is another process
    "knows_all",  # refuses a message that has a field it does not know
    "dies_of_sigint",  # leaves SIGINT as it is
    "takes_any_cell",  # is ready for work that there is not
    "takes_any_buffer",  # serves what it has, whatever it was asked for
    "limit_and_failure",  # says a limit and exits with status 7
    "limit_of_another_name",  # says a limit, and not which
    "peers_left",  # stops with its connections open
    "stays",  # never exits, whether it is told to stop or its input ends
    "resets",  # closes by a reset
    "wrong_byte",  # changes one byte in what it sends back
    "lost_bytes",  # counts fewer bytes than it echoed
    "lost_timer",  # forgets one task
    "never_wakes",  # the same, and the task waits on
    "never_wakes_and_spins",  # the same, and it asks again and again whether it is time
    "wrong_checksum",  # all tasks woke, but not at their deadlines
    "missing_sample",  # one lateness fewer than tasks
    "large_start",  # needs 100 MiB to begin, and gives them back before it is ready
    "slow",  # takes six seconds to get ready, and six to spawn
    "late_spawn",  # spawns until its first deadline is past
    "finished_at_zero",  # says that it finished when the machine was started
    "finished_by_wall_clock",  # says when it finished by another clock
    "fires_from_epoch",  # counts the time of firing from the epoch, a storm's as well
    "finished_in_words",  # says when it finished in no number
    "finished_in_parts",  # says when it finished in a fraction
    "finished_untold",  # does not say when it finished
    "loop_in_numbers",  # says what it waits on in no words
    "early",  # one task wakes 2 ms before its deadline
    "early_declared",  # the same, and it says that it may be so early
    "overflow",  # one lateness of more than 60 s
    "unknown_figure",  # a percentile of lateness that the protocol does not have
    "missing_figure",  # a percentile of lateness too few
    "counted_error",  # counts an error, and says so whenever it is asked
    "late_error",  # counts an error once all the work is done
    "error",  # reports an error of its own
    "limit",  # reports a limit
    "limit_at_accept",  # reports a limit once it has hung up on the peers it had
    "crash_at_accept",  # ends by SIGSEGV while connections are being opened
    "wrong_condition",  # runs with another read buffer than it was asked for
    "settled_unasked",  # says that it has settled although nobody asked
    "settled_ahead",  # the same behind each answer to a spawn
    "settle_unheard",  # does not answer when it is asked to settle
    "untold_allocator",  # does not say what it allocates with
    "tasks_left",  # says that a task is alive after stop
    "bad_exit",  # stops in good order and exits with status 7
)


class FaultyWorker(SelectorsWorker):
    """Breaks the one promise that `fault` names; None: keeps all."""

    def __init__(self, runtime: str, fault: str | None) -> None:
        super().__init__(runtime)
        self.fault = fault
        self.declared: Message = {}
        self.notes: Path | None = None

    def run(self) -> int:
        if self.fault == "hang_at_hello":
            time.sleep(600)
        status = super().run()
        if self.fault == "stays":
            time.sleep(600)
        ends_badly = ("bad_exit", "limit_and_failure")
        return 7 if self.fault in ends_badly else status

    def hello(self) -> Message:
        message = super().hello() | self.declared
        if self.fault == "wrong_runtime":
            message["runtime"] = "somebody_else"
        if self.fault == "wrong_pid":
            message["pid"] += 1
        if self.fault == "loop_in_numbers":
            message["loop"] = 5
        if self.fault == "early_declared":
            message["early_by_at_most_ns"] = 2_000_000
        return message

    def say(self, **message: Any) -> None:
        if message["type"] == "ready" and self.fault == "wrong_echo":
            count = "tasks" if "tasks" in message["echoed"] else "connections"
            message["echoed"][count] -= 1
        if message["type"] == "ready" and self.fault == "strange_echo":
            message["echoed"] = {"tasks": "many", "surprise": 1}
        if message["type"] == "ready" and self.fault == "wrong_condition":
            message["conditions"]["buffer_bytes"] = 77
        if message["type"] == "ready" and self.fault == "untold_allocator":
            del message["conditions"]["allocator"]
        if message["type"] == "limit" and self.fault == "limit_of_another_name":
            message["limit"] = "planted"
        super().say(**message)
        if message["type"] == "phase" and self.fault == "settled_ahead":
            self.say(type="settled")

    def obey(self, message: Message) -> None:
        if self.fault == "knows_all" and "of_tomorrow" in message:
            raise SystemExit(1)
        super().obey(message)

    def check_cell(self) -> None:
        if self.fault != "takes_any_cell":
            super().check_cell()

    def serves(self, buffer: str) -> bool:
        return self.fault == "takes_any_buffer" or super().serves(buffer)

    def conditions(self) -> Message:
        found = super().conditions()
        if self.fault == "takes_any_buffer":
            found["buffer"] = "lent"
        return found

    def hang_up_all(self) -> None:
        if self.fault != "peers_left":
            super().hang_up_all()

    def hang_up(self, peer: socket.socket) -> None:
        if self.fault == "resets":
            at_once = struct.pack("ii", 1, 0)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        super().hang_up(peer)

    def on_prepare(self, message: Message) -> None:
        if self.fault == "slow":
            time.sleep(6)
        if self.fault == "large_start":
            del bytearray(b"x" * (100 << 20))[:]
        if self.fault == "limit":
            self.say(type="limit", limit="planted limit", value=1, needed=2, message="planted")
            self.stopped = True
            return
        if self.fault == "error":
            self.say(type="error", message="planted error")
            raise SystemExit(1)
        super().on_prepare(message)

    def on_settle(self, message: Message) -> None:
        if self.notes:
            with self.notes.open("a", encoding="ascii") as file:
                file.write("settle\n")
        if self.fault != "settle_unheard":
            super().on_settle(message)

    def on_start(self, message: Message) -> None:
        super().on_start(message)
        if self.fault == "settled_unasked":
            self.say(type="settled")
        if self.fault == "hang":
            time.sleep(600)
        if self.fault == "nonsense":
            os.write(1, b"Segmentation fault (not really)\n")
        if self.fault == "unasked":
            self.say(type="applause")
        if self.fault == "exit":
            print("planted: I am leaving", file=sys.stderr, flush=True)
            raise SystemExit(3)

    def on_phase(self, message: Message) -> None:
        if self.fault == "slow" and self.spawned == 0:
            time.sleep(6)
        if self.fault == "late_spawn" and self.spawned == 0:
            time.sleep((message["epoch_ns"] - time.monotonic_ns()) / 1e9 + 0.1)
        super().on_phase(message)

    def counts(self) -> Message:
        found = super().counts()
        if found["lateness"] is not None:
            found["lateness"] = self.lateness_told()
        wrong = self.fault == "counted_error" or (self.fault == "late_error" and self.stopped)
        if wrong:
            found |= {"errors": 1, "first_error": "planted error"}
        if self.fault == "fires_from_epoch" and found["fire_ns"] is not None:
            found["fire_ns"] += self.cell["window_ns"]
        if self.fault == "lost_bytes" and self.bytes:
            found["bytes"] -= 1
        if self.fault == "tasks_left" and self.stopped:
            found["live_tasks"] += 1
        return found

    def lateness_told(self) -> Message:
        samples = self.lateness[1:] if self.fault == "missing_sample" else list(self.lateness)
        if samples and self.fault in ("early", "early_declared"):
            samples[0] = -2_000_000
        if samples and self.fault == "overflow":
            return histogram(samples[1:]) | {"overflow": 1}
        told = histogram(samples)
        if self.fault == "unknown_figure":
            told["p95"] = told["p90"]
        if self.fault == "missing_figure":
            del told["p90"]
        return told

    def spawn(self, index: int) -> None:
        forgets = self.fault in ("lost_timer", "never_wakes", "never_wakes_and_spins")
        if not forgets or index != 0:
            super().spawn(index)
        elif self.fault == "never_wakes_and_spins":
            always_readable, other = os.pipe()
            os.write(other, b"!")
            self.selector.register(always_readable, selectors.EVENT_READ, lambda: None)

    def live_tasks(self) -> int:
        waits_for_ever = str(self.fault).startswith("never_wakes") and self.spawned > 0
        return super().live_tasks() + waits_for_ever

    def cancelled(self, index: int, turn: int) -> None:
        if self.fault != "lost_timer" or index != 0:
            super().cancelled(index, turn)

    def done(self, index: int, turn: int, value: int) -> None:
        if self.fault == "crash" and self.units == 49:
            self.crash()
        super().done(index, turn, value + (1 if self.fault == "wrong_checksum" else 0))

    def finished(self, now_ns: int) -> Message:
        lies: dict[str | None, Callable[[], Message]] = {
            "finished_at_zero": lambda: {"t_ns": 0},
            "finished_by_wall_clock": lambda: {"t_ns": time.time_ns()},
            "finished_in_words": lambda: {"t_ns": "now"},
            "finished_in_parts": lambda: {"t_ns": now_ns + 0.5},
            "finished_untold": dict,
        }
        lie = lies.get(self.fault)
        return lie() if lie else super().finished(now_ns)

    def take(self, peer: socket.socket) -> bool:
        if self.fault == "crash_at_accept" and self.connections == 10:
            self.crash()
        if self.fault == "limit_at_accept" and self.connections == 10:
            self.hang_up_and_name_a_limit(peer)
            return False
        return super().take(peer)

    def hang_up_and_name_a_limit(self, newest: socket.socket) -> None:
        newest.close()
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        time.sleep(0.2)  # as a worker with many tasks to end
        self.say(type="limit", limit="planted limit", value=10, needed=11, message="planted")
        self.stopped = True

    def received(self, chunk: bytes) -> bytes:
        chunk = super().received(chunk)
        if self.fault == "crash" and self.units == 50:
            self.crash()
        if self.fault == "wrong_byte" and self.units == 50:
            chunk = bytes([chunk[0] ^ 1]) + chunk[1:]
        return chunk

    def crash(self) -> None:
        print("planted: about to crash", file=sys.stderr, flush=True)
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", default="plain_python")
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--buffer", default="lent", help="the one that it serves")
    parser.add_argument("--hello", type=json.loads, default={}, help="what hello says beside")
    parser.add_argument("--notes", type=Path, help="a line whenever it settles")
    arguments = parser.parse_args()
    if arguments.fault != "dies_of_sigint":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = FaultyWorker(arguments.runtime, arguments.fault)
    worker.buffers = (arguments.buffer,)
    worker.declared = arguments.hello
    worker.notes = arguments.notes
    return worker.run()


if __name__ == "__main__":
    sys.exit(main())
