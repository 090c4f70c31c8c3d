"""Instructions per request: how they are counted, and that they need no test."""

from dataclasses import replace

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.commands import gate
from skein_scripts.gate import counting, judge, stages
from skein_scripts.gate.judge import Pairs
from skein_scripts.matrix import matrix, plan
from skein_scripts.records import metrics, purposes
from skein_scripts.session.skein_process import Skein

INSTRUCTIONS = metrics.named("instructions_per_op")
PRESET = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml")


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([(1000.0, 1030.0)] * 2, "regressed"),
        ([(1000.0, 970.0)], "improved"),
        ([(1000.0, 1001.0), (1000.0, 1000.0)], "unchanged"),
        ([(1000.0, 1030.0), (1000.0, 1030.0), (1000.0, 960.0)], "regressed"),
        ([(1000.0, 1030.0), (1000.0, 1000.0), (1000.0, 1000.0)], "inconclusive"),
    ],
)
def test_of_an_exact_figure_most_pairs_must_agree_and_few_are_enough(values, verdict):
    (found,) = judge.judge([Pairs("cell", INSTRUCTIONS, values)])
    assert (found.verdict, found.p) == (verdict, None)
    assert bool(stages.flagged([found])) == (verdict == "regressed")
    mirrored = {"regressed": "improved", "improved": "regressed"}
    (back,) = judge.judge([Pairs("cell", INSTRUCTIONS, [(c, b) for b, c in values])])
    assert back.verdict == mirrored.get(verdict, verdict)


class CountedRunner:
    """Stands in for a runner whose worker runs under callgrind."""

    def __init__(self, extra, status="ok", more=(), questions=()):
        self.command = extra[1]
        self._status = status
        self._more = iter(more)  # what each run has beside its requests
        self._questions = iter(questions)  # which each run is asked beside the usual ones

    def measure(self, slot):
        requests = slot.cell.settings["requests"]
        out = next(word for word in self.command.split() if "callgrind-out-file" in word)
        questions = next(self._questions, 0)
        extra = next(self._more, 0) + 109_000 * questions
        with open(out.split("=", 1)[1], "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"totals: {1_000_000 + 1200 * requests + extra}\n")
        return {
            "status": self._status, "reasons": [], "work": {"units": requests},
            "messages": 10 + questions,
            "latency": {"p50": 1}, "load": {"achieved_per_s": 9},
            "cpu": {"per_op_ns": 5, "voluntary_switches": 3},
        }  # fmt: skip


def counted_slot():
    cell = next(cell for cell in PRESET.cells if cell.purpose == purposes.INSTRUCTIONS)
    return plan.Slot(cell, 0, 0)


def test_instructions_are_the_slope_and_what_a_process_does_once_is_left_out(tmp_path):
    skein = Skein(tmp_path / "skein", {"LD_PRELOAD": "/lib/it.so"})
    made = []

    def runner_of(extra):
        made.append(CountedRunner(extra))
        return made[-1]

    record = counting.InstructionCounter(skein, tmp_path, runner_of).measure(counted_slot())
    assert record["cpu"]["instructions_per_op"] == 1200
    assert INSTRUCTIONS.of(record) == 1200
    assert record["counted"]
    assert (record["latency"], record["cpu"]["per_op_ns"]) == (None, None)
    assert made[0].command.startswith("env -i ")
    assert "LD_PRELOAD=/lib/it.so" in made[0].command
    assert not list(tmp_path.glob(".callgrind*"))


@pytest.mark.parametrize("disturbed", [0, 1, 2])
def test_a_run_that_did_more_than_its_requests_is_run_again(tmp_path, disturbed):
    more = [9_000_000 if run == disturbed else 0 for run in range(3)]
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"), tmp_path, lambda extra: CountedRunner(extra, more=more)
    )
    record = counter.measure(counted_slot())
    assert (record["status"], record["cpu"]["instructions_per_op"]) == ("ok", 1200)


def test_of_runs_that_are_disturbed_by_turns_each_counts_with_its_fewest(tmp_path):
    # No turn is straight on its own: of every one another run did more.
    more = [9_000_000 if turn % 3 == run else 0 for turn in range(9) for run in range(3)]
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"), tmp_path, lambda extra: CountedRunner(extra, more=more)
    )
    record = counter.measure(counted_slot())
    assert (record["status"], record["cpu"]["instructions_per_op"]) == ("ok", 1200)


