"""A manifest that cannot be is refused by name, whatever is wrong about it."""

import re

import pytest
from matplotlib.lines import Line2D

from skein_scripts.base.errors import UsageError
from skein_scripts.declare import headers
from skein_scripts.matrix import matrix
from skein_scripts.records import runtime_rules, runtimes

GOOD = """
[[runtime]]
id = "toy"
order = 5
family = "future"
colour = "#00aAf0"
marker = "o"
language = "Toy"
run = ["toy-run", "main.toy"]
build = ["toy-build"]
test = ["toy-test", "all"]
tools = ["toy-run"]
needs = { toy-run = "2" }
buffers = ["own"]
reference = false
cannot = { c10k = "it has no sockets", "timers/churn" = "it cannot cancel" }
"""


@pytest.fixture
def planted(tmp_path):
    """Writes manifests, each in a folder of its own, and reads them."""

    def read(*texts):
        for folder, text in zip("abc", texts, strict=False):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / "runtime.toml").write_text(text)
        return runtimes.runtimes.__wrapped__(tmp_path)

    return read


def test_a_good_manifest_is_read(planted):
    toy = planted(GOOD)["toy"]
    assert (toy.order, toy.family, toy.run) == (5, "future", ("toy-run", "main.toy"))
    assert toy.test == ("toy-test", "all")
    assert planted(GOOD.replace('"o"', '"$T$"'))["toy"].marker == "$T$"


