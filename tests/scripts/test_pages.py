"""Documents as pages: every link leads somewhere, every page is found from README.md, none is long,
and what sources and messages call a page or a section by name is there."""

import re
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt  # rich brings it; pinned in scripts/requirements.txt

from matrix_support import ROOT

LONGEST = 300  # lines
SOURCES = {".cpp", ".hpp", ".in", ".py", ".toml", ".json", ".yml", ".cmake", ".txt", ".md", ""}
# A page's name is in capitals or in design/: scripts/GATE.md, scripts/GATE.md ("In CI"). Targets of
# links are checked as links.
NAMED = re.compile(
    r"(?<!\]\()(?<!\]: )(?<![\w./-])((?:[\w.-]+/)*[A-Z][A-Z0-9_]*\.md|design/\w+\.md)\b"
    r'(?:,? \(?\\?"([^"\\]+))?'
)


def tracked(root):
    """Files of the tree as git knows them, those that are not yet added among them."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    return [root / name for name in done.stdout.split("\0") if name and (root / name).is_file()]


def anchor_of(heading):
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def parsed(page):
    """The anchors of a page's headings, and the targets of its links and pictures."""
    tokens = MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))
    anchors, targets = set(), []
    for before, token in zip([None, *tokens], tokens, strict=False):
        children = token.children or []
        if before is not None and before.type == "heading_open":
            anchors.add(anchor_of("".join(child.content for child in children)))
        for child in children:
            targets += [child.attrs[key] for key in ("href", "src") if key in child.attrs]
    return anchors, targets


def links_of(page):
    """The files and anchors that a page's links lead to; those to other sites are left out."""
    for target in parsed(page)[1]:
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield target, (page.parent / path).resolve() if path else page, anchor


def broken_links(root, pages):
    found = []
    for page in pages:
        for target, file, anchor in links_of(page):
            lost = anchor and file.suffix == ".md" and file.exists()
            if not file.exists() or (lost and anchor not in parsed(file)[0]):
                found.append(f"{page.relative_to(root)}: {target}")
    return found


def unreached(root, pages):
    """Pages that no chain of links from README.md leads to."""
    seen, ahead = set(), [root / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in seen:
            seen.add(page)
            ahead += [file for _, file, _ in links_of(page) if file in pages]
    return [str(page.relative_to(root)) for page in pages if page not in seen]


def too_long(root, pages):
    lines = {page: len(page.read_text(encoding="utf-8").splitlines()) for page in pages}
    return [f"{page.relative_to(root)}: {n} lines" for page, n in lines.items() if n > LONGEST]


def dead_names(root, files):
    """Pages and sections that a file names and that are not there. A name is a path from the root
    or from the file's own folder."""
    found = []
    for file in files:
        # Comments may break a name's line before its section.
        text = re.sub(r"\s*\n\s*(?://+|#)?\s*", " ", file.read_text(encoding="utf-8"))
        for name, section in NAMED.findall(text):
            page = next((at / name for at in (root, file.parent) if (at / name).is_file()), None)
            gone = page is None or (section and anchor_of(section) not in parsed(page)[0])
            if gone:
                found.append(f"{file.relative_to(root)}: {name} {section}".strip())
    return found


FILES = tracked(ROOT)
PAGES = [path for path in FILES if path.suffix == ".md"]
PROSE = [path for path in FILES if path.suffix in SOURCES and path != Path(__file__).resolve()]


def test_there_are_pages():
    assert len(PAGES) > 10
    assert sum(len(list(links_of(page))) for page in PAGES) > 50


def test_every_link_of_a_page_leads_to_a_file_and_to_a_heading_of_it():
    assert broken_links(ROOT, PAGES) == []


def test_every_page_is_found_from_the_first():
    assert unreached(ROOT, PAGES) == []


def test_no_page_is_longer_than_a_person_reads():
    # A report has as many tables as its run has cells; the page beside it is what is read.
    written = [page for page in PAGES if ROOT / "results" / "published" not in page.parents]
    assert len(written) > 10
    assert too_long(ROOT, written) == []


def test_every_page_and_section_that_a_file_names_is_there():
    assert dead_names(ROOT, PROSE) == []


@pytest.fixture
def tree(tmp_path):
    """Two pages and a source, without a fault."""
    (tmp_path / "harness").mkdir()
    (tmp_path / "README.md").write_text("# One\n\n[two](harness/TWO.md#what-is-it)\n")
    (tmp_path / "harness/TWO.md").write_text("# Two\n\n## What `is` it?\n\n[one](../README.md)\n")
    (tmp_path / "harness/a.hpp").write_text(
        '// The rule is in harness/TWO.md\n// ("What is it?").\n'
    )
    return tmp_path


def faults(root):
    pages = sorted(root.rglob("*.md"))
    everything = sorted(path for path in root.rglob("*") if path.is_file())
    return [*broken_links(root, pages), *unreached(root, pages), *too_long(root, pages),
            *dead_names(root, everything)]  # fmt: skip


def test_a_tree_without_a_fault_has_none(tree):
    assert faults(tree) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("README.md", "[three](harness/THREE.md)", "README.md: harness/THREE.md"),
        ("README.md", "[three][3]\n\n[3]: THREE.md", "README.md: THREE.md"),
        ("README.md", "| a |\n|---|\n| [three](three.hpp) |", "README.md: three.hpp"),
        ("README.md", "![a plot](plot.svg)", "README.md: plot.svg"),
        ("README.md", "[two](harness/TWO.md#what)", "README.md: harness/TWO.md#what"),
        ("harness/TWO.md", "[above](#three)", "harness/TWO.md: #three"),
        ("THREE.md", "# Three", "THREE.md"),
        ("README.md", "line\n" * LONGEST, f"README.md: {LONGEST + 4} lines"),
        ("harness/a.hpp", "// THREE.md", "harness/a.hpp: THREE.md"),
        ("harness/a.hpp", "// as in TWO_3.md.", "harness/a.hpp: TWO_3.md"),
        ("harness/a.hpp", "// (design/three.md)", "harness/a.hpp: design/three.md"),
        (
            "harness/a.hpp",
            '"see harness/TWO.md (\\"What\\")"',
            "harness/a.hpp: harness/TWO.md What",
        ),
        ("harness/a.hpp", '// harness/TWO.md, "Why"', "harness/a.hpp: harness/TWO.md Why"),
        ("harness/a.hpp", '// harness/TWO.md\n// ("Why")', "harness/a.hpp: harness/TWO.md Why"),
    ],
)
def test_a_planted_fault_is_named(tree, name, text, said):
    with (tree / name).open("a") as file:
        file.write(text + "\n")
    assert faults(tree) == [said]
