"""Tables, figures and pages of a results file."""
