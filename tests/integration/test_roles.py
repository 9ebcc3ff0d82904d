"""The roles of the template against what the functions ask of AWS: enough, and no more."""

from collections.abc import Iterator

import pytest

from tests.integration.test_access_patterns import SCENARIOS, function_of
from tests.recording import Grant, RecordingTable
from tests.template import resources

FUNCTIONS = resources("AWS::Serverless::Function")
ONCE_IN_A_CONTAINER = {"secretsmanager:GetSecretValue", "ssm:GetParameter"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_what_its_function_does_and_no_more(
    function: str, stack: None, quick_passwords: None
) -> None:
    used: set[Grant] = set()
    for name, prepare in SCENARIOS.items():
        if function_of(name) == function:
            with RecordingTable().installed() as table:
                used |= table.grants_of(prepare(table))
    assert used == set(granted(function))


def granted(function: str) -> Iterator[Grant]:
    for policy in FUNCTIONS[function].get("Policies", []):
        for statement in policy["Statement"]:
            action = statement["Action"]
            if action in ONCE_IN_A_CONTAINER:
                continue
            conditions = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            for prefix in conditions.get("dynamodb:LeadingKeys", [""]):
                yield action, prefix.removesuffix("#*")
