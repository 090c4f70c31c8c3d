"""scripts/site.py: an index of published runs whose every link leads somewhere, what it says of
each run, and what it refuses to write over."""

import copy
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from matrix_support import ROOT, call_main
from skein_scripts.commands import site
from skein_scripts.records import results
from skein_scripts.report import published_site


class Page(HTMLParser):
    """The rows of a page's table, its links, and whatever a browser would fetch."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.links, self.fetched, self._cell = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._cell = ""
        if tag == "a":
            self.links.append(given["href"])
        self.fetched += [given[key] for key in ("src", "data") if key in given]
        if tag == "link":
            self.fetched.append(given["href"])

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(" ".join(self._cell.split()))
            self._cell = None

    def handle_data(self, data):
        if self._cell is not None:
            self._cell += data


class Published:
    """Runs that were published, and a site of them."""

    def __init__(self, folder, records):
        self.folder, self.output, self._records = folder / "published", folder / "site", records

    def add(self, name, created="2026-11-05", reason=None, cpu=None):
        records = copy.deepcopy(self._records)
        results.sessions(records)[0]["created_utc"] = f"{created}T10:11:12.131Z"
        if reason:
            results.endings(records)[0]["inconclusive"] = [reason]
        if cpu:
            results.sessions(records)[0]["environment"]["cpu_model"] = cpu
        run = self.folder / name
        (run / "plots").mkdir(parents=True)
        (run / "plots" / "memory.svg").write_text(f"<svg>{name}</svg>")
        (run / "report.html").write_text(f'<p>{created}</p><img src="plots/memory.svg" alt="">')
        text = "".join(results.dump(record) for record in records)
        (run / results.RESULTS_NAME).write_text(text, encoding="utf-8")
        return run

    def __call__(self, output=None):
        return call_main("site.py", site.main, self.folder, "--output", output or self.output)

    def index(self):
        return (self.output / "index.html").read_text(encoding="utf-8")

    def files(self):
        found = (path.relative_to(self.output) for path in self.output.rglob("*"))
        return sorted(str(path) for path in found if (self.output / path).is_file())


@pytest.fixture
def published(tmp_path, planted):
    # One round says the same of a run, and is read in a third of the time.
    first = [one for one in planted if one["kind"] != "run" or one["block"] == 0]
    return Published(tmp_path, first)


def test_the_index_has_the_newest_run_first_and_what_it_is_worth(published, capsys):
    published.add("old", "2026-11-05", reason="the anchor drifted by 15 %")
    published.add("new", "2026-12-01", cpu="Other CPU")
    assert published() == 0
    assert f"site of 2 runs: {published.output}/index.html" in capsys.readouterr().out
    page = Page(published.index())
    assert page.rows[0] == [
        "report", "date", "preset", "machine", "runs", "runtimes",
        "what the session says of itself",
    ]  # fmt: skip
    kernel = "6 CPUs, Linux 6.19.3-planted"
    facts = "93 of 93 runs, 1 repeated, anchor drift 2.17 %"
    name = "session 20261105T101112Z-planted"
    assert page.rows[1:] == [
        ["new", "2026-12-01", "planted", f"Other CPU, {kernel}", "31", "7",
         f"{name} is complete ({facts}, machine unchanged)"],
        ["old", "2026-11-05", "planted", f"Planted CPU @ 2.71GHz, {kernel}", "31", "7",
         f"{name} is inconclusive: the anchor drifted by 15 % ({facts})"],
    ]  # fmt: skip
    assert "Compare numbers of one run with each other" in published.index()


def test_every_link_leads_to_a_copy_and_nothing_is_fetched(published):
    run = published.add("one")
    assert published() == 0
    page = Page(published.index())
    assert page.links == ["one/report.html"]
    assert page.fetched == []
    assert not re.search(r"url\(|@import|https?:", published.index())
    assert published.files() == [
        ".skein-site", "index.html", "one/plots/memory.svg", "one/report.html",
    ]  # fmt: skip
    for place in ("report.html", "plots/memory.svg"):
        assert (published.output / "one" / place).read_bytes() == (run / place).read_bytes()


def test_names_are_text_and_their_links_lead_there_all_the_same(published):
    name = "<b>&\"'a b%20[1]"
    published.add(name, cpu="<script>alert(1)</script> \u2028CPU")
    assert published() == 0
    page = Page(published.index())
    assert page.rows[1][0] == name
    assert page.rows[1][3].startswith("<script>alert(1)</script> \\u2028CPU, ")
    assert "<script>" not in published.index()
    assert (published.output / unquote(page.links[0])).is_file()


def test_a_site_is_written_anew_without_what_is_no_longer_published(published):
    gone = published.add("gone")
    published.add("kept")
    assert published() == 0
    (published.output / "CNAME").write_text("example.org")
    (gone / "results.jsonl").unlink()
    (gone / "report.html").unlink()
    (gone / "plots" / "memory.svg").unlink()
    (gone / "plots").rmdir()
    gone.rmdir()
    assert published() == 0
    assert published.files() == [
        ".skein-site", "CNAME", "index.html", "kept/plots/memory.svg", "kept/report.html",
    ]  # fmt: skip
    assert not (published.output / "gone").exists()
    assert [row[0] for row in Page(published.index()).rows] == ["report", "kept"]


def test_a_list_of_files_that_leads_outside_takes_nothing_away(published):
    published.add("one")
    published.output.mkdir()
    outside = published.output.parent / "outside"
    outside.write_text("kept")
    (published.output / ".skein-site").write_text(f"../outside\n{outside}\n")
    assert published() == 0
    assert outside.read_text() == "kept"


def test_a_session_that_nobody_recorded_is_said_to_be_none(published):
    run = published.add("bare")
    (run / results.RESULTS_NAME).write_text("")
    assert published() == 0
    assert Page(published.index()).rows[1] == [
        "bare", "not recorded", "none", "not recorded", "0", "0", "not recorded",
    ]  # fmt: skip


def test_what_has_no_results_or_no_report_ends_in_2_and_writes_no_index(published, capsys):
    assert published() == 2
    assert "there is no folder" in capsys.readouterr().err
    published.folder.mkdir()
    assert published() == 2
    assert "has no runs" in capsys.readouterr().err
    run = published.add("one")
    (run / "report.html").unlink()
    assert published() == 2
    assert f"'scripts/report.py {run}' writes it" in capsys.readouterr().err
    (run / results.RESULTS_NAME).unlink()
    assert published() == 2
    assert "there are no results at" in capsys.readouterr().err
    assert list(published.output.iterdir()) == []


def test_an_output_among_the_runs_or_with_other_files_ends_in_2_untouched(published, capsys):
    run = published.add("one")
    for output in (published.folder, run, published.folder / "new", run / ".." / "new"):
        assert published(output) == 2
        assert "is among the runs of" in capsys.readouterr().err
    assert sorted(path.name for path in published.folder.iterdir()) == ["one"]
    published.output.mkdir()
    (published.output / "thesis.tex").write_text("years of work")
    assert published() == 2
    assert "has files that are not of a site of ours" in capsys.readouterr().err
    assert published.files() == ["thesis.tex"]
    assert published(published.output / "thesis.tex") == 2
    assert "cannot write into" in capsys.readouterr().err


def test_the_script_hides_no_module_of_pythons_own():
    done = subprocess.run(
        [sys.executable, "-c", "import site; print(site.__file__)"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert not done.stdout.startswith(str(ROOT / "scripts"))


@pytest.mark.slow
def test_the_site_of_what_is_published_has_every_file_that_its_reports_show(tmp_path):
    words = (ROOT / "results" / "published", "--output", tmp_path / "site")
    assert call_main("site.py", site.main, *words) == 0
    reports = sorted((tmp_path / "site").glob("*/report.html"))
    assert len(reports) == len(published_site.published_in(ROOT / "results" / "published")) >= 2
    for report in reports:
        page = Page(report.read_text(encoding="utf-8"))
        places = [one for one in (*page.fetched, *page.links) if not re.match(r"#|[a-z]+:", one)]
        for place in places:
            assert (report.parent / unquote(place)).is_file(), place
