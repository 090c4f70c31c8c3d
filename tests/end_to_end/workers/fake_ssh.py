#!/usr/bin/env python3
"""Stands in for an ssh client: `fake_ssh.py FAULT COMMAND...` runs the command with a fault of the
client or of the other end, so that the tests can see that the conductor notices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

FAULTS = (
    "none",
    "other_end",  # none, and the command is a child, as on another host
    "banner",  # prints a word of its own first
    "refused",  # cannot connect: a word on stderr, and the status that ssh has for it
    "stall",  # never gets through
    "old_build",  # the other end is of another version
    "other_commit",  # the other end is of another commit
    "other_file",  # the other end is another program of the same commit
    "witness",  # none, and notes in the file $WITNESS who connects when (below)
    "deaf",  # goes silent, both ways, when the load begins: the network is lost
)


def note(word: str) -> None:
    with Path(os.environ["WITNESS"]).open("a", encoding="utf-8") as file:
        file.write(word + "\n")


def note_connected() -> None:
    """Once as many as $TOGETHER have been told to connect, or after a while."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        noted = Path(os.environ["WITNESS"]).read_text(encoding="utf-8").split()
        if noted.count("connect") >= int(os.environ["TOGETHER"]):
            break
        time.sleep(0.01)
    note("connected")


def pass_commands_on(to: IO[bytes], deaf: threading.Event, fault: str) -> None:
    """What the conductor says, to its end."""
    while chunk := os.read(0, 65536):
        if fault == "witness" and b'"connect"' in chunk:
            note("connect")
        if not deaf.is_set():
            to.write(chunk)
            to.flush()
    if not deaf.is_set():
        to.close()


def changed(line: bytes, fault: str) -> bytes:
    message = json.loads(line)
    if message["type"] == "hello" and fault == "old_build":
        message["version"] = "0.0.1"
    if message["type"] == "hello" and fault == "other_commit":
        message["commit"] = "4711" * 10
    if message["type"] == "identity" and fault == "other_file":
        message["binary_sha256"] = "0" * 64
    return json.dumps(message).encode() + b"\n"


def relay(fault: str, command: list[str]) -> int:
    """The command as a child, each line of its answers looked at."""
    deaf = threading.Event()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        there = (child.stdin, deaf, fault)
        threading.Thread(target=pass_commands_on, args=there, daemon=True).start()
        for line in child.stdout:
            if fault == "witness" and b'"connected"' in line:
                note_connected()
            os.write(1, changed(line, fault))
            if fault == "deaf" and b'"window_begin"' in line:
                deaf.set()
                time.sleep(3600)
        return child.wait()


def main() -> int:
    fault, *command = sys.argv[1:]
    assert fault in FAULTS
    if fault == "refused":
        print("ssh: connect to host b port 22: Connection refused", file=sys.stderr)
        return 255
    if fault == "stall":
        time.sleep(3600)
    if fault in ("none", "banner"):
        if fault == "banner":
            os.write(1, b"Welcome to host b\n")
        os.execvp(command[0], command)
    return relay(fault, command)


if __name__ == "__main__":
    sys.exit(main())
