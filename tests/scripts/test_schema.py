"""The schema of results against the declarations of the workloads: what each cell may and must
have, for the workloads there are and for one that is added."""

import copy
import functools
import json
import re
import shutil

import jsonschema
import pytest

from skein_scripts.base.errors import OK
from skein_scripts.base.tree import ROOT
from skein_scripts.commands import schema as command
from skein_scripts.records import results, schema, workloads

PUBLISHED = sorted((ROOT / "results" / "published").glob("*/results.jsonl"))
FIXTURES = sorted((ROOT / "tests" / "scripts" / "fixtures").glob("*.jsonl"))

FIELDS = [
    (workload.id, field)
    for workload in workloads.workloads().values()
    for field in workload.fields
    if not field.measuring
]
every_field = pytest.mark.parametrize(
    ("workload", "field"), FIELDS, ids=[f"{workload}.{field.name}" for workload, field in FIELDS]
)
every_workload = pytest.mark.parametrize("workload", list(workloads.workloads()))


def names_of(workload):
    fields = workloads.workloads()[workload].fields
    return {field.name for field in fields if not field.measuring}


@functools.cache
def runs_of(path):
    """Which nobody changes: a published file takes a third of a second to read."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record for record in records if record["kind"] == "run"]


def planted_value(field):
    """A value that a cell may have in a field."""
    usual = field.words[0] if field.words else 1
    return usual if field.default is None else field.default


def planted_run(workload):
    """A run that counts of a workload that nobody has published: the first published run, with
    this workload's cell and samples."""
    run = copy.deepcopy(next(run for run in runs_of(PUBLISHED[-1]) if run["status"] == "ok"))
    declared = workloads.workloads()[workload]
    any_samples = next(run[name] for name in results.DISTRIBUTIONS if run.get(name))
    fields = {one.name: planted_value(one) for one in declared.fields if not one.measuring}
    run["cell"] = {"workload": workload, "runtime": "fiber", "style": "direct", **fields}
    run["echoed"] = dict(run["cell"])
    return run | dict.fromkeys(declared.samples, any_samples)


@pytest.fixture
def run_for():
    """By workload: a run that counts, with the fields of its own workload alone. It is a published
    one where there is one; a workload that is new has none yet."""

    def made(workload):
        published = (
            copy.deepcopy(run)
            for run in runs_of(PUBLISHED[-1])
            if run["cell"]["workload"] == workload and run["status"] == "ok"
        )
        run = next(published, None) or planted_run(workload)
        own = {"workload", "runtime", "style"} | names_of(workload)
        for part in ("cell", "echoed"):
            run[part] = {name: value for name, value in run[part].items() if name in own}
        return run

    return made


def problems(run, part="cell"):
    """What is wrong with a part of a run, by the schema alone."""
    validator = jsonschema.Draft202012Validator(schema.assembled(results.CURRENT_VERSION))
    return [error.message for error in validator.iter_errors(run) if error.absolute_path[0] == part]


def test_the_file_is_what_the_declarations_say_now():
    path = schema.path_of(results.CURRENT_VERSION)
    text = schema.text_of(schema.assembled(results.CURRENT_VERSION))
    assert path.read_text(encoding="utf-8") == text, "scripts/schema.py writes it anew"


def test_the_schema_is_one_and_every_reference_leads_somewhere():
    whole = schema.assembled(results.CURRENT_VERSION)
    jsonschema.Draft202012Validator.check_schema(whole)

    def references(part):
        if isinstance(part, dict):
            yield from [part["$ref"]] if "$ref" in part else []
            yield from (found for each in part.values() for found in references(each))
        elif isinstance(part, list):
            yield from (found for each in part for found in references(each))

    resolver = jsonschema.Draft202012Validator(whole)._resolver
    for reference in set(references(whole)):
        resolver.lookup(reference)


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_a_published_run_names_no_folder_of_the_machine_that_made_it(path):
    session = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    assert session["kind"] == "session"
    assert [word for word in session["argv"] if re.search(r"(^|=)[/~]", word)] == []


@pytest.mark.parametrize("path", [*PUBLISHED, *FIXTURES], ids=lambda path: path.parent.name)
def test_every_file_that_was_kept_is_valid(path):
    assert results.load(path)


@every_workload
def test_a_cell_may_have_the_fields_of_its_own_workload_alone(run_for, workload):
    results.validate(run_for(workload))


@every_workload
def test_a_planted_run_is_as_good_as_a_published_one(workload):
    results.validate(planted_run(workload))


GOOD = {
    workloads.COUNT: [0, 7, None],
    workloads.SIZE: [4096, None],
    workloads.DURATION: [0, 10**12, None],
    workloads.SEED: [0, 2**64 - 1, None],
    workloads.RATE: [0.5, 20_000, None],
}
BAD = {
    workloads.COUNT: [-1, 1.5, "7", True, [7]],
    workloads.SIZE: [-1, 1.5, "4KiB"],
    workloads.DURATION: [-1, 1.5, "5s"],
    workloads.SEED: [-1, 0.5, "1"],
    workloads.RATE: ["20k", True],
    workloads.WORD: ["nonsense", 1, ""],
}


