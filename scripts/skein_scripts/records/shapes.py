"""The shape of a results file's records, for mypy: what a line of results/schema/v1.json may hold,
and what is null in it. At run time a record is the JSON object as it was read.

A key that need not be there is NotRequired. Words that a workload declares (modes, patterns) are
`str`: its cell.toml has them. A test holds all of it to the schema. The parts of a run are in
run_shapes.py.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from ..base.jsonl import Json
from .run_shapes import (
    Away,
    CellFields,
    Conditions,
    Cpu,
    Distribution,
    Echoed,
    Exchange,
    Failure,
    Hog,
    Host,
    Limit,
    Load,
    Memory,
    Micro,
    Network,
    Shares,
    TimerCosts,
    Work,
)

ArmName = Literal["single", "base", "candidate"]
Probe = Literal["anchor", "saturation"]  # of the machine
Status = Literal["ok", "limit", "invalid", "failed", "timeout", "skipped"]


class Tool(TypedDict):
    """The program that wrote the session."""

    name: str
    version: str
    commit: NotRequired[str | None]
    dirty: NotRequired[bool | None]


class PlannedCell(TypedDict):
    """A cell of a matrix, as it was planned."""

    key: str
    group: str
    title: NotRequired[str | None]
    runtime: str
    workload: str
    settings: Json
    reason: NotRequired[str | None]
    purpose: NotRequired[Literal["load", "memory", "instructions"]]


class Plan(TypedDict):
    """What a session was to run, and in which order."""

    design: Literal["single", "abba", "latin"]
    rounds: int
    order: list[str | list[str]]
    preset: NotRequired[str | None]
    cells: NotRequired[list[PlannedCell]]
    saturation_per_s: NotRequired[dict[str, float]]


class Build(TypedDict):
    """How the binary was built."""

    compiler: NotRequired[str | None]
    flags: NotRequired[str | None]
    type: NotRequired[str | None]
    binary_sha256: NotRequired[str | None]


class MachineFloor(TypedDict):
    """What the machine itself needs, before any runtime."""

    stall_p99_ns: NotRequired[int | None]
    wake_ns: NotRequired[int | None]
    timer_p50_ns: NotRequired[int | None]
    timer_p99_ns: NotRequired[int | None]


# `class` is a word of Python's own, so these keys cannot stand as attributes do.
SessionHost = TypedDict("SessionHost", {"name": str, "class": str | None, "boot": str})
SessionHost.__doc__ = "The host of a session, for results that are merged."


class Session(TypedDict):
    """The first line of a session."""

    kind: Literal["session"]
    schema: int
    session_id: str
    created_utc: str
    unreadable: NotRequired[list[str]]
    tool: Tool
    argv: list[str]
    seed: NotRequired[int | None]
    plan: Plan | None
    config_sha256: NotRequired[str | None]
    build: NotRequired[Build | None]
    environment: Json  # the machine: what it does not have is "absent"; facts may be added
    environment_hash: NotRequired[str]
    host: NotRequired[SessionHost]
    machine_floor: NotRequired[MachineFloor | None]


class Place(TypedDict):
    """Where in its plan a run belongs."""

    arm: ArmName
    block: int | None
    pair: int | None
    position: int | None


class Run(TypedDict):
    """One run of a cell."""

    kind: Literal["run"]
    schema: int
    run_id: str
    session_id: str
    arm: ArmName
    key: NotRequired[str]
    probe: NotRequired[Probe]
    block: NotRequired[int | None]
    pair: NotRequired[int | None]
    position: NotRequired[int | None]
    cell_id: str
    cell: CellFields
    loop: NotRequired[str]
    network: NotRequired[Network]
    echoed: NotRequired[Echoed | None]
    conditions: NotRequired[Conditions | None]
    started_utc: str
    setup_ns: NotRequired[int | None]
    warmup_ns: NotRequired[int | None]
    window_ns: NotRequired[int | None]
    spawn_ns: NotRequired[int | None]
    fire_ns: NotRequired[int | None]
    messages: NotRequired[int]
    counted: NotRequired[Literal[True]]
    status: Status
    reasons: list[str]
    limit: NotRequired[Limit | None]
    failure: NotRequired[Failure | None]
    work: NotRequired[Work | None]
    load: NotRequired[Load | None]
    latency: NotRequired[Distribution | None]
    service_time: NotRequired[Distribution | None]
    lateness: NotRequired[Distribution | None]
    early_by_at_most_ns: NotRequired[int]
    shares: NotRequired[Shares]
    hog: NotRequired[Hog]
    exchange: NotRequired[Exchange]
    away: NotRequired[Away]
    cpu: NotRequired[Cpu | None]
    timer_costs: NotRequired[TimerCosts | None]
    micro: NotRequired[Micro | None]
    memory: NotRequired[Memory | None]
    host: NotRequired[Host | None]


class EnvironmentChange(TypedDict):
    """A fact of the machine that is not what it was."""

    name: str
    before: object
    after: object


class AnchorValue(TypedDict):
    """The anchor of one round."""

    block: int | None
    per_op_ns: int | None


class AnchorSummary(TypedDict):
    """The anchor of every round."""

    cell_id: str
    values: list[AnchorValue]
    drift: float | None
    limit: float


class SessionEnd(TypedDict):
    """The last line of a session."""

    kind: Literal["session_end"]
    schema: int
    session_id: str
    ended_utc: str
    interrupted: bool
    planned: int
    counts: dict[str, int]
    retried: int
    environment_changes: list[EnvironmentChange] | None
    machine_floor: NotRequired[MachineFloor | None]
    anchor: AnchorSummary
    inconclusive: list[str]


Record = Session | Run | SessionEnd
