// Units, timers that fire, and checksum of cells: 1,000 tasks, window 200 ms, grid 1 ms and seed 1,
// where `fields` says nothing else.

export const EXPECTED = [
  { fields: { pattern: 'spread' }, units: 1000, timers: 1000, checksum: '3ec375c1869beff9' },
  { fields: { pattern: 'storm' }, units: 1000, timers: 1000, checksum: 'c27d2f60f9f4fe98' },
  { fields: { pattern: 'periodic' }, units: 7549, timers: 7549, checksum: '26c5ccfc742f0244' },
  { fields: { pattern: 'churn' }, units: 7496, timers: 507, checksum: '73b7af144b51ab24' },
  {
    fields: { pattern: 'spread', seed: '18446744073709551615' },
    units: 1000, timers: 1000, checksum: '799531a5b214cdae',
  },
  {
    fields: { pattern: 'churn', tasks: 17, seed: '12345678901234567890' },
    units: 120, timers: 6, checksum: 'bd63ef58dc5396a0',
  },
  {
    fields: { pattern: 'spread', grid_ns: 100_000 },
    units: 1000, timers: 1000, checksum: 'c378709def61a33e',
  },
  {
    fields: { pattern: 'periodic', grid_ns: 100_000, seed: '9007199254740993' },
    units: 7465, timers: 7465, checksum: 'f5cc13fde7e0b0a5',
  },
  {
    fields: { pattern: 'spread', grid_ns: 10 }, // more steps than products of 53 bits allow for
    units: 1000, timers: 1000, checksum: 'd8f28a6f9bd3fa05',
  },
  {
    fields: { pattern: 'periodic', tasks: 1, window_ns: 18_000_000 },
    units: 5, timers: 5, checksum: '31a7888036e5974c',
  },
];
