"""Claims put to the test: how they are declared, what rounds decide of them, and the tables that
say so. What was measured is planted: a cell's figures round by round."""

import copy
import json

import pytest
from planted_claims import CLAIMS, FEW, cells, rounds_of

import page_parts
from skein_scripts.base.errors import UsageError
from skein_scripts.commands import claims as command
from skein_scripts.matrix.matrix import load_preset
from skein_scripts.records.results import validate
from skein_scripts.report import report_pages
from skein_scripts.report.claims import judge, table
from skein_scripts.report.claims.declared import FILE, PRESET, claims_of

FUTURES, THREADS = "sleep-100k/future", "sleep-20k/thread"
FIBERS = "sleep-100k/fiber"
CPU, BASE = "fixed-10k/future", "fixed-10k/epoll_floor"


@pytest.fixture
def declared(tmp_path):
    """Reads claims with a text of their own."""

    def with_text(text):
        path = tmp_path / "claims.toml"
        path.write_text(text, encoding="utf-8")
        return claims_of(path)

    return with_text


@pytest.fixture
def verdict(declared):
    """The verdict on one claim with these rules."""

    def of(rules, measured, **more):
        claims = declared(FEW + f'[[claim]]\nid = "it"\nsays = "It."\nsaid_in = "books"\n{rules}')
        (found,) = judge.judge(rounds_of(measured, **more), claims)
        return found

    return of


def rule(of, bound, where=None, metric="user_bytes_per_task", more=""):
    condition = f'where = "{where}"\n' if where else ""
    return f'[[claim.rule]]\n{condition}metric = "{metric}"\nof = "{of}"\n{more}{bound}\n'


# --- what rounds decide ---


def test_a_claim_holds_where_every_round_is_within_its_bound(verdict):
    found = verdict(rule(FUTURES, "at_most = 150"), {FUTURES: [112, 113, 111]})
    assert (found.word, found.text) == ("holds", "holds")
    (one,) = found.outcomes
    assert (one.rounds, one.figure.median, one.figure.low, one.figure.high) == (3, 112, 111, 113)


def test_a_claim_does_not_hold_where_every_round_is_beyond_its_bound(verdict):
    found = verdict(rule(FUTURES, "at_least = 2048"), {FUTURES: [112, 113, 111]})
    assert found.text == "does not hold"


def test_a_claim_is_not_decided_where_rounds_lie_on_both_sides_of_its_bound(verdict):
    found = verdict(rule(FUTURES, "at_most = 112"), {FUTURES: [111, 112, 113]})
    assert found.text == "not decided (the rounds lie on both sides of the bound)"


@pytest.mark.parametrize("rounds", [1, 2])
def test_no_claim_is_decided_by_fewer_rounds_than_are_asked_for(verdict, rounds):
    found = verdict(rule(FUTURES, "at_most = 150"), {FUTURES: [112] * rounds})
    assert found.text == f"not decided ({rounds} of at least 3 rounds)"


def test_a_run_that_is_invalid_is_no_round(verdict):
    measured = {FUTURES: [112, {"status": "invalid", "reasons": ["host: others used 9 %"]}, 112]}
    found = verdict(rule(FUTURES, "at_most = 150"), measured)
    assert found.text == (
        f"not decided (2 of at least 3 rounds: {FUTURES} invalid (host: others used 9 %))"
    )


@pytest.mark.parametrize("word", [150, "ok"])
def test_a_round_that_is_run_three_times_is_one_round(verdict, word):
    """The liar: one slot, whose run stands in the file again and again."""
    status = f'[[claim.rule]]\nof = "{FUTURES}"\nstatus = "ok"\n'
    text = status if word == "ok" else rule(FUTURES, f"at_most = {word}")
    found = verdict(text, {FUTURES: [112]}, again=2)
    assert found.text == "not decided (1 of at least 3 rounds)"


def test_runs_outside_a_plan_decide_nothing(verdict):
    found = verdict(rule(FUTURES, "at_most = 150"), {FUTURES: [112, 112, 112]}, planned=False)
    assert found.word == "not decided"


def test_runs_with_other_settings_decide_nothing(verdict):
    measured = {FUTURES: [112, 112, 112]}
    found = verdict(rule(FUTURES, "at_most = 150"), measured, settings={"tasks": 100})
    assert found.text == (
        f"not decided (0 of at least 3 rounds: {FUTURES} was measured with other settings)"
    )


def test_a_session_that_is_inconclusive_decides_nothing(verdict):
    measured = {FUTURES: [112, 112, 112]}
    found = verdict(rule(FUTURES, "at_most = 150"), measured, doubts=["drift of 31 %"])
    assert found.text == "not decided (the session is inconclusive: drift of 31 %)"
    (one,) = found.outcomes
    assert (one.holds, one.figure.median) == (None, 112)


