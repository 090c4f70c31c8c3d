"""README's part that a published run writes: a table, its figure, and what the numbers are worth.
What stands there is declared (readme_values.py); a number that is not of the same work as the
others beside it has a mark, and a note says in what it differs.

Leaves out where the part stands in README (commands/render_readme.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from ..base.errors import UsageError
from ..base.names import check_name
from ..base.statistics import sign_test_rank
from ..base.table import in_markdown
from ..base.units import MISSING, format_count
from ..records import session_verdict
from ..records.groups import Group, Series, group_runs, repeats_text, same_work
from ..records.metric_tables import RESULTS, layout_of
from ..records.metrics import Metric
from ..records.results import RESULTS_NAME, find_results, load, sessions
from ..records.runtimes import in_order
from ..records.shapes import Record, Session
from ..records.workloads import Values
from .readme_figure import FIGURE, TEXT
from .readme_values import FILE, RUNTIMES, Shown, Value, shown_of
from .table_cells import MERGED_MARK, MERGED_NOTE, cell_text

REPORT = "report.md"  # which a host of repositories shows, beside README
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_APART = "cells of their own, not to be compared with the others"
_NO_FIGURE = "not in these cells, or of too few samples"


def part_of(folder: Path, link: str, declared: Path = FILE) -> str:
    """The part, in Markdown. `folder`: of the run; `link`: how README leads there. Raises
    UsageError where the run is not there, or does not have what is declared."""
    records = _records_of(folder)
    opened = sessions(records)
    plan = opened[-1]["plan"] if opened else None
    shown = shown_of(plan.get("preset") if plan else None, declared)
    for path in (FIGURE, REPORT) if shown.figure else (REPORT,):
        if not (folder / path).is_file():
            raise UsageError(
                f"{folder} has no {path}, which README shows: 'scripts/report.py {folder}' writes"
                " it"
            )
    groups = _groups_named(records, shown)
    notes = _Notes()
    lines = [
        *_table(shown, groups, notes),
        "",
        *notes.lines(),
        *([f"![{in_markdown(TEXT)}]({link}/{FIGURE})", ""] if shown.figure else []),
        _about(records, opened[-1], list(groups.values()), link),
    ]
    return "\n".join(lines)


def _records_of(folder: Path) -> list[Record]:
    if not (folder / RESULTS_NAME).is_file():
        raise UsageError(
            f"there is no run at {folder}: name the folder of one, which has its {RESULTS_NAME}, in"
            " README's mark"
        )
    return load(find_results(folder))


def _groups_named(records: Sequence[Record], shown: Shown) -> dict[str, Group]:
    """The groups that values name, as far as the run has them; the first of each it must have."""
    wanted = {name for value in shown.values for name in value.cells}
    found: dict[str, Group] = {}
    every = group_runs(records)
    for group in every:
        if group.name in wanted and group.name in found:
            raise UsageError(f"the run has two groups named {group.name}: README can show neither")
        if group.name in wanted:
            found[group.name] = group
    for value in shown.values:
        check_name("cell of this run", value.cells[0], [group.name for group in every])
    return found


def _table(shown: Shown, groups: Mapping[str, Group], notes: _Notes) -> list[str]:
    having = [one.runtime for group in groups.values() for one in group.series]
    for name in shown.runtimes:
        check_name("runtime of this run", name, in_order(having))
    runtimes = in_order(shown.runtimes or having)
    heads = [_heading(value, groups[value.cells[0]]) for value in shown.values]
    if shown.lines == RUNTIMES:  # by line, so that notes are numbered as they are read
        lines = [
            [name, *(_cell(value, name, groups, notes) for value in shown.values)]
            for name in runtimes
        ]
        columns = heads
    else:
        lines = [
            [head, *(_cell(value, name, groups, notes) for name in runtimes)]
            for head, value in zip(heads, shown.values, strict=True)
        ]
        columns = runtimes
    head = [shown.corner, *columns]
    rule = "|---|" + "---:|" * len(columns)
    return [_line(head), rule, *map(_line, lines)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(in_markdown, cells))} |"


def _heading(value: Value, group: Group) -> str:
    layout = layout_of(RESULTS, group.workload, group.shape)
    return f"{value.label}, {value.text(layout.title)}"


def _cell(value: Value, runtime: str, groups: Mapping[str, Group], notes: _Notes) -> str:
    """What a runtime has of a value, of the first group that it counts in."""
    found = [
        (groups[name], series)
        for name in value.cells
        if name in groups and (series := groups[name].of(runtime)) is not None
    ]
    for group, series in found:
        if series.ok:
            text = value.text(partial(_figure, group, series))
            if MISSING in text:
                text += notes.mark(_NO_FIGURE)
            if MERGED_MARK in text:
                notes.has_merged = True
            differs = _how_it_differs(group, series, groups[value.cells[0]])
            return text + notes.mark(differs) if differs else text
    why = found[0][1].why_missing() if found else None
    return MISSING + notes.mark(why or "not one of the runtimes of these cells")


def _figure(group: Group, series: Series, metric: Metric) -> str:
    return cell_text(metric, group, series, with_interval=False)


def _how_it_differs(group: Group, series: Series, first: Group) -> str:
    """In which work a runtime's figure differs from the first group's; empty where in none."""
    mine, usual = series.ok[0]["cell"], _usual(first)
    declared = group.declared
    other = [
        (field, value)
        for field in (declared.fields if declared else ())
        if field.name in same_work()
        and (value := mine.get(field.name)) is not None
        and value != usual.get(field.name)
    ]
    words = [said for field, value in other if (said := field.in_words(value, group.shape))]
    words = words or [f"{field.setting} {field.text(value)}" for field, value in other]
    if group is not first:
        return f"{', '.join(words) or group.name}: {series.reason or _APART}"
    return ": ".join(part for part in (", ".join(words), series.reason) if part)


def _usual(group: Group) -> Values:
    plain = [one.ok[0]["cell"] for one in group.series if one.ok and not one.reason]
    return plain[0] if plain else group.asked


class _Notes:
    """What marks mean: each meaning has one, in the order in which they come."""

    def __init__(self) -> None:
        self.has_merged = False
        self._numbers: dict[str, int] = {}

    def mark(self, meaning: str) -> str:
        """What stands behind a number."""
        number = self._numbers.setdefault(meaning, len(self._numbers) + 1)
        return f" {_superscript(number)}"

    def lines(self) -> list[str]:
        """A list of them, with an empty line behind it."""
        found = [f"- {_superscript(n)} {in_markdown(text)}" for text, n in self._numbers.items()]
        if self.has_merged:
            found.append(f"- {MERGED_NOTE}")
        return [*found, ""] if found else []


def _superscript(number: int) -> str:
    return str(number).translate(_SUPERSCRIPT)


def _about(records: Sequence[Record], session: Session, groups: Sequence[Group], link: str) -> str:
    """The sentences under the table: which run, on what, how much of it counts, and what so many
    repeats mean."""
    machine, build = session["environment"], session.get("build") or {}
    plan = session["plan"]
    facts = [
        f"{machine['cpu_model']}, {machine['cpus_online']} CPUs",
        machine["kernel"],
        build.get("compiler") or machine.get("compiler"),
    ]
    on = ", ".join(in_markdown(str(fact)) for fact in facts if fact)
    of = f" of the preset {in_markdown(str(plan['preset']))}" if plan and plan.get("preset") else ""
    date = session["created_utc"][:10]
    bad = session_verdict.inconclusive(records)
    sentences = [
        f"Medians of the published run{of}, [{date}]({link}/{REPORT}): {on}.",
        f"{_what_counts(records)}.",
        f"{in_markdown(repeats_text(groups))}: {_meaning(max(one.repeats for one in groups))}.",
        *([f"**The session is inconclusive: {in_markdown('; '.join(bad))}.**"] if bad else []),
    ]
    return " ".join(sentences)


def _what_counts(records: Sequence[Record]) -> str:
    """How many runs are valid, and what became of the others."""
    every = [series for group in group_runs(records) for series in group.series]
    statuses = [run["status"] for series in every for run in series.runs]
    others = {name: statuses.count(name) for name in dict.fromkeys(statuses) if name != "ok"}
    repeated = sum(series.retried for series in every)
    parts = [f"{format_count(statuses.count('ok'))} runs are valid"]
    parts += [f"{format_count(count)} ended as {name}" for name, count in others.items()]
    if repeated:
        parts.append(f"{format_count(repeated)} {'was' if repeated == 1 else 'were'} repeated")
    return ", ".join(parts)


def _meaning(repeats: int) -> str:
    """What so many repeats mean for who reads the medians."""
    if repeats < 2:
        return "no spread is known, so no two numbers are told apart"
    if sign_test_rank(repeats, 0.025) == 0:
        return "a scale, not a ranking, for they are too few for a 95 % interval"
    return (
        "the report has the 95 % interval of each median; its page tells runtimes apart by the"
        " ratios of their rounds, not by whether intervals overlap"
    )
