"""Deploying the real template into the emulator with `sam deploy`."""

from __future__ import annotations

import hashlib
import json
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.build import SOURCES, build, fingerprint
from local.code import update_code
from local.complete import complete
from local.config import STACK_NAME, Config
from local.deployed import Deployed, read_deployed
from local.errors import StackError
from local.layer import build_layer, use_layer
from local.sam import run_sam

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

    from local.aws import Aws

# Kept in the emulator, not beside it: it must be as old as the state that it describes.
_DEPLOYED = f"/{STACK_NAME}/deployed"

# A stack that never came to be takes no update; it must go before the next attempt.
_STILLBORN = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"}


def deploy(config: Config, aws: Aws, say: Callable[[str], None]) -> Deployed:
    """Make the emulator run what the sources say, and return what it runs.

    Builds and deploys only what has changed since the last time: the stack with SAM, and code,
    which changes more often, by itself.

    Raises:
        StackError: the build or the deployment failed.
    """
    layer = build_layer(config, say)
    use_layer(config, layer)
    parameters = template_parameters(config)
    wanted = _digest(fingerprint(config.root, SOURCES), parameters)
    current = _deployed(aws) == wanted
    if not current:
        say("Deploying the template")
    template = build(config)
    if not current:
        _deploy(config, aws, template, parameters)
    deployed = read_deployed(aws)
    complete(aws, deployed)
    update_code(aws, deployed, template, layer)
    if not current:
        ssm = aws.client("ssm")
        ssm.put_parameter(Name=_DEPLOYED, Value=wanted, Type="String", Overwrite=True)
    return deployed


def template_parameters(config: Config) -> dict[str, str]:
    """Return the template's parameters: `samconfig.toml`'s and what only this machine knows."""
    listed = _settings(config).get("parameter_overrides", [])
    # sam takes one line or a list; the command line replaces either, so they are joined here.
    pairs = shlex.split(listed) if isinstance(listed, str) else listed
    return {
        **dict(pair.split("=", 1) for pair in pairs),
        "PublicUrl": config.public_url,
        "EmulatorEndpoint": config.emulator_url,
        "EdgeEnabled": "false",
        "Architecture": config.architecture,
        **config.parameters,
    }


def _settings(config: Config) -> dict[str, Any]:
    """Return what `samconfig.toml` says about deploying locally."""
    document = tomllib.loads((config.root / "samconfig.toml").read_text())
    settings: dict[str, Any] = document["local"]["deploy"]["parameters"]
    return settings


def _deploy(config: Config, aws: Aws, template: Path, parameters: dict[str, str]) -> None:
    s3: S3Client = aws.client("s3")
    s3.create_bucket(Bucket=_settings(config)["s3_bucket"])  # no harm when it exists
    cloudformation: CloudFormationClient = aws.client("cloudformation")
    if _status(cloudformation) in _STILLBORN:
        cloudformation.delete_stack(StackName=STACK_NAME)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=STACK_NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    try:
        run_sam(
            config,
            "deploy",
            "--template-file",
            str(template),
            "--no-progressbar",
            "--parameter-overrides",
            *(f'{name}="{value}"' for name, value in parameters.items()),
        )
    except StackError as error:
        reasons = _failures(cloudformation)
        if not reasons:
            raise
        message = "The deployment failed:\n" + "\n".join(reasons)
        raise StackError(message) from error


def _deployed(aws: Aws) -> str | None:
    ssm = aws.client("ssm")
    try:
        value: str = ssm.get_parameter(Name=_DEPLOYED)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return value


def _status(cloudformation: CloudFormationClient) -> str | None:
    try:
        return cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
    except ClientError:  # there is no such stack
        return None


def _failures(cloudformation: CloudFormationClient) -> list[str]:
    """Why resources of the last deployment failed, the first first."""
    if _status(cloudformation) is None:
        return []
    reasons = []
    for event in cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]:
        status = event.get("ResourceStatus", "")
        if event["LogicalResourceId"] == STACK_NAME:
            if status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}:
                break  # the beginning of the last deployment
        elif status.endswith("_FAILED"):
            reasons.append(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}")
    return reasons[::-1]


def _digest(sources: str, parameters: dict[str, str]) -> str:
    content = json.dumps([sources, parameters], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
