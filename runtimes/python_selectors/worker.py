#!/usr/bin/env python3
"""Both workloads on one `selectors` loop of Python, as callbacks: the example of a worker in
another language. Slow, for a loop in Python is."""

from __future__ import annotations

import heapq
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared" / "python"))

from skein_worker.conversation import Worker


class SelectorsWorker(Worker):
    """The control channel, the sockets and a heap of timers on one selector."""

    loop = "selectors"
    timer_source = "select timeout"

    def __init__(self, runtime: str) -> None:
        super().__init__(runtime)
        self.selector = selectors.DefaultSelector()
        self.listener: socket.socket | None = None
        self.connections = 0
        self.sleepers: list[tuple[int, int, int]] = []  # due, task, turn

    def run(self) -> int:
        """The whole conversation; the exit status."""
        self.say(**self.hello())
        self.selector.register(0, selectors.EVENT_READ, self.read_commands)
        while not self.stopped:
            timeout = None
            if self.sleepers:
                timeout = max(0.0, (self.sleepers[0][0] - time.monotonic_ns()) / 1e9)
            for key, _ in self.selector.select(timeout):
                key.data()
            self.fire_due()
        return 0

    def fire_due(self) -> None:
        """Fires all timers whose time has come."""
        while self.sleepers and self.sleepers[0][0] <= (now_ns := time.monotonic_ns()):
            self.fired(now_ns, *heapq.heappop(self.sleepers))

    def arm_at(self, due_ns: int, index: int, turn: int) -> None:
        heapq.heappush(self.sleepers, (due_ns, index, turn))

    def disarm_all(self) -> None:
        self.sleepers.clear()

    def live_connections(self) -> int:
        return self.connections

    def live_tasks(self) -> int:
        return len(self.sleepers) + self.connections

    def listen(self) -> int:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setblocking(False)
        return int(self.listener.getsockname()[1])

    def begin_serving(self) -> None:
        assert self.listener is not None
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def hang_up_all(self) -> None:
        """The listener, and whoever is still there."""
        for key in list(self.selector.get_map().values()):
            if key.fileobj is self.listener:
                self.selector.unregister(key.fileobj)
                self.listener.close()
            elif isinstance(key.fileobj, socket.socket):
                self.hang_up(key.fileobj)

    def accept(self) -> None:
        """Takes all connections that wait."""
        assert self.listener is not None
        while True:
            try:
                peer, _ = self.listener.accept()
            except BlockingIOError:
                return
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            if not self.take(peer):
                return

    def take(self, peer: socket.socket) -> bool:
        """Serves a connection; whether more are to be accepted."""
        self.selector.register(peer, selectors.EVENT_READ, lambda: self.echo(peer))
        return True

    def echo(self, peer: socket.socket) -> None:
        """Sends back what has come."""
        try:
            chunk = peer.recv(self.cell["buffer_bytes"])
        except (BlockingIOError, ConnectionResetError):
            chunk = b""
        if not chunk:
            self.hang_up(peer)
            return
        if rest := self.send(peer, self.received(chunk)):
            self.selector.modify(peer, selectors.EVENT_WRITE, lambda: self.go_on(peer, rest))

    def received(self, chunk: bytes) -> bytes:
        """Counts a chunk; what is to be sent back for it."""
        self.units += 1
        self.bytes += len(chunk)
        return chunk

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
        """The peer is gone."""
        self.selector.unregister(peer)
        peer.close()
        self.connections -= 1


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor says when it is over
    sys.exit(SelectorsWorker("python_selectors").run())
