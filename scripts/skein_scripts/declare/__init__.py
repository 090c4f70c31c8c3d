"""C++ headers written from declarations while the build is configured. Standard library only: no
virtual environment is there yet."""
