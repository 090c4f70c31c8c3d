package skein

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// The protocol speaks CLOCK_MONOTONIC. Package time reads the same clock, cheaply (through the
// vDSO), but hands out differences only. So one reading of each is taken together at the start.
var origin, originNS = calibrate()

// NowNS is the time on CLOCK_MONOTONIC. It is never ahead of that clock, and behind it by no more
// than the shortest of many system calls took.
func NowNS() int64 { return originNS + int64(time.Since(origin)) }

func calibrate() (time.Time, int64) {
	var best time.Time
	var bestNS int64
	shortest := time.Duration(math.MaxInt64)
	for range 100 {
		before := time.Now()
		var spec unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &spec); err != nil {
			panic("clock_gettime(CLOCK_MONOTONIC): " + err.Error())
		}
		after := time.Now()
		if took := after.Sub(before); took < shortest {
			shortest, best, bestNS = took, after, spec.Nano()
		}
	}
	return best, bestNS
}
