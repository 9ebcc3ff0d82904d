"""Python runs this at the start of the emulator and of every function's worker.

In a worker it adds the layer, which all workers share (see `local/layer.py`), and copies what the
function prints to one file, which `make logs` follows. The emulator's CloudWatch Logs won't do:
they lack the functions of the WebSocket API, and reading them means polling a new log stream for
every invocation.

In the emulator it sees to a quick end, and to an end with the process that started it.
"""

import atexit
import os
import signal
import sys
import threading
import time
import traceback
from typing import Any, TextIO, cast


class _Copy:
    """A text stream that passes everything on and writes whole lines to a file as well."""

    def __init__(self, stream: TextIO, path: str, name: str) -> None:
        self._stream = stream
        # Unbuffered appends of whole lines: workers write to the same file at the same time.
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115, PTH123  (open for good)
        self._name = name
        self._rest = ""

    def write(self, text: str) -> int:
        self.copy(text)
        return self._stream.write(text)

    def copy(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        self._file.write("".join(f"{self._name}\t{line}\n" for line in lines).encode())

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._stream, attribute)


def _add_layer() -> None:
    # Each worker reads the list once, and so stays with the layer that it began with.
    with open(os.environ["GATHERHUB_LAYER"]) as directories:  # noqa: PTH123  (a quick start)
        sys.path[:0] = directories.read().splitlines()


def _copy_output() -> None:
    # Workers send what a function prints to stderr; stdout is their line to the emulator.
    output = _Copy(
        sys.stderr, os.environ["GATHERHUB_FUNCTION_LOG"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    )
    sys.stderr = cast("TextIO", output)
    format_exc = traceback.format_exc

    def logged(*arguments: Any, **options: Any) -> str:
        # A worker asks for this text when a function has failed. Lambda would log it.
        text = format_exc(*arguments, **options)
        output.copy(text)
        return text

    traceback.format_exc = logged


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)  # and so save the state


if "_LAMBDA_FUNCTION_ARN" in os.environ:  # which workers alone have
    _add_layer()
    _copy_output()
else:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # The state is saved by then. What is left to Python is to close the workers' pipes, for each of
    # which it would wait a second, because a thread still reads from it.
    atexit.register(os._exit, 0)
