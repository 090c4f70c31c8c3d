"""The packages of skein_scripts import each other as architecture.toml allows, and no other way. An
import counts wherever it stands, relative or absolute, at the top or in a function. What is
imported by a name in a variable nobody could tell: one module alone may do so."""

import ast
import graphlib
import shutil
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "skein_scripts"
FOLDER = ROOT / "scripts" / PACKAGE
ALLOWED = tomllib.loads((ROOT / "architecture.toml").read_text(encoding="utf-8"))["python"]
# Imports by name: that of the command which an entry script names.
BY_NAME = {"importlib", "runpy", "pkgutil", "__import__"}
MAY_IMPORT_BY_NAME = "base.errors"


def modules_of(folder):
    """The files by their dotted names below the folder; that of a package is its __init__.py."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def names_in(node, module, is_package):
    """What a node imports, as dotted names below the package: most of them one part too long, where
    what is imported is no module but stands in one."""
    if isinstance(node, ast.Import):
        absolute = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        absolute = [f"{node.module}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        here = module.split(".") if module else []
        up = node.level - 1 if is_package else node.level
        start = here[: len(here) - up] + (node.module.split(".") if node.module else [])
        return [".".join([*start, alias.name]) for alias in node.names]
    else:
        return []
    start = f"{PACKAGE}."
    return [name.removeprefix(start) for name in absolute if name.startswith(start)]


def imports_of(folder):
    """(module, what it imports, the line) of every import of the package's own."""
    for module, path in modules_of(folder).items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for name in names_in(node, module, path.name == "__init__.py"):
                yield module, name, node.lineno


def imports_by_name(folder):
    """A sentence for each module that may import whatever it wants, and is not the one that may."""
    for module, path in modules_of(folder).items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            elif isinstance(node, ast.Name):
                names = [node.id]
            if PACKAGE in names and isinstance(node, ast.Import):
                yield f"{module}, line {node.lineno}: import what is needed by its name"
            by_name = {name.partition(".")[0] for name in names} & BY_NAME
            if by_name and module != MAY_IMPORT_BY_NAME:
                yield f"{module}, line {node.lineno}: only {MAY_IMPORT_BY_NAME} imports by name"


def cycle_in(graph):
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return " -> ".join(error.args[1])
    return None


def problems(folder, allowed):
    """What the tree and the list of arrows have against each other. Empty where they agree."""
    modules, found, seen = modules_of(folder), [], set()
    packages = {name.partition(".")[0] for name in modules if name}
    found += [f"{name} is not in the list" for name in sorted(packages - set(allowed))]
    found += [f"{name} is in the list and not there" for name in sorted(set(allowed) - packages)]
    of_modules = defaultdict(set)
    for module, name, line in imports_of(folder):
        target = name if name in modules else name.rpartition(".")[0]
        of_modules[module].add(target)
        source, drain = module.partition(".")[0], name.partition(".")[0]
        if source == drain:
            continue
        seen.add((source, drain))
        if drain not in allowed.get(source, ()):
            found.append(f"{module}, line {line}: {source} may not import {drain}")
    for source, drains in allowed.items():
        unused = [drain for drain in drains if (source, drain) not in seen]
        found += [f"{source} imports nothing of {drain}: take it out" for drain in unused]
    found += imports_by_name(folder)
    for what, graph in (("list", allowed), ("modules", of_modules)):
        if cycle := cycle_in(graph):
            found.append(f"a cycle in the {what}: {cycle}")
    return found


def test_the_packages_import_each_other_as_the_list_allows():
    assert problems(FOLDER, ALLOWED) == []


def test_a_module_is_small_enough_to_be_read():
    lengths = {
        name: len(path.read_text().splitlines()) for name, path in modules_of(FOLDER).items()
    }
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_the_entry_scripts_know_how_scripts_end_and_the_name_of_their_command():
    for path in sorted((ROOT / "scripts").glob("*.py")):
        package = "checks" if path.stem == "run_tests" else "commands"
        assert f'"{PACKAGE}.{package}.{path.stem}"' in path.read_text(), path.name
        tree = ast.parse(path.read_text())
        imported = {name for node in ast.walk(tree) for name in names_in(node, "", False)}
        assert imported == {"base.errors.run_program"}, path.name
        command = FOLDER / package / path.name
        defined = {getattr(node, "name", "") for node in ast.parse(command.read_text()).body}
        assert "main" in defined, command


