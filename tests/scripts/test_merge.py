"""Shares of one matrix become one set of results, or are refused with what to do."""

import copy
import json

import pytest

from matrix_support import call_main, matrix_run_in
from skein_scripts.commands import compare, merge
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.records.metrics import named
from skein_scripts.report import paired, trust

CLASS = ("--host-class", "c6i", "--repeats", "4")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The records of two shares, by name: rounds 0-1 on left, 2-3 on right."""
    found = {}
    for name, rounds in (("left", "0-1"), ("right", "2-3")):
        run = matrix_run_in(tmp_path_factory.mktemp(name))
        (run.folder / "boot").write_text(f"{name}-boot")
        run.environment["SKEIN_BOOT_ID_FILE"] = str(run.folder / "boot")
        done = run("--rounds", rounds, "--host-name", name, *CLASS)
        assert done.returncode == 0, done.stderr
        found[name] = run.records()
    return found


class Shares:
    """Two shares that a test may spoil before it merges them."""

    def __init__(self, folder, records):
        self.folder, self.left, self.right = folder, records["left"], records["right"]

    @property
    def output(self):
        return self.folder / "all"

    def write(self):
        for name in ("left", "right"):
            path = self.folder / name / "results.jsonl"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(json.dumps(one) + "\n" for one in getattr(self, name)))

    def merge(self, *names):
        self.write()
        words = [self.folder / name for name in names or ("left", "right")]
        return call_main("merge.py", merge.main, *words, "--output", self.output)

    def merged(self):
        return results.load(self.output / "results.jsonl")


@pytest.fixture
def shares(tmp_path, measured):
    return Shares(tmp_path, copy.deepcopy(measured))


pytestmark = pytest.mark.slow


def test_shares_become_one_file_in_the_order_of_their_rounds(shares, capsys):
    assert shares.merge("right", "left") == 0
    assert shares.merged() == shares.left + shares.right
    said = capsys.readouterr().out
    assert "left: rounds 0-1" in said
    assert "right: rounds 2-3" in said


def test_a_report_reads_what_was_merged_and_pairs_within_a_host(shares):
    shares.merge()
    fixed = group_runs(shares.merged())[0]
    assert fixed.repeats == 4
    rounds = paired.by_round(fixed.series[0], named("cpu_per_op").of)
    host = {one["session_id"]: one["host"]["name"] for one in results.sessions(shares.merged())}
    assert {(host[session], block) for session, block, _ in rounds} == {
        ("left", 0), ("left", 1), ("right", 2), ("right", 3),
    }  # fmt: skip


def compared(*words):
    return call_main("compare.py", compare.main, *words)


def test_two_runtimes_are_compared_host_by_host(shares, capsys):
    shares.merge()
    found = shares.folder / "compared.jsonl"
    assert compared(shares.output, "--runtimes", "libuv,coroutine", "--json", found) == 0
    said = capsys.readouterr().out
    assert "cpu_per_op by host: left " in said
    assert ", right " in said
    lines = [json.loads(line) for line in found.read_text().splitlines()[1:]]
    cpu = next(one for one in lines if one["metric"] == "cpu_per_op")
    assert [(one["host"], one["pairs"]) for one in cpu["hosts"]] == [("left", 2), ("right", 2)]
    assert cpu["base_median"] is None
    assert 0 < cpu["p_hosts_alike"] <= 1


def test_a_file_of_several_hosts_is_not_compared_with_another(shares, capsys):
    shares.merge()
    capsys.readouterr()
    assert compared(shares.output, shares.folder / "left") == 2
    assert "is of 2 hosts (left, right)" in capsys.readouterr().err


def test_files_of_two_hosts_are_compared_with_a_note_on_it(shares, capsys):
    shares.right = copy.deepcopy(shares.left)
    for record in shares.right:
        if record["kind"] == "session":
            record["host"]["name"] = "right"
    shares.write()
    assert compared(shares.folder / "left", shares.folder / "left") == 0
    assert "DIFFERENT HOSTS" not in capsys.readouterr().out
    assert compared(shares.folder / "left", shares.folder / "right") == 0
    assert "DIFFERENT HOSTS: left and right" in capsys.readouterr().out


def test_a_report_says_that_its_figures_are_of_several_hosts(shares):
    shares.merge()
    found = trust.signs(shares.merged(), group_runs(shares.merged()), [], [], False)
    assert any("rounds of 2 hosts (left, right)" in one.text for one in found)
    found = trust.signs(shares.left, group_runs(shares.left), [], [], False)
    assert not any("hosts" in one.text for one in found)


def test_a_round_that_is_not_whole_is_left_out_and_said(shares, capsys):
    last = [run for run in shares.right if run.get("block") == 3 and not run.get("probe")][-1]
    shares.right.remove(last)
    shares.right += [
        {**run, "session_id": "later", "block": 1}
        for run in shares.right if run.get("block") == 2 and run.get("position") == 0
    ]  # fmt: skip
    assert shares.merge() == 2
    assert "host 'right' has 1 whole round (2)" in capsys.readouterr().err
    assert not shares.output.exists()
    shares.left += [{**run, "session_id": shares.left[0]["session_id"], "run_id": "again"}
                    for run in shares.right if run.get("block") == 3]  # fmt: skip
    shares.right = [one for one in shares.right if one.get("block") != 3]
    assert shares.merge("left") == 0
    assert "left out 3, not whole" in capsys.readouterr().out
    assert {run["block"] for run in results.runs(shares.merged())} == {0, 1}


def test_rounds_that_none_has_are_said(shares, capsys):
    assert shares.merge("left") == 0
    assert "of 4 rounds, 2-3 are in none of them" in capsys.readouterr().out


def test_results_that_are_there_are_not_written_over(shares, capsys):
    assert shares.merge() == 0
    before = (shares.output / "results.jsonl").read_bytes()
    assert shares.merge() == 2
    assert "choose another --output" in capsys.readouterr().err
    assert (shares.output / "results.jsonl").read_bytes() == before


def session(records):
    return records[0]


def each_run(records):
    return [record for record in records if record["kind"] == "run"]


def other_matrix(shares):
    session(shares.right)["config_sha256"] = "b" * 64


def other_build(shares):
    session(shares.right)["build"]["binary_sha256"] = "b" * 64


def other_pins(shares):
    session(shares.right)["environment"]["worker_cpus"] = [3]


def other_schema(shares):
    session(shares.right)["schema"] = 2


def other_label(shares):
    session(shares.right)["host"]["class"] = "c7g"


def other_machine(shares):
    session(shares.right)["environment_hash"] = "f" * 16
    session(shares.right)["environment"]["cpu_model"] = "another"


def same_round(shares):
    for run in each_run(shares.right):
        run["block"] -= 1


def same_boot(shares):
    session(shares.right)["host"]["boot"] = "left-boot"


def same_name(shares):
    session(shares.right)["host"]["name"] = session(shares.left)["host"]["name"]


def at_once(shares):
    session(shares.right)["host"] = session(shares.left)["host"]
    session(shares.right)["created_utc"] = session(shares.left)["created_utc"]


def slower(shares):
    for run in each_run(shares.right):
        if run.get("probe"):
            run["cpu"]["per_op_ns"] *= 1.2


def without_anchors(shares):
    shares.right = [one for one in shares.right if not one.get("probe")]


def one_round(shares):
    shares.right = [one for one in shares.right if one.get("block") != 3]


def auto(shares):
    for records in (shares.left, shares.right):
        session(records)["plan"]["cells"][0]["settings"]["rate"] = "auto:60%"


def of_older_scripts(shares):
    del session(shares.right)["host"]


def of_no_matrix(shares):
    session(shares.right)["plan"] = None


def empty(shares):
    shares.right = []


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (other_matrix, "two matrices"),
        (other_build, "two builds of skein: measure all shares with one binary"),
        (other_pins, "two ways to pin: measure all shares with the same --worker-cpus"),
        (other_schema, "schema version 2 is newer"),
        (other_label, "host class 'c6i'"),
        (other_machine, "and another; set them up alike"),
        (same_round, "round 1 is in"),
        (same_boot, "one boot of one machine, so they are one host"),
        (same_name, "is the name of 2 machines"),
        (at_once, "at the same time, which spoils both"),
        (slower, "% more (at most 10 %): leave one of them out"),
        (without_anchors, "no anchor of host 'right' counts"),
        (one_round, "host 'right' has 1 whole round (2), too few"),
        (auto, "absolute ones (--set c10k/open.rate=20000)"),
        (of_older_scripts, "does not say on which host"),
        (of_no_matrix, "only results of run_matrix.py are shares"),
        (empty, "has no session"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_does_not_belong_together_is_refused_with_the_remedy(shares, capsys, spoil, why):
    spoil(shares)
    assert shares.merge() == 2
    assert why in capsys.readouterr().err
    assert not shares.output.exists()


def test_a_round_of_which_two_hosts_measured_a_part_each_is_refused(shares, capsys):
    moved = [run for run in each_run(shares.left) if run["block"] == 1][-2:]
    kept = [one for one in shares.left if one not in moved]
    name = session(shares.right)["session_id"]
    shares.left = kept + shares.right + [{**run, "session_id": name} for run in moved]
    assert shares.merge("left") == 2
    assert "in part on 'left' and in part on 'right'" in capsys.readouterr().err


def test_the_same_share_named_twice_is_refused(shares, capsys):
    assert shares.merge("left", "left") == 2
    assert "have the same session: name it once" in capsys.readouterr().err


def test_shares_of_one_host_one_after_the_other_are_merged(shares):
    host = session(shares.left)["host"]
    session(shares.right)["host"] = host
    assert shares.merge() == 0


def test_a_folder_without_results_is_a_usage_error(shares, capsys):
    assert shares.merge("left", "none") == 2
    assert "there are no results at" in capsys.readouterr().err
