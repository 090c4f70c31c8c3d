"""Claims about runtimes, put to the test: as they are declared, judged by rounds, and shown."""
