"""Figures in a page: what the SVG of matplotlib becomes, so that many can stand in one document,
and that nothing of what is drawn is lost."""

import base64
import html
import io
import re
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from page_parts import Page
from skein_scripts.drawing.style import gid
from skein_scripts.report.inline_svg import Figures
from skein_scripts.report.svg_paths import compact_path


def drawn(folder, name="plot", runtimes=("fiber", "thread")):
    """A figure with lines, markers, clips, a hatch and text, as matplotlib writes it."""
    with mpl.rc_context({"svg.hashsalt": "skein", "text.parse_math": False}):
        figure = Figure(figsize=(4, 3))
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for place, runtime in enumerate(runtimes):
            (line,) = axes.plot([0, 1, 2, 2.4], [place, 1.5, place, 0.1], marker="o")
            line.set_gid(gid(runtime))
            (again,) = axes.plot([0, 2], [place, place])
            again.set_gid(f"{gid(runtime)}:2")
        axes.barh(0.5, 1, hatch="///", facecolor="white", edgecolor="#0072b2")
        axes.set_title("words & <marks>")
        path = folder / f"{name}.svg"
        figure.savefig(path, metadata={"Date": None})
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def svg(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("svg"))


# --- paths ---


@pytest.mark.parametrize(("path", "short"), [
    ("M 0 0 \nL 10 0 \nL 10 20.04 \nz\n", "M0 0h10v20z"),
    ("M 1.26 2.24 L 3.31 4.51", "M1.3 2.2l2 2.3"),
    ("M 0 0 L 0.5 -0.5 L 1 -1", "M0 0l.5-.5 .5-.5"),
    ("M 0 0 L 1 0 L 2 0 L 3 0 L 2 0", "M0 0h3-1"),
    ("M 0 0 Q 1 1 2 0 C 1 2 3 4 5 6", "M0 0q1 1 2 0c-1 2 1 4 3 6"),
    ("M 5 5 L 6 6 z M 7 7 L 8 9", "M5 5l1 1zm2 2l1 2"),
    ("M 3 3 L 3 3", "M3 3v0"),
    ("M 0 0 L 1 1 L 1.01 1.01 L 2 3", "M0 0l1 1 1 2"),
    ("M 0 0 L 1e1 1e-9", "M0 0h10"),
    ("", ""),
])  # fmt: skip
def test_a_path_is_said_shorter(path, short):
    assert compact_path(path) == short


@pytest.mark.parametrize("path", ["M 0 0 A 1 1 0 0 1 2 2", "m 0 0 l 1 1", "M 1 2 3", "L", "x"])
def test_a_path_of_other_commands_is_kept(path):
    assert compact_path(path) == path


