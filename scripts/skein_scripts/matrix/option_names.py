"""The options of scripts/run_matrix.py that a session's record is read by again: they stand in its
words, and the report's command to measure it again changes them. Leaves out the others."""

OUTPUT, SKEIN, SEED, PRESET, MATRIX = "--output", "--skein", "--seed", "--preset", "--matrix"
RESUME, REPORT, STREAM = "--resume", "--report", "--stream"
ROUNDS, HOST_NAME, HOST_CLASS = "--rounds", "--host-name", "--host-class"
OF_HOSTS = (ROUNDS, HOST_NAME, HOST_CLASS)  # each with a value: where rounds ran, not what they are
