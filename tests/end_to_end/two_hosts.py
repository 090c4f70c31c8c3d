"""Two hosts on one machine: network namespaces, and a wire between them. The wire is a pair of
Ethernet devices, or a relay in user space (workers/relay.py) that delays and loses packets, since
not every kernel has netem. Needs root and iproute2; where they are missing tests are skipped."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Call

RELAY = Path(__file__).parent / "workers" / "relay.py"
SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
CLIENTS = 4


def ip(*words: str) -> None:
    """One call of ip(8). Raises CalledProcessError."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30)


@dataclass(frozen=True)
class TwoHosts:
    """The names of the namespaces: the worker is in the first, the load generator in the second."""

    server: str
    client: str

    def words(self, generators: int = 1) -> list[str]:
        """Options for a load from the second host."""
        last = CLIENT.rpartition(".")[0] + f".{2 + CLIENTS - 1}"
        generator = f"ip netns exec {self.client} {skein.SKEIN} generator"
        each = ["--generator-command", generator, "--generator-addresses", f"{CLIENT}-{last}"]
        return ["--listen", SERVER, "--network", "lab", *(each * generators)]

    def command(self, *words: str) -> list[str]:
        """skein on the first host."""
        return ["ip", "netns", "exec", self.server, str(skein.SKEIN), *words]

    def call(self, *words: str) -> Call:
        """A call of it, to its end."""
        done = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=skein.CALL_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Call(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A call that is still running; ip has become skein, so its pid is skein's."""
        return subprocess.Popen(
            self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@contextlib.contextmanager
def _namespaces() -> Iterator[TwoHosts]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("two hosts on one machine need root, and ip of iproute2")
    hosts = TwoHosts(f"skein-{os.getpid()}-server", f"skein-{os.getpid()}-client")
    made = []
    try:
        for name in (hosts.server, hosts.client):
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"no network namespace is to be had: {error.stderr.strip()}")
            made.append(name)
            ip("-n", name, "link", "set", "lo", "up")
        yield hosts
    finally:
        for name in made:
            ip("netns", "del", name)


def _address(hosts: TwoHosts, server_device: str, client_device: str) -> None:
    ip("-n", hosts.server, "addr", "add", f"{SERVER}/24", "dev", server_device)
    for number in range(CLIENTS):
        address = CLIENT.rpartition(".")[0] + f".{2 + number}/24"
        ip("-n", hosts.client, "addr", "add", address, "dev", client_device)
    ip("-n", hosts.server, "link", "set", server_device, "up")
    ip("-n", hosts.client, "link", "set", client_device, "up")


@contextlib.contextmanager
def ethernet() -> Iterator[TwoHosts]:
    """Two hosts with devices `wire` at both ends of one wire."""
    with _namespaces() as hosts:
        far = ("peer", "name", "wire", "netns", hosts.client)
        try:
            ip("link", "add", "wire", "netns", hosts.server, "type", "veth", *far)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no pair of Ethernet devices is to be had: {error.stderr.strip()}")
        _address(hosts, "wire", "wire")
        yield hosts


@contextlib.contextmanager
def relayed() -> Iterator[TwoHosts]:
    """Two hosts whose devices `wire` lead to whoever opens them: a relay."""
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun")
    with _namespaces() as hosts:
        for name in (hosts.server, hosts.client):
            try:
                ip("-n", name, "tuntap", "add", "dev", "wire", "mode", "tun")
            except subprocess.CalledProcessError as error:
                pytest.skip(f"no TUN device is to be had: {error.stderr.strip()}")
        _address(hosts, "wire", "wire")
        yield hosts


@contextlib.contextmanager
def relay(hosts: TwoHosts, delay_ms: float = 0.0, loss: float = 0.0) -> Iterator[None]:
    """Passes packets on for as long as this lasts: each after this delay, but for a share that is
    lost."""
    words = [hosts.server, hosts.client, str(delay_ms), str(loss)]
    command = [sys.executable, str(RELAY), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()
