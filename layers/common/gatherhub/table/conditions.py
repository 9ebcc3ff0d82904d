"""Conditions and updates, written as functions instead of expression strings.

Each names its attributes and values itself, so that no caller meets a
placeholder or a reserved word.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from gatherhub.table.items import Value, marshal
from gatherhub.table.keys import PARTITION


class Placeholders:
    """The names and values of one request's expressions."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        """Return the placeholder of an attribute name."""
        token = f"#{attribute}"
        self.names[token] = attribute
        return token

    def value(self, value: Value) -> str:
        """Return a placeholder for a value."""
        token = f":v{len(self.values)}"
        self.values[token] = marshal(value)
        return token


Condition: TypeAlias = Callable[[Placeholders], str]


def absent(attribute: str = PARTITION) -> Condition:
    """Hold when the attribute (by default: the whole item) does not exist."""
    return lambda p: f"attribute_not_exists({p.name(attribute)})"


def present(attribute: str = PARTITION) -> Condition:
    """Hold when the attribute (by default: the whole item) exists."""
    return lambda p: f"attribute_exists({p.name(attribute)})"


def equal(attribute: str, value: Value) -> Condition:
    """Hold when the attribute has this value."""
    return lambda p: f"{p.name(attribute)} = {p.value(value)}"


def below(attribute: str, limit: int) -> Condition:
    """Hold when the attribute is less than `limit`."""
    return lambda p: f"{p.name(attribute)} < {p.value(limit)}"


def above(attribute: str, limit: int | str) -> Condition:
    """Hold when the attribute is there and greater than `limit`, or later in the alphabet."""
    return lambda p: f"{p.name(attribute)} > {p.value(limit)}"


def differs(attribute: str, value: Value) -> Condition:
    """Hold when the attribute has another value, or none."""
    return lambda p: f"{p.name(attribute)} <> {p.value(value)}"


def less(attribute: str, other: str) -> Condition:
    """Hold when one number of the item is less than another of its numbers."""
    return lambda p: f"{p.name(attribute)} < {p.name(other)}"


def either(*conditions: Condition) -> Condition:
    """Hold when one of the conditions does."""
    return lambda p: "(" + " OR ".join(condition(p) for condition in conditions) + ")"


def both(*conditions: Condition) -> Condition:
    """Hold when all of the conditions do."""
    return lambda p: "(" + " AND ".join(condition(p) for condition in conditions) + ")"


def changes(
    placeholders: Placeholders,
    assign: Mapping[str, Value],
    add: Mapping[str, int],
    remove: tuple[str, ...],
) -> str:
    """Return the update expression that sets, adds to and removes these attributes."""
    p = placeholders
    clauses = []
    if assign:
        parts = [f"{p.name(name)} = {p.value(value)}" for name, value in assign.items()]
        clauses.append("SET " + ", ".join(parts))
    if add:
        parts = [f"{p.name(name)} {p.value(value)}" for name, value in add.items()]
        clauses.append("ADD " + ", ".join(parts))
    if remove:
        clauses.append("REMOVE " + ", ".join(p.name(name) for name in remove))
    return " ".join(clauses)
