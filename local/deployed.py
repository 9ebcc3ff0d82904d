"""What a deployed stack consists of, as CloudFormation tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import yaml

from local.config import REGION, STACK_NAME
from local.errors import StackError
from local.intrinsics import Scope, resolve

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from local.aws import Aws

ACCOUNT = "000000000000"

_PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK_NAME,
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Deployed:
    """A deployed stack: its outputs, its template and what its names stand for.

    `source` is the template as written, `template` what SAM has made of it.
    """

    outputs: dict[str, str]
    source: dict[str, Any]
    template: dict[str, Any]
    physical_ids: dict[str, str]
    scope: Scope

    def output(self, name: str) -> str:
        """Return the value of one stack output.

        Raises:
            StackError: the template has no such output.
        """
        if name not in self.outputs:
            message = f"The template has no output {name}, which the local stack needs."
            raise StackError(message)
        return self.outputs[name]

    def resources(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield physical id and unresolved properties of each deployed resource of one type."""
        return self._resources(self.template, kind)

    def source_resources(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the same of a type that SAM replaces, such as `AWS::Serverless::HttpApi`."""
        return self._resources(self.source, kind)

    def resolve(self, node: Any) -> Any:
        """Return a part of the template with its functions evaluated."""
        return resolve(node, self.scope)

    def _resources(
        self, template: dict[str, Any], kind: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, resource in template["Resources"].items():
            if resource["Type"] == kind and name in self.physical_ids:
                yield self.physical_ids[name], resource.get("Properties", {})


def read_deployed(aws: Aws) -> Deployed:
    """Return the stack as CloudFormation knows it now."""
    cloudformation: CloudFormationClient = aws.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    body = _template(cloudformation, "Processed")
    described = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    ids = {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in described}
    values = {
        parameter["ParameterKey"]: parameter["ParameterValue"]
        for parameter in stack.get("Parameters", [])
    }
    return Deployed(
        outputs={item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])},
        source=_template(cloudformation, "Original"),
        template=body,
        physical_ids=ids,
        scope=Scope(
            references={**_PSEUDO_PARAMETERS, **ids, **_parameters(body, values)},
            attributes=_function_arns(body, ids),
            conditions=body.get("Conditions", {}),
        ),
    )


def _template(
    cloudformation: CloudFormationClient, stage: Literal["Original", "Processed"]
) -> dict[str, Any]:
    answer = cloudformation.get_template(StackName=STACK_NAME, TemplateStage=stage)
    body: Any = answer["TemplateBody"]  # boto3 parses JSON; sam deploys YAML without tags
    template: dict[str, Any] = yaml.safe_load(body) if isinstance(body, str) else body
    return template


def _parameters(template: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for name, declared in template.get("Parameters", {}).items():
        text = values.get(name, str(declared.get("Default", "")))
        is_list = declared.get("Type", "String").startswith(("CommaDelimitedList", "List<"))
        parameters[name] = [part.strip() for part in text.split(",")] if is_list else text
    return parameters


def _function_arns(template: dict[str, Any], ids: dict[str, str]) -> dict[str, str]:
    return {
        f"{name}.Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{ids[name]}"
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function" and name in ids
    }
