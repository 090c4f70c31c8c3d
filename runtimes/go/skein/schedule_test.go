package skein

import (
	"fmt"
	"math"
	"testing"
)

// The checksums of a thousand tasks over 200 ms. The first is that of the example in
// harness/PROTOCOL.md; the others are by runtimes/shared/python.
var known = []struct {
	pattern  string
	seed     uint64
	units    int
	checksum string
}{
	{"spread", 1, 1000, "3ec375c1869beff9"},
	{"storm", 1, 1000, "c27d2f60f9f4fe98"},
	{"periodic", 1, 7549, "26c5ccfc742f0244"},
	{"churn", 1, 7496, "73b7af144b51ab24"},
	{"spread", math.MaxUint64, 1000, "799531a5b214cdae"},
	{"storm", math.MaxUint64, 1000, "c27d2f60f9f4fe98"},
	{"periodic", math.MaxUint64, 7426, "86565b38744c3b28"},
	{"churn", math.MaxUint64, 7496, "ebfd4050aa6337c4"},
}

func TestTheScheduleIsThatOfTheProtocol(t *testing.T) {
	for _, want := range known {
		cell := &Cell{Tasks: 1000, Pattern: want.pattern, Seed: want.seed,
			WindowNS: 200_000_000, GridNS: 1_000_000}
		sum := uint64(0)
		for index := range cell.Tasks {
			for turn := range cell.unitsOf(index) {
				sum += Fingerprint(index, valueOf(cell, index, turn))
			}
		}
		got := fmt.Sprintf("%016x", sum)
		if got != want.checksum || cell.units() != want.units {
			t.Errorf("%s, seed %d: %d units %s, want %d units %s",
				want.pattern, want.seed, cell.units(), got, want.units, want.checksum)
		}
	}
}

func valueOf(cell *Cell, index, turn int) int64 {
	switch {
	case cell.Pattern == "periodic":
		rhythm := cell.Rhythm(index)
		return rhythm.PhaseNS + int64(turn)*rhythm.PeriodNS
	case cell.Pattern != "churn":
		return cell.OffsetNS(index)
	case cell.LeftToFire(index, turn):
		return cell.FireNS(index, turn)
	default:
		return int64(-1 - turn)
	}
}
