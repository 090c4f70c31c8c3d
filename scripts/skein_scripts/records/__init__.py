"""Results that are there: reading and checking records, and what a run says."""
