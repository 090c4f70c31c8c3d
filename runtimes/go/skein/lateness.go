package skein

import (
	"github.com/HdrHistogram/hdrhistogram-go"
)

const highestNS = 60_000_000_000

// Lateness is one histogram of how late timers fired, made before the first memory reading; early
// and lost ones are counted beside it. It is for one goroutine at a time.
type Lateness struct {
	histogram  *hdrhistogram.Histogram
	least      int64 // the histogram rounds both ends to its buckets; here they are exact
	most       int64
	overflow   int64
	earlyCount int64
	earliest   int64
}

func newLateness() *Lateness {
	return &Lateness{histogram: hdrhistogram.New(1, highestNS, 3), least: highestNS, most: -1}
}

func (l *Lateness) record(latenessNS int64) {
	if latenessNS < 0 {
		l.earlyCount++
		l.earliest = max(l.earliest, -latenessNS)
		return
	}
	if latenessNS > highestNS || l.histogram.RecordValue(latenessNS) != nil {
		l.overflow++
		return
	}
	l.least, l.most = min(l.least, latenessNS), max(l.most, latenessNS)
}

// Distribution is the protocol's histogram object. A nil pointer is a null: too few values.
type Distribution struct {
	Count      int64    `json:"count"`
	Min        *int64   `json:"min"`
	Mean       *float64 `json:"mean"`
	Stddev     *float64 `json:"stddev"`
	P50        *int64   `json:"p50"`
	P90        *int64   `json:"p90"`
	P99        *int64   `json:"p99"`
	P999       *int64   `json:"p999"`
	P9999      *int64   `json:"p9999"`
	Max        *int64   `json:"max"`
	Overflow   int64    `json:"overflow"`
	EarlyCount int64    `json:"early_count"`
	EarlyMaxNS *int64   `json:"early_max_ns"`
	Histogram  string   `json:"histogram"`
}

func (l *Lateness) distribution() (*Distribution, error) {
	payload, err := l.histogram.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, err
	}
	found := &Distribution{
		Count: l.histogram.TotalCount(), Overflow: l.overflow, EarlyCount: l.earlyCount,
		P50: l.percentile(50, 1), P90: l.percentile(90, 1), P99: l.percentile(99, 20_000),
		P999: l.percentile(99.9, 200_000), P9999: l.percentile(99.99, 2_000_000),
		Histogram: string(payload),
	}
	if l.earlyCount > 0 {
		found.EarlyMaxNS = &l.earliest
	}
	if found.Count > 0 {
		mean, stddev := l.histogram.Mean(), l.histogram.StdDev()
		found.Min, found.Max, found.Mean, found.Stddev = &l.least, &l.most, &mean, &stddev
	}
	return found, nil
}

// percentile is the value that so many per cent do not exceed, or nil of fewer values than `least`.
func (l *Lateness) percentile(percent float64, least int64) *int64 {
	if l.histogram.TotalCount() < least {
		return nil
	}
	value := min(max(l.histogram.ValueAtQuantile(percent), l.least), l.most)
	return &value
}
