"""Verdicts for people: a table on the terminal, Markdown for a pull request. Whatever is not
decided says how large a change would have been seen, and never that two things are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable

from ..base.table import Table
from ..base.terminal import say, text_of
from ..base.units import MISSING
from .compared import IMPROVED, REGRESSED, UNCHANGED, VERDICTS, Comparison
from .counts import describe as counts_text
from .over_hosts import HOSTS_FOR_AN_INTERVAL, in_words

_FIGURES = ("base", "candidate", "change", "95 % interval", "pairs")
COLUMNS = ("cell", "metric", *_FIGURES, "verdict")
_ORDER = {name: place for place, name in enumerate(VERDICTS)}


def table_of(comparisons: Sequence[Comparison], title: str, notes: Sequence[str]) -> Table:
    """All comparisons, a row for each (in_order)."""
    return Table(
        title=title,
        columns=list(COLUMNS),
        rows=[_row(one) for one in in_order(comparisons)],
        notes=[*notes, *_legend(comparisons), *_by_host(comparisons)],
    )


def in_order(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """What matters most first; within a verdict in the order measured."""
    return sorted(comparisons, key=lambda one: (not one.metric.gated, _ORDER[one.verdict]))


def _row(one: Comparison) -> list[str]:
    interval = one.interval
    return [
        one.cell,
        one.metric.name if one.metric.gated else f"{one.metric.name} (shown)",
        *_values(one),
        MISSING if one.ratio is None else percent(one.ratio),
        MISSING if interval is None else f"{percent(interval[0])} to {percent(interval[1])}",
        f"{one.pairs}" + (f" ({one.invalid_pairs} invalid)" if one.invalid_pairs else ""),
        verdict_text(one),
    ]


def _values(one: Comparison) -> list[str]:
    """What both arms have: of a count all there were, and in how many runs."""
    if one.totals is not None:
        return [f"{total.events:,} in {total.runs} runs" for total in one.totals]
    medians = (one.base_median, one.candidate_median)
    return [MISSING if value is None else one.metric.show(value) for value in medians]


def lines_of_changed(conditions: Sequence[str] | None) -> list[str]:
    """Conditions of the workers that changed, as far as they are known, as notes."""
    return [f"OTHER CONDITIONS IN THE CANDIDATE: {one}" for one in conditions or ()]


def in_short(one: Comparison) -> str:
    """A comparison with its change, in a few words."""
    if one.totals is not None:
        return f"{one.name} ({counts_text(*one.totals)})"
    return f"{one.name} {percent(one.ratio or 1)}"


def whys(comparisons: Sequence[Comparison], most: int = 2) -> str:
    """The reasons of some, each once."""
    found = list(dict.fromkeys(why for one in comparisons for why in one.reasons))
    more = f"; and {len(found) - most} other reasons" if len(found) > most else ""
    return "; ".join(found[:most]) + more


def percent(ratio: float) -> str:
    """A ratio as a change: 1.042 is "+4.2 %"."""
    return f"{100 * (ratio - 1):+.1f} %"


def verdict_text(one: Comparison) -> str:
    """The verdict, with what could have been seen beside it where there is none."""
    if one.totals is not None:
        return f"{one.verdict}: must be 0; {one.reasons[-1]}"
    if one.verdict in (REGRESSED, IMPROVED):
        return one.verdict
    seen = one.detectable_effect
    if one.verdict == UNCHANGED and one.min_effect is not None:
        return f"unchanged within {_effect(one.min_effect)}"
    if seen is not None and math.isfinite(seen):
        return f"{one.verdict}: a change of {_effect(seen)} would have been seen every other time"
    return f"{one.verdict}: {one.reasons[-1]}" if one.reasons else one.verdict


def _effect(share: float) -> str:
    """A size of a change: two digits, and no exponent."""
    return f"{100 * share:{'.2g' if share < 0.1 else '.0f'}} %"


def _legend(comparisons: Sequence[Comparison]) -> list[str]:
    notes = ["change: candidate against base, the median over pairs"]
    if any(not one.metric.gated for one in comparisons):
        notes.append("(shown): for reading only; of its noise a gate would cry wolf")
    if any(one.over_hosts for one in comparisons):
        notes.append(
            "of several hosts: the median of the hosts' medians; its interval is over hosts from"
            f" {HOSTS_FOR_AN_INTERVAL} on, of fewer it spans those of all"
        )
    if any(one.estimate and not one.estimate.rank for one in comparisons):
        notes.append("with fewer than 6 pairs the interval is the range")
    return notes


def _by_host(comparisons: Sequence[Comparison]) -> list[str]:
    """What each of several hosts says by itself."""
    return [
        f"{one.name} by host: {in_words(one.over_hosts, one.metric.worse)}"
        for one in in_order(comparisons)
        if one.over_hosts is not None
    ]


def render(made: Table, console: Console) -> None:
    """Prints verdicts on a terminal: a table for each cell."""
    console.print(text_of(made.title, "bold"))
    for cell in dict.fromkeys(row[0] for row in made.rows):
        drawn = RichTable(title=text_of(cell), title_justify="left", title_style="")
        for number, name in enumerate(made.columns[1:]):
            # Whoever looks for a metric looks for its name in one piece.
            width = max(len(row[1]) for row in made.rows) if number == 0 else None
            drawn.add_column(
                text_of(name),
                justify="right" if name in _FIGURES else "left",
                overflow="fold",
                min_width=width,
            )
        for row in made.rows:
            if row[0] == cell:
                drawn.add_row(*(text_of(text) for text in row[1:]), style=_style_of(row[-1]))
        console.print(drawn)
    for note in made.notes:
        say(console, f"  {note}", "dim")
    console.print()


def _style_of(verdict: str) -> str:
    return {REGRESSED: "bold red", IMPROVED: "green"}.get(verdict.partition(":")[0], "")


def counts(comparisons: Sequence[Comparison]) -> str:
    """How many gated comparisons got which verdict, in one line."""
    gated = [one.verdict for one in comparisons if one.metric.gated]
    parts = [f"{gated.count(name)} {name}" for name in VERDICTS if name in gated]
    return ", ".join(parts) or "nothing"