def test_runs_under_unequal_conditions_decide_nothing(declared):
    records = rounds_of({FUTURES: [112, 112, 112], FIBERS: [4096, 4096, 4096]})
    claims = declared(CLAIMS)
    assert [one.word for one in judge.judge(records, claims)] == ["holds"]
    for run in records[1:-1]:
        run["conditions"] = {"inline_budget": 64 if run["cell"]["runtime"] == "fiber" else 32}
    (found,) = judge.judge(records, claims)
    assert found.text.startswith("not decided (conditions differ: sleep-100k, round 1: inline_bud")


def test_a_cell_that_was_not_measured_is_named(verdict):
    found = verdict(rule(FUTURES, "at_most = 150"), {THREADS: [112, 112, 112]})
    assert found.text == f"not decided (0 of at least 3 rounds: {FUTURES} is not in this file)"


# --- kinds of rules ---


def test_a_ratio_is_taken_round_by_round(verdict):
    """Each round is 4 % above, although the machine became twice as slow."""
    measured = {CPU: [1040, 2080, 4160], BASE: [1000, 2000, 4000]}
    more = f'over = "{BASE}"\n'
    found = verdict(rule(CPU, "at_most = 1.05", metric="cpu_per_op", more=more), measured)
    assert found.word == "holds"
    assert found.outcomes[0].figure.high == pytest.approx(1.04)


def test_a_ratio_takes_only_rounds_that_both_have(verdict):
    measured = {CPU: [1000, 1000, 1000], BASE: [1000, None, 1000]}
    more = f'over = "{BASE}"\n'
    found = verdict(rule(CPU, "at_most = 1.05", metric="cpu_per_op", more=more), measured)
    assert found.text == "not decided (2 of at least 3 rounds)"


def test_of_several_cells_the_product_is_taken(verdict):
    """Twice the cost from 10 tasks to 1,000, of which the floor's own growth is 1.5."""
    names = ("active-1k/future", "active-10/epoll_floor", "active-10/future",
             "active-1k/epoll_floor")  # fmt: skip
    measured = dict(zip(names, ([2000] * 3, [800] * 3, [1000] * 3, [1200] * 3), strict=True))
    text = (f'[[claim.rule]]\nmetric = "cpu_per_op"\nof = ["{names[0]}", "{names[1]}"]\n'
            f'over = ["{names[2]}", "{names[3]}"]\nat_least = 1.3\n')  # fmt: skip
    found = verdict(text, measured)
    assert found.word == "holds"
    assert found.outcomes[0].figure.median == pytest.approx(4 / 3)


def test_a_slope_is_by_how_much_a_figure_grows_with_a_setting(verdict):
    measured = {"sleep-100k/future": [1_712] * 3, "sleep-million/future": [900_001_712] * 3}
    more = 'above = "sleep-100k/future"\nper = "tasks"\n'
    found = verdict(rule("sleep-million/future", "at_most = 1000", more=more), measured)
    assert found.word == "holds"
    assert found.outcomes[0].figure.median == pytest.approx(1000)


def test_a_status_is_that_of_all_rounds(verdict):
    text = f'[[claim.rule]]\nof = "{THREADS}"\nstatus = "limit"\n'
    limit = {"status": "limit", "reasons": ["RLIMIT_NPROC 9000"],
             "limit": {"name": "RLIMIT_NPROC", "value": 9000, "needed": 20016}}  # fmt: skip
    assert verdict(text, {THREADS: [limit] * 3}).text == "holds"
    assert verdict(text, {THREADS: [8000] * 3}).text == "does not hold"
    mixed = verdict(text, {THREADS: [8000, limit, limit]})
    assert mixed.text == f"not decided ({THREADS} was limit and ok in turn)"
    assert verdict(text, {THREADS: [limit] * 2}).word == "not decided"


@pytest.mark.parametrize("name", ["toolchain", "skein thread ceiling"])
def test_a_limit_that_is_not_the_machines_decides_nothing(verdict, name):
    text = f'[[claim.rule]]\nof = "{THREADS}"\nstatus = "limit"\n'
    limit = {"status": "limit", "reasons": [name],
             "limit": {"name": name, "value": None, "needed": None}}  # fmt: skip
    found = verdict(text, {THREADS: [limit] * 3})
    assert found.text == f"not decided (0 of at least 3 rounds: {THREADS} limit ({name}))"


# --- several rules ---

SMALL, LARGE, MIXED = [112] * 3, [4096] * 3, [100, 200, 100]


def small(cell, where=None):
    return rule(cell, "at_most = 150", where)


