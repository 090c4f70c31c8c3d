"""The table [network] of a matrix: which runs it reaches, and what their records say."""

import tomllib

import pytest

from matrix_support import SMALL_MATRIX
from skein_scripts.base.errors import UsageError
from skein_scripts.commands.cluster_options import check_cluster_options
from skein_scripts.commands.matrix_options import build_parser
from skein_scripts.matrix import anchor_cell, matrix
from skein_scripts.records.cells import network_of
from skein_scripts.session.saturation import probe_cells
from skein_scripts.trend import history

NETWORK = {
    "name": "lab",
    "listen": "10.0.0.1",
    "generator_command": "ssh -T b skein generator",
    "generator_addresses": "10.0.0.2-10.0.0.9",
}
WORDS = [
    "--network", "lab", "--listen", "10.0.0.1", "--generator-command", "ssh -T b skein generator",
    "--generator-addresses", "10.0.0.2-10.0.0.9",
]  # fmt: skip


def small(**changes):
    return matrix.parse_matrix({**tomllib.loads(SMALL_MATRIX), **changes}, "small")


def test_every_served_cell_gets_the_options_and_no_other():
    for cell in small(network=NETWORK).cells:
        words = cell.arguments()
        assert (words[-len(WORDS) :] == WORDS) == (cell.workload == "c10k")
        assert ("--network" in words) == (cell.workload == "c10k")
    assert all(cell.network is None for cell in small().cells)
    assert "--network" not in anchor_cell.ANCHOR.arguments()


def test_addresses_of_the_generator_may_be_left_to_its_host():
    known = {key: value for key, value in NETWORK.items() if key != "generator_addresses"}
    (cell, *_) = small(network=known).cells
    assert "--generator-addresses" not in cell.arguments()


def test_each_of_several_generators_has_its_command_and_its_addresses():
    commands = ["ssh -T b skein generator", "ssh -T c skein generator"]
    addresses = ["10.0.0.2", "10.0.0.3"]
    table = {**NETWORK, "generator_command": commands, "generator_addresses": addresses}
    (cell, *_) = small(network=table).cells
    assert cell.arguments()[-8:] == [
        "--generator-command", commands[0], "--generator-command", commands[1],
        "--generator-addresses", addresses[0], "--generator-addresses", addresses[1],
    ]  # fmt: skip
    assert small(network=table).config_sha256() != small(network=NETWORK).config_sha256()


def test_saturation_is_measured_over_the_same_network():
    one = {**tomllib.loads(SMALL_MATRIX)["cell"][0], "mode": "open", "rate": "auto:50%"}
    probes = probe_cells(small(cell=[one], network=NETWORK)).values()
    assert [probe.arguments()[-len(WORDS) :] for probe in probes] == [WORDS]


def test_another_network_is_another_configuration():
    hashes = {
        small().config_sha256(),
        small(network=NETWORK).config_sha256(),
        small(network={**NETWORK, "name": "switch"}).config_sha256(),
        small(network={**NETWORK, "listen": "10.0.0.3"}).config_sha256(),
    }
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({**NETWORK, "nme": "lab"}, "did you mean .name."),
        ({"name": "lab", "listen": "10.0.0.1"}, r"\[network\] needs generator_command"),
        ({**NETWORK, "listen": 10}, "network.listen must be a text, not 10"),
        ({**NETWORK, "name": " "}, "network.name must be a text, not ' '"),
        ({**NETWORK, "name": ["lab"]}, "network.name must be a text, not"),
        ({**NETWORK, "generator_command": []}, "must be a text, or a list of texts, not"),
        ({**NETWORK, "generator_command": ["a", 1]}, "must be a text, or a list of texts, not"),
        ("lab", "network must be a table"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_what_would(table, message):
    with pytest.raises(UsageError, match=message):
        small(network=table)


def test_a_record_says_the_network_also_of_a_run_that_had_no_record_of_its_own(matrix_run):
    table = "\n".join(f'{key} = "{value}"' for key, value in NETWORK.items())
    matrix_run.matrix.write_text(f"{SMALL_MATRIX}\n[network]\n{table}\n")
    matrix_run.fault(**{"c10k/fixed/libuv": "crash"})
    matrix_run()
    runs = matrix_run.runs()
    assert {run["status"] for run in runs} == {"ok", "failed"}
    for run in runs:
        assert network_of(run) == ("lab" if run["cell"]["workload"] == "c10k" else "")


def test_a_cluster_has_no_one_host_to_listen_on():
    words = ["--cluster", "tls://scheduler:8786", "--hosts", "2", "--host-class", "x",
             "--remote-skein", "/opt/skein"]  # fmt: skip
    options = build_parser().parse_args(words)
    with pytest.raises(UsageError, match=r"\[network\] of this matrix is of one host"):
        check_cluster_options(options, small(network=NETWORK))


def test_a_history_from_before_there_were_networks_is_of_loopback():
    loopback = history._facts_of({})
    assert loopback["network"] == history._facts_of({"asked": {}})["network"] == ""
    assert history._facts_of({"asked": {"network": "lab"}})["network"] == "lab"
