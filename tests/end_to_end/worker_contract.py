"""The contract of a worker, harness/PROTOCOL.md, clause by clause, as a conductor and a client see
it that are not ours. A clause is a function that raises BrokenError where a worker breaks it. It is
run over every worker there is, and over the liars that it must catch (test_worker_contract.py).

Leaves out what takes a whole run to see, but for `measures`, which has the real conductor judge.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable

import skein_binary as skein
from worker_talk import (
    BUFFERS,
    END_S,
    PEERS,
    READY_S,
    BrokenError,
    LackingError,
    Message,
    Subject,
    Talk,
    buffers_of,
    cell_of,
    require,
    serving,
    sleeping,
    talk_with,
    workloads,
)

from skein_scripts.records.runtime_rules import OURS

# Beside timers: those in which tasks wait for each other, and the one in which one computes.
OF_TASKS = tuple(
    name for name, each in workloads().items() if each.run == "tasks" and name != "timers"
)
SHAPES_OF_TASKS = [(name, shape) for name in OF_TASKS for shape in workloads()[name].shapes]
STYLES = ("direct", "coroutine", "callback", "poll", "none")
TRAITS = ("growing_stacks", "settles", "warms_up")
SIZES = (1, 1023, 1024, 1025, 16_384, 16_385, 65_536, 262_144)
LARGE = (3 << 20) + 7
LITTLE_ROOM = 4096
AT_ONCE = 8

# --- clauses: the conversation ---


def says_hello(of: Subject) -> None:
    """At once: who it is, in words and types that the protocol has."""
    with talk_with(of) as talk:
        hello = talk.hear()
        require(hello["type"] == "hello", f"its first word is {hello['type']}")
        require(hello.get("protocol") == 1, f"it speaks protocol {hello.get('protocol')}")
        require(hello.get("runtime") == of.id, f"it is {hello.get('runtime')}, not {of.id}")
        pid = hello.get("pid")
        require(pid == talk.process.pid, f"it is process {pid}, and not the one that was started")
        require(hello.get("style") in STYLES, f"its style is {hello.get('style')}")
        for name in TRAITS:
            require(hello.get(name) in (None, True, False), f"{name} is {hello.get(name)}")


def ignores_what_it_does_not_know(of: Subject) -> None:
    """Fields that a later version may have."""
    with talk_with(of) as talk:
        cell = cell_of("timers", talk.hear())
        heard = talk.prepare(cell, of_tomorrow=[1])
        require(heard["type"] == "ready", f"it is not ready, but {heard}")
        require(heard["echoed"]["tasks"] == cell["tasks"], f"it is set up for {heard['echoed']}")
        talk.ask("started", type="start", of_tomorrow=True)
        talk.ask("stats", type="stats", of_tomorrow={})


def leaves_sigint_to_the_conductor(of: Subject) -> None:
    """Ctrl-C at a terminal may reach it."""
    with talk_with(of) as talk:
        require(talk.prepare(cell_of("timers", talk.hear()))["type"] == "ready", "it is not ready")
        talk.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        talk.ask("started", type="start")


def settles_when_asked(of: Subject) -> None:
    """With no task, with sleeping ones, and as often as it is asked; one that does not say that it
    settles is never asked."""
    with talk_with(of) as talk:
        if not talk.hear().get("settles"):
            return
    with sleeping(of) as talk:
        for _ in range(2):
            talk.ask("settled", type="settle")
        stats = talk.ask("stats", type="stats")
        require(stats["live_tasks"] > 0, "its sleeping tasks were garbage")


def refuses_a_cell_that_cannot_be(of: Subject) -> None:
    """An unknown workload or pattern, a missing field: no `ready`, and another status than 0."""

    def without_tasks(cell: Message) -> Message:
        return {name: value for name, value in cell.items() if name != "tasks"}

    bad: dict[str, Callable[[Message], Message]] = {
        "an unknown workload": lambda cell: cell | {"workload": "no_such_work"},
        "an unknown pattern": lambda cell: cell | {"pattern": "no_such_pattern"},
        "no number of tasks": without_tasks,
    }
    with talk_with(of) as talk:
        talk.prepare(cell_of("timers", talk.hear()))  # else it refuses whatever it is asked
    for what, change in bad.items():
        with talk_with(of) as talk:
            cell = change(cell_of("timers", talk.hear()))
            talk.say(type="prepare", workload=cell["workload"], cell=cell)
            line = talk.next_line(READY_S)
            said = json.loads(line) if line else {"type": "nothing"}
            require(said["type"] in ("error", "nothing"), f"{what}: it said {said['type']}")
            how = talk.ended(END_S)
            require(how != "status 0", f"{what}: it ended with {how}")


def names_a_buffer_that_it_does_not_have(of: Subject) -> None:
    """Each buffer is served, or is a limit of that name and status 0; one that nobody has is
    never served."""
    served = buffers_of(of)
    for word in BUFFERS:
        with talk_with(of) as talk:
            cell = cell_of("c10k", talk.hear(), buffer=word)
            talk.say(type="prepare", workload="c10k", cell=cell)
            said = talk.hear(READY_S)
            if word in served:
                in_force = (said.get("conditions") or {}).get("buffer")
                require(in_force in (None, word), f"asked for {word} it serves {in_force}")
            else:
                _check_limit(talk, said, "buffer")
    with talk_with(of) as talk:
        cell = cell_of("c10k", talk.hear(), buffer="no_such_buffer")
        talk.say(type="prepare", workload="c10k", cell=cell)
        said = talk.hear(READY_S)
        require(said["type"] in ("limit", "error"), "it serves a buffer that there is not")


def names_a_mutex_that_it_does_not_have(of: Subject) -> None:
    """One that blocks threads is taken, or is a limit and status 0, whatever the manifest says. A
    mutex that nobody has is an error."""
    if of.row and (why := dict(of.row.cannot).get("contention")):
        raise LackingError(why)
    for word in (*workloads()["contention"].shapes, "no_such_mutex"):
        with talk_with(of) as talk:
            cell = cell_of("contention", talk.hear(), across=word)
            talk.say(type="prepare", workload="contention", cell=cell)
            said = talk.hear(READY_S)
            if word == "no_such_mutex":
                require(said["type"] == "error", f"across {word} it said {said['type']}")
            elif word == "blocking" and said["type"] != "ready":
                _check_limit(talk, said, "runtime")


def _check_limit(talk: Talk, said: Message, name: str) -> None:
    require(said["type"] == "limit", f"it said {said['type']} in place of ready or limit")
    require(said.get("limit") == name, f"its limit is named {said.get('limit')}, not {name}")
    require(said.get("message"), "its limit has no message")
    how = talk.ended(END_S)
    require(how == "status 0", f"behind a limit it ended with {how}")


# --- clauses: ends ---


def stops_with_everything_torn_down(of: Subject) -> None:
    """Tasks that sleep and connections that are open do not keep it: nothing is alive, the peers
    see the end, and what had been sent back to them arrives."""
    with sleeping(of) as talk:
        _stop(talk)
    pattern = os.urandom(SIZES[-1])
    for buffer in buffers_of(of):
        with serving(of, buffer) as (talk, port):
            clients = [connect(port, LITTLE_ROOM) for _ in range(AT_ONCE)]
            clients[0].sendall(pattern)
            _await(talk, "bytes", len(pattern))
            _await(talk, "live_connections", AT_ONCE)
            _stop(talk)
            require(read_to_end(clients[0]) == pattern, "what it had sent was lost when it stopped")
            for client in clients[1:]:
                require(read_to_end(client) == b"", "a peer had bytes that it never sent")


def _stop(talk: Talk) -> Message:
    stopped = talk.ask("stopped", type="stop")
    alive = (stopped["live_tasks"], stopped["live_connections"])
    require(alive == (0, 0), f"it stopped with {alive[0]} tasks and {alive[1]} connections alive")
    require(stopped["errors"] == 0, f"it counted {stopped['errors']} errors")
    how = talk.ended(END_S)
    require(how == "status 0", f"it ended with {how}")
    return stopped


def _await(talk: Talk, name: str, wanted: int) -> None:
    end = time.monotonic() + END_S
    while (got := talk.ask("stats", type="stats")[name]) != wanted:
        require(time.monotonic() < end, f"{name} is {got} and stays, not {wanted}")
        time.sleep(0.02)


def ends_when_its_input_ends(of: Subject) -> None:
    """The conductor is gone: before a cell is known, when it is ready, and in the middle of it."""
    with talk_with(of) as talk:
        talk.hear()
        _end_input(talk)
    with talk_with(of) as talk:
        require(talk.prepare(cell_of("timers", talk.hear()))["type"] == "ready", "it is not ready")
        _end_input(talk)
    with sleeping(of) as talk:
        _end_input(talk)
    for buffer in buffers_of(of)[:1]:
        with serving(of, buffer) as (talk, port), connect(port, None) as client:
            client.sendall(b"x")
            require(client.recv(1) == b"x", "it does not echo")
            _end_input(talk)


def _end_input(talk: Talk) -> None:
    assert talk.process.stdin is not None
    talk.process.stdin.close()
    how = talk.ended(END_S)
    require(how.startswith("status"), f"its input ended, and it ended {how}")


def stops_before_its_tasks_begin(of: Subject) -> None:
    """In every shape of each workload beside timers that it does: all tasks are there, nothing is
    done before the epoch, and a stop before that ends them without counting any work."""
    lacking = LackingError("there is nothing that its tasks begin with")
    done = 0
    for workload, shape in SHAPES_OF_TASKS:
        if of.row and of.row.why_not(workload, shape):
            continue
        try:
            _stop_before_they_begin(of, workload, shape)
        except LackingError as limit:
            lacking = limit
        else:
            done += 1
    if not done:
        raise lacking


def _stop_before_they_begin(of: Subject, workload: str, shape: str) -> None:
    what = f"{workload} {shape}"
    with sleeping(of, workload, **{workloads()[workload].shape: shape}) as talk:
        time.sleep(0.1)
        stats = talk.ask("stats", type="stats")
        require(stats["live_tasks"] > 0, f"{what}: no task is there")
        require(stats["units"] == 0, f"{what}: it works before the epoch")
        stopped = _stop(talk)
        require(stopped["units"] == 0, f"{what}: it counts work that was not done")


# --- clauses: bytes ---


def connect(port: int, room: int | None) -> socket.socket:
    client = socket.socket()
    client.settimeout(30)
    if room:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    client.connect(("127.0.0.1", port))
    return client


def send_and_finish(client: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # read_to_end tells more
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)


def read_to_end(client: socket.socket) -> bytes:
    """All there is; a reset in place of an end breaks a clause."""
    try:
        with client:
            return b"".join(iter(lambda: client.recv(65_536), b""))
    except OSError as error:
        raise BrokenError(f"a peer saw no end: {error.strerror or error}") from None


def echoes_every_byte_and_then_the_end(of: Subject) -> None:
    """To clients that send, half-close and read, as `nc -N` does, some of them slowly."""
    pattern = os.urandom(LARGE)
    for buffer in buffers_of(of):
        with serving(of, buffer) as (talk, port):
            sizes = [SIZES[i % len(SIZES)] for i in range(PEERS)]
            for first in range(0, PEERS, AT_ONCE):
                _echo_batch(port, pattern, sizes[first : first + AT_ONCE], first // AT_ONCE)
            # More than all buffers on the way hold: read while it is being sent, and slowly.
            large = connect(port, LITTLE_ROOM)
            sending = threading.Thread(target=send_and_finish, args=(large, pattern))
            sending.start()
            came_back = read_to_end(large)
            sending.join()
            require(came_back == pattern, f"of {LARGE} bytes {len(came_back)} came back, or others")
            _await(talk, "bytes", sum(sizes) + LARGE)
            _await(talk, "live_connections", 0)
            _stop(talk)


def _echo_batch(port: int, pattern: bytes, sizes: list[int], number: int) -> None:
    rooms = [LITTLE_ROOM if (number + i) % 2 else None for i in range(len(sizes))]
    clients = [connect(port, room) for room in rooms]
    for client, size in zip(clients, sizes, strict=True):
        send_and_finish(client, pattern[:size])  # our own kernel takes it
    for client, size in zip(clients, sizes, strict=True):
        came_back = read_to_end(client)
        require(came_back == pattern[:size], f"of {size} bytes {len(came_back)} came back")


# --- a clause that the real conductor judges ---


def measures(of: Subject, workload: str, shape: str, *more: str) -> None:
    """A whole run under the real conductor: echo, conditions, checksum, bytes, the number of
    latenesses, what is left alive, status. A busy machine may make it invalid. One on which the
    call takes longer than CALL_TIMEOUT_S, or the worker longer than the conductor waits for an
    answer, breaks it as a worker does that hangs. `more` are further options."""
    declared = workloads()[workload]
    if of.row and (why := of.row.why_not(workload, shape)):
        raise LackingError(why)
    words = [f"--{declared.shape}", shape, "--size", "test", *more, *skein.IN_SESSION]
    if workload == "c10k":
        words += ["--buffer", buffers_of(of)[0]]
        words += ["--hold", "100ms"] if shape == "idle" else ["--memory", "off"]
    if workload == "hog":
        words += ["--memory", "off"]  # a timer is as large as in timers
    if shape == "blocking" and workload == "contention":
        words += ["--lock-timeout", "50ms"]
    try:
        done = skein.call("run", workload, *of.options, *words, "--json")
    except subprocess.TimeoutExpired as late:
        raise BrokenError(f"{workload} {shape} takes more than {late.timeout:.0f} s") from None
    run = json.loads(done.out)
    if run["status"] == "limit":
        raise LackingError(f"{run['limit']['name']}: {run['limit']['message']}")
    if (workload, shape) == ("contention", "blocking") and of.row and of.row.language == OURS:
        _check_deadlock(run)
        return
    require(run["status"] in ("ok", "invalid"), f"{run['status']}: {run['reasons']}")
    work = run["work"]
    require(work["checksum"] == work["expected_checksum"], "its checksum is not the oracle's")
    require(shape == "idle" or work["units"] > 0, "it did no work")
    if workload == "hog":
        _check_hog(run)
    if shape == "storm":  # all are due at the end of the window: the latest one ends the firing
        unexplained_ns = run["fire_ns"] - run["lateness"]["max"]
        require(unexplained_ns < run["cell"]["window_ns"] // 2, "fire_ns counts from the epoch")


def _check_deadlock(run: Message) -> None:
    """Behind our interface tasks share a thread, so a mutex that blocks it is never unlocked."""
    require(run["status"] == "failed", f"it blocks its thread, and ends as {run['status']}")
    require("deadlock: task " in run["failure"]["message"], f"no deadlock: {run['reasons']}")


def _check_hog(run: Message) -> None:
    """What its task that computes did, which no oracle judges."""
    cell, did = run["cell"], run.get("hog")
    require((did is None) == (cell["form"] == "none"), f"form {cell['form']}, its hog did {did}")
    if did:
        yields = (cell["work"] - 1) // cell["yield_every"] if cell["yield_every"] else 0
        require(did["yields"] == yields, f"its hog yielded {did['yields']} times, not {yields}")
        require(did["took_ns"] > 0, "its hog took no time")
