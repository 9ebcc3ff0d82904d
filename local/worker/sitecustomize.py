"""Python runs this at the start of the emulator and of every function's worker.

In a worker it copies what the function prints to one file, which `make logs` follows: the
emulator's CloudWatch Logs lack the functions of the WebSocket API, and reading them means
polling a new log stream for every invocation.

In the emulator it makes the end quick.
"""

import atexit
import os
import sys
from typing import Any, TextIO, cast


class _Copy:
    """A text stream that passes everything on and writes whole lines to a file as well."""

    def __init__(self, stream: TextIO, path: str, name: str) -> None:
        self._stream = stream
        # Unbuffered appends of one line each: workers write the same file at the same time.
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115  # open as long as the process
        self._name = name
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._file.write(f"{self._name}\t{line}\n".encode())
        return self._stream.write(text)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._stream, attribute)


# Only workers have it. They send what a function prints to stderr, stdout being their protocol.
if "_LAMBDA_FUNCTION_ARN" in os.environ:
    sys.stderr = cast(
        "TextIO",
        _Copy(
            sys.stderr,
            os.environ["GATHERHUB_FUNCTION_LOG"],
            os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        ),
    )
else:
    # The state is saved by then. What is left to Python is to close the workers' pipes, for each of
    # which it would wait a second, because a thread still reads from it.
    atexit.register(os._exit, 0)
