"""The whole local stack as one object: emulator, deployment, edge, warm workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from local.aws import Aws, explained
from local.config import Config
from local.deploy import deploy
from local.deployed import Deployed, read_deployed
from local.edge.server import EdgeServer
from local.edge.targets import find_targets
from local.emulator import Emulator
from local.errors import StackError
from local.layer import build_layer, use_layer
from local.ports import require_free
from local.running import claim
from local.warm import Warmer


@dataclass
class Stack:
    """A local stack that runs; `run_stack` makes one."""

    config: Config
    deployed: Deployed
    _aws: Aws
    _emulator: Emulator
    _edge: EdgeServer
    _warmer: Warmer

    @property
    def api_url(self) -> str:
        """Address of the API, without `/api/v1/`."""
        return self.config.public_url

    @property
    def ws_url(self) -> str:
        """Address of the sockets, without `/ws/…`."""
        return self.config.socket_url

    @property
    def outputs(self) -> dict[str, str]:
        """Outputs of the deployed stack, such as `TableName`."""
        return self.deployed.outputs

    def client(self, service: str) -> Any:
        """Return a boto3 client of one of the emulator's services, with every permission."""
        return self._aws.client(service)

    def check(self) -> None:
        """See that the emulator still runs.

        Raises:
            StackError: it has ended by itself.
        """
        code = self._emulator.exit_code
        if code is not None:
            log = self.config.emulator_log
            message = f"The emulator ended by itself (exit code {code}); its log is {log}."
            raise StackError(message)

    def reload(self) -> None:
        """Follow a deployment that another process made: new addresses, cold workers."""
        with explained():
            self.deployed = read_deployed(self._aws)
            self._edge.retarget(find_targets(self.config, self._aws, self.deployed))
        self._warmer.start(self.deployed)

    def wait_until_warm(self) -> None:
        """Wait until the first call of every function is quick."""
        self._warmer.wait()


def _silent(_: str) -> None:
    """Say nothing."""


@contextmanager
def run_stack(config: Config, say: Callable[[str], None] = _silent) -> Iterator[Stack]:
    """Start the local stack, and stop it at the end: the edge first, then the emulator.

        with run_stack(config) as stack:
            httpx.get(f"{stack.api_url}/health/")

    `say` hears what is being done, one short sentence each. What was started before a failure
    is stopped as well.

    Raises:
        StackError: a port is taken, the stack runs already, or a step failed.
    """
    aws = Aws(config.emulator_url)
    emulator = Emulator(config)
    warmer = Warmer(aws)
    with ExitStack() as started:
        started.enter_context(claim(config))
        require_free(config.port, "PORT")
        require_free(config.emulator_port, "EMULATOR_PORT")
        # Before the emulator: changes that wait in a stream or a queue start workers at once.
        use_layer(config, build_layer(config, say))
        # Stopped last: without the emulator, calls that are under way end at once.
        started.callback(warmer.stop)
        say("Starting the emulator")
        started.callback(emulator.stop)
        emulator.start()
        with explained():
            deployed = deploy(config, aws, say)
            edge = EdgeServer(config.port, find_targets(config, aws, deployed))
        started.callback(edge.stop)
        edge.start()
        warmer.start(deployed)
        yield Stack(config, deployed, aws, emulator, edge, warmer)
