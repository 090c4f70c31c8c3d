"""The report's page in a real browser, opened from disk: it fetches nothing and has no error; it
can be sorted, filtered, marked, folded and copied from; a machine that looks for barriers finds
none, in light and in dark; and nothing stands out of the page on a telephone or on a desk.

Left out where Debian's chromium or the packages that drive it are not installed."""

import shutil

import pytest

import planted_rows
from page_parts import with_rounds
from skein_scripts.base.table import in_markdown
from skein_scripts.report import all_figures, report_pages

CHROMIUM = shutil.which("chromium")
PACKAGES = "playwright==1.65.2 axe-playwright-python==0.1.8"
sync = pytest.importorskip(
    "playwright.sync_api", reason=f"no playwright: .venv/bin/pip install {PACKAGES}"
)
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason=f"no axe: .venv/bin/pip install {PACKAGES}"
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def made(planted, tmp_path_factory):
    """The page of results with rounds enough, with all its figures."""
    folder = tmp_path_factory.mktemp("page")
    records = with_rounds(planted, 3)
    drawn = all_figures.draw_all(records, folder / "plots")
    html, _ = report_pages.write(records, folder, drawn)
    shutil.rmtree(folder / "plots")
    return html


@pytest.fixture(scope="module")
def of_thirty(tmp_path_factory):
    """The page of thirty runtimes, with all its figures."""
    folder = tmp_path_factory.mktemp("thirty")
    records = planted_rows.records(30)
    html, _ = report_pages.write(records, folder, all_figures.draw_all(records, folder / "plots"))
    shutil.rmtree(folder / "plots")
    return html


@pytest.fixture(scope="module")
def browser():
    with sync.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Watched:
    """A page, with all that it asked for and complained of."""

    def __init__(self, browser, path, place="", **options):
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text)
                     if message.type in ("error", "warning") else None)  # fmt: skip
        self.page.goto(path.as_uri() + place)


@pytest.fixture
def open_page(browser, made):
    opened = []

    def with_options(**options):
        opened.append(
            Watched(browser, made, **({"viewport": {"width": 1440, "height": 900}} | options))
        )
        return opened[-1]

    yield with_options
    for one in opened:
        one.context.close()


@pytest.fixture
def page(open_page):
    return open_page().page


def first_cells(page, table=".headline"):
    return page.eval_on_selector_all(
        f"{table} tbody tr[data-runtime]",
        "rows => rows.filter(r => !r.hidden).map(r => r.dataset.runtime)",
    )


def said(page):
    return page.inner_text("#said")


def test_it_opens_from_disk_without_a_request_or_a_complaint(open_page, made):
    watched = open_page()
    watched.page.mouse.wheel(0, 100_000)
    watched.page.wait_for_timeout(200)
    assert [one for one in watched.requests if not one.startswith("data:")] == [made.as_uri()]
    assert watched.errors == []
    assert watched.page.is_visible("#controls")


def test_the_table_begins_on_the_first_screen(page):
    bottoms = page.eval_on_selector_all(
        ".headline tbody tr[data-runtime]",
        "rows => rows.map(row => row.getBoundingClientRect().bottom)",
    )
    assert sum(bottom < 900 for bottom in bottoms) >= 6


def test_a_table_is_sorted_by_its_heads_up_down_and_as_it_was(page):
    usual = first_cells(page)
    assert usual[0] == "epoll_floor"
    head = page.locator(".headline th[data-column='1']")
    button = head.get_by_role("button")
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    # Those without a figure stand last.
    assert first_cells(page)[:4] == ["epoll_floor", "coroutine", "fiber", "thread"]
    assert not page.is_visible(".headline tr.family")
    button.focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert first_cells(page)[:4] == ["thread", "fiber", "coroutine", "epoll_floor"]
    assert "descending" in said(page)
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert first_cells(page) == usual
    assert page.locator(".headline tr.family").first.is_visible()


