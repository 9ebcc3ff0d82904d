"""Starting and stopping MiniStack, the AWS emulator."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from local.aws import ROOT_CREDENTIALS
from local.config import HOST, REGION, Config
from local.errors import StackError
from local.state import prepare_restart

_START_SECONDS = 60
# Saving the state comes last in the emulator's shutdown; killing it earlier would lose data.
_STOP_SECONDS = 60

# All that the emulator, and with it every function, gets of the user's environment.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")


class Emulator:
    """One MiniStack process with its own saved state, reachable from this machine only."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._directory = config.state / "emulator"
        self._scratch = config.state / "tmp"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id, for messages; 0 before the start."""
        return self._process.pid if self._process else 0

    @property
    def exit_code(self) -> int | None:
        """How the process ended, or None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            StackError: it ended or didn't answer in time.
        """
        prepare_restart(self._directory)
        self._clear_scratch()
        self._scratch.mkdir(parents=True)
        self._config.function_log.write_bytes(b"")
        with self._config.emulator_log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._config.emulator_python.with_name("ministack")],
                cwd=self._scratch,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches us alone: it must outlive the edge and then save its state.
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.exit_code is not None or time.monotonic() > deadline:
                self.stop()
                message = f"The emulator didn't start; its log is {self._config.emulator_log}."
                raise StackError(message)
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the process, which saves its state; then its workers, which end with it."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        _end_group(self._process.pid)
        self._clear_scratch()

    def _clear_scratch(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _answers(self) -> bool:
        connection = HTTPConnection(HOST, self._config.emulator_port, timeout=5)
        try:
            connection.request("GET", "/_ministack/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _environment(self) -> dict[str, str]:
        config = self._config
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            **ROOT_CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "HOME": str(self._scratch),
            "TMPDIR": str(self._scratch),
            "PYTHONPATH": str(Path(__file__).parent / "emulated"),
            "PYTHONUNBUFFERED": "1",
            "GATHERHUB_FUNCTION_LOG": str(config.function_log),
            "GATHERHUB_LAYER": str(config.layer_list),
            # Seconds for which workers stay that a burst has started; the first of each stays on.
            "LAMBDA_WARM_TTL_SECONDS": "60",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(config.emulator_port),
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._directory),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._directory / "objects"),
            # Listeners on further ports that nothing here uses.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }


def _end_group(leader: int) -> None:
    """End workers that are left: they normally end by themselves when their input closes."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
