"""Resolving the CloudFormation functions that a template's API description can contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.errors import StackError

_NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True)
class Scope:
    """What names mean in one deployed stack.

    `references` answers `Ref`, `attributes` answers `Fn::GetAtt` under `Resource.Attribute`, and
    `conditions` are the template's, unresolved.
    """

    references: Mapping[str, Any]
    attributes: Mapping[str, str]
    conditions: Mapping[str, Any]


def resolve(node: Any, scope: Scope) -> Any:
    """`node` with every function in it replaced by its value.

    Raises:
        StackError: a name is unknown, or the function isn't one that this module knows.
    """
    if isinstance(node, list):
        items = (resolve(item, scope) for item in node)
        return [item for item in items if item is not _NO_VALUE]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        name, argument = next(iter(node.items()))
        if name == "Ref":
            return _reference(argument, scope)
        if name == "Condition" and isinstance(argument, str):
            return resolve(scope.conditions[argument], scope)
        if name.startswith("Fn::"):
            return _call(name.removeprefix("Fn::"), argument, scope)
    members = {key: resolve(value, scope) for key, value in node.items()}
    return {key: value for key, value in members.items() if value is not _NO_VALUE}


def _reference(name: str, scope: Scope) -> Any:
    if name == "AWS::NoValue":
        return _NO_VALUE
    return _known(name, scope.references)


def _call(function: str, argument: Any, scope: Scope) -> Any:
    # These choose or look up before their arguments mean anything.
    if function == "If":
        condition, chosen, otherwise = argument
        met = resolve(scope.conditions[condition], scope)
        return resolve(chosen if met else otherwise, scope)
    if function == "GetAtt":
        path = argument if isinstance(argument, str) else ".".join(argument)
        return _known(path, scope.attributes)
    if function == "Sub":
        return _substitute(argument, scope)
    if function not in _PLAIN:
        message = f"The local stack doesn't know Fn::{function}; add it to local/intrinsics.py."
        raise StackError(message)
    return _PLAIN[function](*resolve(argument, scope))


_PLAIN: dict[str, Callable[..., Any]] = {
    "And": lambda *values: all(values),
    "Equals": lambda left, right: left == right,
    "Join": lambda delimiter, values: delimiter.join(values),
    "Not": lambda value: not value,
    "Or": lambda *values: any(values),
    "Select": lambda index, values: values[int(index)],
    "Split": lambda delimiter, text: text.split(delimiter),
}


def _substitute(argument: Any, scope: Scope) -> str:
    text, own = (argument, {}) if isinstance(argument, str) else argument
    names = {**scope.references, **scope.attributes, **resolve(own, scope)}
    return _PLACEHOLDER.sub(lambda match: str(_known(match[1], names)), text)


def _known(name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        message = f"The template refers to {name}, which the local stack can't resolve."
        raise StackError(message)
    return names[name]
