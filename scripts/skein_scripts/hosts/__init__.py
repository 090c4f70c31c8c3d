"""A matrix on many hosts: shares of its rounds, and the results that they make together."""
