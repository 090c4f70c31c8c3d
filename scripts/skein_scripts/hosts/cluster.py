"""A cluster of Dask workers that somebody else has started: connecting to it, and which of its
workers are hosts that can be measured. Dask is imported only here, since it is an extra.

Whoever reaches a scheduler can run any code on all of its workers (arguments are unpickled), so off
this machine only tls:// is spoken. Leaves out what hosts are told to do (engine.py)."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import logging
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..base.errors import UsageError
from . import on_host

RESOURCE = "SKEIN"  # of which a worker has 1: one session at a time
_CONNECT_S = 10.0
_ANSWER_S = 90.0
_INSTALL = "install scripts/requirements-cluster.txt into .venv, and the same on every host"
_CERTIFICATES = (
    "name the certificates in DASK_DISTRIBUTED__COMM__TLS__CA_FILE,"
    " DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY"
)
_START = (
    "start each worker with DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False and"
    f" --nthreads 1 --resources {RESOURCE}=1"
)


@dataclass(frozen=True)
class ClusterHost:
    """A worker on a host of its own."""

    address: str
    name: str
    boot: str


class ByValue:
    """A function of on_host.py that reaches a host as it stands, where none of our modules is."""

    def __init__(self, function: Callable[..., object]) -> None:
        import cloudpickle

        cloudpickle.register_pickle_by_value(on_host)
        self._text = cloudpickle.dumps(function)

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return pickle.loads, (self._text,)

    def __call__(self, *_arguments: object) -> NoReturn:
        raise AssertionError("it is called on a host")


def check_address(address: str) -> None:
    """Raises UsageError for what is no address, or lets strangers in."""
    scheme, separator, rest = address.partition("://")
    if not separator or scheme not in ("tls", "tcp"):
        raise UsageError(f"--cluster {address}: write it like tls://scheduler:8786")
    if scheme == "tcp" and not _is_here(rest):
        raise UsageError(
            f"--cluster {address}: whoever reaches it can run programs on its hosts, so off this"
            " machine only tls:// is spoken: start scheduler and workers with --tls-ca-file,"
            " --tls-cert and --tls-key"
        )


def _is_here(place: str) -> bool:
    name = place.rpartition(":")[0] or place
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def connect(address: str, hosts: int) -> Any:
    """A client, when so many workers are there or none has come for a while. Raises UsageError
    where there is no Dask, or nobody answers."""
    check_address(address)
    try:
        import dask.config
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UsageError(f"--cluster needs Dask ({error.name} is missing): {_INSTALL}") from error
    if address.startswith("tls:") and not dask.config.get("distributed.comm.tls.ca-file"):
        raise UsageError(f"{address} needs certificates: {_CERTIFICATES}")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said by us
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TypeError, ValueError) as error:
        why = str(error).split("\n", 1)[0]
        raise UsageError(
            f"no scheduler answers at {address} ({why}); start one with 'dask scheduler', and for"
            f" tls:// {_CERTIFICATES}"
        ) from error
    with contextlib.suppress(TimeoutError):  # whoever counts them says what is missing
        client.wait_for_workers(hosts, timeout=_CONNECT_S)
    return client


def workers_of(client: Any) -> dict[str, Any]:
    """What the scheduler knows of each worker, by address. Raises OSError or TimeoutError where it
    is gone. It is asked itself: client.scheduler_info() answers from a copy, which the client
    refreshes without any workers every few seconds."""
    if client.scheduler is None or client.status not in ("running", "connecting"):
        raise ConnectionError("it does not answer")
    asked = client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=_ANSWER_S)
    found: dict[str, Any] = asked["workers"]
    return found


def ask(
    client: Any, workers: Sequence[str], function: Callable[..., object], *arguments: object
) -> dict[str, Any]:
    """What a function of on_host.py returns at once on each of the workers, by address, or the
    exception it ends with. Raises TimeoutError where one is there and says nothing, as if it were
    stopped."""
    answers: list[dict[str, Any]] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            answers.append(
                client.run(ByValue(function), *arguments, workers=list(workers), on_error="return")
            )
        except Exception as error:  # whatever it is, the caller is told
            failures.append(error)

    if not workers:
        return {}
    # client.run() has no time limit of its own.
    asking = threading.Thread(target=run, daemon=True)
    asking.start()
    asking.join(_ANSWER_S)
    if failures:
        raise failures[0]
    if not answers:
        raise TimeoutError(
            f"no answer within {_ANSWER_S:.0f} s from the workers {', '.join(workers)}: look"
            " whether each runs, and start it again"
        )
    return answers[0]


def submit(
    client: Any,
    host: ClusterHost,
    function: Callable[..., object],
    argument: object,
    key: str | None = None,
) -> Any:
    """A task that runs a function of on_host.py on this host alone, and nothing beside it."""
    return client.submit(
        ByValue(function),
        argument,
        key=key,
        workers=[host.address],
        allow_other_workers=False,
        resources={RESOURCE: 1},
        pure=False,
    )


def hosts_in(client: Any, skein: str, addresses: Sequence[str] | None = None) -> list[ClusterHost]:
    """The hosts that can be measured, by name. Raises UsageError where a worker is not fit."""
    workers = workers_of(client)
    chosen = list(workers if addresses is None else addresses)
    for address in chosen:
        check_address(address)  # before anything of theirs is unpickled
    answers = ask(client, chosen, on_host.facts, skein)
    hosts: dict[str, ClusterHost] = {}
    for address, facts in answers.items():
        if isinstance(facts, OSError):  # it has just gone
            continue
        if isinstance(facts, Exception):
            raise UsageError(f"the worker {address} cannot be asked ({facts!r}): {_INSTALL}")
        info = workers.get(address, {})
        name = _name_of(info, facts)
        _check_worker(name, info, facts, skein)
        known = hosts.setdefault(facts["boot"], ClusterHost(address, name, facts["boot"]))
        if known.address != address:
            raise UsageError(
                f"the workers '{known.name}' and '{name}' are on one machine: start one on each"
                " host, which measures by itself"
            )
    by_name = sorted(hosts.values(), key=lambda host: host.name)
    for one, other in itertools.pairwise(by_name):
        if one.name == other.name:
            raise UsageError(
                f"two workers are called '{one.name}', {one.address} and {other.address}: start"
                " each with a --name of its own"
            )
    return by_name


def _name_of(info: dict[str, Any], facts: dict[str, Any]) -> str:
    """The worker's name, if somebody gave it one; else the machine's."""
    name = str(info.get("name", ""))
    return facts["node"] if not name or "://" in name else "-".join(name.split())


def _check_worker(name: str, info: dict[str, Any], facts: dict[str, Any], skein: str) -> None:
    import distributed

    mine = [list(sys.version_info[:2]), distributed.__version__]
    if [facts["python"], facts["distributed"]] != mine:
        python = ".".join(map(str, facts["python"]))
        raise UsageError(
            f"host '{name}' has Python {python} and distributed {facts['distributed']}, here are"
            f" {'.'.join(map(str, sys.version_info[:2]))} and {distributed.__version__}: {_INSTALL}"
        )
    if info.get("resources", {}).get(RESOURCE) != 1 or info.get("nthreads") != 1:
        raise UsageError(f"host '{name}' may run other tasks beside a session: {_START}")
    if facts["is_profiled"]:
        raise UsageError(f"the profiler of host '{name}' wakes every 10 ms: {_START}")
    for what, is_there in (("binary", "has_skein"), ("checkout around it", "has_scripts")):
        if not facts[is_there]:
            raise UsageError(
                f"host '{name}' has no {what} at {skein}: build it there, in a checkout of this"
                " commit, or name another --remote-skein"
            )


def descriptions(
    client: Any, hosts: Sequence[ClusterHost], skein: str, cpu_options: Sequence[str]
) -> dict[str, str]:
    """What the binary says of each host, by name: the line of a session. Raises UsageError."""
    futures = {
        host.name: submit(client, host, on_host.describe, [skein, "session", *cpu_options])
        for host in hosts
    }
    found = {}
    for name, future in futures.items():
        try:
            found[name] = str(future.result(timeout=_ANSWER_S))
        except TimeoutError as error:
            raise UsageError(
                f"host '{name}' does not answer within {_ANSWER_S:.0f} s: another session may be"
                " measuring there; wait for its end"
            ) from error
        if found[name].startswith("!"):
            raise UsageError(f"'{skein} session' fails on host '{name}': {found[name][1:].strip()}")
    return found
