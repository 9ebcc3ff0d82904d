"""Completing a deployment: what the emulator's CloudFormation leaves out of the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.routes import import_api

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

    from local.aws import Aws
    from local.deployed import Deployed


def complete(aws: Aws, deployed: Deployed) -> None:
    """Bring routes, CORS, TTL and reserved concurrency to what the template says.

    Changes nothing where they are so already.
    """
    for api_id, properties in deployed.resources("AWS::ApiGatewayV2::Api"):
        if "Body" in properties:
            import_api(aws, api_id, deployed.resolve(properties["Body"]))
    _expire_items(aws, deployed)
    _reserve_concurrency(aws, deployed)


def _expire_items(aws: Aws, deployed: Deployed) -> None:
    dynamodb: DynamoDBClient = aws.client("dynamodb")
    for table, properties in deployed.resources("AWS::DynamoDB::Table"):
        wanted = deployed.resolve(properties.get("TimeToLiveSpecification", {}))
        now = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if wanted and now["TimeToLiveStatus"] == "DISABLED":
            dynamodb.update_time_to_live(
                TableName=table,
                TimeToLiveSpecification={
                    "AttributeName": wanted["AttributeName"],
                    "Enabled": str(wanted["Enabled"]).lower() == "true",
                },
            )


def _reserve_concurrency(aws: Aws, deployed: Deployed) -> None:
    functions: LambdaClient = aws.client("lambda")
    for name, properties in deployed.resources("AWS::Lambda::Function"):
        wanted = deployed.resolve(properties.get("ReservedConcurrentExecutions"))
        now = functions.get_function_concurrency(FunctionName=name)
        if wanted is None and "ReservedConcurrentExecutions" in now:
            functions.delete_function_concurrency(FunctionName=name)
        elif wanted is not None:
            functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(wanted)
            )
