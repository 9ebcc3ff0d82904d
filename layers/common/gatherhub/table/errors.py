"""What the store can answer instead of doing what was asked, translated from botocore once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from gatherhub import aws
from gatherhub.table.items import Item, unmarshal_item

_CONFLICTS = frozenset({"TransactionConflictException"})


class TableError(Exception):
    """Anything the store refuses."""


class ConditionFailed(TableError):
    """A condition did not hold, and nothing was written.

    `items` has one entry per action of the transaction (one for a single write): None where the
    condition held, else the item as it was (empty when there was none).
    """

    def __init__(self, items: Sequence[Item | None]) -> None:
        super().__init__(f"conditions failed: {[i for i, x in enumerate(items) if x is not None]}")
        self.items = list(items)

    def failed(self, index: int) -> bool:
        """Tell whether the condition of action `index` is one that did not hold."""
        return self.items[index] is not None


class Contention(TableError):
    """Another writer was at the same items; nothing was written, and trying again may help."""


class StoreUnavailable(TableError):
    """The store can't be reached or has no capacity now; a write may or may not have happened."""


def _response(error: ClientError) -> Mapping[str, Any]:
    # The stubs name only what every error has.
    return cast("Mapping[str, Any]", error.response)


def _cancellation(error: ClientError) -> TableError | None:
    reasons = _response(error).get("CancellationReasons") or []
    codes = {reason.get("Code") for reason in reasons}
    if "ConditionalCheckFailed" in codes:
        return ConditionFailed(
            [
                unmarshal_item(reason.get("Item", {}))
                if reason.get("Code") == "ConditionalCheckFailed"
                else None
                for reason in reasons
            ]
        )
    if codes & {"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}:
        return Contention(f"transaction cancelled: {sorted(code for code in codes if code)}")
    return None


def translate(error: ClientError) -> TableError | None:
    """Return what a botocore error means here, or None when it is a mistake of ours."""
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed([unmarshal_item(_response(error).get("Item") or {})])
    if code == "TransactionCanceledException":
        return _cancellation(error)
    if code in _CONFLICTS:
        return Contention(code)
    return StoreUnavailable(code) if aws.is_outage(error) else None


@contextmanager
def translated() -> Iterator[None]:
    """Turn botocore's errors into those of this module; others pass through."""
    try:
        yield
    except ClientError as error:
        meaning = translate(error)
        if meaning is None:
            raise
        raise meaning from error
    except BotoCoreError as error:
        if not aws.is_outage(error):
            raise
        raise StoreUnavailable(type(error).__name__) from error
