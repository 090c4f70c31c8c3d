"""coroutine_lint: it finds each pattern that g++ 12 miscompiles, and nothing in our own tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from skein_scripts.checks.coroutine_lint import check, findings

ROOT = Path(__file__).resolve().parents[2]
TREES = ("runtimes", "workloads", "harness", "tests")


def in_task(statement: str) -> str:
    return f"task work(S& on, std::string& name) {{\n  {statement}\n}}\n"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("co_await run([name] { use(name); });", "a lambda"),
        ("co_await run(on, [=]() mutable { use(name); });", "a lambda"),
        ("co_await run(job{name, 3});", "braces inside"),
        ("co_await run({name, 3});", "braces inside"),
        ("co_await waiter{name};", "braces inside"),
        ("const auto both = std::vector<int>{co_await one(), 2};", "inside braces"),
        ("use(pair{1, co_await one()});", "inside braces"),
        ("return_it = {co_await one()};", "inside braces"),
    ],
)
def test_a_planted_pattern_is_found_on_its_line(statement: str, said: str) -> None:
    [finding] = findings(in_task(statement))
    assert finding.line == 2
    assert said in finding.what


@pytest.mark.parametrize(
    "statement",
    [
        "co_await on.yield();",
        "co_await std::suspend_always{};",
        "if (co_await on.write(peer, chunk)) { use(name); }",
        "while (auto* peer = co_await on.accept(from)) { use(table[3]); }",
        "for (int i = 0; i < 3; ++i) { co_await on.yield(); }",
        "do { co_await on.yield(); } while (more());",
        "const job mine{name, 3}; co_await run(mine);",
        "const auto f = [](S& s) -> int { return 3; }; co_await run(f);",
        "// co_await run(job{name});",
        'log("co_await run(job{name})"); co_await on.yield();',
        "co_await run(table[3]);",
        "struct inner { int x{3}; }; co_await on.yield();",
    ],
)
def test_what_is_safe_is_left_alone(statement: str) -> None:
    assert findings(in_task(statement)) == []


def test_our_own_tree_has_none() -> None:
    found = [path for tree in TREES for path in sorted((ROOT / tree).rglob("*.[ch]pp"))]
    paths = [path for path in found if "target" not in path.parts]  # what Cargo has fetched
    assert len(paths) > 100
    assert check(paths) == []


def test_a_finding_names_file_and_line(tmp_path: Path) -> None:
    source = tmp_path / "bad.cpp"
    source.write_text(in_task("co_await run(job{name});"))
    assert check([source]) == [
        f"{source}:2: braces inside an expression that awaits: "
        "name the object in a statement before"
    ]
