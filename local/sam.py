"""Running the SAM command line, and make for the layer, against the emulator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from local.aws import ROOT_CREDENTIALS
from local.config import REGION, Config
from local.errors import StackError

_LINES_SHOWN = 15


def run_sam(config: Config, command: str, *arguments: str) -> None:
    """Run one sam command of the `local` environment, quietly.

    Raises:
        StackError: it failed; the message ends with what sam says about it.
    """
    # Named, for sam looks for it beside the template, and the built one lies elsewhere.
    settings = ("--config-file", str(config.root / "samconfig.toml"), "--config-env", "local")
    run_tool(config, f"sam {command}", str(config.sam), command, *settings, *arguments)


def run_tool(config: Config, name: str, *command: str) -> None:
    """Run a command in the checkout, quietly, with what it needs to build for this machine.

    Raises:
        StackError: it failed; the message ends with what it says about it.
    """
    process = subprocess.Popen(
        command,
        cwd=config.root,
        env=_environment(config),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        # Interrupted: end it and what it has started (make, the layer's installer).
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode:
        message = f"{name} failed:\n{_explanation(output)}"
        raise StackError(message)


def _environment(config: Config) -> dict[str, str]:
    # The rest of the user's environment stays: it may hold proxies and certificates. AWS
    # settings, a profile above all, could send the deployment somewhere else.
    users = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return users | {
        **ROOT_CREDENTIALS,
        "AWS_ENDPOINT_URL": config.emulator_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",  # seconds between looks at the deployment; default 0.5
        "LAYER_TARGET": "host",
        "UV": str(config.uv),
        # The layer's compiled packages must suit the interpreter that runs the functions.
        "UV_PYTHON": str(config.emulator_python),
        "HOST_PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


def _explanation(output: str) -> str:
    """Return what a command says about its failure, or else its last lines."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith("Error:"):
            return "\n".join(lines[number:])
    return "\n".join(lines[-_LINES_SHOWN:])
