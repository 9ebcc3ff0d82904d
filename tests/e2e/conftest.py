"""One running stack for all end-to-end tests, started as `make run` starts it.

It has ports and data of its own, so that it neither needs nor disturbs a stack that someone uses,
and shares the build with it. IAM is enforced: a permission missing in `template.yaml` fails here.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.config import Config
from local.ports import free_ports
from local.stack import Stack, run_stack

ROOT = Path(__file__).parent.parent.parent

# Seconds; the first call of a function starts its worker.
TIMEOUT = 30

# All tests come from one address. The limit itself has tests that need no emulator.
PARAMETERS = {"RateLimit": "100000"}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack, without data at first."""
    port, emulator_port = free_ports(2)
    config = Config(
        root=ROOT,
        state=tmp_path_factory.mktemp("state"),
        port=port,
        emulator_port=emulator_port,
        parameters=PARAMETERS,
    )
    with run_stack(config, print) as running:
        yield running


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    """A client of the API behind the edge; paths are relative to its root."""
    with httpx.Client(base_url=stack.api_url, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture(scope="session")
def token(stack: Stack) -> str:
    """Register someone new, log in, and return the access token."""
    name = f"ada{uuid.uuid4().hex[:12]}"
    account = {"username": name, "email": f"{name}@example.org", "password": "correct horse 7"}
    with httpx.Client(base_url=f"{stack.api_url}/api/v1/auth", timeout=TIMEOUT) as client:
        registered = client.post("/register/", json=account)
        assert registered.status_code == 201, registered.text
        login = {"username": name, "password": account["password"]}
        answer = client.post("/login/", json=login)
        assert answer.status_code == 200, answer.text
    access: str = answer.json()["access"]
    return access
