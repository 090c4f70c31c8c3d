"""What is to be measured: cells, their selection, and the order in which they run."""
