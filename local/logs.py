"""Showing what the functions print, as readable lines."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_POLL_SECONDS = 0.2

# Shown in front, or the same in every line of one function.
_SHOWN_FIRST = {"timestamp", "level", "message", "function_name", "location", "service"}
_TIRESOME = {
    "cold_start",
    "function_arn",
    "function_memory_size",
    "function_request_id",
    "sampling_rate",
    "xray_trace_id",
}

# gatherhub-local-CreateEventFunction-348D41E6011CC
_PHYSICAL_NAME = re.compile(r"^gatherhub-local-(.+?)(?:Function)?-[0-9A-Za-z]+$")


def follow(path: Path, stopped: Callable[[], bool]) -> Iterator[str]:
    """The lines of a growing file, from its beginning, until `stopped()`.

    A file that is made anew, as at the next start of the stack, is followed from its beginning.
    """
    position = 0
    rest = ""
    while True:
        last = stopped()
        if path.exists():
            position = 0 if path.stat().st_size < position else position
            with path.open() as file:
                file.seek(position)
                *lines, rest = (rest + file.read()).split("\n")
                position = file.tell()
            yield from lines
        if last:
            return
        time.sleep(_POLL_SECONDS)


def readable(line: str) -> str | None:
    """One line of the function log for people; None for a metric, which is for machines.

    >>> readable('gatherhub-local-GetEvent-1A\\t{"level": "INFO", "message": "request"}')
    'INFO    GetEvent  request'
    """
    name, _, text = line.partition("\t")
    function = _PHYSICAL_NAME.sub(r"\1", name)
    try:
        entry = json.loads(text)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return f"{'':8}{function}  {text}"
    if "_aws" in entry:
        return None
    return _sentence(function, entry)


def _sentence(function: str, entry: dict[str, Any]) -> str:
    time_of_day = str(entry.get("timestamp", "")).replace("T", " ")[11:19]
    exception = entry.pop("exception", "")
    entry.pop("stack_trace", None)
    details = " ".join(
        f"{name}={value}"
        for name, value in entry.items()
        if name not in _SHOWN_FIRST | _TIRESOME and value not in (None, "")
    )
    parts = (f"{entry.get('level', ''):<7}", f"{function} ", str(entry.get("message", "")), details)
    line = " ".join(part for part in (time_of_day, *parts) if part)
    return f"{line}\n{exception}" if exception else line
