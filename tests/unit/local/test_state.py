import json
from pathlib import Path
from typing import Any

from local.state import prepare_restart


def save(path: Path, payload: dict[str, Any]) -> None:
    path.write_text(json.dumps({"__ministack_format__": 2, "payload": payload}))


def load(path: Path) -> Any:
    return json.loads(path.read_text())["payload"]


def scoped(data: dict[str, Any]) -> dict[str, Any]:
    return {"__account_region_scoped__": True, "data": data}


def test_consumers_begin_at_the_new_beginning_of_the_stream(tmp_path: Path) -> None:
    path = tmp_path / "lambda.json"
    save(path, {"dynamodb_stream_positions": scoped({"one": 12, "two": 0}), "functions": {}})

    prepare_restart(tmp_path)

    assert load(path) == {
        "dynamodb_stream_positions": scoped({"one": 0, "two": 0}),
        "functions": {},
    }


def test_log_groups_stay_and_their_lines_go(tmp_path: Path) -> None:
    path = tmp_path / "cloudwatch_logs.json"
    group = {"retentionInDays": 1, "streams": {"stream": {"events": [1]}}}
    save(path, {"log_groups": scoped({"group": group}), "queries": []})

    prepare_restart(tmp_path)

    emptied = {"retentionInDays": 1, "streams": {}}
    assert load(path) == {"log_groups": scoped({"group": emptied}), "queries": []}


def test_nothing_saved_is_nothing_to_do(tmp_path: Path) -> None:
    prepare_restart(tmp_path / "none")