SMALL = {
    "__init__.py": "",
    "base/__init__.py": "",
    "base/units.py": "import re\n",
    "records/__init__.py": "",
    "records/results.py": "from ..base import units\n",
    "gate/__init__.py": "",
    "gate/stages.py": "from ..base.units import re\nfrom ..records import results\n",
}
OF_SMALL = {"base": [], "records": ["base"], "gate": ["base", "records"]}


@pytest.fixture
def small(tmp_path):
    """A tree of three packages that is as OF_SMALL allows."""
    for name, text in SMALL.items():
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / PACKAGE


def test_a_tree_that_is_as_its_list_allows_has_no_problem(small):
    assert problems(small, OF_SMALL) == []


@pytest.mark.parametrize("planted", [
    "from ..gate import stages",
    "from ..gate.stages import re",
    "from .. import gate",
    "import skein_scripts.gate",
    "import skein_scripts.gate.stages as other",
    "from skein_scripts import gate",
    "from skein_scripts.gate import stages",
    "from skein_scripts.gate.stages import re",
    "def later():\n    from ..gate import stages",
    "class One:\n    def late(self):\n        import skein_scripts.gate.stages",
    "if False:\n    from ..gate import stages",
])  # fmt: skip
def test_a_planted_import_is_found_in_every_form(small, planted):
    path = small / "records" / "results.py"
    path.write_text(f"from ..base import units\n{planted}\n")
    assert any("records may not import gate" in one for one in problems(small, OF_SMALL)), planted


@pytest.mark.parametrize("planted", [
    "from importlib import import_module as load",
    "import importlib\ndef later():\n    return importlib.import_module(name='skein_scripts.gate')",
    "import importlib.util",
    "import runpy",
    "from pkgutil import resolve_name",
    "__import__('skein_scripts.gate.stages')",
    "import skein_scripts\nskein_scripts.gate",
])  # fmt: skip
def test_an_import_by_a_name_that_nobody_can_read_is_found(small, planted):
    path = small / "records" / "results.py"
    path.write_text(f"from ..base import units\n{planted}\n")
    assert any("by name" in one or "by its name" in one for one in problems(small, OF_SMALL))


def test_an_import_of_a_package_by_itself_is_found(small):
    (small / "base" / "__init__.py").write_text("from ..records import results\n")
    assert any("base may not import records" in one for one in problems(small, OF_SMALL))
    (small / "base" / "__init__.py").write_text("from .units import re\n")
    assert problems(small, OF_SMALL) == []


def test_a_forbidden_import_that_is_planted_in_our_own_tree_is_found(tmp_path):
    copy = tmp_path / PACKAGE
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert problems(copy, ALLOWED) == []
    slots = copy / "records" / "slots.py"
    slots.write_text(slots.read_text() + "\n\ndef late():\n    from ..session import runner\n")
    found = problems(copy, ALLOWED)
    assert any("records may not import session" in one for one in found), found


def test_a_package_that_the_list_lacks_is_found_and_one_that_is_gone(small):
    (small / "extra").mkdir()
    (small / "extra" / "__init__.py").write_text("")
    assert problems(small, OF_SMALL) == ["extra is not in the list"]
    (small / "loose.py").write_text("")
    assert "loose is not in the list" in problems(small, OF_SMALL)
    listed = {**OF_SMALL, "extra": [], "loose": [], "gone": []}
    assert problems(small, listed) == ["gone is in the list and not there"]


def test_an_arrow_that_nothing_uses_is_found(small):
    (small / "gate" / "stages.py").write_text("from ..records import results\n")
    assert problems(small, OF_SMALL) == ["gate imports nothing of base: take it out"]


def test_a_cycle_is_found_in_the_list_and_between_modules(small):
    (small / "base" / "units.py").write_text("def late():\n    from ..records import results\n")
    found = problems(small, {**OF_SMALL, "base": ["records"]})
    assert any(one.startswith("a cycle in the list: ") for one in found), found
    assert any(one.startswith("a cycle in the modules: ") for one in found), found


def test_a_cycle_inside_a_package_is_found(small):
    (small / "base" / "text.py").write_text("from . import units\n")
    assert problems(small, OF_SMALL) == []
    (small / "base" / "units.py").write_text("def late():\n    from .text import units\n")
    (found,) = problems(small, OF_SMALL)
    assert found.startswith("a cycle in the modules: ")
    assert {"base.text", "base.units"} <= set(found.replace(":", " ").split())