@every_field
def test_each_field_has_the_type_that_is_declared(run_for, workload, field):
    run = run_for(workload)
    for part in ("cell", "echoed"):
        for value in GOOD.get(field.kind, [*field.words, None]):
            run[part][field.name] = value
            assert problems(run, part) == [], value
        for value in BAD[field.kind]:
            run[part][field.name] = value
            assert problems(run, part), value
        del run[part][field.name]


@every_field
def test_each_field_of_a_cell_is_needed_but_those_that_older_files_lack(run_for, workload, field):
    run = run_for(workload)
    run["cell"].pop(field.name, None)  # what was published may be older
    missing = [f"{field.name!r} is a required property"]
    assert problems(run) == ([] if field.name in schema.ADDED_IN_VERSION_1 else missing)
    run["echoed"].pop(field.name, None)
    assert problems(run, "echoed") == []  # a worker may leave out what is null


def test_what_older_files_lack_is_declared_and_lacking_in_some():
    declared = {field.name for _, field in FIELDS}
    lacking = {
        field.name
        for path in [*PUBLISHED, *FIXTURES]
        for run in runs_of(path)
        for workload, field in FIELDS
        if workload == run["cell"]["workload"] and field.name not in run["cell"]
    }
    assert declared >= lacking == schema.ADDED_IN_VERSION_1


@every_workload
def test_fields_of_other_workloads_are_absent_or_null(run_for, workload):
    others = {field.name for _, field in FIELDS} - names_of(workload)
    assert others
    for part in ("cell", "echoed"):
        run = run_for(workload)
        run[part] |= dict.fromkeys(others)
        assert problems(run, part) == []
        for name in others:
            planted = run[part] | {name: 1}
            assert problems(run | {part: planted}, part) == ["1 is not of type 'null'"]


@every_workload
@pytest.mark.parametrize("part", ["cell", "echoed"])
def test_names_that_nobody_declared_are_refused(run_for, workload, part):
    for name in ("surprise", *workloads.measuring_settings()):
        run = run_for(workload)
        run[part][name] = None
        with pytest.raises(results.RecordError, match=f"{part}: '{name}' is not one of"):
            results.validate(run)


@pytest.mark.parametrize("workload", ["c100k", None, 7])
def test_a_workload_that_nobody_declared_is_refused(run_for, workload):
    run = run_for("c10k")
    run["cell"]["workload"] = workload
    assert problems(run)


def test_a_cell_must_say_its_workload_and_runtime_and_an_echo_may_be_null(run_for):
    for name in ("workload", "runtime"):
        run = run_for("timers")
        del run["cell"][name]
        assert problems(run) == [f"{name!r} is a required property"]
    failed = next(run for run in runs_of(FIXTURES[0]) if run["status"] == "failed")
    assert problems(failed | {"echoed": None}, "echoed") == []
    assert problems(failed | {"cell": None}) == ["None is not of type 'object'"]


@pytest.mark.parametrize("status", ["failed", "timeout"])
def test_a_worker_that_failed_may_have_said_anything(run_for, status):
    run = run_for("timers")
    run["echoed"] = {"tasks": "many", "surprise": 1}
    assert problems(run, "echoed")
    failure = next(one["failure"] for one in runs_of(FIXTURES[0]) if one["status"] == "failed")
    results.validate(run | {"status": status, "reasons": ["mislabelled"], "failure": failure})


def test_a_row_of_single_steps_is_a_cell_of_its_own(run_for):
    run = run_for("c10k")
    run["cell"] = {"workload": "micro", "runtime": "fiber", "row": "switch"}
    assert problems(run) == []
    assert problems(run | {"cell": run["cell"] | {"row": None}})
    assert problems(run | {"cell": run["cell"] | {"tasks": 1}}) == ["1 is not of type 'null'"]
    del run["cell"]["row"]
    assert problems(run) == ["'row' is a required property"]


@pytest.mark.usefixtures("with_toy")
def test_a_workload_that_is_added_is_tested_before_any_run_of_it_is_published(run_for):
    run = run_for("toy")
    assert run["cell"].keys() >= {"tasks", "order", "yields", "seed"}
    results.validate(run)


@pytest.mark.usefixtures("with_toy")
def test_a_workload_that_is_added_has_records_before_anything_else_is_written(run_for):
    run = run_for("timers")
    toy = {"workload": "toy", "runtime": "fiber", "style": "direct", "tasks": 8, "yields": 3,
           "order": "fair", "stack_bytes": None, "workers": 1, "seed": 1}  # fmt: skip
    run |= {"cell": toy, "echoed": toy}
    results.validate(run)
    assert problems(run | {"cell": toy | {"order": "wheel"}})
    assert problems(run | {"cell": toy | {"pattern": "spread"}}) == [
        "'spread' is not of type 'null'"
    ]
    old = runs_of(PUBLISHED[-1])[0]
    results.validate(old)
    assert problems(old | {"cell": old["cell"] | {"yields": None}}) == []


@pytest.mark.usefixtures("with_toy")
def test_the_command_writes_what_is_declared(tmp_path, monkeypatch):
    shutil.copyfile(schema.path_of(results.CURRENT_VERSION), tmp_path / "v1.json")
    monkeypatch.setattr(schema, "SCHEMA_FOLDER", tmp_path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command.main([]) == OK
    written = json.loads((tmp_path / "v1.json").read_text())
    assert "yields" in written["$defs"]["toy_cell"]["properties"]
    assert written == schema.assembled(results.CURRENT_VERSION)
