"""Where the edge sends what: the addresses of one deployed stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from local.aws import Aws
    from local.config import Config
    from local.deployed import Deployed


@dataclass(frozen=True)
class Targets:
    """Origins of the edge, and the key by which they know that a request came through it."""

    http_api: str
    socket_api: str
    bucket: str
    edge_key: str
    s3: S3Client


def find_targets(config: Config, aws: Aws, deployed: Deployed) -> Targets:
    """Return the targets that a stack's outputs name."""
    secrets: SecretsManagerClient = aws.client("secretsmanager")
    secret = secrets.get_secret_value(SecretId=deployed.output("EdgeKeySecretArn"))
    apis = f"{config.emulator_url}/_aws/execute-api"
    stage = deployed.output("WebSocketStage")
    return Targets(
        http_api=f"{apis}/{deployed.output('HttpApiId')}/$default",
        socket_api=f"{apis}/{deployed.output('WebSocketApiId')}/{stage}",
        bucket=deployed.output("MediaBucketName"),
        edge_key=secret["SecretString"],
        s3=aws.client("s3"),
    )
