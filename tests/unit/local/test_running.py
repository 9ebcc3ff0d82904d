import os
import socket
from pathlib import Path

import pytest

from local.config import Config
from local.errors import StackError
from local.ports import free_ports, require_free
from local.running import Running, claim, find_running


def test_a_running_stack_is_found_and_only_one_runs(tmp_path: Path) -> None:
    config = Config(root=tmp_path, state=tmp_path / "state", port=1, emulator_port=2)
    assert find_running(config) is None

    with claim(config):
        assert find_running(config) == Running(os.getpid(), 1, 2)
        with pytest.raises(StackError, match="runs already"), claim(config):
            pass

    assert find_running(config) is None


def test_a_taken_port_is_named_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(StackError, match=rf"Port {port} is taken.*EMULATOR_PORT="):
            require_free(port, "EMULATOR_PORT")


def test_a_free_port_is_fine() -> None:
    for port in free_ports(2):
        require_free(port, "PORT")
