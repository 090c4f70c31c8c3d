"""The host that a session runs on, for results that are merged: its name, its class, and which of
its boots this is. Leaves out what it is made of (`session.environment`).

A name is a person's to give: by itself a record tells nobody's machine, only the boot's number,
which the kernel draws anew each time."""

from __future__ import annotations

import os
from pathlib import Path

from ..base.errors import MeasureError
from ..records.shapes import SessionHost

_BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id"
_SHOWN = 8  # digits of a boot, where a host has no name


def this_host(name: str | None = None, host_class: str | None = None) -> SessionHost:
    """`session.host`. SKEIN_BOOT_ID_FILE names another file that says which boot this is. Raises
    MeasureError where nothing says so."""
    path = Path(os.environ.get("SKEIN_BOOT_ID_FILE") or _BOOT_ID_FILE)
    try:
        boot = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise MeasureError(
            f"cannot read which boot of the machine this is: {path}: {error}; name a file that"
            " says so in SKEIN_BOOT_ID_FILE"
        ) from error
    return {"name": name or f"boot-{boot[:_SHOWN]}", "class": host_class, "boot": boot}
