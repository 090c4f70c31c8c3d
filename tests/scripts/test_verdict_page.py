"""The page of verdicts: the rows of the printed table, and beside each the forest plot, whose every
mark stands where its ratio belongs. The comparisons are made by hand."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import jinja2
import pytest
from test_printed_verdicts import ALL, FEWER, LOST, SAME, SLOWER, SMALLER, UNSURE, WILD

from skein_scripts.base.html_page import html_page
from skein_scripts.gate import forest, judge, show, verdict_page
from skein_scripts.gate.compared import Comparison
from skein_scripts.gate.record import Side
from skein_scripts.records.metrics import named
from skein_scripts.records.zero_counts import Total

EARLY = Comparison("timers/a", named("early_fires"), 6, 0, judge.REGRESSED,
                   reasons=["42 in 6 runs; base: 0 in 6 runs"],
                   totals=(Total(0, 6), Total(42, 6)))  # fmt: skip
SIDES = (Side("main", []), Side("HEAD", []))
PLOT = 4  # the column of the figures


class Page(HTMLParser):
    """Rows of each table, with the class of a row and the elements of its figure."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.classes, self.figures, self.texts = [], [], [], ""
        self.outside, self._cell = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.outside += [given[key] for key in ("src", "href", "action") if key in given]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
            self.classes.append(given.get("class"))
            self.figures.append([])
        elif tag in ("td", "th"):
            self._cell = ""
        elif tag in ("svg", "rect", "line", "path", "circle", "text"):
            self.figures[-1].append((tag, given))

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.tables[-1][-1].append(" ".join(self._cell.split()))
            self._cell = None

    def handle_data(self, data):
        self.texts += data
        if self._cell is not None:
            self._cell += data


def page_of(comparisons, **more):
    part = verdict_page.part(comparisons, more.get("title", "A title"), more.get("notes", []))
    return verdict_page.page(
        "A heading", more.get("summary", ["1 regressed"]), more.get("sides", SIDES),
        more.get("changed", []), [part], has_failed=more.get("has_failed", False),
    )  # fmt: skip


def words_of(text):
    return " ".join(Page(text).texts.split())


def figure_of(one, among=None):
    """The elements of a row's figure, by class; (left, right) of whatever has a length."""
    page = Page(page_of([one] if among is None else [one, *among]))
    place = next(n for n, row in enumerate(page.tables[0]) if row and row[1].startswith(
        one.metric.name))  # fmt: skip
    found = {}
    for tag, given in page.figures[place]:
        if tag == "rect":
            left = float(given["x"])
            value = (left, round(left + float(given["width"]), 1))
        elif tag == "line":
            value = (float(given["x1"]), float(given["x2"]))
        elif tag == "circle":
            value = float(given["cx"])
        else:
            value = given.get("d") or given.get("aria-label")
        found.setdefault(given["class"], []).append(value)
    return found


def test_a_page_has_the_rows_of_the_printed_table_and_a_figure_in_each():
    made = show.table_of([*ALL, EARLY], "A title", ["a note"])
    page = Page(page_of([*ALL, EARLY], notes=["a note"]))
    (table,) = page.tables
    columns = [*made.columns[:PLOT], "candidate / base", *made.columns[PLOT:]]
    assert [*table[0][:PLOT], table[0][PLOT][:16], *table[0][PLOT + 1 :]] == columns
    assert [[*row[:PLOT], *row[PLOT + 1 :]] for row in table[1:]] == made.rows
    without = {LOST.metric.name, EARLY.metric.name}
    assert {row[1] for row in table[1:] if row[PLOT] == "no ratio"} == without
    for row, figure in zip(table[1:], page.figures[1:], strict=True):
        assert bool(figure) != (row[1] in without)
    for note in made.notes:
        assert note in page.texts


def test_a_verdict_is_in_words_and_in_the_class_that_has_its_colour():
    page = Page(page_of([*ALL, EARLY]))
    assert page.classes == [
        None, "regressed", "regressed", "regressed", "improved", "unchanged", "inconclusive",
        "invalid", "inconclusive shown",
    ]  # fmt: skip
    text = page_of([SLOWER])
    for name in ("regressed", "improved", "inconclusive", "invalid"):
        assert f"tr.{name}" in text


def test_the_axis_ends_behind_nine_in_ten_gated_intervals_and_is_the_same_on_both_sides():
    ends = {
        "usual": [SLOWER, SAME], "half": [SMALLER], "wild alone": [WILD], "wild": [SLOWER, WILD],
    }  # fmt: skip
    found = {name: forest.Axis.of(some).end for name, some in ends.items()}
    assert found == {"usual": 1.1, "half": 2.0, "wild alone": 2.0, "wild": 1.1}
    assert forest.Axis.of([]).end == forest.Axis.of([LOST, EARLY]).end == 1.1
    assert forest.Axis.of([SMALLER, *[SAME] * 8]).end == 2.0
    assert forest.Axis.of([SMALLER, *[SAME] * 9]).end == 1.1  # one in ten is beyond
    axis = forest.Axis.of([FEWER, UNSURE])  # 0.853 and 1.139
    assert axis.end == 1.25
    assert axis.ticks == [(16, "0.8"), (92.8, "0.91"), (150, "1"), (207.2, "1.1"), (284, "1.25")]
    assert [axis.x(ratio) for ratio in (0.01, 0.8, 1, 1.25, 99)] == [16, 16, 150, 284, 284]


