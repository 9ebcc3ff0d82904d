"""Counting the rows of counted lists again, to see that their counters are right."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from gatherhub.table.items import unmarshal_item
from gatherhub.table.lists import _month

COUNTED = {"events", "tasks", "votes"} | {
    f"tasks:status:{status}" for status in ("pending", "in_progress", "completed")
}


def miscounted(typed: Iterable[dict[str, Any]]) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return what is counted wrong among items as DynamoDB writes them: (counted, recounted)."""
    counted: Counter[tuple[str, ...]] = Counter()
    recounted: Counter[tuple[str, ...]] = Counter()
    for item in map(unmarshal_item, typed):
        area, _, name = item["pk"].partition("#")
        if area == "COUNT":
            bucket = item["sk"].rsplit("#", 1)[0]
            for attribute in item.keys() - {"pk", "sk", "kind"}:
                counted[name, bucket, attribute] += item[attribute]
        elif area == "LIST" and name in COUNTED:
            moment = item["sk"]
            recounted[name, f"M#{_month(moment)}", "n"] += 1
            recounted[name, f"D#{moment[:10]}", f"h{moment[11:13]}"] += 1
    both = counted.keys() | recounted.keys()
    return {key: (counted[key], recounted[key]) for key in both if counted[key] != recounted[key]}
