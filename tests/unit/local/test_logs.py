import json
from pathlib import Path

from local.logs import Tail, follow, show_emulator_line, show_function_line

NAME = "gatherhub-local-CreateEventFunction-348D41E6011CC"


def test_shows_a_structured_line() -> None:
    entry = {
        "level": "INFO",
        "location": "record_request:26",
        "message": "request",
        "timestamp": "2026-01-31T12:53:42.343+00:00",
        "service": "gatherhub",
        "route": "POST /api/v1/events",
        "status": 201,
        "user_id": None,
        "xray_trace_id": "1-6b02e5d4",
    }

    shown = show_function_line(f"{NAME}\t{json.dumps(entry)}")

    assert shown == "12:53:42 INFO    CreateEvent: request route=POST /api/v1/events status=201"


def test_shows_the_trace_of_an_exception() -> None:
    entry = {"level": "ERROR", "message": "failed", "exception": "Traceback\n  line"}

    shown = show_function_line(f"{NAME}\t{json.dumps(entry)}")

    assert shown == "ERROR   CreateEvent: failed\nTraceback\n  line"


def test_shows_other_lines_as_they_are() -> None:
    assert show_function_line(f"{NAME}\tplain text") == "CreateEvent: plain text"


def test_hides_metrics() -> None:
    assert show_function_line(f'{NAME}\t{{"_aws": {{}}, "Requests": [1.0]}}') is None


def test_shows_functions_that_the_emulator_could_not_run() -> None:
    line = f"2026-01-31 12:53:41 ERROR [lambda] Worker error for {NAME}: No module named 'x'"

    assert show_emulator_line(line) == (
        "12:53:41 ERROR   Worker error for CreateEvent: No module named 'x'"
    )
    assert show_emulator_line("2026-01-31 12:53:41 INFO [lambda] Worker spawned") is None
    assert show_emulator_line("2026-01-31 12:53:41 ERROR [rds] No Docker") is None


def test_reads_whole_lines_of_a_growing_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = Tail(path)
    assert tail.lines() == []

    path.write_text("one\ntw")
    assert tail.lines() == ["one"]

    with path.open("a") as file:
        file.write("o\n")
    assert tail.lines() == ["two"]

    path.write_text("new\n")
    assert tail.lines() == ["new"]


def test_follows_until_told_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\nhidden\n")
    answers = iter([False, True])

    lines = list(
        follow({path: lambda line: line if line == "one" else None}, lambda: next(answers))
    )

    assert lines == ["one"]
