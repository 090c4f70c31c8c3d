//! The lateness of all tasks in HdrHistogram's layout (1 ns to 60 s, 3 digits), and the histogram
//! object of the protocol. Allocated and touched before any memory is read; recording allocates
//! nothing. Ours rather than a crate's, because it lies in a static and is written to through a
//! shared reference, on one thread without a lock.

use serde_json::{Value, json};

use crate::tally::{Tally, Threads};

const HALF_BITS: u32 = 10;
const HALF: usize = 1 << HALF_BITS;
const HIGHEST_NS: u64 = 60_000_000_000;
const SIZE: usize = 27 * HALF; // 2048 << 25 is the first power above 60 s
const V2: i32 = 0x1c84_9303 | 0x10;
const V2_COMPRESSED: i32 = 0x1c84_9304 | 0x10;

/// Counts of durations, and of timers that fired early.
pub struct Histogram {
    threads: Threads,
    counts: Box<[Tally]>,
    max_ns: Tally,
    /// The most that a value is below 60 s: the smallest, upside down, so that it can be raised.
    depth_ns: Tally,
    overflow: Tally,
    early: Tally,
    early_max_ns: Tally,
}

fn index_of(value: u64) -> usize {
    let shift = (value | (2 * HALF as u64 - 1)).ilog2() - HALF_BITS;
    ((shift as usize) << HALF_BITS) + (value >> shift) as usize
}

fn shift_of(index: usize) -> u32 {
    (index >> HALF_BITS).saturating_sub(1) as u32
}

fn lowest(index: usize) -> u64 {
    let shift = shift_of(index);
    ((index - ((shift as usize) << HALF_BITS)) as u64) << shift
}

fn highest(index: usize) -> u64 {
    lowest(index) + (1 << shift_of(index)) - 1
}

impl Histogram {
    /// An empty one, for so many threads.
    pub fn new(threads: Threads) -> Self {
        Self {
            threads,
            counts: (0..SIZE).map(|_| Tally::new()).collect(),
            max_ns: Tally::new(),
            depth_ns: Tally::new(),
            overflow: Tally::new(),
            early: Tally::new(),
            early_max_ns: Tally::new(),
        }
    }

    /// A timer that was due at `due_ns` fired at `now_ns`. Early ones are counted apart.
    #[inline]
    pub fn record(&self, due_ns: u64, now_ns: u64) {
        let Some(late_ns) = now_ns.checked_sub(due_ns) else {
            self.early.add(self.threads, 1);
            return self.early_max_ns.raise(self.threads, due_ns - now_ns);
        };
        if late_ns > HIGHEST_NS {
            self.overflow.add(self.threads, 1);
            return;
        }
        self.counts[index_of(late_ns)].add(self.threads, 1);
        self.max_ns.raise(self.threads, late_ns);
        self.depth_ns.raise(self.threads, HIGHEST_NS - late_ns);
    }

    /// The histogram object of the protocol.
    pub fn to_json(&self) -> Value {
        let filled = self.filled();
        let count = filled.iter().map(|&(_, count)| count).sum();
        let early = self.early.get();
        let percentile = |share, least| self.percentile(&filled, count, share, least);
        let (mean, stddev) = moments(&filled, count);
        json!({
            "count": count,
            "min": (count > 0).then(|| HIGHEST_NS - self.depth_ns.get()),
            "mean": mean,
            "stddev": stddev,
            "p50": percentile(0.5, 1),
            "p90": percentile(0.9, 1),
            "p99": percentile(0.99, 20_000),
            "p999": percentile(0.999, 200_000),
            "p9999": percentile(0.9999, 2_000_000),
            "max": (count > 0).then(|| self.max_ns.get()),
            "overflow": self.overflow.get(),
            "early_count": early,
            "early_max_ns": (early > 0).then(|| self.early_max_ns.get()),
            "histogram": payload(&filled),
        })
    }

    /// Buckets that are not empty, and their counts.
    fn filled(&self) -> Vec<(usize, u64)> {
        let counts = self.counts.iter().map(Tally::get).enumerate();
        counts.filter(|&(_, count)| count > 0).collect()
    }

    /// The value at the nearest rank, where there are values enough.
    fn percentile(
        &self,
        filled: &[(usize, u64)],
        count: u64,
        share: f64,
        least: u64,
    ) -> Option<u64> {
        if count < least {
            return None;
        }
        // A product that is whole but for rounding must not be rounded up.
        let mut left = (share * count as f64 * (1.0 - 1e-12)).ceil().max(1.0) as u64;
        for &(index, here) in filled {
            if left <= here {
                return Some(highest(index).min(self.max_ns.get()));
            }
            left -= here;
        }
        None
    }
}

