#!/usr/bin/env python3
"""Passes packets on between the TUN devices `wire` of two network namespaces:
`relay.py NAMESPACE NAMESPACE DELAY_MS LOSS`. Each packet is held back for DELAY_MS, and a share
LOSS of them, drawn from one seed, is dropped. Says `ready` once both devices are open."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time
from pathlib import Path

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST_PACKET = 65536


def enter(namespace: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{namespace}").open("rb") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


def wire_of(namespace: str) -> int:
    """The end of its device that whoever opens it has: what the host sends is read here."""
    enter(namespace)
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
    return descriptor


def pass_on(ends: tuple[int, int], delay_s: float, loss: float) -> None:
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    drawn = random.Random(1)
    waiting: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        left_s = max(waiting[0][0] - time.monotonic(), 0.0) if waiting else None
        for end in select.select(ends, [], [], left_s)[0]:
            packet = os.read(end, LARGEST_PACKET)
            if drawn.random() < loss:
                continue
            number += 1  # of two that are due at one time the first goes first
            heapq.heappush(waiting, (time.monotonic() + delay_s, number, other[end], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            *_, end, packet = heapq.heappop(waiting)
            os.write(end, packet)


def main() -> None:
    server, client, delay_ms, loss = sys.argv[1:]
    ends = (wire_of(server), wire_of(client))
    # Beside the worker: the load generator leaves nobody else time on its CPU.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with contextlib.suppress(PermissionError):  # else whoever else runs there is in the delay
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    print("ready", flush=True)
    pass_on(ends, float(delay_ms) / 1000, float(loss))


if __name__ == "__main__":
    main()
