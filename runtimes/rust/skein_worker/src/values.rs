//! What a unit of work gives: "What a unit of work gives" in workloads/README.md.

/// What unit `index` gives to a sum.
pub(crate) fn value_of(seed: u64, index: u64) -> u64 {
    let mixed = seed.wrapping_add(index).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}