def test_a_claim_holds_under_those_conditions_whose_rule_holds(verdict):
    rules = small(FUTURES, "a future") + small(FIBERS, "a fiber")
    assert verdict(rules, {FUTURES: SMALL, FIBERS: LARGE}).text == "holds under: a future"
    assert verdict(rules, {FUTURES: SMALL, FIBERS: SMALL}).text == "holds"
    assert verdict(rules, {FUTURES: LARGE, FIBERS: LARGE}).text == "does not hold"


def test_a_condition_that_is_not_decided_is_said_and_never_counted_as_one_that_holds(verdict):
    rules = small(FUTURES, "a future") + small(FIBERS, "a fiber")
    found = verdict(rules, {FUTURES: SMALL, FIBERS: MIXED})
    why = "the rounds lie on both sides of the bound"
    assert found.text == f"holds under: a future ({why})"
    assert verdict(rules, {FUTURES: LARGE, FIBERS: MIXED}).text == f"not decided ({why})"


def test_rules_without_a_condition_must_all_hold(verdict):
    rules = small(FUTURES) + small(FIBERS)
    assert verdict(rules, {FUTURES: SMALL, FIBERS: SMALL}).text == "holds"
    assert verdict(rules, {FUTURES: SMALL, FIBERS: LARGE}).text == "does not hold"
    assert verdict(rules, {FUTURES: MIXED, FIBERS: LARGE}).text == "does not hold"
    assert verdict(rules, {FUTURES: MIXED, FIBERS: SMALL}).word == "not decided"


def test_an_open_claim_says_why(declared):
    text = FEW + '[[claim]]\nid = "it"\nsays = "It."\nsaid_in = "books"\nopen = "nothing locks"\n'
    (found,) = judge.judge(rounds_of({FUTURES: SMALL}), declared(text))
    assert (found.word, found.text) == ("open", "open (nothing locks)")


# --- the declarations ---


@pytest.mark.parametrize(("change", "said"), [
    (("least_rounds = 3", "least_rounds = 1"),
     "least_rounds is a whole number of at least 3, not 1: no claim is decided by a run or two"),
    (("least_rounds = 3\n", ""), "least_rounds is .* not None"),
    (("[[claim]]", "[claim]"), r"it needs \[\[claim\]\], in two brackets"),
    (('says = "Small."\n', ""), "claim 'small': says is a text, not left out"),
    (('said_in = "books"', "said_in = 3"), "claim 'small': said_in is a text, not 3"),
    (('says = "Small."', 'say = "Small."'), "unknown key of a claim 'say' .*mean 'says'"),
    (('metric = "user_bytes_per_task"', 'metric = "user_bytes"'),
     "claim 'small': rule 1: unknown metric 'user_bytes' .*did you mean 'user_bytes_per_task'"),
    (('metric = "user_bytes_per_task"\n', ""), "rule 1: it has no metric: name one of results"),
    (('metric = "user_bytes_per_task"', 'metric = "cpu_over_floor"'), "the floor in over"),
    (("sleep-100k/future", "sleep-100k/futures"), "unknown runtime 'futures' .*mean 'future'"),
    (("sleep-100k/future", "sleep-100k/libuv"), "unknown runtime of cell 'sleep-100k' 'libuv'"),
    (("sleep-100k/future", "sleep-10m/future"), "unknown cell of the preset claims 'sleep-10m'"),
    (('of = "sleep-100k/future"', "of = 3"), "of names a cell of the preset, .* not 3"),
    (('of = "sleep-100k/future"\n', ""), "rule 1: it has no of: name a cell"),
    (("at_most = 150\n", ""), "it has no bound: write at_least, at_most or both"),
    (("at_most = 150", 'at_most = "150"'), "a bound is a number in the metric's unit, not '150'"),
    (("at_most = 150", "at_most = 150\nat_least = 151"), "nothing is at least 151 and at most 150"),
    (("at_most = 150", 'at_most = 150\nper = "tasks"'), "a slope has both: above,"),
    (("at_most = 150", 'at_most = 150\nper = "tasks"\nabove = "sleep-100k/fiber"'),
     "its cells do not differ in tasks"),
    (("at_most = 150", 'at_most = 150\nper = "window"\nabove = "sleep-million/future"'),
     "'sleep-100k/future' has no number as window"),
    (("at_most = 150", 'status = "ok"'), "metric has no use beside status"),
    (('at_most = 150', 'at_most = 150\nwhere = ""'), "where is a text, not ''"),
    (("[[claim.rule]]", 'open = "why"\n[[claim.rule]]'), "it is open and has a rule"),
])  # fmt: skip
def test_a_claim_that_cannot_be_is_refused_with_file_entry_and_remedy(
    declared, tmp_path, change, said
):
    assert change[0] in CLAIMS
    with pytest.raises(UsageError, match=said) as refused:
        declared(CLAIMS.replace(*change))
    assert str(tmp_path / "claims.toml") in str(refused.value)