def test_point_interval_and_zone_stand_where_their_ratios_belong():
    # From 1/1.1 at 16 to 1.1 at 284: 134 units are ln 1.1 = 0.09531.
    found = figure_of(SLOWER)
    assert found["median"] == [pytest.approx(150 + 134 * 0.06859 / 0.09531, abs=0.06)]
    low, high = (150 + 134 * log / 0.09531 for log in (0.05069, 0.08893))
    assert found["interval"][0] == (pytest.approx(low, abs=0.06), pytest.approx(high, abs=0.06))
    # 3 % either way.
    assert found["zone"] == [(pytest.approx(108.4, abs=0.06), pytest.approx(191.6, abs=0.06))]
    assert found["one"] == [(150, 150)]
    assert len(found["tick"]) == 4
    assert "arrow" not in found
    assert found["forest"] == ["ratio 1.071, from 1.052 to 1.093"]


def test_less_throughput_is_worse_and_drawn_as_less():
    found = figure_of(FEWER)
    assert found["median"][0] < 150
    assert found["interval"][0][0] < found["median"][0] < found["interval"][0][1] < 150


def test_an_interval_that_goes_on_beyond_the_axis_ends_in_an_arrow():
    both = figure_of(WILD, among=[SLOWER])  # 0.377 to 3.907 on an axis to 1.1
    assert both["interval"] == [(16, 284)]
    assert [path.split()[1] for path in both["arrow"]] == ["24.0", "276.0"]
    assert "median" not in both  # 1.204 is beyond as well
    below = figure_of(replace(SMALLER, metric=WILD.metric), among=[SLOWER])
    assert below["interval"] == [(16, 16)]  # without a cap, which would say that it ends there
    assert [path.split()[1] for path in below["arrow"]] == ["24.0"]


def test_the_first_line_has_the_colour_of_what_matters_most():
    gone = replace(LOST, verdict=judge.MISSING)
    looks = [
        ("worse", [SLOWER, SMALLER]), ("worse", [LOST, SMALLER]), ("worse", [gone, SMALLER]),
        ("better", [SMALLER, SAME]), ("", [UNSURE, SMALLER]), ("", []),
    ]  # fmt: skip
    for look, some in looks:
        assert f'<p class="lead {look}">1 regressed</p>' in page_of(some)


def test_what_failed_or_ended_early_has_no_colour_of_success():
    for some in ([SMALLER], [SAME], []):
        assert '<p class="lead worse">1 regressed</p>' in page_of(some, has_failed=True)


def test_a_gate_leads_with_what_it_confirmed():
    stages = {"Confirmed": [SAME], "Screened": [SLOWER]}
    parts = [verdict_page.part(some, title, []) for title, some in stages.items()]
    text = verdict_page.page("skein gate", ["none confirmed"], SIDES, [], parts, has_failed=False)
    assert '<p class="lead ">none confirmed</p>' in text
    assert text.index("Confirmed</h2>") < text.index("Screened</h2>")
    assert len(Page(text).tables) == 2


def test_what_was_compared_and_the_conditions_that_changed_are_named():
    session = {"session_id": "s1", "tool": {"commit": "abc123"}}
    unknown = {"session_id": "s2", "tool": {"commit": None}}
    sides = (Side("main", [session]), Side("HEAD", [unknown]))
    changed = ["tick_ns was 1 and is 2"]
    text = words_of(page_of([SAME], sides=sides, changed=changed))
    assert "base main, commit abc123 session s1 candidate HEAD session s2" in text
    assert "Conditions that changed tick_ns was 1 and is 2" in text
    assert "None" not in text
    none = "Conditions that changed None of those that the workers say."
    assert none in words_of(page_of([SAME]))
    unknown = words_of(page_of([SAME], changed=None))
    assert "Conditions that changed Not known: " in unknown
    assert "None" not in unknown


def test_names_cannot_become_markup_and_stand_as_they_are():
    name = "c10k/<script>alert(1)</script>&\"'[x]\u2028"
    text = page_of([replace(SLOWER, cell=name)], title=name, notes=[name], summary=[name],
                   changed=[name], sides=(Side(name, []), Side(name, [])))  # fmt: skip
    assert "<script" not in text
    assert Page(text).tables[0][1][0] == name.replace("\u2028", "\\u2028")
    assert Page(text).texts.count("<script>alert(1)</script>&\"'[x]\\u2028") == 7


def test_a_page_needs_no_other_file_and_has_light_dark_and_narrow_looks():
    text = page_of(ALL)
    assert Page(text).outside == []
    assert not re.search(r"url\(|@import|https?:|<script|<link", text)
    assert "prefers-color-scheme: dark" in text
    assert "max-width: 72rem" in text
    assert text.startswith("<!doctype html>")
    assert '<meta name="viewport"' in text


def test_where_nothing_was_compared_the_page_says_so():
    page = Page(page_of([], summary=["nothing"]))
    assert page.tables[0][1] == ["Nothing was compared."]


def test_a_template_that_asks_for_what_is_not_there_is_no_page(tmp_path):
    path = tmp_path / "a.html.j2"
    path.write_text("<p>{{ nobody }}</p>")
    with pytest.raises(jinja2.UndefinedError, match="'nobody' is undefined"):
        html_page(path, {})
