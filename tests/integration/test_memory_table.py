"""The table in memory against moto's: the same calls, the same answers, the same contents."""

from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatherhub import aws
from gatherhub import settings as stack_settings
from gatherhub.table.conditions import (
    above,
    absent,
    below,
    both,
    differs,
    either,
    equal,
    less,
    present,
)
from gatherhub.table.errors import ConditionFailed
from gatherhub.table.keys import Key
from gatherhub.table.reads import get, get_many, query, query_range
from gatherhub.table.writes import Check, Delete, Put, Update, delete_all, transact, write
from tests.memory_table import MemoryTable

keys = st.builds(Key, st.sampled_from("PQ"), st.sampled_from(["a#1", "a#2", "b#1", "c"]))
conditions = st.sampled_from(
    [
        None,
        absent(),
        present(),
        absent("n"),
        below("n", 3),
        above("n", 1),
        above("text", "x"),
        equal("text", "x"),
        both(present("m"), equal("m", None)),
        either(absent("n"), below("n", 1)),
        both(present(), equal("n", 2)),
        differs("n", 1),
        # Of an attribute that is missing moto says that it is null; DynamoDB doesn't.
        both(present("n"), present("m"), either(equal("m", None), less("n", "m"))),
    ]
)
numbers = st.integers(-3, 3)
puts = st.builds(
    Put,
    keys,
    st.fixed_dictionaries(
        {}, optional={"n": numbers, "m": st.none() | numbers, "text": st.just("x")}
    ),
    conditions,
)
updates = st.builds(
    Update,
    keys,
    st.fixed_dictionaries({}, optional={"text": st.sampled_from("xy")}),
    st.just({"n": 1}),
    st.sampled_from([(), ("other",)]),
    conditions,
)
deletes = st.builds(Delete, keys, conditions)
checks = st.builds(Check, keys, conditions.filter(lambda condition: condition is not None))
many = st.frozensets(keys, min_size=1, max_size=3)
singles = puts | updates | deletes
groups = st.lists(singles | checks, min_size=1, max_size=4, unique_by=lambda action: action.key)
programs = st.lists(singles | groups | many, max_size=8)


def play(program: list[Any]) -> list[Any]:
    """Return what each step of a program answers, and then everything that can be read."""
    seen: list[Any] = []
    for step in program:
        try:
            if isinstance(step, list):
                transact(step)
            elif isinstance(step, frozenset):
                delete_all(step)
            else:
                seen.append(write(step))
        except ConditionFailed as failure:
            seen.append(("failed", failure.items))
        except ClientError as error:
            seen.append(("refused", error.response["Error"]["Code"]))
    for partition in "PQ":
        seen += [query(partition), query(partition, "a#"), query_range(partition, "a#2", "b#9")]
        seen += [query_range(partition, "a", "z", reverse=True, limit=2), get(Key(partition, "c"))]
    seen.append(get_many([Key("P", "a#1"), Key("Q", "c")]))
    return seen


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs)
def test_both_tables_answer_alike(program: list[Any]) -> None:
    client = aws.client("dynamodb")
    for item in client.scan(TableName=stack_settings.table_name())["Items"]:
        key = {"pk": item["pk"], "sk": item["sk"]}
        client.delete_item(TableName=stack_settings.table_name(), Key=key)
    expected = play(program)
    with MemoryTable().installed():
        assert play(program) == expected
