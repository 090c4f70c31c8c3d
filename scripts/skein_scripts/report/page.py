"""The page that a person opens: report.html, one file without a request to anywhere. On its first
screen what was measured, whether it can be trusted, a sentence for each question and the headline
table; below them a section for each question. Everything in it is text before the script runs.

Leaves out what stands in its parts: questions.py, headline_table.py, answers.py, trust.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..base import table
from ..base.html_page import html_page
from ..records.groups import Group, group_runs
from ..records.headlines import headlines
from ..records.results import runs, sessions
from ..records.runtime_rules import FAMILIES
from ..records.runtimes import in_order
from ..records.shapes import Record, Session
from .answers import answers
from .headline_columns import columns_of
from .headline_table import UNKNOWN, family_of, language_of, make_table
from .inline_svg import Figures
from .questions import Section, caption_of, sections
from .rerun import rerun_of
from .trust import signs

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_TEMPLATE = _TEMPLATES / "report.html.j2"


@dataclass(frozen=True)
class Drawn:
    """A figure in the page: its picture, or why there is none."""

    name: str
    caption: str
    picture: Markup | None
    why_not: str = ""


@dataclass(frozen=True)
class Part:
    """A section as the template has it."""

    section: Section
    drawn: list[Drawn]

    @property
    def is_empty(self) -> bool:
        """Whether this run has nothing to say to its question."""
        return not self.drawn and not self.section.tables


def render(
    shared: Mapping[str, Any],
    records: Sequence[Record],
    figures: Sequence[Path],
    is_cut: bool,
) -> str:
    """The page's text. `shared`: what both pages say; `is_cut`: whether the last line of the file
    was not whole and is left out."""
    groups = group_runs(records)
    opened = sessions(records)
    pictures = Figures()
    parts = [
        Part(section, [_drawn(path, section, pictures) for path in section.figures])
        for section in sections(records, groups, figures)
    ]
    asked = [columns_of(headline, groups) for headline in headlines()]
    session = opened[-1] if opened else None
    values = {
        **shared,
        "machine": _machine(session) if session else "a machine that is not recorded",
        "signs": signs(records, groups, shared["unequal"], shared["unsaid"], is_cut),
        "answers": answers(asked),
        "headline": make_table([column for columns in asked for column in columns]),
        "families": _families(groups),
        "parts": parts,
        "shapes": pictures.shapes(),
        "style_of_figures": pictures.style(),
        "without_number": _without_number(records),
        "again": rerun_of(session) if session else None,
        "family_of": family_of,
        "language_of": language_of,
        "runtimes": frozenset(run["cell"]["runtime"] for run in runs(records))
        | {series.runtime for group in groups for series in group.series},
        "is_note": table.is_note,
        "style": _asset("report.css"),
        "script": _asset("report.js"),
    }
    return html_page(_TEMPLATE, values)


def _asset(name: str) -> Markup:
    """Our own style or script, which is no text of any record."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))


def _machine(session: Session) -> str:
    machine, tool = session["environment"], session["tool"]
    commit = (tool.get("commit") or "")[:12]
    return (
        f"{machine['cpu_model']}, {machine['cpus_online']} CPUs, {machine['kernel']};"
        f" {session['created_utc'][:10]}, {tool['name']} {tool['version']}"
        f"{f', commit {commit}' if commit else ''}{' with changes' if tool.get('dirty') else ''}"
    )


def _drawn(path: Path, section: Section, pictures: Figures) -> Drawn:
    caption = caption_of(path) or section.question.title
    _, is_of_group, group = path.stem.partition("-")
    if is_of_group:
        caption = f"{caption} ({group})"
    try:
        return Drawn(path.stem, caption, pictures.inline(path.read_text("utf-8"), caption))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Drawn(path.stem, caption, None, f"{path.name} cannot be shown: {reason}")


def _families(groups: Iterable[Group]) -> dict[str, str]:
    """The families of a run, each with its meaning, in one order."""
    names = in_order(series.runtime for group in groups for series in group.series)
    present = {family_of(name) for name in names}
    known = {name: meaning for name, meaning in FAMILIES.items() if name in present}
    return known | ({UNKNOWN: "not declared"} if UNKNOWN in present else {})


def _without_number(records: Sequence[Record]) -> dict[str, int]:
    """Why runs have no number, each reason with how many runs have it."""
    return Counter(not_ok(records))


def not_ok(records: Sequence[Record]) -> list[str]:
    """Runs that are not ok, each with its reason: limits and failures, then the many that were
    disturbed."""
    return [
        f"{run['cell_id']}: {run['status']}: {'; '.join(run['reasons'])}"
        for run in sorted(runs(records), key=lambda run: run["status"] == "invalid")
        if run["status"] != "ok"
    ]
