"""How other commands find the stack that runs, and that there is at most one of one state."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from types import TracebackType
from typing import IO

from local.config import Config
from local.errors import StackError


@dataclass(frozen=True)
class Running:
    """A stack that runs: its process and its ports."""

    pid: int
    port: int
    emulator_port: int


class Claim:
    """Says for as long as it is held that this process runs the stack of `config.state`.

    A lock says so, not the file's existence: the system drops it however the process ends.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        """Take the claim.

        Raises:
            StackError: another process holds it.
        """
        self._config.state.mkdir(parents=True, exist_ok=True)
        file = (self._config.state / "run.json").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            message = "The stack runs already; stop it with Ctrl-C where it was started."
            raise StackError(message) from None
        file.truncate(0)
        json.dump(
            {
                "pid": os.getpid(),
                "port": self._config.port,
                "emulator_port": self._config.emulator_port,
            },
            file,
        )
        file.flush()
        self._file = file

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the claim up."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()


def find_running(config: Config) -> Running | None:
    """The stack that runs with `config.state`, or None."""
    try:
        file = (config.state / "run.json").open()
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Running(**json.loads(file.read()))
    return None