def points_of(path):
    """The corners of a path of M, L, H, V and z in their short form."""
    at, start, found = (0.0, 0.0), (0.0, 0.0), []
    for letter, rest in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", path):
        numbers = [float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        if letter in "zZ":
            at = start
        step = 1 if letter in "hv" else 2
        for place in range(0, len(numbers), step):
            values = numbers[place : place + step]
            x, y = {"h": (values[0], 0), "v": (0, values[0])}.get(letter) or values
            at = (x, y) if letter == "M" else (at[0] + x, at[1] + y)
            found.append(at)
            start = at if letter in "mM" else start
    return found


def test_no_error_adds_up_along_a_path():
    corners = [(0.037 * step, 40 + (step * 7919 % 31) / 3.7) for step in range(2000)]
    path = "M " + " L ".join(f"{x} {y}" for x, y in corners)
    short = compact_path(path)
    assert len(short) < len(path) / 3
    assert points_of(short)[-1] == pytest.approx(corners[-1], abs=0.051)


# --- a figure ---


def test_a_figure_is_smaller_and_keeps_what_it_draws(svg):
    figures = Figures()
    small = str(figures.inline(svg, "said"))
    assert len(small) < len(svg) / 2
    assert "<metadata" not in small
    assert "<style" not in small
    assert "<!--" not in small
    for colour in set(re.findall(r"(?:stroke|fill): (#[0-9a-f]{6})", svg)):
        assert colour in small + str(figures.shapes()) + str(figures.style())
    # Every letter and marker, and every line.
    words = [html.unescape(word) for word in re.findall(r"<text[^>]*>(.*?)</text>", small)]
    assert "words & <marks>" in words
    letters = svg.count('xlink:href="#DejaVuSans')
    assert sum(map(len, words)) == letters > 20
    assert small.count("<use") == svg.count("<use") - letters
    assert small.count("<path") == svg.count("<path") - svg.count("<path id=")


def test_a_figure_is_still_xml_with_its_size_and_what_it_says(svg):
    root = ElementTree.fromstring(str(Figures().inline(svg, 'a "b" <c> & d')))
    assert root.get("viewBox") == re.search(r'viewBox="([^"]+)"', svg)[1]
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a "b" <c> & d'
    assert root.get("width") is None


def test_two_figures_share_their_glyphs_and_no_other_name(svg, tmp_path):
    figures = Figures()
    both = str(figures.inline(svg, "one")) + str(figures.inline(drawn(tmp_path), "two"))
    made = Page(both + str(figures.shapes()))
    assert len(set(made.ids)) == len(made.ids)
    for target in re.findall(r'(?:href="#|url\(#)([^")]+)', both):
        assert target in made.ids
    once = Figures()
    once.inline(svg, "one")
    assert str(once.shapes()) == str(figures.shapes())
    assert len({one for one in made.ids if one.startswith("f1-")}) > 0
    assert len({one for one in made.ids if one.startswith("f2-")}) > 0


def test_styles_are_rules_of_the_page_each_once(svg):
    figures = Figures()
    small = str(figures.inline(svg, "said"))
    rules = dict(re.findall(r"\.(\S+)\{(.*)\}", str(figures.style())))
    assert set(re.findall(r'class="(k\d+)"', small)) == set(rules)
    assert len(set(rules.values())) == len(rules)
    assert all("url(" in one for one in re.findall(r'style="([^"]*)"', small))
    hostile = svg.replace("fill: #0072b2", "fill: #0072b2} * {color: red")
    other = Figures()
    assert "red" in str(other.inline(hostile, "said"))
    assert "red" not in str(other.style())


def test_groups_of_a_runtime_say_whose_they_are(svg):
    made = Page(str(Figures().inline(svg, "said")))
    assert sorted(made.marked) == ["fiber", "fiber", "thread", "thread"]
    assert not any(one.startswith("runtime:") for one in made.ids)


def test_a_runtime_of_odd_letters_is_text(tmp_path):
    odd = 'a<b>&"c[x]:y'
    made = Page(str(Figures().inline(drawn(tmp_path, runtimes=(odd,)), "said")))
    assert made.marked == [odd, odd]


@pytest.mark.parametrize("runtime", ["a:1", "a:1:2", "7", "%3A", "100%"])
def test_a_number_that_is_the_runtimes_own_stays(tmp_path, runtime):
    made = Page(str(Figures().inline(drawn(tmp_path, runtimes=(runtime,)), "said")))
    assert made.marked == [runtime, runtime]


def test_characters_that_are_not_seen_stand_as_their_escapes(tmp_path):
    small = str(Figures().inline(drawn(tmp_path, runtimes=("a\u202eb",)), "what\u202e is said"))
    assert "\u202e" not in small
    made = Page(small)
    assert made.marked == ["a\\u202eb"] * 2
    assert made.pictures[0]["aria-label"] == "what\\u202e is said"


def test_words_that_are_words_stay(tmp_path):
    with mpl.rc_context({"svg.fonttype": "none"}):
        text = drawn(tmp_path)
    small = str(Figures().inline(text, "said"))
    assert "words &amp; &lt;marks&gt;" in small


def test_words_bring_a_font_with_the_letters_that_are_written_and_few_others(svg):
    figures = Figures()
    small = str(figures.inline(svg, "said"))
    written = set(html.unescape("".join(re.findall(r"<text[^>]*>(.*?)</text>", small))))
    (face,) = re.findall(r"@font-face\{[^}]*base64,([^)]*)\)", str(figures.style()))
    font = TTFont(io.BytesIO(base64.b64decode(face)))
    assert {chr(code) for code in font.getBestCmap()} == written
    assert len(face) < 20_000


def test_words_stand_where_their_letters_did_turned_and_coloured(tmp_path):
    figure = Figure(figsize=(4, 3))
    with mpl.rc_context({"svg.hashsalt": "skein"}):
        figure.text(0.5, 0.25, "up", rotation=90, color="#cc79a7", weight="bold", style="italic")
        figure.text(0.5, 0.25, "up", rotation=90, color="#cc79a7", weight="bold", size=12)
        figure.text(0.25, 0.25, "$x^2$")
        figure.savefig(tmp_path / "plot.svg", metadata={"Date": None})
    svg = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    figures = Figures()
    small = str(figures.inline(svg, "said"))
    (text,) = re.findall(r"<text([^>]*)>up</text>", small)
    x, y = re.search(r'x="([\d.]+)" y="([\d.]+)"', text).groups()
    placed = re.search(r"translate\((\S+) (\S+)\) rotate\(-90\) scale\(0.12", svg).groups()
    assert [float(x), float(y)] == pytest.approx([float(one) for one in placed], abs=0.01)
    assert f'transform="rotate(-90 {x} {y})"' in text
    rules = dict(re.findall(r"\.(\S+)\{(.*)\}", str(figures.style())))
    style = rules[re.search(r'class="(k\d+)"', text)[1]]
    assert style == "font-size:12px;font-weight:bold;fill:#cc79a7"
    assert small.count("<use") == 4  # a formula, and letters of a font that is not the house's


def test_what_leads_elsewhere_is_dropped():
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink"'
        ' viewBox="0 0 1 1"><script>x</script><use l:href="http://a.example/b.svg#c"/>'
        '<image href="data:image/png;base64,AA" onload="x()"/><a href="http://a.example">'
        '<path d="M 0 0 L 1 1"/></a></svg>'
    )
    small = str(Figures().inline(text, "said"))
    assert "example" not in small
    assert "script" not in small
    assert "onload" not in small
    assert 'href="data:image/png;base64,AA"' in small
    assert 'd="M0 0l1 1"' in small


@pytest.mark.parametrize(("text", "reason"), [
    ("", "not XML"), ("<svg", "not XML"), ("<html></html>", "its root is <html>"),
])  # fmt: skip
def test_what_is_no_figure_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        Figures().inline(text, "said")


def test_the_same_figure_gives_the_same_bytes(svg):
    assert str(Figures().inline(svg, "said")) == str(Figures().inline(svg, "said"))
