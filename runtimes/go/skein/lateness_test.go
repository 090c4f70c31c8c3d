package skein

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

func recorded(values ...int64) *Lateness {
	found := newLateness()
	for _, value := range values {
		found.record(value)
	}
	return found
}

func distributionOf(t *testing.T, lateness *Lateness) *Distribution {
	t.Helper()
	found, err := lateness.distribution()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEarlyAndLostTimersAreCountedAndInNoPercentile(t *testing.T) {
	found := distributionOf(t, recorded(-5, 1_000_001, -700, 60_000_000_001))
	if found.Count != 1 || found.EarlyCount != 2 || *found.EarlyMaxNS != 700 || found.Overflow != 1 {
		t.Errorf("%+v", found)
	}
	if *found.Min != 1_000_001 || *found.Max != 1_000_001 || *found.P50 != 1_000_001 {
		t.Errorf("ends are exact and bound the percentiles: %d %d %d",
			*found.Min, *found.Max, *found.P50)
	}
}

func TestAPercentileOfTooFewValuesIsNull(t *testing.T) {
	lateness := newLateness()
	for value := range int64(19_999) {
		lateness.record(value)
	}
	if found := distributionOf(t, lateness); found.P99 != nil || found.P90 == nil {
		t.Errorf("p99 %v and p90 %v of 19,999 values", found.P99, found.P90)
	}
	lateness.record(0)
	if found := distributionOf(t, lateness); found.P99 == nil || found.P999 != nil {
		t.Errorf("p99 %v and p99.9 %v of 20,000 values", found.P99, found.P999)
	}
}

func TestAnEmptyHistogramHasNoFigures(t *testing.T) {
	found := distributionOf(t, newLateness())
	if found.Min != nil || found.Mean != nil || found.P50 != nil || found.EarlyMaxNS != nil {
		t.Errorf("%+v", found)
	}
}

// The scripts decode payloads with the Python package, which is not the code that wrote them.
func TestThePythonDecoderReadsThePayload(t *testing.T) {
	const python = "../../../.venv/bin/python"
	if _, err := os.Stat(python); err != nil {
		t.Skip("there is no virtual environment: scripts/setup makes it")
	}
	const decode = `import json, sys
sys.path.insert(0, "../../../scripts")
from skein_scripts.records.histogram import decode
found = decode(sys.argv[1])
print(json.dumps([found.values_ns.tolist(), found.counts.tolist()]))`
	payload := distributionOf(t, recorded(0, 1, 1, 2047, 5_000_000, 59_999_999_999)).Histogram
	text, err := exec.Command(python, "-c", decode, payload).Output()
	if err != nil {
		t.Fatal(err)
	}
	var read [2][]int64
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	counts := read[1]
	if len(counts) != 5 || counts[1] != 2 || read[0][2] != 2047 || read[0][3] < 5_000_000 {
		t.Errorf("read %v", read)
	}
}
