"""The report: tables, figures and the facts of the machine, as one HTML page and as Markdown, and
the tables on the terminal. Leaves out drawing (all_figures.py) and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from rich.console import Console

from ..base import table
from ..base.outputs import require_folder, require_writable, write_text
from ..base.terminal import detail, say, tell
from ..base.units import format_bytes, format_duration
from ..drawing import families
from ..records import conditions, session_verdict
from ..records.groups import group_runs
from ..records.machine_floor import timer_floor_text
from ..records.results import find_results, is_cut_short, load, runs, sessions
from ..records.shapes import Plan, Record, Session
from . import all_figures, factorial, micro_table, page, results_table, spread, trust
from .claims import table as claims
from .questions import caption_of

PAGES, PLOTS = ("report.html", "report.md"), "plots"
TEMPLATES = Path(__file__).resolve().parent / "templates"
CAVEATS = (
    "Over loopback client and server share one machine, and half of TCP's work is charged to the"
    " sender. It is common to all runtimes, so ratios hold and absolute figures are not those of a"
    " server on a network.",
    "Kernel memory of a connection includes both of its ends; over a network, which the work's title"
    " then names, the server's alone.",
    "Numbers of two sessions, or of two machines, are not to be compared.",
    "An interval that contains no difference does not show that two runtimes are equal.",
)
# Facts of the machine that need no unit.
_SHOWN_AS_RECORDED = (
    "virtualization", "governor", "turbo", "smt", "mitigations", "clocksource", "preempt", "thp",
    "libc", "compiler", "boost", "libuv",
)  # fmt: skip


def machine_facts(session: Session) -> list[tuple[str, str]]:
    """The facts of the session that decide what its numbers mean, as text."""
    machine = session["environment"]
    facts = [
        ("CPU", f"{machine['cpu_model']}, {machine['cpus_online']} online"),
        ("kernel", _text(machine["kernel"])),
    ]
    for name in _SHOWN_AS_RECORDED:
        if machine.get(name) is not None:
            facts.append((name, _text(machine[name])))
    if isinstance(machine.get("mem_total_bytes"), int):
        facts.append(("memory", format_bytes(machine["mem_total_bytes"])))
    floor = session.get("machine_floor") or {}
    facts.append(("machine floor: stall p99", format_duration(floor.get("stall_p99_ns"))))
    facts.append(("machine floor: wake-up", format_duration(floor.get("wake_ns"))))
    if floor.get("timer_p50_ns") is not None:
        facts.append(("machine floor: timer", timer_floor_text(floor)))
    build = session.get("build") or {}
    facts.append(("build", _text(build.get("compiler"), build.get("type"), build.get("flags"))))
    tool = session["tool"]
    dirty = "with changes" if tool.get("dirty") else None
    facts.append(("skein", _text(tool["version"], tool.get("commit"), dirty)))
    facts.append(("session", f"{session['session_id']}, {session['created_utc']}"))
    facts.append(("configuration", _text(session.get("config_sha256"))))
    return facts


def _matrix_of(session: Session) -> Plan | None:
    """The plan of a session that has rounds of cells; a run by hand has its own cell alone."""
    plan = session["plan"]
    return plan if plan and plan.get("cells") else None


def _text(*values: Any) -> str:
    return ", ".join(str(value) for value in values if value is not None) or "not recorded"


def write(
    records: Sequence[Record], folder: Path, figures: list[Path], is_cut: bool = False
) -> tuple[Path, Path]:
    """Writes report.html and report.md into the folder; returns their paths. `is_cut`: whether the
    last line of the file was not whole and is left out."""
    opened = sessions(records)
    groups = group_runs(records)
    plan = _matrix_of(opened[-1]) if opened else None
    values = {
        "session": opened[-1] if opened else None,
        "rounds": trust.rounds_text(records, opened[-1]) if plan else None,
        "preset": plan.get("preset") if plan else None,
        "facts": machine_facts(opened[-1]) if opened else [],
        "tables": [results_table.make_table(group) for group in groups],
        "factorials": factorial.make_tables(groups),
        "steps": micro_table.make_tables(records),
        "claims": claims.make_tables(records),
        "spreads": [spread.make_table(group) for group in groups],
        "verdicts": session_verdict.verdicts(records),
        "inconclusive": session_verdict.inconclusive(records),
        "figures": [(str(path.relative_to(folder)), caption_of(path)) for path in figures],
        "caveats": CAVEATS,
        "not_ok": page.not_ok(records),
        "unequal": conditions.inequalities(records),
        "unsaid": conditions.unsaid(records),
        "belonging": conditions.belonging(records),
        "run_count": len(runs(records)),
        "palette": _palette(records),
        "markdown_of": table.markdown,
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,  # it is Markdown
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html, markdown = (folder / name for name in PAGES)
    write_text(html, page.render(values, records, figures, is_cut))
    write_text(markdown, environment.get_template("report.md.j2").render(values))
    return html, markdown


def _palette(records: Sequence[Record]) -> dict[str, str]:
    """The colours of runtimes as figures of all of them have them."""
    looks = families.looks_of(run["cell"]["runtime"] for run in runs(records))
    return {name: look.colour for name, look in looks.items()}


def make(results: Path, folder: Path, console: Console) -> Path:
    """Draws, writes and prints everything for a results file; returns the path of the page."""
    path = find_results(results)
    records = load(path)
    figures = all_figures.draw_all(records, folder / PLOTS)
    for figure in figures:
        detail(console, f"wrote {figure}")
    print_tables(records, console)
    html, _ = write(records, folder, figures, is_cut_short(path))
    tell(console, f"report: {html}")
    return html


def require_outputs(folder: Path) -> None:
    """Raises UsageError where a report cannot be written into a folder."""
    require_folder(folder / PLOTS)
    require_writable(*(folder / name for name in PAGES))


def print_tables(records: Sequence[Record], console: Console, spreads: bool = False) -> None:
    """What the sessions say of themselves, and the tables: of results, or of their spread."""
    make_table = spread.make_table if spreads else results_table.make_table
    is_bad = bool(session_verdict.inconclusive(records))
    for line in session_verdict.verdicts(records):
        (tell if is_bad else say)(console, line, "bold red" if is_bad else "")
    console.print()
    for group in group_runs(records):
        table.render(make_table(group), console)
    for made in [] if spreads else factorial.make_tables(group_runs(records)):
        table.render_upright(made, console)
    for line in conditions.inequalities(records):
        say(console, f"unequal conditions: {line}")