@pytest.mark.parametrize(
    "questions",
    [
        (2, 0, 0, 1, 0, 0, 2, 1, 2, 0),  # the shortest run is asked more often in most turns
        (1, 2, 3, 3, 1, 2, 2, 3, 1),  # no turn is alike, and after three all have been asked alike
    ],
)
def test_runs_that_were_asked_more_often_are_not_put_on_one_line(tmp_path, questions):
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"), tmp_path, lambda words: CountedRunner(words, questions=questions)
    )
    record = counter.measure(counted_slot())
    assert (record["status"], record["cpu"]["instructions_per_op"]) == ("ok", 1200)


def test_without_runs_that_were_asked_alike_there_is_no_count(tmp_path):
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"),
        tmp_path,
        lambda words: CountedRunner(words, questions=iter(range(1000))),
    )
    record = counter.measure(counted_slot())
    assert (record["status"], INSTRUCTIONS.of(record)) == ("invalid", None)
    assert record["reasons"] == [
        "the worker was asked for its counts more or less often in every run"
    ]


@pytest.mark.parametrize("disturbed", [0, 1, 2])
@pytest.mark.parametrize("more", [500, 5_000, 12_000, 25_000, 50_000, 109_000])
def test_what_passes_as_a_line_is_off_by_less_than_matters(tmp_path, disturbed, more):
    # The same run of every turn did more, so that nothing can be gained by running it again.
    extra = [more if run == disturbed else 0 for run in range(3)] * 9
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"), tmp_path, lambda words: CountedRunner(words, more=extra)
    )
    record = counter.measure(counted_slot())
    off = abs(record["cpu"]["instructions_per_op"] / 1200 - 1)
    assert record["status"] == "invalid" or off < INSTRUCTIONS.min_effect
    assert record["status"] == "ok" or more > 500


def test_instructions_that_are_never_in_proportion_do_not_count(tmp_path):
    more = [109_000, 0, 0] * 9
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"), tmp_path, lambda extra: CountedRunner(extra, more=more)
    )
    record = counter.measure(counted_slot())
    assert record["status"] == "invalid"
    # 1,000, 2,000 and 4,000 requests at 1,200 each, and once for all 109,000 more.
    assert record["reasons"] == [
        "instructions are not in proportion to requests: 1091 and 1200 each"
    ]
    assert INSTRUCTIONS.of(record) is None


def test_a_machine_that_disturbed_a_counted_run_changed_no_instructions(tmp_path):
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"), tmp_path, lambda extra: CountedRunner(extra, "invalid")
    )
    record = counter.measure(counted_slot())
    assert (record["status"], INSTRUCTIONS.of(record)) == ("ok", 1200)


def test_a_counted_run_that_failed_has_no_count(tmp_path):
    counter = counting.InstructionCounter(
        Skein(tmp_path / "skein"), tmp_path, lambda extra: CountedRunner(extra, "failed")
    )
    record = counter.measure(counted_slot())
    assert record["status"] == "failed"
    assert "instructions_per_op" not in record["cpu"]


def test_without_valgrind_instructions_are_left_out_and_it_is_said(monkeypatch):
    monkeypatch.setattr(counting.shutil, "which", lambda _: None)
    kept, why = gate.without_unmeasurable(PRESET)
    assert all(cell.purpose != purposes.INSTRUCTIONS for cell in kept.cells)
    assert len(kept.cells) < len(PRESET.cells)
    assert "valgrind" in why[0]
    counted = tuple(cell for cell in PRESET.cells if cell.purpose == purposes.INSTRUCTIONS)
    with pytest.raises(UsageError, match="valgrind"):
        gate.without_unmeasurable(replace(PRESET, cells=counted))


def test_a_cell_that_counts_needs_a_number_of_requests():
    entry = {"workload": "c10k", "mode": "fixed", "connections": 1, "purpose": "instructions"}
    document = {"runtimes": ["coroutine"], "cell": [entry]}
    with pytest.raises(UsageError, match="needs requests"):
        matrix.parse_matrix(document, "m")
    entry["requests"] = 4000
    with pytest.raises(UsageError, match="warmup_requests = 0"):
        matrix.parse_matrix(document, "m")
    entry |= {"warmup": "0ms", "warmup_requests": 0}
    assert matrix.parse_matrix(document, "m").cells[0].purpose == purposes.INSTRUCTIONS
