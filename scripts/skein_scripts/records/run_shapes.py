"""The shape of the parts of a run's record (shapes.py)."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from ..base.jsonl import Json

ByCpu = dict[str, int | None]

DistributionName = Literal["latency", "service_time", "lateness"]
DISTRIBUTIONS: tuple[DistributionName, ...] = ("latency", "service_time", "lateness")


class AskedFields(TypedDict):
    """All of it that need not be said."""

    style: NotRequired[str | None]
    tasks: NotRequired[int | None]
    connections: NotRequired[int | None]
    active: NotRequired[int | None]
    mode: NotRequired[str | None]
    rate_per_s: NotRequired[float | None]
    arrival: NotRequired[str | None]
    pipeline: NotRequired[int | None]
    payload_bytes: NotRequired[int | None]
    buffer: NotRequired[str | None]
    buffer_bytes: NotRequired[int | None]
    stack_bytes: NotRequired[int | None]
    strategy: NotRequired[str | None]
    row: NotRequired[str | None]
    pattern: NotRequired[str | None]
    timers: NotRequired[str | None]
    grid_ns: NotRequired[int | None]
    window_ns: NotRequired[int | None]
    order: NotRequired[str | None]
    hops: NotRequired[int | None]
    wait: NotRequired[str | None]
    receivers: NotRequired[int | None]
    topology: NotRequired[str | None]
    senders: NotRequired[int | None]
    capacity: NotRequired[int | None]
    messages: NotRequired[int | None]
    across: NotRequired[str | None]
    locks: NotRequired[int | None]
    lock_timeout_ns: NotRequired[int | None]
    form: NotRequired[str | None]
    yield_every: NotRequired[int | None]
    work: NotRequired[int | None]
    duration_ns: NotRequired[int | None]
    warmup_ns: NotRequired[int | None]
    requests: NotRequired[int | None]
    loops: NotRequired[int | None]
    depth: NotRequired[int | None]
    held_bytes: NotRequired[int | None]
    handler_wait_ns: NotRequired[int | None]
    handler_work: NotRequired[int | None]
    read_timeout_ns: NotRequired[int | None]
    workers: NotRequired[int | None]
    seed: NotRequired[int | None]


class CellFields(AskedFields):
    """What was asked for; null where it does not apply."""

    workload: str
    runtime: str


class Echoed(AskedFields):
    """What the worker said it was given."""

    workload: NotRequired[str]
    runtime: NotRequired[str]


class Listener(TypedDict):
    """The listening socket, as getsockopt says."""

    tcp_nodelay: NotRequired[bool | None]
    linger: NotRequired[bool | None]
    linger_s: NotRequired[int | None]
    send_buffer_bytes: NotRequired[int | None]
    receive_buffer_bytes: NotRequired[int | None]
    backlog: NotRequired[int | None]


class Conditions(TypedDict):
    """What the worker says it ran under. Further conditions may be there."""

    inline_budget: NotRequired[int | None]
    events_per_wait: NotRequired[int | None]
    tick_ns: NotRequired[int | None]
    timers: NotRequired[Literal["wheel", "heap"] | None]
    timer_slack_ns: NotRequired[int | None]
    receive_ring_buffers: NotRequired[int | None]
    buffer: NotRequired[Literal["lent", "own", "runtime"] | None]
    buffer_bytes: NotRequired[int | None]
    stack_bytes: NotRequired[int | None]
    stack_guard: NotRequired[Literal["lightweight", "mapped"] | None]
    listener: NotRequired[Listener | None]
    allocator: NotRequired[str | None]
    preloaded: NotRequired[str | None]
    compiler: NotRequired[str | None]
    build_flags: NotRequired[str | None]
    build_type: NotRequired[str | None]
    growing_stacks: NotRequired[bool | None]
    settles: NotRequired[bool | None]
    warms_up: NotRequired[bool | None]


class Limit(TypedDict):
    """A limit that a run met."""

    name: str
    value: float | None
    needed: float | None
    message: NotRequired[str | None]


class Failure(TypedDict):
    """The last words of a process that failed."""

    process: Literal["worker", "generator", "conductor"]
    exit_status: int | None
    signal: str | None
    stderr: list[str]
    message: str


class Shares(TypedDict):
    """How evenly something was shared out."""

    least: int
    most: int
    ratio: float | None


class Hog(TypedDict):
    """What a task did that computes while others wait."""

    took_ns: int | None
    yields: int


class Work(TypedDict):
    """Of the whole run, warm-up included."""

    units: int | None
    bytes: NotRequired[int | None]
    checksum: str | None
    expected_checksum: str | None


class LoadErrors(TypedDict):
    """Requests that were not answered, by what went wrong."""

    connect: NotRequired[int | None]
    read: NotRequired[int | None]
    write: NotRequired[int | None]
    timeout: NotRequired[int | None]
    descriptors: NotRequired[int | None]


class Load(TypedDict):
    """What the load generator did."""

    model: Literal["open", "fixed", "idle_heavy", "idle", "churn"] | None
    arrival: NotRequired[Literal["poisson", "uniform"] | None]
    offered_per_s: NotRequired[float | None]
    achieved_per_s: NotRequired[float | None]
    sent: NotRequired[int | None]
    completed: NotRequired[int | None]
    errors: NotRequired[LoadErrors | None]
    inflight_max: NotRequired[int | None]
    late_50us_fraction: NotRequired[float | None]
    late_ns_p99: NotRequired[int | None]
    generator_cpu_fraction: NotRequired[float | None]
    generator_busy_fraction: NotRequired[float | None]
    generator_cpu_per_op_ns: NotRequired[float | None]
    handler_step_ns: NotRequired[float | None]
    unsent: NotRequired[int | None]
    rate_share: NotRequired[float]
    saturation_per_s: NotRequired[float | None]
    rate_baseline: NotRequired[str]


class Slice(TypedDict):
    """A part of the window."""

    t_ns: int
    duration_ns: int
    count: int
    p50: NotRequired[int | None]
    p99: NotRequired[int | None]


class Distribution(TypedDict):
    """Times in ns. A percentile with too few samples behind it is null."""

    count: int
    min: NotRequired[int | None]
    p50: int | None
    p90: NotRequired[int | None]
    p99: int | None
    p999: NotRequired[int | None]
    p9999: NotRequired[int | None]
    max: int | None
    early_max_ns: NotRequired[int | None]
    mean: NotRequired[float | None]
    stddev: NotRequired[float | None]
    overflow: NotRequired[int | None]
    early_count: NotRequired[int | None]
    histogram: str | None
    slices: NotRequired[list[Slice] | None]


class Away(TypedDict):
    """How long each process was away while it should have run."""

    worker_ns: int | None
    generator_ns: int | None
    conductor_ns: int | None


class RoundTrips(TypedDict):
    """As TCP has measured them, one for each of some connections."""

    count: int
    min: int | None
    p50: int | None
    max: int | None


class NetworkEnd(TypedDict):
    """A host's end of a network, and what its counters rose by in the window."""

    interface: str | None
    mtu: int | None
    offloads: list[str]
    congestion_control: str | None
    retransmitted: int | None
    dropped: int | None
    link_changes: int | None