def test_every_table_sorts_by_its_first_column_and_back(page):
    for place in range(page.locator("table.data").count()):
        table = page.locator("table.data").nth(place)
        before = table.locator("tbody").all_inner_texts()
        button = table.locator("th[data-column='0'] button")
        for _ in range(3):
            button.click()
        assert table.locator("tbody").all_inner_texts() == before


def test_rows_are_filtered_by_words_and_families(page):
    page.fill("#filter", "uring")
    assert first_cells(page) == ["coroutine_uring", "fiber_uring"]
    assert said(page) == "2 of 7 runtimes are shown"
    page.fill("#filter", "")
    page.uncheck("input[value=stackful]")
    assert "fiber" not in first_cells(page)
    assert "fiber" not in first_cells(page, "details table.data")
    assert page.locator(".headline tr.family:visible").count() == 4
    page.check("input[value=stackful]")
    assert len(first_cells(page)) == 7


def test_a_runtime_is_marked_everywhere_by_pointer_by_focus_and_until_it_is_let_go(page):
    lit = "[data-runtime=fiber].lit"
    row = page.locator(".headline tr[data-runtime=fiber]")
    row.hover()
    assert page.locator(lit).count() == page.locator("[data-runtime=fiber]").count() > 3
    assert page.locator(".lit:not([data-runtime=fiber])").count() == 0
    page.locator("h1").hover()
    assert page.locator(".lit").count() == 0
    row.locator("td").first.focus()
    assert page.locator(lit).count() > 3
    page.keyboard.press("Enter")
    page.locator("#filter").focus()
    assert page.locator(lit).count() > 3
    page.keyboard.press("Escape")
    assert page.locator(".lit").count() == 0


def test_an_interval_shows_on_hover_and_on_focus(page):
    cell = page.locator(".headline tr[data-runtime=coroutine] td").first
    tip = cell.locator(".tip")
    assert tip.bounding_box()["width"] <= 1
    cell.hover()
    assert tip.bounding_box()["width"] > 100
    page.locator("h1").hover()
    assert tip.bounding_box()["width"] <= 1
    cell.focus()
    assert tip.bounding_box()["width"] > 100
    page.keyboard.press("ArrowDown")
    assert (
        page.evaluate("document.activeElement.parentElement.dataset.runtime") == "coroutine_uring"
    )
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.cellIndex") == 2
    assert page.locator(".headline td[tabindex='0']").count() == 1


def test_a_table_is_copied_as_it_is_shown(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"]).page
    page.fill("#filter", "floor")
    tools = page.locator("#headline .tools")
    tools.get_by_role("button", name="Copy as Markdown").click()
    page.wait_for_function("document.getElementById('said').textContent === 'copied as Markdown'")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].startswith("| runtime | total B/conn. | user B/conn. |")
    assert lines[1].startswith("| --- | ---: |")
    assert lines[2].startswith("| epoll_floor | 8,029 [7,789, 8,589] | 23 [20, 30] |")
    assert len(lines) == 3
    tools.get_by_role("button", name="Copy as CSV").click()
    page.wait_for_function("document.getElementById('said').textContent === 'copied as CSV'")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[1].startswith('epoll_floor,"8,029 [7,789, 8,589]","23 [20, 30]",')


def copied(page, table, what):
    """The table whose caption begins so, copied with the button that says so."""
    box = page.locator("div.scroll", has=page.locator("caption", has_text=table)).first
    box.locator("xpath=preceding-sibling::div[1]").get_by_role("button", name=what).click()
    page.wait_for_function("document.getElementById('said').textContent.startsWith('copied')")
    return page.evaluate("navigator.clipboard.readText()")


