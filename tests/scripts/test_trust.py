"""The signs by which a reader judges a run: what they say, and which of them are good."""

import copy

import pytest

from page_parts import with_rounds
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.report.trust import BAD, DOUBTFUL, GOOD, Sign, rounds_text, signs


def signs_of(records, unequal=(), unsaid=(), is_cut=False):
    return signs(records, group_runs(records), unequal, unsaid, is_cut)


def sign_of(records, word, **more):
    (found,) = [one for one in signs_of(records, **more) if word in one.text]
    return found


def test_limits_are_results_and_what_failed_is_not(planted):
    assert sign_of(planted, "count") == Sign(
        DOUBTFUL,
        "86 of 93 runs count; 3 ended as limit; 3 ended as timeout; 1 ended as failed;"
        " 1 disturbed try was repeated",
    )


def test_repeated_tries_and_limits_make_no_run_doubtful(planted):
    whole = [one for one in planted if one.get("status") not in ("failed", "timeout")]
    assert sign_of(whole, "count") == Sign(
        GOOD, "86 of 89 runs count; 3 ended as limit; 1 disturbed try was repeated"
    )


def test_what_was_disturbed_to_the_last_try_has_its_reasons(changed):
    reasons = iter(["load: late", "load: unsent", "host: steal", "odd"])
    for run in [run for run in results.runs(changed) if run["status"] == "ok"][:4]:
        run["status"], run["reasons"] = "invalid", [next(reasons)]
    assert (
        "4 disturbed to the last try (2: the load was not as asked, 1: others used the CPU, 1: odd)"
        in sign_of(changed, "count").text
    )


def test_where_no_run_counts_that_is_bad_and_conditions_are_unknown(changed):
    for run in results.runs(changed):
        run["status"], run["reasons"] = "invalid", ["load: late"]
    assert sign_of(changed, "count").level == BAD
    assert not [one for one in signs_of(changed) if "conditions" in one.text]


@pytest.mark.parametrize(("more", "sign"), [
    ({}, Sign(GOOD, "equal conditions")),
    ({"unequal": ["a", "b"], "unsaid": ["go"]}, Sign(BAD, "2 conditions differ")),
    ({"unsaid": ["go", "node"]}, Sign(DOUBTFUL, "conditions not said by go, node")),
    ({"unsaid": ["a", "b", "c", "d"]}, Sign(DOUBTFUL, "conditions not said by 4 runtimes")),
])  # fmt: skip
def test_conditions_are_equal_only_where_they_are_said(planted, more, sign):
    assert sign_of(planted, "conditions", **more) == sign


def test_rounds_are_those_of_every_row(planted):
    few = sign_of(planted, "too few")
    assert few == Sign(DOUBTFUL, "3 rounds, too few to tell any two runtimes apart")
    many = with_rounds(planted, 3)
    assert sign_of(many, " rounds") == Sign(GOOD, "6 to 9 rounds")
    for run in results.runs(many):
        if run["cell"]["runtime"] == "libuv" and run["block"] > 4:
            run["status"], run["reasons"] = "invalid", ["load: late"]
    assert sign_of(many, " rounds") == Sign(
        DOUBTFUL,
        "26 of 29 comparisons (one runtime, one work) have enough of the 9 rounds to be judged",
    )


def test_what_the_machine_takes_alone_is_said_with_the_limit_beside_its_figure(planted):
    assert sign_of(planted, "machine alone") == Sign(
        GOOD,
        "machine alone, no runtime: timer p50 43.7 µs, then 44.1 µs; wake-up 4.31 µs, then"
        " 4.41 µs; stall p99 (at most 100 µs) 61.3 µs, then 62.1 µs",
    )


@pytest.mark.parametrize("end", ["session", "session_end"])
@pytest.mark.parametrize(("stall_ns", "level"), [(100_000, GOOD), (100_001, DOUBTFUL)])
def test_a_machine_that_stalls_too_long_at_either_end_is_doubtful(changed, end, stall_ns, level):
    for record in changed:
        if record["kind"] == end:
            record["machine_floor"]["stall_p99_ns"] = stall_ns
    assert sign_of(changed, "machine alone").level == level


def test_a_machine_of_which_it_is_not_known_is_doubtful(changed):
    for record in changed:
        record.pop("machine_floor", None)
    assert sign_of(changed, "machine alone").level == DOUBTFUL


def test_rounds_are_counted_as_they_were_done_and_not_as_planned(planted):
    (session,) = results.sessions(planted)
    assert rounds_text(planted, session) == "3 interleaved rounds"
    cut = [one for one in planted if one.get("run_id") != "spread-fiber-2-1"]
    assert rounds_text(cut, session) == "2 whole of 3 planned interleaved rounds"


def test_a_round_that_another_session_went_on_with_is_whole(changed):
    (session,) = results.sessions(changed)
    second = copy.deepcopy(session) | {"session_id": "again"}
    for run in results.runs(changed):
        if run["block"] == 2 and run["position"] > 4:
            run["session_id"] = "again"
    assert rounds_text([*changed, second], session) == "3 interleaved rounds"


def test_signs_of_several_sessions_say_which_they_are_of(changed):
    (session,) = results.sessions(changed)
    (ending,) = results.endings(changed)
    second = copy.deepcopy(session) | {"session_id": "again"}
    drifted = copy.deepcopy(ending) | {"session_id": "again"}
    drifted["anchor"]["drift"] = 0.5
    drifts = [
        (one.level, one.text.partition(" by ")[0])
        for one in signs_of([*changed, second, drifted])
        if "drifted" in one.text
    ]
    assert drifts == [
        (GOOD, "part 1 of 2: machine drifted"),
        (BAD, "part 2 of 2: machine drifted"),
    ]
