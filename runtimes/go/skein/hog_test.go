package skein

import "testing"

func TestATimerOfHogIsDueEvery50msOfItsWindow(t *testing.T) {
	for _, windowNS := range []int64{50_000_000, 101_000_000, 1_234_567_891} {
		cell := &Cell{Workload: "hog", Form: "none", Tasks: 1000, WindowNS: windowNS, Seed: 7}
		phases := map[int64]bool{}
		for index := range cell.Tasks {
			rhythm := cell.Rhythm(index)
			lastNS := rhythm.PhaseNS + int64(rhythm.Turns-1)*rhythm.PeriodNS
			if rhythm.PeriodNS != 50_000_000 || rhythm.PhaseNS%1_000_000 != 0 || rhythm.PhaseNS < 1 ||
				lastNS > windowNS || lastNS+rhythm.PeriodNS <= windowNS {
				t.Fatalf("window %d, timer %d: %+v", windowNS, index, rhythm)
			}
			phases[rhythm.PhaseNS] = true
		}
		if len(phases) != 50 {
			t.Errorf("%d phases", len(phases))
		}
	}
}

func TestTheHogIsAUnitBesideThoseOfTheTimers(t *testing.T) {
	for form, want := range map[string]int{"none": 40, "blocking": 41, "yielding": 41, "offloaded": 41} {
		cell := &Cell{Workload: "hog", Form: form, Tasks: 20, WindowNS: 100_000_000, Seed: 7}
		if units := cell.units(); units != want {
			t.Errorf("%s: %d units", form, units)
		}
	}
}

func TestWorkIsTheSameInOneSliceAndInMany(t *testing.T) {
	steps, every := int64(2500), int64(1000)
	atOnce := (&Cell{Seed: 7, Work: &steps}).Computation()
	sliced := (&Cell{Seed: 7, Work: &steps, YieldEvery: &every}).Computation()
	atOnce.TakeAll()
	yields := 0
	for sliced.TakeSlice() {
		yields++
	}
	if yields != 2 || sliced.Word != atOnce.Word {
		t.Errorf("%d yields, %d and %d", yields, sliced.Word, atOnce.Word)
	}
}