class Exchange(TypedDict):
    """Mode idle: one message on each connection, after it was held."""

    in_flight: int
    duration_ns: int | None
    cpu_per_op_ns: NotRequired[int | None]
    latency: Distribution | None
    away: NotRequired[Away]


class Cpu(TypedDict):
    """Of the worker, over the measured window."""

    user_ns: int | None
    system_ns: int | None
    run_delay_ns: NotRequired[int | None]
    voluntary_switches: NotRequired[int | None]
    involuntary_switches: NotRequired[int | None]
    minor_faults: NotRequired[int | None]
    major_faults: NotRequired[int | None]
    threads_max: NotRequired[int | None]
    instructions: NotRequired[int | None]
    instructions_per_op: NotRequired[float | None]
    per_op_ns: float | None
    ticks: NotRequired[int | None]
    syscalls_per_op: NotRequired[float | None]
    allocations_per_op: NotRequired[float | None]
    user_per_op_ns: float | None
    softirqd_per_op_ns: NotRequired[float | None]


class TimerCosts(TypedDict):
    """What spawning, firing, and arming and cancelling cost; of work without deadlines a unit."""

    spawn_ns_per_task: float | None
    cpu_ns_per_fire: float | None
    cpu_ns_per_arm_cancel: float | None
    wall_per_op_ns: NotRequired[float | None]


class Micro(TypedDict):
    """One row of skein_micro."""

    wall_ns_per_op: float
    pinned_cpu: NotRequired[int | None]


class MemoryPoint(TypedDict):
    """One reading of the worker's memory."""

    tasks: int
    rss_bytes: NotRequired[int | None]
    rss_anon_bytes: int | None
    pss_bytes: NotRequired[int | None]
    private_dirty_bytes: NotRequired[int | None]
    virtual_bytes: NotRequired[int | None]
    page_table_bytes: int | None
    mappings: NotRequired[int | None]
    threads: NotRequired[int | None]
    kernel_stack_bytes: int | None
    cgroup_bytes: NotRequired[int | None]
    cgroup_kernel_bytes: NotRequired[int | None]
    rss_anon_counter_bytes: NotRequired[int | None]
    allocations: NotRequired[int]
    slab: dict[str, int | None] | None


class SlopeIntervals(TypedDict):
    """95 % of the slope, low and high, by component."""

    user_bytes: NotRequired[list[float] | None]
    kernel_bytes: NotRequired[list[float] | None]
    total_bytes: NotRequired[list[float] | None]
    virtual_bytes: NotRequired[list[float] | None]


class SlopesPerTask(TypedDict):
    """Least-squares slopes over the points."""

    user_bytes: float | None
    kernel_bytes: float | None
    total_bytes: float | None
    virtual_bytes: NotRequired[float | None]
    r2: float | None
    interval: NotRequired[SlopeIntervals | None]


class Memory(TypedDict):
    """The worker's memory, over the number of its tasks."""

    points: list[MemoryPoint]
    per_task: SlopesPerTask | None
    fixed_bytes: NotRequired[float | None]
    mappings: NotRequired[int | None]
    peak_rss_bytes: NotRequired[int | None]
    peak_bytes_per_task: NotRequired[float | None]
    after_drain_bytes: NotRequired[int | None]
    frame_bytes: NotRequired[int | None]
    returned_fraction: NotRequired[float | None]
    allocations_per_task: NotRequired[float | None]


class Host(TypedDict):
    """What the machine did meanwhile."""

    steal_ns: NotRequired[ByCpu | None]
    foreign_cpu_ns: NotRequired[ByCpu | None]
    softirqd_ns: NotRequired[ByCpu | None]
    kernel_threads_ns: NotRequired[dict[str, int] | None]
    pressure: NotRequired[Json | None]
    irq_ns: NotRequired[int | None]
    anchor_ns: NotRequired[int | None]


class FarEnd(NetworkEnd):
    """The end of a host that the load came from, which no session describes."""

    round_trip_ns: RoundTrips | None
    environment: Json | None
    environment_hash: str | None
    cpus: list[int] | None
    host: Host | None


class Network(TypedDict):
    """The network that the load came over."""

    name: str
    worker: NotRequired[NetworkEnd]
    generators: NotRequired[list[FarEnd]]
