"""A static site of published runs: an index, and copies of each run's report and plots. Any static
host serves it, and it opens from disk.

A folder that was written before is written anew, and what is no longer published goes; a list in it
says which files are ours. Leaves out the reports themselves (report_pages.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..base.errors import MeasureError, UsageError
from ..base.html_page import html_page
from ..base.jsonl import Json
from ..base.outputs import require_folder, write_text
from ..records import session_verdict
from ..records.results import find_results, load, runs, sessions
from .report_pages import PAGES, PLOTS, TEMPLATES

INDEX = "index.html"
OURS = ".skein-site"  # a line for each file that we wrote
_REPORT = PAGES[0]


@dataclass(frozen=True)
class PublishedRun:
    """A line of the index, and the files behind it."""

    name: str  # of its folder
    date: str
    preset: str
    machine: str
    session: str
    verdicts: list[str]
    is_inconclusive: bool
    run_count: int
    runtime_count: int
    files: dict[str, Path]  # by place in the site

    @property
    def report(self) -> str:
        """Where its report is in the site."""
        return f"{self.name}/{_REPORT}"


def published_in(folder: Path) -> list[PublishedRun]:
    """The runs of a folder, the newest first. Raises UsageError where there are none, or one has no
    results or no report."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}: name that of the published runs")
    folders = [
        path for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] not in "._"
    ]
    if not folders:
        raise UsageError(f"{folder} has no runs: each is a folder with its results and its report")
    found = [_published(one) for one in folders]
    return sorted(found, key=lambda run: (run.date, run.name), reverse=True)


def _published(folder: Path) -> PublishedRun:
    records = load(find_results(folder))
    if not (folder / _REPORT).is_file():
        raise UsageError(f"{folder} has no {_REPORT}: 'scripts/report.py {folder}' writes it")
    opened = sessions(records)
    last = opened[-1] if opened else None
    plan = last["plan"] if last else None
    machine: Json = last["environment"] if last else {}
    facts = [machine.get("cpu_model"), _cpus(machine.get("cpus_online")), machine.get("kernel")]
    of_cells = runs(records)
    copied = [folder / _REPORT, *sorted((folder / PLOTS).glob("*"))]
    return PublishedRun(
        name=folder.name,
        date=last["created_utc"][:10] if last else "not recorded",
        preset=str((plan.get("preset") if plan else None) or "none"),
        machine=", ".join(str(fact) for fact in facts if fact is not None) or "not recorded",
        session=", ".join(one["session_id"] for one in opened),
        verdicts=session_verdict.verdicts(records),
        is_inconclusive=bool(session_verdict.inconclusive(records)),
        run_count=len(of_cells),
        runtime_count=len({run["cell"]["runtime"] for run in of_cells}),
        files={
            f"{folder.name}/{path.relative_to(folder).as_posix()}": path
            for path in copied
            if path.is_file()
        },
    )


def _cpus(count: object) -> str | None:
    return None if count is None else f"{count} CPUs"


def require_output(published: Path, output: Path) -> None:
    """Raises UsageError where a site cannot be written into a folder: it is among the runs, or has
    what is not of a site."""
    if output.resolve().is_relative_to(published.resolve()):
        raise UsageError(f"{output} is among the runs of {published}: name a folder elsewhere")
    if output.is_dir() and any(output.iterdir()) and not (output / OURS).is_file():
        raise UsageError(
            f"{output} has files that are not of a site of ours: name an empty folder, or a new one"
        )
    require_folder(output)


def write(published: Sequence[PublishedRun], output: Path) -> Path:
    """Writes the site into a folder that may be used (require_output); returns its index. Raises
    MeasureError where that cannot be."""
    sources = {place: path for run in published for place, path in run.files.items()}
    before = _ours_in(output)
    # First, so that a site that was only half written is still known for ours.
    write_text(output / OURS, _lines({*before, *sources, INDEX}))
    for place, source in sources.items():
        _copy(source, output / place)
    page = html_page(TEMPLATES / "site.html.j2", {"runs": published})
    write_text(output / INDEX, page)
    for place in before - {*sources, INDEX}:
        _remove(output, place)
    write_text(output / OURS, _lines({*sources, INDEX}))
    return output / INDEX


def _lines(places: Iterable[str]) -> str:
    return "".join(f"{place}\n" for place in sorted(places))


def _ours_in(output: Path) -> set[str]:
    """The files that an earlier site has here, and nothing outside of it."""
    path = output / OURS
    try:
        places = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}; name another folder") from error
    pure = {place: PurePosixPath(place) for place in places if place}
    return {place for place, at in pure.items() if not at.is_absolute() and ".." not in at.parts}


def _copy(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise MeasureError(f"cannot copy {source} to {target}: {error.strerror}") from error


def _remove(output: Path, place: str) -> None:
    """A file, and the folders above it that are empty then."""
    path = output / place
    try:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == output or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
    except OSError as error:
        raise MeasureError(f"cannot remove {path}: {error.strerror}") from error
