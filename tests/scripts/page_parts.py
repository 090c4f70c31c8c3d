"""What stands in the report's page, read back: its tables by their captions, cell for cell, what is
said of a cell where it is pointed at, its identifiers, and all that a browser would fetch. And what
it is made of: records with more rounds, and series of rounds made by hand."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from skein_scripts.records import results
from skein_scripts.records.groups import Series

FETCHING = ("src", "href", "srcset", "data", "poster", "action")
HEADLINE = "Medians of the rounds"


@dataclass
class Cell:
    """A cell of a table."""

    tag: str
    given: dict[str, str | None]
    text: str = ""
    tip: str = ""  # what is said where it is pointed at


@dataclass
class Table:
    """A table, row by row."""

    caption: str = ""
    rows: list[list[Cell]] = field(default_factory=list)
    runtimes: list[str | None] = field(default_factory=list)  # of the rows

    def texts(self):
        return [[cell.text.strip() for cell in row] for row in self.rows]


class Page(HTMLParser):
    """A page, read at once."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.ids, self.fetched, self.swatches = [], [], [], []
        self.headings, self.pictures, self.opened = [], [], []
        self.marked = []  # the runtimes that groups of figures belong to
        self._cell = self._into = None
        self._tip = self._svg = 0
        self.feed(text)
        self.words = " ".join(
            re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(style|script)>.*?</\1>", "", text)).split()
        )

    def table(self, caption):
        """The one whose caption begins so."""
        (found,) = [one for one in self.tables if one.caption.strip().startswith(caption)]
        return found

    def headline(self):
        """The headline table: for each runtime its figures by the columns' titles."""
        table = self.table(HEADLINE)
        heads = [cell.text for cell in table.rows[1]][1:]
        return {
            runtime: list(zip(heads, row[1:], strict=True))
            for runtime, row in zip(table.runtimes, table.rows, strict=True)
            if runtime is not None
        }

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "id" in given:
            self.ids.append(given["id"])
        self.fetched += [given[name] for name in FETCHING if given.get(name)]
        self.fetched += re.findall(r"url\(([^)]*)\)", given.get("style") or "")
        if tag == "svg":
            self._svg += 1
            self.pictures.append(given)
        elif tag == "details":
            self.opened.append((given.get("id"), "open" in given))
        if "data-runtime" in given and self._svg:
            self.marked.append(given["data-runtime"])
        self._start_of_table(tag, given)

    def _start_of_table(self, tag, given):
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.tables[-1].rows.append([])
            self.tables[-1].runtimes.append(given.get("data-runtime"))
        elif tag in ("td", "th"):
            self._cell = Cell(tag, given)
            self.tables[-1].rows[-1].append(self._cell)
        elif tag in ("caption", "h1", "h2", "h3"):
            self._into = tag
            self.headings += [] if tag == "caption" else [""]
        elif tag == "span" and given.get("class") == "swatch":
            self.swatches.append(given["style"].removeprefix("background: "))
        elif tag == "span" and given.get("class") == "tip":
            self._tip = 1

    def handle_endtag(self, tag):
        if tag == "svg":
            self._svg -= 1
        elif tag in ("td", "th"):
            self._cell = None
        elif tag == self._into:
            self._into = None
        elif tag == "span":
            self._tip = 0

    def handle_data(self, data):
        if self._cell is not None and self._tip:
            self._cell.tip += data
        elif self._cell is not None:
            self._cell.text += data
        elif self._into == "caption":
            self.tables[-1].caption += data
        elif self._into:
            self.headings[-1] += data


def with_rounds(records, times):
    """The records with their rounds so many times: the same figures again."""
    found = copy.deepcopy(records)
    plan = results.sessions(found)[0]["plan"]
    once = len(plan["order"])
    plan["order"], plan["rounds"] = plan["order"] * times, once * times
    more = []
    for again in range(1, times):
        for run in copy.deepcopy(results.runs(records)):
            run["block"] += once * again
            run["run_id"] += f"+{again}"
            more.append(run)
    return [*found[:-1], *more, found[-1]]


BASE = [100.0, 110.0, 90.0, 105.0, 95.0, 100.0]


def times(factors):
    """CPU times of rounds, as many times those of BASE."""
    return [value * factor for value, factor in zip(BASE, factors, strict=False)]


def series_of(runtime, values, planned=True):
    """A series whose rounds have these CPU times; None: no such figure in that round."""
    return Series(runtime, [
        {"kind": "run", "status": "ok", "block": block if planned else None,
         "cell": {"workload": "c10k", "runtime": runtime, "mode": "fixed"},
         "cpu": {"per_op_ns": value}}
        for block, value in enumerate(values)
    ])  # fmt: skip
