"""Items as plain Python values, to and from DynamoDB's typed JSON.

boto3 has this in `boto3.dynamodb.types`, but importing it loads boto3's whole resource layer (a
third of a cold start), and it turns every number into a Decimal; GatherHub stores whole numbers.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Value: TypeAlias = "str | int | bool | bytes | list[Any] | dict[str, Any] | frozenset[str] | None"
Item: TypeAlias = dict[str, Any]


def marshal(value: Any) -> dict[str, Any]:  # noqa: PLR0911  (one case a type)
    """Return `value` as DynamoDB writes it, e.g. `{"S": "text"}`; TypeError for other types."""
    match value:
        case None:
            return {"NULL": True}
        case bool():  # before int, of which it is a kind
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case frozenset():
            return {"SS": sorted(value)}
        case Mapping():
            return {"M": marshal_item(value)}
        case list() | tuple():
            return {"L": [marshal(entry) for entry in value]}
    raise TypeError(f"DynamoDB items don't hold {type(value).__name__}")


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole item as DynamoDB writes it."""
    return {name: marshal(value) for name, value in item.items()}


def unmarshal(typed: Mapping[str, Any]) -> Any:
    """Return the plain value of what `marshal` wrote; TypeError for types that it never writes."""
    ((kind, value),) = typed.items()
    match kind:
        case "S" | "BOOL" | "B":
            return value
        case "N":
            return int(value)
        case "NULL":
            return None
        case "SS":
            return frozenset(value)
        case "M":
            return unmarshal_item(value)
        case "L":
            return [unmarshal(entry) for entry in value]
    raise TypeError(f"GatherHub stores no attribute of type {kind}")


def unmarshal_item(item: Mapping[str, Any]) -> Item:
    """Return a whole item as plain values."""
    return {name: unmarshal(value) for name, value in item.items()}
