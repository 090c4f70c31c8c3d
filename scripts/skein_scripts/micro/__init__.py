"""Single steps of the runtimes, timed and counted by skein_micro."""
