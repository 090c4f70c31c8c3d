"""The options that several of the programs have that measure."""

from __future__ import annotations

import argparse

from ..base.errors import UsageError
from ..base.units import parse_duration_ns
from ..matrix.matrix import LARGEST_SEED


def add_cpu_options(parser: argparse.ArgumentParser) -> None:
    """The options on CPUs, which `cpu_options` hands on."""
    parser.add_argument("--worker-cpus", metavar="LIST", help="handed on to skein run")
    parser.add_argument("--generator-cpus", metavar="LIST", help="handed on to skein run")


def natural(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(text)


def seconds(text: str) -> float:
    """A duration above 0, as 10m or 90s."""
    try:
        value = parse_duration_ns(text) / 1e9
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if value <= 0:
        raise argparse.ArgumentTypeError("it must be more than nothing")
    return value


def seed(text: str) -> int:
    """A whole number of 64 bits, which is what the work is drawn from."""
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a seed; a whole number from 0 to {LARGEST_SEED}"
        )
    return int(text)


def cpu_options(options: argparse.Namespace) -> list[str]:
    """The options on CPUs that were given, as the binary takes them."""
    words: list[str] = []
    for name in ("worker_cpus", "generator_cpus"):
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", value]
    return words
