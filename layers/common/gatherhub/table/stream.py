"""The table's stream: what happened to one item, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from gatherhub.table.errors import TableError
from gatherhub.table.items import Item, unmarshal_item
from gatherhub.table.keys import PARTITION, SORT, Key

What = Literal["INSERT", "MODIFY", "REMOVE"]


class MalformedRecord(TableError):
    """A record that this code can't read; trying again can't help."""


@dataclass(frozen=True)
class Change:
    """One change of one item.

    Parameters
    ----------
    what
        Whether the item is new, changed or gone.
    key
        Which item it is. Changes of one item come in their order.
    old, new
        The item before and after; None where it did not exist.
    at
        When it happened, in Unix seconds.
    sequence
        Up to 40 digits that no other change has and that grow from change to change of an item.
    """

    what: What
    key: Key
    old: Item | None
    new: Item | None
    at: int
    sequence: str


def read(record: Mapping[str, Any]) -> Change:
    """Return what a stream record says; MalformedRecord when it is none of ours."""
    try:
        body = record["dynamodb"]
        key = unmarshal_item(body["Keys"])
        return Change(
            what=cast("What", record["eventName"]),
            key=Key(key[PARTITION], key[SORT]),
            old=_image(body, "OldImage"),
            new=_image(body, "NewImage"),
            at=int(body["ApproximateCreationDateTime"]),
            sequence=str(body["SequenceNumber"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedRecord(f"{type(error).__name__}: {error}") from error


def _image(body: Mapping[str, Any], name: str) -> Item | None:
    return unmarshal_item(body[name]) if name in body else None
