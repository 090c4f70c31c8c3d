"""A workload's declaration that cannot be is refused by name, whatever is wrong about it."""

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.records import groups
from skein_scripts.records import workloads as declared

GOOD = """
id = "toy"
description = "N tasks that yield M times"
run = "tasks"
task = "turn"
tasks = "tasks"
shape = "order"
samples = []
notes = { back = "the last yields first" }
measures = ""
leaves_out = ""
unfair = ""
page = "workloads/README.md"
example = ""

[shapes.forth]
does = "the first yields first"
leaves_out = "the last"

[shapes.back]
does = "the last yields first"

[[field]]
name = "tasks"
kind = "count"
least = 1
default = 100
said = true
id = "{}"
phrase = "{} tasks"
help = "Tasks"

[[field]]
name = "order"
kind = "word"
words = ["forth", "back"]
default = "forth"
said = true
id = "{}"
help = "Which yields first"

[[field]]
name = "yields"
kind = "count"
in = ["forth"]
least = 1
most = "tasks"
default = 8
id = "yields={}"
phrase = { forth = "{} yields of each" }
help = "Yields of each"
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """Writes the declaration of a workload `toy`, the only one, and reads it."""
    monkeypatch.setattr(declared, "FOLDER", tmp_path)
    (tmp_path / "common.toml").write_text(
        '[[field]]\nname = "seed"\nkind = "seed"\nhelp = "Seed"\n'
    )
    (tmp_path / "toy").mkdir()

    def read(text):
        (tmp_path / "toy" / "cell.toml").write_text(text)
        return declared.workloads.__wrapped__()

    return read


def test_a_good_declaration_is_read(planted):
    toy = planted(GOOD)["toy"]
    assert [field.name for field in toy.fields] == ["tasks", "order", "yields", "seed"]
    assert toy.notes == {"back": "the last yields first"}


def test_what_a_mode_does_is_read_and_what_it_does_not_say_is_empty(planted):
    texts = planted(GOOD)["toy"].shape_texts
    assert list(texts) == ["forth", "back"]
    assert (texts["forth"].does, texts["forth"].leaves_out) == (
        "the first yields first",
        "the last",
    )
    assert texts["back"].unfair == ""


def test_work_that_no_script_names_is_said_in_the_words_of_its_folder(planted):
    toy = planted(GOOD)["toy"]
    cell = {"workload": "toy", "tasks": 2_000, "order": "forth", "yields": 3, "seed": 1}
    assert toy.in_words(cell) == "toy, forth: 2,000 tasks, 3 yields of each"
    assert toy.in_words(cell | {"order": "back"}) == "toy, back: 2,000 tasks"


def test_runs_that_differ_in_a_field_of_their_own_workload_are_other_work(planted, monkeypatch):
    found = planted(GOOD)
    monkeypatch.setattr(groups, "workloads", lambda: found)
    assert groups.same_work.__wrapped__() == ("workload", "tasks", "order", "yields")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('id = "toy"', 'id = "tow"', "its id is 'tow' and not the name of its folder"),
        ('id = "toy"', 'id = toy"', "cannot be read"),
        ('run = "tasks"', 'run = "task"', "unknown run 'task' (valid: served, tasks)"),
        ('run = "tasks"', 'runs = "tasks"', "unknown key 'runs'"),
        ('unfair = ""\n', "", "it has no unfair"),
        ('shape = "order"', 'shape = "ordre"', "unknown field in shape 'ordre'"),
        ('tasks = "tasks"', 'tasks = "task"', "unknown field in tasks 'task'"),
        ("default = 100", "defualt = 100", "field 'tasks': unknown key 'defualt'"),
        ("default = 8", "default = 8\nauto_default = true", "auto_default goes with auto, of and"),
        ('kind = "count"', 'kind = "number"', "field 'tasks': unknown kind 'number'"),
        ('help = "Tasks"\n', "", "field 'tasks': it has no help"),
        ("default = 100", 'default = "100"', "default is a number in the base unit, not '100'"),
        ('default = "forth"', 'default = "fort"', "unknown word in default 'fort'"),
        ('words = ["forth", "back"]', "", "words are of kind word, and a word has some"),
        ('"back"]', '"default"]', "'default' cannot be a name in C++"),
        ('"back"]', '"Back"]', "'Back' cannot be a name in C++"),
        ('in = ["forth"]', 'in = ["fort"]', "field 'yields': unknown mode or pattern 'fort'"),
        ('most = "tasks"', 'most = "task"', "unknown field before it in most 'task'"),
        ('most = "tasks"', 'most = "yields"', "unknown field before it in most 'yields'"),
        ("default = 100", "default = 100\nvalues = [1, 100]", "values are of a count or a size"),
        ("least = 1\ndefault = 100", "default = 100\nvalues = [100, 1]", "values rise, and the"),
        ("least = 1\ndefault = 100", "default = 100\nvalues = [1, 2]", "default is one of them"),
        ('name = "yields"', 'name = "tasks"', "field 'tasks' is declared twice"),
        ('name = "yields"\n', "", "a [[field]] has no name"),
        ('shape = "order"', 'shape = "yields"',
         "shape: 'yields' is a count; the kind of work is a word"),
        ('said = true\nid = "{}"\nhelp = "W', 'id = "{}"\nhelp = "W',
         "field 'order': the shape is said by every matrix (said = true)"),
        ('said = true\nid = "{}"\nhelp = "W', 'said = true\nsettable = false\nhelp = "W',
         "field 'order': the shape must be settable"),
        ('tasks = "tasks"', 'tasks = "order"', "tasks: 'order' is a word and counts nothing"),
        ("samples = []", 'samples = ["latenes"]',
         "unknown distribution in samples 'latenes' (valid: latency, service_time, lateness); "
         "did you mean 'lateness'?"),
        ("samples = []", 'samples = "lateness"', "samples is a list"),
        ("{ back =", "{ black =", "unknown mode or pattern 'black'"),
        ("{ forth =", "{ fourth =", "field 'yields': unknown mode or pattern 'fourth'"),
        ('page = "workloads/README.md"\n', "", "it has no page"),
        ("[shapes.back]", "[shapes.black]",
         "unknown mode or pattern in shapes 'black' (valid: forth, back); did you mean 'back'?"),
        ('[shapes.back]\ndoes = "the last yields first"\n', "", "shapes.back: it has no does"),
        ('does = "the last', 'dose = "the last', "shapes.back: unknown key 'dose'"),
        ('leaves_out = "the last"', "leaves_out = 5", "shapes.forth: leaves_out is a text, not 5"),
        ('leaves_out = "the last"', 'leaves_out = " "', "shapes.forth: leaves_out is a text"),
        ("least = 1\nmost", 'instead_of = "yield"\nmost', "unknown field in instead_of 'yield'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(planted, right, wrong, said):
    assert right in GOOD
    with pytest.raises(UsageError) as refused:
        planted(GOOD.replace(right, wrong, 1))
    assert said in str(refused.value)
    assert "cell.toml" in str(refused.value)
