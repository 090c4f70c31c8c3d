"""Every runtime on every workload and mode, at size `test`, with real sockets and processes.

Also run on sanitized builds, without what is `release_only` there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import skein_binary as skein
from skein_binary import Record


def measure(results: Path, *words: str, session: tuple[str, ...] = skein.IN_SESSION) -> Record:
    """A run that came to its end. What the machine did meanwhile may make it invalid, and then says
    so; nothing else may be wrong with it."""
    done = skein.call("run", *words, *session, "--size", "test", "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert done.status == (0 if run["status"] == "ok" else 4)
    if run["status"] == "invalid":
        evidence = ("host: ", "away: ", "load: ", "client-bound: ", "memory: ", "spawning ")
        assert any(reason.startswith(evidence) for reason in run["reasons"]), run["reasons"]
    validate(results)
    return run


def validate(results: Path) -> None:
    if not skein.SCHEMA.is_file():
        return
    schema = json.loads(skein.SCHEMA.read_text(encoding="utf-8"))
    for record in skein.records(results):
        jsonschema.Draft202012Validator(schema).validate(record)


def check_common(run: Record) -> None:
    assert run["echoed"] == run["cell"]
    assert run["cell_id"].split("/")[1] == run["cell"]["runtime"]
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert run["memory"]["points"][0]["tasks"] == 0
    assert len(run["memory"]["points"]) == 4
    assert run["memory"]["per_task"]["user_bytes"] is not None
    assert run["setup_ns"] > 0


def with_every_runtime(
    ways: tuple[str, ...], most_telling: str, runtimes: tuple[str, ...] = skein.IN_CPP
) -> list[Any]:
    """Every runtime in every way. Sanitizers are shown a variant in one way only: its parts meet
    each other there, and its bodies are those of the runtime that it varies. A reference row is in
    the short run in that way only."""

    def marks(runtime: str, way: str) -> list[Any]:
        if way == most_telling:
            return []
        slow = [pytest.mark.slow] if runtime in skein.REFERENCES else []
        return unless_sanitized(runtime in skein.VARIANTS) + slow

    return [
        pytest.param(runtime, way, marks=marks(runtime, way))
        for runtime in runtimes
        for way in ways
    ]


def unless_sanitized(left_out: bool) -> list[Any]:
    return [pytest.mark.release_only] if left_out else []


# Churn tells most of both: it opens and closes as well as serving, and cancels as well as firing.
@pytest.mark.parametrize(("runtime", "mode"), with_every_runtime(skein.MODES, "churn"))
def test_every_runtime_serves_c10k_in_every_mode(runtime: str, mode: str, results: Path) -> None:
    hold = ["--hold", "100ms"] if mode == "idle" else []
    run = measure(results, "c10k", *skein.with_runtime(runtime), "--mode", mode, *hold)
    check_common(run)
    assert run["load"]["model"] == mode
    # Its name, the cell, start, and its counts at every step of memory and once at the end.
    assert run["messages"] >= 3 + len(run["memory"]["points"]) + 1
    if mode == "idle":
        assert run["work"]["units"] == 0
        assert run["latency"] is None
        return
    assert run["work"]["bytes"] == run["work"]["units"] * run["cell"]["payload_bytes"]
    assert run["latency"]["count"] > 0
    assert run["service_time"]["count"] == run["latency"]["count"]
    assert run["cpu"]["per_op_ns"] > 0
    check_health(run)


def check_health(run: Record) -> None:
    """What every run says about its load generator."""
    load = run["load"]
    work_ns = load["generator_cpu_per_op_ns"]  # unknown where the generator shared its CPU
    assert work_ns is None or work_ns > 0
    assert load["late_50us_fraction"] >= 0
    assert load["late_ns_p99"] is not None
    assert 0 < load["generator_cpu_fraction"] < 1.1
    at_a_rate = run["cell"]["mode"] in ("open", "idle_heavy")
    assert (load["offered_per_s"] is not None) == at_a_rate
    assert not any(load["errors"].values())


@pytest.mark.parametrize(
    ("runtime", "pattern"),
    with_every_runtime(skein.PATTERNS, "churn", (*skein.TASKS_ONLY, *skein.IN_CPP)),
)
def test_every_runtime_fires_every_timer(runtime: str, pattern: str, results: Path) -> None:
    run = measure(results, "timers", *skein.with_runtime(runtime), "--pattern", pattern)
    check_common(run)
    lateness = run["lateness"]
    units, tasks = run["work"]["units"], run["cell"]["tasks"]
    least = {"spread": tasks, "storm": tasks, "periodic": 4 * tasks, "churn": 7 * tasks}[pattern]
    assert units == least if least == tasks else units > least
    fired = lateness["count"] + lateness["early_count"]
    # One in sixteen of the churned timers is left to fire.
    assert units / 20 < fired < units / 12 if pattern == "churn" else fired == units
    assert lateness["early_count"] == 0
    assert run["spawn_ns"] > 0
    assert run["fire_ns"] > 0
    costs = run["timer_costs"]
    assert costs["spawn_ns_per_task"] == pytest.approx(run["spawn_ns"] / tasks)
    measured = "cpu_ns_per_arm_cancel" if pattern == "churn" else "cpu_ns_per_fire"
    assert costs[measured] == pytest.approx(run["cpu"]["per_op_ns"], rel=0.01)
    assert [name for name in costs if costs[name] is None] != []


@pytest.mark.slow
@pytest.mark.parametrize(
    "runtime",
    [pytest.param(each, marks=unless_sanitized(each in skein.VARIANTS)) for each in skein.IN_CPP],
)
def test_a_worker_says_the_conditions_it_runs_under(runtime: str, results: Path) -> None:
    run = measure(results, "c10k", *skein.with_runtime(runtime), "--buffer", "own")
    conditions = run["conditions"]
    assert conditions["timer_slack_ns"] == 50_000
    assert (conditions["buffer"], conditions["buffer_bytes"]) == ("own", 1024)
    assert conditions["listener"]["tcp_nodelay"] is True
    assert conditions["listener"]["linger"] is False
    assert conditions["listener"]["linger_s"] is None
    assert conditions["listener"]["send_buffer_bytes"] > 0
    assert conditions["build_type"]
    assert conditions["allocator"]
    has_budget = not runtime.startswith(("thread", "epoll_floor"))
    assert conditions["inline_budget"] == (128 if has_budget else None)
    has_ring = runtime.endswith("_uring")
    assert conditions["receive_ring_buffers"] == (1024 if has_ring else None)
    assert conditions["stack_bytes"] == run["cell"]["stack_bytes"]
    has_arena = runtime in ("fiber", "fiber_asm", "fiber_uring", "thread")
    has_own_stacks = has_arena or runtime == "boost_fiber"
    assert conditions["stack_bytes"] == (16_384 if has_own_stacks else None)
    guards = ("lightweight", "mapped") if has_arena else (None,)
    assert conditions["stack_guard"] in guards


@pytest.mark.parametrize("runtime", ["coroutine", "thread", "epoll_floor"])
def test_a_grid_finer_than_a_millisecond_is_measured_where_it_can_be(
    runtime: str, results: Path
) -> None:
    run = measure(results, "timers", "--runtime", runtime, "--grid", "100us")
    check_common(run)
    assert run["conditions"]["tick_ns"] == (100_000 if runtime == "coroutine" else None)
    assert run["cell_id"].endswith("/200ms/grid=100us")


@pytest.mark.parametrize(("runtime", "grid"), [("libuv", "100us"), ("fiber", "10us")])
def test_a_grid_that_a_runtime_cannot_be_given_is_a_limit(
    runtime: str, grid: str, results: Path
) -> None:
    words = ("run", "timers", "--runtime", runtime, "--size", "test", "--grid", grid)
    done = skein.call(*words, "-o", str(results))
    run = skein.run_of(results)
    validate(results)
    assert (done.status, run["status"]) == (0, "limit")
    assert run["limit"]["name"] == f"timer resolution of {runtime}"
    assert run["limit"]["value"] > run["limit"]["needed"]
    assert run["lateness"] is None


@pytest.mark.parametrize("strategy", ["lifo", "priority"])
@pytest.mark.parametrize("runtime", ["coroutine", "future"])
def test_tasks_may_run_in_another_order_and_the_record_says_so(
    runtime: str, strategy: str, results: Path
) -> None:
    for workload in ("c10k", "timers"):
        run = measure(results, workload, "--runtime", runtime, "--strategy", strategy)
        check_common(run)
        assert run["cell"]["strategy"] == run["echoed"]["strategy"] == strategy
        assert f"/strategy={strategy}" in run["cell_id"]
        results.unlink()


def test_timers_may_be_kept_in_a_heap_and_the_record_says_so(results: Path) -> None:
    words = ["timers", "--runtime", "coroutine", "--pattern", "churn", "--timers", "heap"]
    run = measure(results, *words)
    check_common(run)
    assert run["cell"]["timers"] == run["conditions"]["timers"] == "heap"
    assert run["cell_id"].endswith("/timers=heap")
    assert run["conditions"]["tick_ns"] is None
    assert run["lateness"]["early_count"] == 0


def test_a_session_line_comes_first_and_names_the_run(results: Path) -> None:
    measure(results, "timers", "--runtime", "coroutine", session=())
    session, run = skein.records(results)
    assert session["kind"] == "session"
    assert run["session_id"] == session["session_id"]
    assert session["environment"]["timer_slack_ns"] == 50_000
    assert session["argv"][1:3] == ["run", "timers"]


def test_a_given_session_is_not_written_again(results: Path) -> None:
    meta = '{"arm": "single", "block": 2, "pair": null, "position": 3}'
    words = ["timers", "--runtime", "coroutine", "--run-meta", meta]
    run = measure(results, *words, session=("--session", "mine"))
    assert len(skein.records(results)) == 1
    assert (run["session_id"], run["block"], run["position"]) == ("mine", 2, 3)


def test_a_fixed_number_of_requests_ends_the_window(results: Path) -> None:
    run = measure(results, "c10k", "--runtime", "coroutine", "--requests", "2000")
    assert run["cell"]["duration_ns"] is None
    # What was in flight when the window began completes in it and was not meant for it.
    assert run["latency"]["count"] >= 2000 - run["cell"]["active"]


def test_an_open_loop_uses_all_connections_and_an_idle_heavy_one_a_few(results: Path) -> None:
    run = measure(results, "c10k", "--runtime", "coroutine", "--mode", "open")
    assert run["cell"]["active"] == run["cell"]["connections"] == 64
    results.unlink()
    run = measure(results, "c10k", "--runtime", "coroutine", "--mode", "idle_heavy")
    assert run["cell"]["active"] == 3
    assert "/idle_heavy/active=3/" in run["cell_id"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", skein.MODES)
def test_runs_leave_no_port_behind(mode: str, results: Path) -> None:
    """Clients close by reset, each of the thousands of churn as well as all at the end: neither
    side keeps a port as TIME_WAIT, however many runs there are."""
    before = skein.kept_ports()
    rest = ["--hold", "50ms"] if mode == "idle" else ["--memory", "off", "--active", "8"]
    if mode in ("fixed", "churn"):
        rest += ["--requests", "2000"]
    for runtime in ("epoll_floor", "coroutine_uring"):
        words = ("run", "c10k", "--runtime", runtime, "--mode", mode, *rest, "--size", "test")
        done = skein.call(*words, *skein.IN_SESSION, "-o", str(results))
        assert done.status in (0, 4), done.err
    runs = [each for each in skein.records(results) if each["kind"] == "run"]
    assert {each["status"] for each in runs} <= {"ok", "invalid"}
    assert mode == "idle" or all(each["work"]["units"] > 0 for each in runs)
    if mode == "churn":  # latency is from connect(), service time from the send
        assert all(each["latency"]["mean"] > each["service_time"]["mean"] for each in runs)
    assert skein.kept_ports() - before == set()


def test_a_bound_on_requests_in_flight_is_kept_and_recorded(results: Path) -> None:
    words = ["--mode", "open", "--active", "2", "--pipeline", "1"]
    run = measure(results, "c10k", "--runtime", "fiber", *words)
    assert run["cell"]["pipeline"] == run["echoed"]["pipeline"] == 1
    assert "/pipeline=1/" in run["cell_id"]


@pytest.mark.parametrize("runtime", ["coroutine", "fiber", "thread", "libuv"])
def test_requests_in_a_row_are_answered_without_waiting_for_acknowledgements(
    runtime: str, results: Path
) -> None:
    words = ["--active", "2", "--pipeline", "4", "--buffer-bytes", "64", "--requests", "400"]
    run = measure(results, "c10k", "--runtime", runtime, "--mode", "fixed", *words)
    assert "/pipeline=4/" in run["cell_id"]
    assert run["load"]["inflight_max"] == 8
    # One delayed acknowledgement in each row would take 40 ms of it.
    assert run["latency"]["p50"] < 30e6


@pytest.mark.slow
def test_a_rate_may_be_a_share_of_a_saturation_that_is_measured_first(results: Path) -> None:
    words = ["--mode", "open", "--rate", "auto:20%", "--rate-baseline", "coroutine"]
    run = measure(results, "c10k", "--runtime", "libuv", *words)
    load, rate = run["load"], run["cell"]["rate_per_s"]
    assert load["rate_share"] == 0.2
    assert load["rate_baseline"] == "coroutine"
    assert rate == float(f"{0.2 * load['saturation_per_s']:.3g}")
    assert f"/rate={rate:.0f}/" in run["cell_id"]
    assert run["echoed"]["rate_per_s"] == rate
    assert load["offered_per_s"] == pytest.approx(rate, rel=0.1)


def test_own_buffers_and_large_payloads_come_back_whole(results: Path) -> None:
    words = ["--buffer", "own", "--payload-bytes", "16KiB"]
    run = measure(results, "c10k", "--runtime", "libuv", *words)
    assert run["cell"]["buffer_bytes"] == 16 * 1024
    assert run["cell_id"].endswith("/16KiB/own/buffer=16KiB")


def test_a_worker_in_another_language_is_a_row_like_any_other(results: Path) -> None:
    run = measure(results, "c10k", *skein.plain_worker())
    assert run["cell"]["runtime"] == "plain_python"
    assert run["cell"]["style"] == "callback"
    assert run["cell"]["stack_bytes"] is None


@pytest.mark.parametrize("workload", ["c10k", "timers"])
def test_a_worker_that_settles_does_so_before_every_reading(workload: str, results: Path) -> None:
    asked = results.with_name("asked")
    words = skein.plain_worker(notes=asked)
    run = measure(results, workload, *words)
    assert run["conditions"]["settles"] is True
    # Before the readings at 0, N/4, N/2, N and after the tasks; timers may be tried twice.
    readings = len(run["memory"]["points"]) + 1
    assert len(asked.read_text(encoding="ascii").splitlines()) in (readings, 2 * readings)
    asked.unlink()
    results.unlink()
    run = measure(results, workload, *words, "--memory", "off")
    assert run["conditions"]["settles"] is True
    assert not asked.exists()
    results.unlink()
    run = measure(results, workload, *skein.plain_worker(notes=asked, hello={"settles": False}))
    assert run["conditions"]["settles"] is False
    assert not asked.exists()


@pytest.mark.parametrize("warms_up", [True, False])
def test_a_run_says_whether_its_worker_has_warmed_up(warms_up: bool, results: Path) -> None:
    run = measure(results, "timers", *skein.plain_worker(hello={"warms_up": warms_up}))
    assert run["conditions"]["warms_up"] is warms_up


@pytest.mark.parametrize(
    ("hello", "stack_bytes"),
    [({"style": "direct"}, 16_384), ({"style": "direct", "growing_stacks": True}, None)],
)
def test_stacks_that_grow_have_no_size(
    hello: Record, stack_bytes: int | None, results: Path
) -> None:
    run = measure(results, "c10k", *skein.plain_worker(hello=hello))
    assert run["cell"]["style"] == "direct"
    assert run["cell"]["stack_bytes"] == stack_bytes
    said = run["conditions"] or {}
    assert said.get("growing_stacks") == hello.get("growing_stacks")


def test_a_worker_whose_runtime_decides_on_its_buffers_is_measured_in_a_cell_of_its_own(
    results: Path,
) -> None:
    run = measure(results, "c10k", *skein.plain_worker(buffer="runtime"), "--buffer", "runtime")
    assert run["cell_id"].endswith("/64B/runtime")


@pytest.mark.slow
def test_a_worker_in_another_language_may_be_held_against_our_baseline(results: Path) -> None:
    words = [*skein.plain_worker(), "--mode", "churn"]
    run = measure(results, "c10k", *words)
    assert run["load"]["model"] == "churn"
    results.unlink()
    words = [*skein.plain_worker(), "--mode", "idle_heavy", "--rate", "auto:1%"]
    run = measure(results, "c10k", *words)
    assert run["load"]["rate_baseline"] == "epoll_floor"


@pytest.mark.parametrize("pattern", skein.PATTERNS)
def test_a_timer_worker_in_another_language_agrees_with_the_oracle(
    pattern: str, results: Path
) -> None:
    run = measure(results, "timers", *skein.plain_worker(), "--pattern", pattern)
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]


@pytest.mark.release_only
@pytest.mark.parametrize("runtime", skein.IN_CPP)
def test_a_thread_per_task_has_one_and_everything_else_has_a_single_thread(runtime: str) -> None:
    words = ("--size", "test", "--mode", "idle", "--hold", "2s", "--json", *skein.IN_SESSION)
    with skein.start("run", "c10k", *skein.with_runtime(runtime), *words) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "holding" in line)
        status = Path(f"/proc/{int(line.split()[-1])}/status").read_text(encoding="ascii")
        threads = next(int(row.split()[1]) for row in status.splitlines() if "Threads" in row)
        out, _ = process.communicate(timeout=skein.CALL_TIMEOUT_S)
    connections = json.loads(out)["cell"]["connections"]
    one_each = runtime in ("thread", "thread_default")
    assert threads >= connections + 1 if one_each else threads == 1


@pytest.mark.parametrize("workload", ["c10k", "timers"])
def test_without_memory_a_run_has_everything_else_and_is_shorter(
    workload: str, results: Path
) -> None:
    run = measure(results, workload, "--runtime", "coroutine", "--memory", "off")
    assert run["memory"] is None
    assert run["cpu"]["per_op_ns"] > 0
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]


def test_an_idle_run_without_memory_has_nothing_to_say() -> None:
    done = skein.call("run", "c10k", "--runtime", "coroutine", "--mode", "idle", "--memory", "off")
    assert done.status == 2
    assert "--memory applies to --mode open, idle_heavy, fixed and churn only" in done.err
