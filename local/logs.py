"""Showing what the functions print, as readable lines."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

_POLL_SECONDS = 0.2

# Shown in front, or the same in every line of one function, or of use to machines only.
_NOT_DETAILS = {
    "cold_start",
    "exception",
    "exception_name",
    "function_arn",
    "function_memory_size",
    "function_name",
    "function_request_id",
    "level",
    "location",
    "message",
    "sampling_rate",
    "service",
    "stack_trace",
    "timestamp",
    "xray_trace_id",
}

# gatherhub-local-CreateEventFunction-348D41E6011CC
_PHYSICAL_NAME = re.compile(r"gatherhub-local-(\w+?)(?:Function)?-[0-9A-F]+\b")

# 2026-01-31 12:00:00 ERROR [lambda] Warm worker execution error for …: No module named 'x'
_EMULATOR_PROBLEM = re.compile(
    r"^\S+ (?P<time>\S+) (?P<level>ERROR|WARNING) \[lambda\] (?P<text>.*)"
)


class Tail:
    """Reads the lines of a growing file, from its beginning.

    A file that is made anew, as at the next start of the stack, is read from its beginning.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._rest = ""

    def lines(self) -> list[str]:
        """Return the whole lines that have come since the last call."""
        if not self._path.exists():
            return []
        if self._path.stat().st_size < self._position:
            self._position, self._rest = 0, ""
        with self._path.open(errors="replace") as file:
            file.seek(self._position)
            *lines, self._rest = (self._rest + file.read()).split("\n")
            self._position = file.tell()
        return lines


def follow(
    sources: Mapping[Path, Callable[[str], str | None]], stopped: Callable[[], bool]
) -> Iterator[str]:
    """Yield the lines of growing files until `stopped()`, each as its file's function shows it."""
    tails = {Tail(path): show for path, show in sources.items()}
    while True:
        last = stopped()  # asked first, so that nothing written before is missed
        for tail, show in tails.items():
            for line in tail.lines():
                text = show(line)
                if text is not None:
                    yield text
        if last:
            return
        time.sleep(_POLL_SECONDS)


def show_function_line(line: str) -> str | None:
    """Return a line of the function log for people; None for metrics, which are for machines."""
    name, _, text = line.partition("\t")
    function = _PHYSICAL_NAME.sub(r"\1", name)
    try:
        entry = json.loads(text)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return f"{function}: {text}"
    return None if "_aws" in entry else _sentence(function, entry)


def show_emulator_line(line: str) -> str | None:
    """Return a line of the emulator's log if it tells of a function that failed, else None."""
    match = _EMULATOR_PROBLEM.match(line)
    if match is None:
        return None
    text = _PHYSICAL_NAME.sub(r"\1", match["text"])
    return f"{match['time']} {match['level']:<7} {text}"


def _sentence(function: str, entry: dict[str, Any]) -> str:
    details = " ".join(
        f"{name}={value}"
        for name, value in entry.items()
        if name not in _NOT_DETAILS and value not in (None, "")
    )
    parts = (
        str(entry.get("timestamp", ""))[11:19],
        f"{entry.get('level', ''):<7}",
        f"{function}: {entry.get('message', '')}",
        details,
    )
    line = " ".join(part for part in parts if part)
    exception = entry.get("exception")
    return f"{line}\n{exception}" if exception else line
