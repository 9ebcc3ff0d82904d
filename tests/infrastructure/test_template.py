"""The template against the code, the contract and our own rules for a stack."""

import importlib
import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gatherhub.http.routes import ROUTES
from tests.template import ROOT, load_template, resources

FUNCTIONS = resources("AWS::Serverless::Function")
SLASH = "/{proxy+}"

# Single actions that a function may be given; a wildcard is none.
ACTION = re.compile(r"[a-z0-9-]+:[A-Z][A-Za-z]+")


def module_of(properties: dict[str, Any]) -> str:
    domain = Path(properties["CodeUri"]).as_posix().replace("/", ".").strip(".")
    module, attribute = properties["Handler"].rsplit(".", 1)
    assert attribute == "handler"
    return f"{domain}.{module}"


def http_routes() -> list[tuple[str, str, str]]:
    """Return (function, method, path) for every HTTP event of the template."""
    return [
        (name, event["Properties"].get("Method", ""), event["Properties"].get("Path", "$default"))
        for name, properties in FUNCTIONS.items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]


def statements() -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, statement)
        for name, properties in FUNCTIONS.items()
        for policy in properties.get("Policies", [])
        for statement in policy["Statement"]
    ]


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return action if isinstance(action, list) else [action]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_handler_that_imports(name: str) -> None:
    module = importlib.import_module(module_of(FUNCTIONS[name]))
    assert callable(module.handler)


def test_every_handler_file_is_deployed() -> None:
    files = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in (ROOT / "functions").rglob("*.py")
        if path.name != "__init__.py"
    }
    assert files == {module_of(properties) for properties in FUNCTIONS.values()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_handlers_are_short(name: str) -> None:
    path = ROOT / (module_of(FUNCTIONS[name]).replace(".", "/") + ".py")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


def test_the_template_declares_every_route_and_no_other() -> None:
    declared = {
        (re.sub(r"\{(\w+)\}", r"<\1>", path) + "/", method)
        for _, method, path in http_routes()
        if path != "$default" and not path.endswith(SLASH)
    }
    assert declared == {(path, method) for path, methods in ROUTES.items() for method in methods}


def test_each_route_has_a_twin_that_takes_the_final_slash() -> None:
    plain = {route for route in http_routes() if not route[2].endswith(SLASH)}
    twins = {(name, method, path.removesuffix(SLASH)) for name, method, path in http_routes()}
    assert plain == twins
    assert len(http_routes()) == 2 * len(plain) - 1  # $default has none


def test_one_function_answers_what_no_route_does() -> None:
    assert [name for name, _, path in http_routes() if path == "$default"] == ["NoRouteFunction"]


@pytest.mark.parametrize("name", [name for name, _, path in http_routes() if path != "$default"])
def test_a_handler_declares_the_routes_of_its_function(name: str) -> None:
    api = importlib.import_module(module_of(FUNCTIONS[name])).handler
    declared = {(route.path, route.method) for route in api._static_routes + api._dynamic_routes}
    deployed = {
        (re.sub(r"\{(\w+)\}", r"<\1>", path) + "/", method)
        for function, method, path in http_routes()
        if function == name and not path.endswith(SLASH)
    }
    assert declared == deployed


def test_allowed_methods_are_sorted_as_they_are_shown() -> None:
    assert all(list(methods) == sorted(methods) for methods in ROUTES.values())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_a_log_group_with_retention(name: str) -> None:
    group = FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["Ref"]
    assert resources("AWS::Logs::LogGroup")[group]["RetentionInDays"]


def test_no_log_group_serves_two_functions() -> None:
    groups = Counter(
        properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in FUNCTIONS.values()
    )
    assert set(groups) == set(resources("AWS::Logs::LogGroup"))
    assert set(groups.values()) == {1}


@pytest.mark.parametrize(("name", "statement"), statements())
def test_roles_name_single_actions_on_single_resources(
    name: str, statement: dict[str, Any]
) -> None:
    assert statement["Effect"] == "Allow"
    assert all(ACTION.fullmatch(action) for action in actions(statement))
    assert statement["Resource"] != "*"


@pytest.mark.parametrize(("name", "statement"), statements())
def test_roles_reach_only_the_partitions_they_name(name: str, statement: dict[str, Any]) -> None:
    if not actions(statement)[0].startswith("dynamodb:"):
        return
    assert statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}
    (prefixes,) = (statement["Condition"]["ForAllValues:StringLike"].values(),)
    assert all(re.fullmatch(r"[A-Z]+(#\*)?", prefix) for (group) in prefixes for prefix in group)