def test_a_claim_without_a_rule_is_refused_unless_it_is_open(declared):
    with pytest.raises(UsageError, match=r"claim 'small': it has no rule: write \[\[claim.rule\]"):
        declared(CLAIMS.partition("[[claim.rule]]")[0])


def test_two_claims_with_one_id_are_refused(declared):
    again = CLAIMS[CLAIMS.index("[[claim]]") :]
    with pytest.raises(UsageError, match="claim 'small': another claim has this id"):
        declared(CLAIMS + again)


# --- our own claims ---


def test_our_claims_are_of_the_preset_and_use_every_cell_of_it():
    claims = claims_of()
    used = {cell.key for one in claims.claims for each in one.rules for cell in each.cells}
    assert used == {cell.key for cell in load_preset(PRESET).cells}


def test_at_least_fifteen_of_our_claims_can_be_decided():
    measured = {key: [1000.0] * 3 for key in cells()}
    verdicts = judge.judge(rounds_of(measured), claims_of())
    words = [one.word for one in verdicts if one.word != "open"]
    assert len(words) >= 15
    assert "not decided" not in words


def test_the_preset_of_claims_has_rounds_enough():
    claims = claims_of()
    assert claims.matrix.repeats >= claims.least_rounds


# --- what is shown ---


@pytest.fixture
def results_file(tmp_path):
    def of(measured, **more):
        path = tmp_path / "results.jsonl"
        lines = [json.dumps(one) for one in rounds_of(measured, **more)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return of


@pytest.fixture
def small_claim(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(CLAIMS, encoding="utf-8")
    return path


def test_the_planted_records_are_valid():
    for record in rounds_of({FUTURES: SMALL}):
        validate(record)


def test_rows_have_sentence_verdict_rounds_source_and_each_rule_its_value_and_interval(small_claim):
    about, measured = table.make_tables(
        rounds_of({FUTURES: [112, 111, 114]}), claims_of(small_claim)
    )
    assert about.rows == [["Small.", "holds", "3", "books"]]
    assert measured.rows == [[
        "Small.", "", f"user_bytes_per_task of {FUTURES}", "112 B [111 B, 114 B]", "at most 150 B",
        "3", "holds",
    ]]  # fmt: skip


def test_the_script_writes_its_table_as_markdown_and_json(results_file, small_claim, tmp_path):
    markdown, numbers = tmp_path / "out" / "claims.md", tmp_path / "out" / "claims.json"
    path = results_file({FUTURES: [112, 111, 114]})
    words = [path, "--claims", small_claim, "--markdown", markdown, "--json", numbers]
    assert command.main([str(word) for word in words]) == 0
    text = markdown.read_text("utf-8")
    assert "| Small. | holds | 3 | books |" in text
    assert f"user_bytes_per_task of {FUTURES} | 112 B [111 B, 114 B] | at most 150 B | 3 |" in text
    (found,) = json.loads(numbers.read_text("utf-8"))
    assert (found["id"], found["verdict"], found["conditions"]) == ("small", "holds", [])
    (one,) = found["rules"]
    assert (one["median"], one["low"], one["high"], one["rounds"]) == (112, 111, 114, 3)
    assert (one["at_most"], one["holds"], one["is_interval"]) == (150, True, False)


def test_results_without_a_cell_of_a_claim_are_refused_with_what_to_run(planted, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in planted), encoding="utf-8")
    with pytest.raises(UsageError, match=r"has no cell of a claim: .* --preset claims"):
        command.main([str(path)])


def test_the_report_has_a_section_where_a_run_has_cells_of_claims(tmp_path):
    records = rounds_of({FUTURES: [112, 111, 114]})
    html, markdown = report_pages.write(records, tmp_path, [])
    page = page_parts.Page(html.read_text("utf-8"))
    assert "claims" in page.ids
    about = {row[0]: row for row in page.table("Claims about runtimes").texts()}
    says = next(name for name in about if name.startswith("A future that waits"))
    assert about[says][1].startswith("holds under: a hand-written future")
    measured = page.table("What was measured").texts()
    figures = [row[3] for row in measured if row[:2] == [says, "a hand-written future"]]
    assert figures == ["112 B [111 B, 114 B]"]
    assert "## Claims" in markdown.read_text("utf-8")


def test_the_report_of_another_run_has_no_such_section(planted, tmp_path):
    html, markdown = report_pages.write(copy.deepcopy(planted), tmp_path, [])
    assert "claims" not in page_parts.Page(html.read_text("utf-8")).ids
    assert "## Claims" not in markdown.read_text("utf-8")


def test_our_claims_are_where_the_script_says():
    assert FILE.is_file()