def test_a_copied_figure_keeps_its_marks(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"]).page
    text = copied(page, "Medians of the rounds", "Copy as Markdown")
    by_name = {line.split(" | ")[0].strip("| "): line for line in text.splitlines()}
    for name in first_cells(page):
        row = page.locator(f".headline tr[data-runtime={name}]")
        for mark in ("★", "×", "‡"):
            shown = sum(mark in cell for cell in row.locator("td").all_inner_texts())
            assert by_name[name].count(mark) == shown, (name, mark)
    assert "★ 197 [" in by_name["coroutine"]
    assert " ‡ |" in by_name["thread"]


def test_a_name_that_markdown_would_read_is_copied_as_it_is(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"]).page
    page.evaluate(
        "document.querySelector('.headline tr[data-runtime=fiber] th').textContent ="
        " 'a*b`c<d|e\\\\f[g](h)'"
    )
    text = copied(page, "Medians of the rounds", "Copy as Markdown")
    assert in_markdown("a*b`c<d|e\\f[g](h)") in text


@pytest.mark.parametrize("name", ["%", "%E0%A4%A", "nowhere", "limits%20"])
def test_an_address_that_leads_nowhere_leaves_the_page_whole(browser, made, name):
    watched = Watched(browser, made, place=f"#{name}")
    assert watched.errors == []
    assert watched.page.is_visible("#controls")
    watched.context.close()


def test_sections_fold_and_open_again_and_for_whoever_is_sent_there(page):
    opened = page.locator("details[open]").count()
    page.locator("#memory summary").click()
    assert page.locator("details[open]").count() == opened - 1
    page.click("#fold")
    assert page.locator("details[open]").count() == 0
    page.locator("nav a[href='#lateness']").click()
    page.wait_for_function("document.getElementById('lateness').open")
    page.click("#fold")
    page.click("#fold")
    assert page.locator("details:not([open])").count() == 0


def test_light_and_dark_follow_the_reader_and_the_button(open_page):
    page = open_page(color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.click("#theme")
    light = page.evaluate(ground)
    assert light == "rgb(255, 255, 255)" != dark
    assert page.inner_text("#theme") == "Dark"
    page.click("#theme")
    assert page.evaluate(ground) == dark
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == light
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_is_no_barrier_that_a_machine_can_find(open_page, scheme):
    page = open_page(color_scheme=scheme).page
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_stands_out_of_the_page(open_page, width):
    page = open_page(viewport={"width": width, "height": 800}).page
    reach = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    assert page.evaluate(reach) == [width, width]
    page.locator(".headline tr[data-runtime=fiber] td").last.focus()
    assert page.evaluate(reach) == [width, width]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_a_page_of_thirty_rows_is_small_and_no_cell_of_it_overflows(
    browser, of_thirty, width, scheme
):
    assert of_thirty.stat().st_size < 4_000_000
    watched = Watched(browser, of_thirty, viewport={"width": width, "height": 900},
                      color_scheme=scheme)  # fmt: skip
    page = watched.page
    assert watched.errors == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert len(first_cells(page)) == 30
    too_wide = page.eval_on_selector_all(
        "table.data th, table.data td",
        "cells => cells.filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent)",
    )
    assert too_wide == []
    watched.context.close()


def test_on_paper_all_sections_are_open_and_controls_are_gone(page):
    page.click("#fold")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert not page.is_visible("#controls")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


# The texts in which a word stands on more than one line.
CUT = """found => found.filter(one => {
  const text = document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode();
  const range = document.createRange();
  return [...text.data.matchAll(/[^\\s-]+/g)].some(word => {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  });
}).map(one => one.textContent)"""


def test_no_word_of_a_fact_or_heading_is_cut_on_a_telephone(open_page):
    page = open_page(viewport={"width": 360, "height": 800}).page
    assert page.eval_on_selector_all(".facts th, summary h2", CUT) == []


def test_no_word_of_a_head_is_cut_where_its_column_has_no_figure(browser, planted, tmp_path):
    alone = [one for one in planted if one.get("cell", {}).get("runtime") in (None, "fiber")]
    html, _ = report_pages.write(alone, tmp_path, [])
    watched = Watched(browser, html, viewport={"width": 1440, "height": 900})
    heads = watched.page.eval_on_selector_all(".headline thead th[data-column]", CUT)
    watched.context.close()
    assert heads == []
