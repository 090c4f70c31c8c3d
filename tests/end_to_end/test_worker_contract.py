"""Every worker keeps the contract: our own runtimes, and each row that is a program of its own and
can be run here; those that warm up where they are measured. Each clause must catch the liars that
break it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import skein_binary as skein
import worker_contract as contract
import worker_talk
from worker_talk import BrokenError, LackingError, Subject

Clause = Callable[[Subject], None]

# By clause, the faults of the plain worker that it must catch, and a word of what it then says.
LIARS: dict[Clause, dict[str, str]] = {
    contract.says_hello: {
        "wrong_runtime": "it is somebody_else, not plain_python",
        "wrong_pid": "not the one that was started",
    },
    contract.ignores_what_it_does_not_know: {"knows_all": "where an answer was due"},
    contract.leaves_sigint_to_the_conductor: {"dies_of_sigint": "where an answer was due"},
    contract.settles_when_asked: {"settle_unheard": "silent"},
    contract.refuses_a_cell_that_cannot_be: {"takes_any_cell": "it said ready"},
    contract.names_a_buffer_that_it_does_not_have: {
        "takes_any_buffer": "asked for own it serves lent",
        "limit_and_failure": "behind a limit it ended with status 7",
        "limit_of_another_name": "its limit is named planted",
    },
    contract.stops_with_everything_torn_down: {
        "tasks_left": "1 tasks and 0 connections alive",
        "peers_left": "8 connections alive",
        "stays": "it does not end",
        "bad_exit": "status 7",
        "resets": "a peer saw no end",
    },
    contract.ends_when_its_input_ends: {"stays": "it does not end"},
    contract.echoes_every_byte_and_then_the_end: {
        "wrong_byte": "came back",
        "resets": "a peer saw no end",
        "lost_bytes": "bytes is",
    },
}
# The same of the worker whose tasks wait for each other, or compute among timers.
TALKING_LIARS: dict[Clause, dict[str, str]] = {
    contract.names_a_mutex_that_it_does_not_have: {
        "takes_any_mutex": "across no_such_mutex it said ready",
        "refuses_blocking": "it said error in place of ready or limit",
        "other_limit": "its limit is named planted",
    },
    contract.stops_before_its_tasks_begin: {
        "works_early": "it works before the epoch",
        "tasks_left": "1 tasks and 0 connections alive",
        "hog_left": "1 tasks and 0 connections alive",
        "no_task": "no task is there",
        "works_at_stop": "it counts work that was not done",
    },
}
# What the real conductor judges; test_failures.py has all that it must catch.
LIARS_IN_A_RUN = {
    ("timers", "spread"): {"wrong_checksum": "checksum", "missing_sample": "999 samples for 1000"},
    ("timers", "storm"): {
        "lost_timer": "1 of 1000 units of work missing",
        "fires_from_epoch": "fire_ns counts from the epoch",
    },
    ("timers", "periodic"): {"early": "fired early"},
    ("timers", "churn"): {"lost_timer": "units of work missing"},
    ("c10k", "fixed"): {"wrong_byte": "wrong bytes", "wrong_echo": "mislabelled"},
    ("c10k", "churn"): {"lost_bytes": "bytes"},
}
TALKING_LIARS_IN_A_RUN = {
    ("relay", "near"): {"hop_too_few": "1999 units"},
    ("relay", "far"): {"wrong_task": "is not the expected"},
    ("fanout", "wide"): {"leaf_too_few": "999 units"},
    ("channel", "shared"): {"message_twice": "is not the expected", "odd_shares": "shares"},
    ("contention", "yield"): {"turn_of_another": "is not the expected"},
    ("cancel", "sleep"): {"wait_twice": "is not the expected"},
    ("cancel", "receive"): {"wait_too_few": "99 units"},
    ("hog", "none"): {"fire_too_few": "399 units"},
    ("hog", "blocking"): {
        "hog_too_short": "is not the expected",
        "silent_hog": "its hog did None",
        "timeless_hog": "its hog took no time",
    },
    ("hog", "yielding"): {"busy_hog": "its hog yielded 0 times, not 19"},
}
RUNS = [("c10k", mode) for mode in skein.MODES] + [("timers", each) for each in skein.PATTERNS]
RUNS += contract.SHAPES_OF_TASKS


def held_to(clause: Callable[[], None], of: Subject) -> None:
    if why := of.why_not():
        pytest.skip(why)
    try:
        clause()
    except LackingError as limit:
        pytest.skip(str(limit))
    except BrokenError as broken:
        pytest.fail(f"{of.id}: {broken}")


def named(subjects: list[Subject]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("of", [pytest.param(each, id=each.id) for each in subjects])


def fault_of(value: object) -> str | None:
    """How a liar is called in the name of a test; None: as pytest calls it."""
    return value.command[-1] if isinstance(value, Subject) else None


@pytest.mark.parametrize("clause", [*LIARS, *TALKING_LIARS], ids=lambda each: each.__name__)
@named([*worker_talk.ours(), *worker_talk.cold_rows()])
def test_a_worker_keeps_the_contract(of: Subject, clause: Clause) -> None:
    held_to(lambda: clause(of), of)


@pytest.mark.parametrize(("workload", "shape"), RUNS)
@named(worker_talk.rows())
def test_a_row_of_another_language_is_measured_in_every_shape(
    of: Subject, workload: str, shape: str
) -> None:
    held_to(lambda: contract.measures(of, workload, shape), of)


@pytest.mark.parametrize(("workload", "shape"), [("c10k", "fixed"), ("timers", "spread")])
@named(worker_talk.rows())
def test_a_row_of_another_language_waits_some_calls_down_or_says_that_it_does_not(
    of: Subject, workload: str, shape: str
) -> None:
    nested = ("--depth", "4", "--held-bytes", "256")
    held_to(lambda: contract.measures(of, workload, shape, *nested), of)


@pytest.mark.parametrize(
    "words", [("--handler-wait", "5ms"), ("--handler-work", "5000")], ids=["wait", "work"]
)
@named(worker_talk.rows())
def test_a_row_of_another_language_has_handlers_or_says_that_it_has_none(
    of: Subject, words: tuple[str, ...]
) -> None:
    held_to(lambda: contract.measures(of, "c10k", "fixed", *words), of)


@pytest.mark.parametrize(
    ("workload", "shape", "words"),
    [
        ("relay", "near", ("--tasks", "2", "--hops", "1")),
        ("fanout", "wide", ("--tasks", "1")),
        ("fanout", "wide", ("--work", "500")),
        ("channel", "shared", ("--capacity", "0")),
        ("hog", "yielding", ("--tasks", "1", "--work", "20000", "--yield-every", "15000")),
    ],
    ids=["shortest relay", "one leaf", "work", "no room", "a short slice"],
)
@named(worker_talk.rows())
def test_a_row_of_another_language_does_what_is_out_of_the_ordinary(
    of: Subject, workload: str, shape: str, words: tuple[str, ...]
) -> None:
    held_to(lambda: contract.measures(of, workload, shape, *words), of)


@pytest.mark.parametrize(
    ("clause", "liar", "said"),
    [(clause, worker_talk.liar(fault), said)
     for clause, liars in LIARS.items() for fault, said in liars.items()]
    + [(clause, worker_talk.talking_liar(fault), said)
       for clause, liars in TALKING_LIARS.items() for fault, said in liars.items()],
    ids=fault_of,
)  # fmt: skip
def test_a_clause_catches_its_liars(clause: Clause, liar: Subject, said: str) -> None:
    with pytest.raises(BrokenError, match=said):
        clause(liar)


@pytest.mark.parametrize(
    ("run", "liar", "said"),
    [(run, worker_talk.liar(fault), said)
     for run, liars in LIARS_IN_A_RUN.items() for fault, said in liars.items()]
    + [(run, worker_talk.talking_liar(fault), said)
       for run, liars in TALKING_LIARS_IN_A_RUN.items() for fault, said in liars.items()],
    ids=fault_of,
)  # fmt: skip
def test_a_run_catches_its_liars(run: tuple[str, str], liar: Subject, said: str) -> None:
    with pytest.raises(BrokenError, match=said):
        contract.measures(liar, *run)


def test_the_example_is_tried_and_not_passed_over() -> None:
    (example,) = [each for each in worker_talk.rows() if each.id == "python_selectors"]
    assert example.why_not() is None
    assert worker_talk.buffers_of(example) == ["lent"]
