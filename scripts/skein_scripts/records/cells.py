"""What makes two runs runs of the same cell, and what the cell is called.

A cell is all that was asked for but the seed, the CPUs that its session pinned to, and the network
that its load came over. Its id names what differs most often; the rest is in the record's `cell`,
in the plan's settings, or, of a run made by hand, on its command line. Where two cells have one id,
each name says in what they differ: "c10k/fiber/100/fixed (duration=1s)". What a record does not say
(a run that crashed, a file from before a field was kept) differs from nothing.

Leaves out which runs of a cell count (slots.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ..base.units import duration_text
from ..base.visible import visible
from .shapes import Run, Session
from .workloads import measuring_settings

Facts = dict[str, str | None]  # None: not said
NameOf = Callable[[Run], str]

# The seed differs from round to round; the id has the workload and the runtime, which decides the
# style.
_NOT_ASKED = ("workload", "runtime", "style", "seed")
# Asked for, and in no field of `cell`. What is not set there has its usual value.
_ONLY_ON_COMMAND_LINES = ("worker_command",)
# The CPUs of the worker and of the load generator, in the session's environment.
PINNED = ("worker_cpus", "generator_cpus")
# The network that a load came over; loopback is the usual one.
NETWORK = "network"
# The hosts that it came from, where there is such a network.
GENERATOR_HOSTS = "generator_hosts"


def pins_of(session: Session) -> Facts:
    """Where a session pinned its processes; None of what a file does not say."""
    environment = session.get("environment") or {}
    return {name: _cpus_text(environment.get(name)) for name in PINNED}


def network_of(run: Run) -> str:
    """The name of the network that a run's load came over; empty of one over loopback, as of all
    files from before there was another."""
    network = run.get("network")
    return network["name"] if network else ""


def generator_hosts_of(run: Run) -> str | None:
    """The hosts that a run's load came from, by their environments; empty of one over loopback,
    None where the run ended before they were known."""
    network = run.get("network")
    if not network:
        return ""
    hosts = [each.get("environment_hash") or "" for each in network.get("generators", [])]
    return ",".join(each[:8] for each in hosts) if all(hosts) and hosts else None


def _cpus_text(cpus: object) -> str | None:
    if isinstance(cpus, list):
        return ",".join(map(str, cpus))
    return None if cpus is None else str(cpus)


class Asked:
    """Knows what was asked of the runs of some sessions."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self._settings: dict[tuple[str, str], Mapping[str, object]] = {}
        self._key_of_slot: dict[tuple[str, int, int], str] = {}
        self._command_lines: dict[str, Sequence[str]] = {}
        self._pins: dict[str, Facts] = {}
        for session in sessions:
            self._add(session)

    def _add(self, session: Session) -> None:
        plan, name = session.get("plan"), session["session_id"]
        self._pins[name] = pins_of(session)
        if plan is None:
            return
        for cell in plan.get("cells", []):
            self._settings[name, cell["key"]] = cell["settings"]
        if plan.get("cells"):
            for block, keys in enumerate(plan["order"]):
                for position, key in enumerate(keys):
                    self._key_of_slot[name, block, position] = key
        elif plan.get("design") == "single":
            self._command_lines[name] = session.get("argv") or []

    def key_of(self, run: Run) -> str | None:
        """The key of the run's cell in the plan of its session, if there is one."""
        slot = (run.get("session_id", ""), run.get("block"), run.get("position"))
        return run.get("key") or self._key_of_slot.get(slot)  # type: ignore[arg-type]

    def facts(self, run: Run) -> Facts:
        """All that was asked of a run, but what its id always has."""
        cell = run["cell"]
        found: Facts = {"arm": None if run.get("arm", "single") == "single" else run["arm"]}
        for name, value in cell.items():
            if name not in _NOT_ASKED:
                found |= [_as_asked(name, value)]
        found["counted"] = "yes" if run.get("counted") else "no"
        found |= {NETWORK: network_of(run), GENERATOR_HOSTS: generator_hosts_of(run)}
        return found | self._unrecorded(run) | self._pins.get(run.get("session_id", ""), {})

    def _unrecorded(self, run: Run) -> Facts:
        name = run.get("session_id", "")
        settings = self._settings.get((name, self.key_of(run) or ""))
        if settings is not None:
            return {each: str(settings.get(each, "")) for each in measuring_settings()}
        words = self._command_lines.get(name)
        if words is None:
            return {}
        names = (*measuring_settings(), *_ONLY_ON_COMMAND_LINES)
        return {each: _option(words, each) for each in names}


def _as_asked(name: str, value: object) -> tuple[str, str | None]:
    """A field of a record in the words of a matrix: duration_ns 5000000000 is duration=5s."""
    if name.endswith("_ns") and isinstance(value, int):
        return name.removesuffix("_ns"), duration_text(value)
    return name, None if value is None else str(value)


def _option(words: Sequence[str], name: str) -> str:
    """The value of an option of `skein run`, the last one given; empty where there is none."""
    option, value = f"--{name.replace('_', '-')}", ""
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            value = words[place + 1]
        elif word.startswith(f"{option}="):
            value = word.partition("=")[2]
    return value


def id_of(run: Run) -> str:
    """The id of a run's cell."""
    return str(run["cell_id"])


def id_without_runtime(run: Run) -> str:
    """The same for a comparison of two runtimes: the work alone."""
    workload, _, rest = id_of(run).split("/", 2)
    return f"{workload}/{rest}"


class CellNames:
    """A name for each cell, from all the runs that will be named, of whichever arm."""

    def __init__(
        self,
        runs: Iterable[Run],
        sessions: Iterable[Session] = (),
        base: NameOf = id_of,
        apart_from: Sequence[str] = ("arm",),
    ) -> None:
        """`apart_from`: facts that the caller tells apart in its own way."""
        self._asked = Asked(sessions)
        self._base = base
        self._apart_from = apart_from
        self._differing = differences_by((base(run), self.facts(run)) for run in runs)

    def facts(self, run: Run) -> Facts:
        """What was asked of a run, as far as names tell it apart."""
        facts = self._asked.facts(run)
        return {name: value for name, value in facts.items() if name not in self._apart_from}

    def __call__(self, run: Run) -> str:
        base = self._base(run)
        return base + suffix_of(self.facts(run), self._differing[base])


def differences_by(cells: Iterable[tuple[str, Facts]]) -> dict[str, list[str]]:
    """By name, the facts in which cells of this name differ."""
    known: dict[str, dict[str, set[str]]] = {}
    for name, facts in cells:
        values = known.setdefault(name, {})
        for fact, value in facts.items():
            if value is not None:
                values.setdefault(fact, set()).add(value)
    return {
        name: [fact for fact, found in values.items() if len(found) > 1]
        for name, values in known.items()
    }


def suffix_of(facts: Facts, fields: Sequence[str]) -> str:
    """What is added to a name so that it is one cell's: nothing of a fact with its usual value. A
    network is always said, since figures over one are no figures over loopback."""
    always = [NETWORK] if facts.get(NETWORK) else []
    said = [
        f"{name}={'?' if facts.get(name) is None else facts[name]}"
        for name in dict.fromkeys([*fields, *always])
        if facts.get(name) != ""
    ]
    return visible(f" ({', '.join(said)})") if said else ""
