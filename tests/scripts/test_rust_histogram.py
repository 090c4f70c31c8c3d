"""The payload that workers in Rust write, decoded by the package of HdrHistogram. The test of
runtimes/rust/skein_worker/src/histogram.rs holds its encoder to this very text."""

from skein_scripts.base.tree import ROOT
from skein_scripts.records.histogram import decode

PAYLOAD = ROOT / "runtimes/rust/skein_worker/tests/payload.txt"
RECORDED_NS = (0, 1, 1, 1000, 2047, 2048, 70_000, 70_000, 5_000_000, 60_000_000_000)


def test_a_payload_of_rust_holds_the_values_that_were_recorded():
    found = decode(PAYLOAD.read_text().strip())
    assert found.counts.tolist() == [1, 2, 1, 1, 1, 2, 1, 1]
    for decoded, recorded in zip(found.values_ns.tolist(), dict.fromkeys(RECORDED_NS), strict=True):
        assert recorded <= decoded <= recorded * (1 + 1 / 1024), recorded
