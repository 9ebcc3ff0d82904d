"""The commands behind `make run`, `make sync`, `make logs` and `make reset`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import replace
from types import FrameType

from local.announcement import announcement
from local.aws import Aws, explained
from local.config import Config
from local.deploy import deploy
from local.errors import StackError
from local.logs import follow, show_emulator_line, show_function_line
from local.running import Running, find_running
from local.stack import run_stack

# Asks the running stack to follow a deployment that `make sync` has made.
_RELOAD = signal.SIGUSR1

_CHECK_SECONDS = 0.5


class _Interrupted(BaseException):
    """Someone asked to stop. Not an Exception, so that nothing on the way handles it."""


def run(config: Config) -> None:
    """Run the stack until a signal or until the emulator ends.

    Raises:
        StackError: it couldn't start, or the emulator ended by itself.
    """
    began = time.monotonic()
    reload = threading.Event()
    signal.signal(_RELOAD, lambda *_: reload.set())
    with run_stack(config, _say) as stack:
        _say(f"Ready after {time.monotonic() - began:.0f} s")
        print(announcement(config), flush=True)
        while True:
            stack.check()
            if reload.wait(_CHECK_SECONDS):
                reload.clear()
                stack.reload()


def sync(config: Config) -> None:
    """Bring the running stack up to date with the sources.

    Raises:
        StackError: no stack runs, or the build or the deployment failed.
    """
    running = _require_running(config)
    config = replace(config, port=running.port, emulator_port=running.emulator_port)
    began = time.monotonic()
    with explained():
        deploy(config, Aws(config.emulator_url), _say)
    os.kill(running.pid, _RELOAD)
    _say(f"Up to date after {time.monotonic() - began:.1f} s")


def logs(config: Config) -> None:
    """Show what the functions print until a signal, or until the stack stops.

    Raises:
        StackError: no stack runs.
    """
    _require_running(config)
    sources = {
        config.function_log: show_function_line,
        config.emulator_log: show_emulator_line,
    }
    for line in follow(sources, lambda: find_running(config) is None):
        print(line, flush=True)


def reset(config: Config) -> None:
    """Forget all data of the local stack.

    Raises:
        StackError: it runs.
    """
    if find_running(config):
        message = "The stack runs; stop it with Ctrl-C where it was started, then reset it."
        raise StackError(message)
    shutil.rmtree(config.state, ignore_errors=True)
    _say("The local data is gone")


_COMMANDS = {command.__name__: command for command in (run, sync, logs, reset)}


def main(arguments: list[str]) -> int:
    """Run one command; answers the exit code, 0 also after Ctrl-C."""
    if len(arguments) != 1 or arguments[0] not in _COMMANDS:
        print(f"usage: python -m local {'|'.join(_COMMANDS)}", file=sys.stderr)
        return 2
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, _interrupt)
    try:
        _COMMANDS[arguments[0]](Config.from_environment())
    except _Interrupted:
        _say("Stopped")
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _interrupt(_: int, __: FrameType | None) -> None:
    # Once is enough: a second one must not cut short the saving of the state.
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    raise _Interrupted


def _require_running(config: Config) -> Running:
    running = find_running(config)
    if running is None:
        message = "The stack doesn't run; start it with make run."
        raise StackError(message)
    return running


def _say(text: str) -> None:
    print(f"{text}.", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
