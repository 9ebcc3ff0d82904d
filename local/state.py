"""Making the emulator's saved state fit to start from.

The emulator saves how far each stream consumer has read, as a count of records since the table
was made, but not the records. After a restart the stream begins at zero again, so a consumer
would ignore as many new changes as it has ever seen. And it keeps a log stream for every
invocation, for ever; functions write to a file as well (see `emulated/sitecustomize.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The emulator's way of saving a dictionary of one account and region: a marker beside "data".
_DATA = "data"


def prepare_restart(directory: Path) -> None:
    """Set the stream positions to zero and drop old log lines in the state saved in `directory`.

    Does nothing where nothing was saved.
    """
    _edit(directory / "lambda.json", rewind_streams)
    _edit(directory / "cloudwatch_logs.json", forget_log_lines)


def rewind_streams(payload: dict[str, Any]) -> None:
    """Set every saved stream position to zero: missing ones would skip the first change."""
    positions = payload.get("dynamodb_stream_positions", {}).get(_DATA, {})
    for consumer in positions:
        positions[consumer] = 0


def forget_log_lines(payload: dict[str, Any]) -> None:
    """Drop the log streams of every log group, keeping the groups."""
    for groups in payload.values():
        if isinstance(groups, dict):
            for group in groups.get(_DATA, {}).values():
                if isinstance(group, dict) and "streams" in group:
                    group["streams"] = {}


def _edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    if not path.exists():
        return
    document = json.loads(path.read_text())
    change(document["payload"])
    path.write_text(json.dumps(document))
