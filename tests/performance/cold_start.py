"""How long each function takes to be ready in a new process, against boto3 with one client.

Each function's module is imported as Lambda does it, from the layer as built for this machine,
and the clients that its first request needs are created; nothing is called. The functions and the
yardstick take turns, so that a machine that slows down slows all of them down. Bytecode is compiled
before. The yardstick is boto3 as the project's environment has it: the layer has none.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

from local.config import Config
from local.layer import build_layer
from tests.template import ROOT, resources

PROJECT = (Path(sysconfig.get_path("purelib")),)
ROUNDS = 7
AIM = 1.5

_YARDSTICK = "import boto3; boto3.client('dynamodb')"
_SERVICES = {
    "dynamodb": "dynamodb",
    "secretsmanager": "secretsmanager",
    "s3": "s3",
    "execute-api": "apigatewaymanagementapi",
}


def program(properties: dict[str, Any]) -> str:
    """Return what a new process of a function runs before its first request can be answered."""
    module = properties["Handler"].removesuffix(".handler")
    lines = [f"import sys; sys.path.insert(0, {str(ROOT / properties['CodeUri'])!r})"]
    lines += [f"import {module}", "from gatherhub import aws"]
    lines += [f"aws.client({service!r})" for service in services(properties)]
    return "; ".join(lines)


def services(properties: dict[str, Any]) -> list[str]:
    """Return the services that a function's role lets it call, but not those it rarely does."""
    statements = [
        statement for policy in properties.get("Policies", []) for statement in policy["Statement"]
    ]
    actions = [statement["Action"] for statement in statements]
    names = {(a if isinstance(a, str) else a[0]).split(":")[0] for a in actions}
    return [_SERVICES[name] for name in sorted(names) if name in _SERVICES]


def seconds(source: str, packages: tuple[Path, ...]) -> float:
    """Return the wall time of one new process that runs `source` on some folders of packages."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, packages)),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "TABLE_NAME": "bench",
    }
    started = time.perf_counter()
    # The base interpreter: the project's environment would bring its own packages along.
    python = Path(sys.base_prefix) / "bin/python3"
    subprocess.run([python, "-S", "-s", "-c", source], env=environment, check=True)  # noqa: S603
    return time.perf_counter() - started


def main() -> None:
    """Print a line for each function: median in milliseconds, and its ratio to the yardstick."""
    layer = build_layer(Config.from_environment(), print)
    seconds(_YARDSTICK, PROJECT)  # compiles what it needs
    functions = resources("AWS::Serverless::Function")
    programs = {name: program(properties) for name, properties in functions.items()}
    yardstick: list[float] = []
    measured: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        yardstick.append(seconds(_YARDSTICK, PROJECT))
        for name, source in programs.items():
            measured[name].append(seconds(source, layer))
    base = statistics.median(yardstick)
    print(
        f"Cold start, median of {ROUNDS}: boto3 with a DynamoDB client {base * 1000:.0f} ms = 1.00"
    )
    print(f"{'function':26} {'ms':>6} {'ratio':>6}   (aim: {AIM} or less)")
    for name, times in sorted(measured.items(), key=lambda entry: -statistics.median(entry[1])):
        median = statistics.median(times)
        print(f"{name.removesuffix('Function'):26} {median * 1000:6.0f} {median / base:6.2f}")
