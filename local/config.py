"""Where the local stack keeps its files and which ports it takes."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import StackError

STACK_NAME = "gatherhub-local"
REGION = "us-east-1"
HOST = "127.0.0.1"

_MAX_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of one local stack.

    `state` holds all that survives a restart; two stacks with different `state` and ports can
    run side by side. `parameters` are added to the template's parameters, over all others.
    """

    root: Path
    state: Path
    port: int = 8000
    emulator_port: int = 4566
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> Config:
        """Return the settings of `make run`, in which `PORT` and `EMULATOR_PORT` choose the ports.

        Raises:
            StackError: a port isn't a number between 1 and 65535.
        """
        root = Path(__file__).absolute().parent.parent
        return cls(
            root=root,
            state=root / ".state",
            port=_port("PORT", 8000),
            emulator_port=_port("EMULATOR_PORT", 4566),
        )

    @property
    def public_url(self) -> str:
        """Address of the edge, as clients see it."""
        return f"http://localhost:{self.port}"

    @property
    def socket_url(self) -> str:
        """Address of the edge's sockets, without `/ws/…`."""
        return f"ws://localhost:{self.port}"

    @property
    def emulator_url(self) -> str:
        """Address of the emulator: every AWS API and both execute-api endpoints."""
        return f"http://{HOST}:{self.emulator_port}"

    @property
    def build_dir(self) -> Path:
        """What `sam build` made for this machine.

        It is apart from the build for AWS and shared by all local stacks of this checkout.
        """
        return self.root / ".aws-sam" / "local"

    @property
    def emulator_python(self) -> Path:
        """The interpreter that the emulator and every function run under."""
        return self.root / ".tools" / "emulator" / "bin" / "python"

    @property
    def sam(self) -> Path:
        """The AWS SAM command line."""
        return self.root / ".tools" / "sam" / "bin" / "sam"

    @property
    def uv(self) -> Path:
        """The installer that builds the layer."""
        return self.root / ".tools" / "uv" / "bin" / "uv"

    @property
    def layer_list(self) -> Path:
        """The directories that the functions read the layer from, one a line."""
        return self.state / "layer"

    @property
    def emulator_log(self) -> Path:
        """What the emulator prints."""
        return self.state / "emulator.log"

    @property
    def function_log(self) -> Path:
        """What the functions print: lines of function name, tab, text."""
        return self.state / "functions.log"

    @property
    def architecture(self) -> str:
        """What Lambda calls the processor of this machine."""
        return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _MAX_PORT:
        message = f"{name} must be a port between 1 and {_MAX_PORT}, not {text!r}."
        raise StackError(message)
    return int(text)
