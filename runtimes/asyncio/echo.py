"""Workload c10k: an echo server of protocols, one for each way to own a read buffer."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from functools import cached_property
from typing import ClassVar, cast

from skein_worker.listener import backlog, listening_socket
from skein_worker.tasks import TaskWorker

LAST_BYTES_S = 1.0


class Peer(asyncio.BaseProtocol):
    """A connection. While a peer is slow, nothing is read from it."""

    __slots__ = ("transport",)
    worker: ClassVar[TaskWorker]
    buffer_bytes: ClassVar[int]
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's only behaves like one
        self.worker.connections += 1

    def connection_lost(self, error: Exception | None) -> None:
        self.worker.connections -= 1
        if error is not None and not isinstance(error, ConnectionError):
            self.worker.failed(repr(error))  # a reset is no error

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def echo(self, data: bytes | bytearray) -> None:
        self.worker.units += 1
        self.worker.bytes += len(data)
        self.transport.write(data)


class RuntimePeer(Peer, asyncio.Protocol):
    """The loop decides what it reads into."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        self.echo(data)


class BufferedPeer(Peer, asyncio.BufferedProtocol):
    """The loop reads into `buffer`."""

    __slots__ = ()
    buffer: bytearray

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.echo(self.buffer[:nbytes])


class LentPeer(BufferedPeer):
    """One buffer for all, an attribute of the class."""

    __slots__ = ()


class OwnPeer(BufferedPeer):
    """A buffer for each."""

    __slots__ = ("buffer",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.buffer = bytearray(self.buffer_bytes)


PEERS: dict[str, type[Peer]] = {"lent": LentPeer, "own": OwnPeer, "runtime": RuntimePeer}


class Echo:
    """The server."""

    def __init__(self, worker: TaskWorker) -> None:
        self.worker = worker
        self.server: asyncio.Server | None = None

    @cached_property
    def socket(self) -> socket.socket:
        return listening_socket()

    async def serve(self) -> None:
        """Accepts from now on."""
        cell = self.worker.cell
        peer = PEERS[cell["buffer"]]
        Peer.worker, Peer.buffer_bytes = self.worker, cell["buffer_bytes"]
        LentPeer.buffer = bytearray(cell["buffer_bytes"])
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(peer, sock=self.socket, backlog=backlog())

    def unsent_bytes(self) -> int:
        """What was written and the kernel has not taken yet: it is no echo so far."""
        if self.worker.bytes == 0:
            return 0
        return sum(peer.transport.get_write_buffer_size() for peer in self.peers())

    async def hang_up(self) -> None:
        """Stops listening and closes all connections. What was written to them still goes out, but
        is not waited for for ever."""
        if self.server is None:
            return
        self.server.close()
        for peer in self.peers():
            peer.transport.close()
        end = time.monotonic() + LAST_BYTES_S
        while self.worker.connections > 0:
            await asyncio.sleep(0.01)
            if time.monotonic() > end:
                for peer in self.peers():
                    peer.transport.abort()

    def peers(self) -> list[Peer]:
        """Python is asked for them when they are needed: a list of our own would be memory of each
        connection."""
        kind = PEERS[self.worker.cell["buffer"]]
        made = (each for each in gc.get_objects() if type(each) is kind)
        return [each for each in made if hasattr(each, "transport")]
