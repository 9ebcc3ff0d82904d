"""How other commands find the stack that runs, and that there is at most one of one state."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from local.config import Config
from local.errors import StackError


@dataclass(frozen=True)
class Running:
    """A stack that runs: its process and its ports."""

    pid: int
    port: int
    emulator_port: int


@contextmanager
def claim(config: Config) -> Iterator[None]:
    """Say for as long as this lasts that this process runs the stack of `config.state`.

    A lock says so, not the existence of a file: the system drops it however the process ends.

    Raises:
        StackError: another process has the claim.
    """
    config.state.mkdir(parents=True, exist_ok=True)
    with _path(config).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = "The stack runs already; stop it with Ctrl-C where it was started."
            raise StackError(message) from None
        file.truncate(0)
        json.dump(asdict(Running(os.getpid(), config.port, config.emulator_port)), file)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def find_running(config: Config) -> Running | None:
    """Return the stack that runs with `config.state`, or None."""
    try:
        file = _path(config).open()
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Running(**json.loads(file.read()))
    return None


def _path(config: Config) -> Path:
    return config.state / "run.json"
