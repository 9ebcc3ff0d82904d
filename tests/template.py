"""The template as data, so that tests and the local stack read it instead of repeating it."""

from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).resolve().parents[1]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as their long forms: `!Ref X` as `{"Ref": "X"}`."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _tag)


@cache
def load_template() -> dict[str, Any]:
    """Return template.yaml with its intrinsic functions in their long form."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.load(text, Loader=_Loader))  # noqa: S506  (a SafeLoader)


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of one type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in load_template()["Resources"].items()
        if resource["Type"] == kind
    }


def function_of_route(method: str, path: str) -> str:
    """Return the logical id of the function that serves an HTTP route (no final slash)."""
    [name] = [
        name
        for name, properties in resources("AWS::Serverless::Function").items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
        and (event["Properties"].get("Method"), event["Properties"].get("Path")) == (method, path)
    ]
    return name


def function_of_module(module: str) -> str:
    """Return the logical id of the function whose handler is in a module, e.g. `broadcast`."""
    [name] = [
        name
        for name, properties in resources("AWS::Serverless::Function").items()
        if properties["Handler"] == f"{module}.handler"
    ]
    return name