@pytest.mark.parametrize(("name", "statement"), statements())
def test_no_role_may_scan_or_change_the_stack(name: str, statement: dict[str, Any]) -> None:
    forbidden = {"dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:UpdateTable"}
    assert not forbidden & set(actions(statement))


def test_the_table_has_no_index_and_all_of_its_safeguards() -> None:
    table = resources("AWS::DynamoDB::Table")["Table"]
    assert "GlobalSecondaryIndexes" not in table
    assert "LocalSecondaryIndexes" not in table
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_what_holds_state_outlives_the_stack() -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        for name in resources(kind):
            resource = load_template()["Resources"][name]
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
            assert resource["UpdateReplacePolicy"] == "Retain"


def test_alarms_watch_things_that_exist() -> None:
    known = set(load_template()["Resources"])
    for properties in resources("AWS::CloudWatch::Alarm").values():
        for dimension in properties["Dimensions"]:
            value = dimension["Value"]
            target = value.get("Ref") or value["Fn::GetAtt"][0]
            assert target in known


def test_alarms_tell_someone() -> None:
    for properties in resources("AWS::CloudWatch::Alarm").values():
        for moment in ("AlarmActions", "OKActions"):
            condition, (topic,), otherwise = properties[moment]["Fn::If"]
            assert condition == "HasAlarmTopic"
            assert topic == {"Ref": "AlarmTopicArn"}
            assert otherwise == {"Ref": "AWS::NoValue"}


def test_stream_consumers_begin_with_what_is_there() -> None:
    mappings = [
        event["Properties"]
        for properties in FUNCTIONS.values()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    ]
    assert mappings
    assert all(mapping["StartingPosition"] == "TRIM_HORIZON" for mapping in mappings)


def test_a_queue_gives_its_function_the_time_that_it_may_take() -> None:
    template = load_template()
    defaults = template["Globals"]["Function"]
    queues = {
        event["Properties"]["Queue"]["Fn::GetAtt"][0]: properties.get(
            "Timeout", defaults["Timeout"]
        )
        for properties in FUNCTIONS.values()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    assert queues
    for name, timeout in queues.items():
        assert resources("AWS::SQS::Queue")[name]["VisibilityTimeout"] > timeout


def test_settings_that_functions_require_are_in_their_environment() -> None:
    everywhere = set(load_template()["Globals"]["Function"]["Environment"]["Variables"])
    source = (ROOT / "layers/common/gatherhub/settings.py").read_text(encoding="utf-8")
    required = set(re.findall(r'required\("(\w+)"\)', source))
    assert required - everywhere == {
        "CONNECTIONS_URL",
        "CLOSING_QUEUE_URL",
        "DEADLINES_QUEUE_URL",
        "DELIVERIES_QUEUE_URL",
        "FAILURES_QUEUE_URL",
    }


@pytest.mark.parametrize(
    ("variable", "action", "target"),
    [
        ("CONNECTIONS_URL", "execute-api:ManageConnections", "WebSocketApi"),
        ("CLOSING_QUEUE_URL", "sqs:SendMessage", "ClosingQueue"),
        ("DEADLINES_QUEUE_URL", "sqs:SendMessage", "DeadlinesQueue"),
        ("DELIVERIES_QUEUE_URL", "sqs:SendMessage", "Deliveries"),
        ("FAILURES_QUEUE_URL", "sqs:SendMessage", "BroadcastFailures"),
    ],
)
def test_functions_know_the_address_of_what_they_may_call(
    variable: str, action: str, target: str
) -> None:
    with_address = {
        name
        for name, properties in FUNCTIONS.items()
        if variable in properties.get("Environment", {}).get("Variables", {})
    }
    assert with_address == {
        name
        for name, statement in statements()
        if action in actions(statement) and target in str(statement["Resource"])
    }


@pytest.mark.parametrize("environment", ["local", "staging", "production"])
def test_the_template_translates_and_passes_the_linter(environment: str) -> None:
    sam = ROOT / ".tools/sam/bin/sam"
    assert sam.exists(), "run `make validate`, which installs aws-sam-cli"
    result = subprocess.run(  # noqa: S603
        [sam, "validate", "--lint", "--config-env", environment, "--region", "us-east-1"],
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