def test_the_markers_are_those_that_the_figures_can_fill():
    assert tuple(runtime_rules.MARKERS) == tuple(Line2D.filled_markers)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("[[runtime]]", "[[runtime", "cannot be read"),
        ("[[runtime]]", "[runtime]", "it needs [[runtime]], in two brackets, for each runtime"),
        (GOOD, "", "it needs [[runtime]], in two brackets, for each runtime"),
        (GOOD, "runtime = [1]", "it needs [[runtime]], in two brackets, for each runtime"),
        ("[[runtime]]", "[[runtimes]]", "unknown table 'runtimes' (valid: runtime)"),
        ('id = "toy"\n', "", "an id is lower case letters, digits and _, not left out"),
        ('id = "toy"', "id = 5", "an id is lower case letters, digits and _, not 5"),
        ('id = "toy"', 'id = "a/b"', "an id is lower case letters, digits and _, not 'a/b'"),
        ("order = 5", "odrer = 5", "runtime 'toy': unknown key 'odrer' (valid: id, order, family,"),
        ("order = 5", "odrer = 5", "did you mean 'order'?"),
        ('colour = "#00aAf0"\n', "", "runtime 'toy': it has no colour"),
        ("order = 5", 'order = "5"', "runtime 'toy': order is a whole number from 1, not '5'"),
        ("order = 5", "order = 5.5", "order is a whole number from 1, not 5.5"),
        ("order = 5", "order = true", "order is a whole number from 1, not True"),
        ("order = 5", "order = 0", "order is a whole number from 1, not 0"),
        ("= false", '= "no"', "reference is true or false, not 'no'"),
        ('= "Toy"', "= 5", "language is a name, not 5"),
        ('["toy-test", "all"]', '"toy-test all"', "test is a list of words"),
        ('= ["toy-run", "main.toy"]', '= "toy-run"', "run is a list of words, ["),
        ('= ["toy-build"]', "= []", "build is a list of words"),
        ('tools = ["toy-run"]', 'tools = ["toy-run", ""]', "tools is a list of words"),
        ('tools = ["toy-run"]', "tools = [1]", "tools is a list of words"),
        ('["own"]', '"own"', "buffers is a list of words"),
        ('["own"]', '["won"]', "unknown buffer 'won' (valid: lent, own, runtime)"),
        ('= { toy-run = "2" }', '= "2"', "needs is a table of texts"),
        ('= { toy-run = "2" }', "= { toy-run = 2 }", "needs is a table of texts"),
        ('{ c10k = "it has no sockets",', '["timers"]\n#', "cannot is a table of texts"),
        ("= false\n", "= false\nabout = 5\n", "runtime 'toy': about is a text, not 5"),
        ("= false\n", "= false\nunfair = ' '\n", "unfair is a text, not ' '"),
        ("= false\n", "= false\nunfiar = 'no'\n", "did you mean 'unfair'?"),
        ("c10k =", "c01k =", "unknown workload, or workload/mode, in cannot 'c01k' (valid: c10k,"),
        ("timers/churn", "timers/chrun", "did you mean 'timers/churn'?"),
        ('"future"', '"futrue"', "unknown family 'futrue' (valid: stackless,"),
        ("#00aAf0", "brownish", "colour is #RRGGBB, not 'brownish'"),
        ("#00aAf0", "#00aAf00", "colour is #RRGGBB, not '#00aAf00'"),
        ('marker = "o"', 'marker = "zz"', "not 'zz'"),
        ('marker = "o"', 'marker = "ov"', "marker is one of . o v ^"),
        ('marker = "o"', 'marker = "$$"', "or a letter or digit as $T$, not '$$'"),
        ('marker = "o"', "marker = 8", "not 8"),
        ('run = ["toy-run", "main.toy"]\n', "",
         "it has no run, and the binary has nothing written in Toy"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(planted, right, wrong, said):
    assert right in GOOD
    with pytest.raises(UsageError) as refused:
        planted(GOOD.replace(right, wrong, 1))
    assert said in str(refused.value)
    assert "a/runtime.toml" in str(refused.value)


OTHER = GOOD.replace('"toy"', '"kin"').replace("= 5", "= 6").replace('"o"', '"s"')


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"kin"', '"toy"', "runtime 'toy' has the id of 'toy' in"),
        ("= 6", "= 5", "runtime 'kin' has the order of 'toy' in"),
        ('"s"', '"o"', "runtime 'kin' has the colour and marker of 'toy' in"),
        ('#00aAf0"\nmarker = "s"', '#00AAF0"\nmarker = "o"', "the colour and marker of 'toy' in"),
    ],
)
def test_two_that_would_be_one_are_named_with_both_files(planted, right, wrong, said):
    assert right in OTHER
    with pytest.raises(UsageError) as refused:
        planted(GOOD, OTHER.replace(right, wrong, 1))
    assert re.search(r"b/runtime\.toml: .* in \S+a/runtime\.toml: ", str(refused.value))
    assert said in str(refused.value)


def test_runtimes_may_share_a_colour_or_a_marker(planted):
    assert list(planted(GOOD, OTHER)) == ["toy", "kin"]


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """A tree whose one manifest cannot be; answers what is said of it."""
    (tmp_path / "runtimes" / "a").mkdir(parents=True)
    path = tmp_path / "runtimes" / "a" / "runtime.toml"
    path.write_text(GOOD.replace("order = 5", "odrer = 5"))
    broken = runtimes.runtimes.__wrapped__
    monkeypatch.setattr(runtimes, "runtimes", lambda: broken(path.parent.parent))

    def said(call, *arguments):
        with pytest.raises(UsageError) as error:
            call(*arguments)
        return str(error.value)

    return path, said


def test_a_manifest_is_named_and_not_the_matrix_that_was_read(tmp_path, refused):
    manifest, said = refused
    (tmp_path / "m.toml").write_text('runtimes = ["fiber"]\n[[cell]]\nworkload = "timers"\n')
    message = said(matrix.load_matrix, tmp_path / "m.toml")
    assert message.startswith(f"{manifest}: runtime 'toy': unknown key 'odrer'")


def test_the_build_says_the_same(tmp_path, refused):
    manifest, said = refused
    message = said(headers.main, [str(tmp_path / "generated")])
    assert message.startswith(f"{manifest}: runtime 'toy': unknown key 'odrer'")
