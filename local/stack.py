"""The whole local stack as one object: emulator, deployment, edge, warm workers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from local.aws import Aws
from local.config import Config
from local.deploy import deploy
from local.deployed import Deployed, read_deployed
from local.edge.server import EdgeServer
from local.edge.targets import find_targets
from local.emulator import Emulator
from local.errors import StackError
from local.ports import require_free
from local.running import Claim
from local.warm import Warmer


def _silent(_: str) -> None:
    """Say nothing."""


class Stack:
    """Starts the local stack on entry and stops it on exit.

        with Stack(config) as stack:
            httpx.get(f"{stack.api_url}/health/")

    `say` hears what is being done, one short line each.
    """

    def __init__(self, config: Config, say: Callable[[str], None] = _silent) -> None:
        self.config = config
        self._say = say
        self._emulator = Emulator(config)
        self._aws = Aws(config.emulator_url)
        self._warmer = Warmer(self._aws)
        self._edge: EdgeServer | None = None
        self._deployed: Deployed | None = None
        self._started = ExitStack()

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
        assert self._deployed is not None
        return self._deployed.outputs

    @property
    def deployed(self) -> Deployed:
        """All that CloudFormation tells about the deployed stack."""
        assert self._deployed is not None
        return self._deployed

    def client(self, service: str) -> Any:
        """A boto3 client of one of the emulator's services, with every permission."""
        return self._aws.client(service)

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            StackError: a port is taken, the stack runs already, or a step failed. What was
                started by then is stopped again.
        """
        with ExitStack() as started:
            started.enter_context(Claim(self.config))
            require_free(self.config.port, "PORT")
            require_free(self.config.emulator_port, "EMULATOR_PORT")
            # Stopped last: without the emulator, calls that are under way end at once.
            started.callback(self._warmer.stop)
            self._say("Starting the emulator")
            started.callback(self._emulator.stop)
            self._emulator.start()
            self._deployed = deploy(self.config, self._aws, self._say)
            targets = find_targets(self.config, self._aws, self._deployed)
            self._edge = EdgeServer(self.config.port, targets)
            started.callback(self._edge.stop)
            self._edge.start()
            self._warmer.start(self._deployed)
            self._started = started.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything: the edge first, the emulator, which saves its state, last."""
        self._started.close()

    def check(self) -> None:
        """See that the emulator still runs.

        Raises:
            StackError: it has ended by itself.
        """
        code = self._emulator.exit_code
        if code is not None:
            message = f"The emulator ended by itself (exit code {code}); its log is {self.config.emulator_log}."
            raise StackError(message)

    def reload(self) -> None:
        """Follow a deployment that another process made: new addresses, cold workers."""
        assert self._edge is not None
        self._deployed = read_deployed(self._aws)
        self._edge.retarget(find_targets(self.config, self._aws, self._deployed))
        self._warmer.start(self._deployed)

    def wait_until_warm(self) -> None:
        """Wait until the first call of every function is quick."""
        self._warmer.wait()
