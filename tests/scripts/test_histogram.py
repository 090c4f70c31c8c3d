"""Histograms: decoding by an independent implementation, merging, percentiles."""

import random
from fractions import Fraction

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram

from fake_skein import Histogram
from skein_scripts.records import histogram


def recorded(values):
    source = Histogram()
    for value in values:
        source.record(value)
    return histogram.decode(source.payload())


def test_a_payload_is_decoded_to_what_was_recorded_within_its_resolution():
    draw = random.Random(3)
    values = [int(draw.lognormvariate(11, 1)) + 1 for _ in range(5000)]
    decoded = recorded(values)
    assert decoded.total == 5000
    for share in (0.5, 0.9, 0.99):
        exact = sorted(values)[int(np.ceil(share * 5000)) - 1]
        assert decoded.percentile_ns(share) == pytest.approx(exact, rel=0.001)


@pytest.mark.parametrize("count", [*range(1, 40), 1000])
@pytest.mark.parametrize("share", ["0.1", "0.5", "0.9", "0.99", "0.999"])
def test_a_percentile_is_the_value_at_the_nearest_rank(count, share):
    ranks = range(1, count + 1)
    wanted = next(rank for rank in ranks if rank >= Fraction(share) * count)
    assert histogram.nearest_rank(float(share), count) == wanted
    assert recorded(ranks).percentile_ns(float(share)) == wanted


def test_every_bucket_has_the_highest_value_that_the_package_says():
    source = HdrHistogram(1, 3_600_000_000_000, 3)
    package = HdrHistogram.decode(source.encode())
    indices = np.arange(package.counts_len)
    assert len(indices) > 30_000
    assert histogram._largest_of_buckets(package, indices).tolist() == [
        package.get_highest_equivalent_value(package.get_value_from_index(index))
        for index in range(package.counts_len)
    ]


def test_merging_adds_counts():
    merged = histogram.merge([recorded([100, 200]), recorded([200, 300])])
    assert merged.values_ns.tolist() == [100, 200, 300]
    assert merged.counts.tolist() == [1, 2, 1]


def test_the_percentile_of_merged_runs_is_not_the_mean_of_percentiles():
    calm, wild = recorded([10] * 99 + [20]), recorded([10] * 50 + [1000] * 50)
    assert histogram.merge([calm, wild]).percentile_ns(0.99) == 1000


def test_nothing_merges_to_nothing():
    empty = histogram.merge([])
    assert empty.total == 0
    assert empty.percentile_ns(0.5) is None


def test_an_empty_histogram_is_decoded():
    assert recorded([]).total == 0


@pytest.mark.parametrize("scale", [5, 12, 16])
def test_the_buckets_are_those_that_the_packages_own_iterator_gives(scale):
    source, draw = Histogram(), random.Random(scale)
    for _ in range(3000):
        source.record(int(draw.lognormvariate(scale, 2)))
    decoded, theirs = histogram.decode(source.payload()), HdrHistogram.decode(source.payload())
    buckets = zip(decoded.values_ns.tolist(), decoded.counts.tolist(), strict=True)
    assert list(buckets) == [
        (bucket.value_iterated_to, bucket.count_at_value_iterated_to)
        for bucket in theirs.get_recorded_iterator()
    ]


@pytest.mark.parametrize("payload", ["", "HISTF", "HISTFAAAAB", "!!!!"])
def test_what_is_no_payload_is_refused(payload):
    with pytest.raises(ValueError, match="not an HdrHistogram"):
        histogram.decode(payload)


def test_a_percentile_is_the_value_that_so_large_a_share_does_not_exceed():
    ten = recorded([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    shares = {0.01: 1, 0.1: 1, 0.11: 2, 0.5: 5, 0.51: 6, 0.9: 9, 0.91: 10, 0.99: 10, 1.0: 10}
    assert {share: ten.percentile_ns(share) for share in shares} == shares


def test_shares_are_of_the_samples_in_a_bucket_or_below():
    assert recorded([7, 7, 7, 30, 500]).shares_at_or_below().tolist() == [0.6, 0.8, 1.0]


def test_a_percentile_wants_200_samples_beyond_it():
    assert histogram.TRUSTED_TAIL_SAMPLES == 200


def test_runs_without_a_distribution_add_nothing_to_the_others():
    def run(*values):
        source = Histogram()
        for value in values:
            source.record(value)
        return {"latency": {"histogram": source.payload()}, "service_time": None}

    runs = [run(3, 5), {"latency": None}, {}, {"latency": {"histogram": None}}, run(5)]
    merged = histogram.merged_histogram(runs, "latency")
    assert (merged.values_ns.tolist(), merged.counts.tolist()) == ([3, 5], [1, 2])
    assert histogram.merged_histogram(runs, "service_time").total == 0
