"""The workflows as far as they can be tried here: what their steps run, on repositories made for
it. Leaves out the service that runs them."""

import os
import re
import subprocess
import textwrap
import time

import pytest

from matrix_support import ROOT, call_main
from skein_scripts.commands import site

GATE = (ROOT / ".github" / "workflows" / "gate.yml").read_text(encoding="utf-8")
HOUR_S = 3600


def script_of(step):
    """The lines under `run: |` of a step."""
    body = re.search(rf"- name: {step}\n.*?run: \|\n((?: {{10}}[^\n]*\n)+)", GATE, re.DOTALL)[1]
    return textwrap.dedent(body)


@pytest.fixture
def base_of(tmp_path):
    """What the nightly gate takes for its base, where commits are of so many hours ago."""

    def call(*hours_ago):
        def git(*words, **more):
            environment = os.environ | more | {"GIT_CONFIG_GLOBAL": os.devnull}
            return subprocess.run(
                ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words],
                cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
            ).stdout.strip()  # fmt: skip

        git("init", "-q")
        commits = {}
        for hours in hours_ago:
            when = f"{int(time.time() - hours * HOUR_S)} +0000"
            git("commit", "-q", "--allow-empty", "-m", str(hours), GIT_COMMITTER_DATE=when)
            commits[git("rev-parse", "HEAD")] = hours
        output = tmp_path / "output"
        subprocess.run(
            ["bash", "-e", "-c", script_of("Find the base")], cwd=tmp_path, check=True, timeout=60,
            env=os.environ | {"NIGHTLY": "true", "GITHUB_OUTPUT": str(output)},
        )  # fmt: skip
        return commits.get(output.read_text().strip().removeprefix("commit="))

    return call


def test_the_nightly_base_is_older_than_the_head_of_the_night_before(base_of):
    # The night before began somewhat more than 24 hours ago, with the commit of 30 hours ago.
    assert base_of(90, 50, 30, 24.1, 1) == 50


def test_a_repository_of_today_has_no_base_and_its_gate_is_left_out(base_of):
    assert base_of(3, 1) is None
    assert "- name: Gate the head against it\n        if: steps.base.outputs.commit != ''" in GATE


def test_a_point_of_the_trend_needs_no_gate_that_passes_and_no_bench_without_a_fault():
    job = GATE.partition("\n  history:")[2]
    assert "needs:" not in job
    assert re.search(r"run: scripts/bench .* \|\| \[ \$\? -eq 4 \]", job)


@pytest.mark.slow  # it reads all that is published
def test_the_pages_workflow_deploys_the_folder_that_the_site_is_built_into(tmp_path):
    text = (ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8")
    command = re.search(r"\.venv/bin/python scripts/site\.py (\S+) --output (\S+)\n", text)
    published, output = command.groups()
    assert re.search(rf"upload-pages-artifact@v\d+\n +with:\n +path: {output}\n", text)
    assert f"- {published}/**" in text  # a run that is published builds it anew
    words = (ROOT / published, "--output", tmp_path / output)
    assert call_main("site.py", site.main, *words) == 0
    assert (tmp_path / output / "index.html").is_file()
