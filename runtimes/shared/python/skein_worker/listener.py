"""The listening socket of a worker, and the descriptors that its connections need."""

from __future__ import annotations

import resource
import socket
import struct
from pathlib import Path

from .conversation import Message, Worker

OTHER_DESCRIPTORS = 64  # the channel, the listener, and what Python itself has open


def backlog() -> int:
    """As large as the system allows."""
    return int(Path("/proc/sys/net/core/somaxconn").read_text(encoding="ascii"))


def listening_socket() -> socket.socket:
    """On a loopback port of the kernel's choosing. Connections inherit TCP_NODELAY: asyncio sets it
    only where a socket names its protocol, and what `accept` of this one returns does not."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=backlog())
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def in_force(listener: socket.socket) -> Message:
    """The field `listener` of a worker's conditions."""
    linger = listener.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    is_on, seconds = struct.unpack("ii", linger)
    return {
        "tcp_nodelay": bool(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)),
        "linger": bool(is_on),
        "linger_s": seconds if is_on else None,
        "send_buffer_bytes": listener.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF),
        "receive_buffer_bytes": listener.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
        "backlog": backlog(),
    }


def require_descriptors(worker: Worker, connections: int) -> None:
    """Takes all that the process may have. A limit, and the end, where that is not enough."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    needed = connections + OTHER_DESCRIPTORS
    if most == resource.RLIM_INFINITY or needed <= most:
        return
    words = f"{needed} descriptors are needed, and the limit is {most}; raise it with ulimit -n"
    worker.say(type="limit", limit="RLIMIT_NOFILE", value=most, needed=needed, message=words)
    raise SystemExit(0)