/// Mean and standard deviation, each value at the middle of its bucket.
fn moments(filled: &[(usize, u64)], count: u64) -> (Option<f64>, Option<f64>) {
    if count == 0 {
        return (None, None);
    }
    let middle = |index| (lowest(index) + highest(index)) as f64 / 2.0;
    let total: f64 = filled.iter().map(|&(index, here)| middle(index) * here as f64).sum();
    let mean = total / count as f64;
    let squares: f64 =
        filled.iter().map(|&(index, here)| (middle(index) - mean).powi(2) * here as f64).sum();
    (Some(mean), Some((squares / count as f64).sqrt()))
}

/// HdrHistogram V2, compressed, base64.
fn payload(filled: &[(usize, u64)]) -> String {
    let mut body = Vec::new();
    let mut at = 0;
    for &(index, count) in filled {
        if index > at {
            zigzag(at as i64 - index as i64, &mut body);
        }
        zigzag(count as i64, &mut body);
        at = index + 1;
    }
    let mut plain = Vec::with_capacity(40 + body.len());
    for word in [V2, body.len() as i32, 0, 3] {
        plain.extend(word.to_be_bytes());
    }
    plain.extend(1_u64.to_be_bytes());
    plain.extend(HIGHEST_NS.to_be_bytes());
    plain.extend(1_f64.to_be_bytes());
    plain.extend(body);
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&plain, 6);
    let mut whole = V2_COMPRESSED.to_be_bytes().to_vec();
    whole.extend((packed.len() as i32).to_be_bytes());
    whole.extend(packed);
    base64(&whole)
}

/// ZigZag LEB128: small numbers of either sign in few bytes.
fn zigzag(value: i64, out: &mut Vec<u8>) {
    let mut left = ((value << 1) ^ (value >> 63)) as u64;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte));
        let word = word << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() { '=' } else { digit as char });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(late_ns: impl IntoIterator<Item = u64>) -> Value {
        let histogram = Histogram::new(Threads::One);
        late_ns.into_iter().for_each(|late| histogram.record(1000, 1000 + late));
        histogram.to_json()
    }

    #[test]
    fn a_bucket_is_no_wider_than_a_thousandth_of_its_value() {
        for value in [0, 1, 2047, 2048, 4095, 4096, 1_000_000, 59_999_999_999, HIGHEST_NS] {
            let index = index_of(value);
            assert!(index < SIZE);
            assert!((lowest(index)..=highest(index)).contains(&value), "{value}");
            assert!(highest(index) - lowest(index) <= value / 1024, "{value}");
        }
    }

    #[test]
    fn figures_are_those_of_the_values() {
        let all = recorded((1..=20_000).map(|value| value * 1000));
        let about = |name: &str, wanted: f64| {
            let got = all[name].as_f64().unwrap_or_else(|| panic!("{name} is null"));
            assert!((got / wanted - 1.0).abs() < 0.001, "{name}: {got}");
        };
        assert_eq!(
            (&all["count"], &all["min"], &all["max"]),
            (&json!(20_000), &json!(1000), &json!(20_000_000))
        );
        about("p50", 10e6);
        about("p90", 18e6);
        about("p99", 19.8e6);
        about("mean", 10.0005e6);
        about("stddev", 20e6 / 12_f64.sqrt());
        assert!(all["p999"].is_null());
    }

    #[test]
    fn early_and_very_late_values_are_in_no_percentile() {
        let histogram = Histogram::new(Threads::One);
        histogram.record(1000, 400);
        histogram.record(1000, 999);
        histogram.record(0, HIGHEST_NS + 1);
        let all = histogram.to_json();
        assert_eq!(
            (&all["count"], &all["p50"], &all["min"]),
            (&json!(0), &Value::Null, &Value::Null)
        );
        assert_eq!((&all["early_count"], &all["early_max_ns"]), (&json!(2), &json!(600)));
        assert_eq!(all["overflow"], json!(1));
    }

    /// What tests/scripts/test_rust_histogram.py decodes with the package of HdrHistogram.
    #[test]
    fn the_payload_is_the_one_that_another_decoder_was_shown() {
        let all = recorded([0, 1, 1, 1000, 2047, 2048, 70_000, 70_000, 5_000_000, HIGHEST_NS]);
        assert_eq!(all["histogram"], include_str!("../tests/payload.txt").trim());
    }

    #[test]
    fn several_threads_lose_no_value() {
        let histogram = Histogram::new(Threads::Many);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|late| histogram.record(0, late % 7)));
            }
        });
        assert_eq!(histogram.to_json()["count"], json!(40_000));
    }

    #[test]
    fn base64_pads_to_four_digits() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn zigzag_writes_signs_into_the_lowest_bit() {
        let written = |value| {
            let mut out = Vec::new();
            zigzag(value, &mut out);
            out
        };
        assert_eq!(
            (written(0), written(-1), written(1), written(-64)),
            (vec![0], vec![1], vec![2], vec![127])
        );
        assert_eq!(written(300), [0xd8, 0x04]);
    }
}
