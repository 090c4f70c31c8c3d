"""The suite of tests and linters, and the linters of our own."""
