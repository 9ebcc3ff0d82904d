"""Completing a deployment: what the emulator's CloudFormation leaves out of the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cors import cors_of, set_cors
from local.routes import import_routes, routes_of

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
            import_routes(aws, api_id, routes_of(deployed.resolve(properties["Body"])))
    # From the source: in the processed template the emulator has put parameters' defaults in the
    # place of their values.
    for api_id, properties in deployed.source_resources("AWS::Serverless::HttpApi"):
        set_cors(aws, api_id, cors_of(deployed.resolve(properties.get("CorsConfiguration"))))
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
