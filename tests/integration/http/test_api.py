"""What every route owes its callers, shown on a route that does nothing else."""

import base64
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from pydantic import Field

from gatherhub import aws, clock, settings
from gatherhub.accounts import signing, tokens
from gatherhub.errors import ErrorCode, Problem
from gatherhub.http.api import Access, Api
from gatherhub.observability import logger
from gatherhub.schemas import PathId, Request, Response, Title, WholeNumber
from tests.http import Answer, call, http_event

USER = 41


class Choice(Request):
    text: Title


class Thing(Request):
    title: Title
    size: WholeNumber | None = Field(default=None, ge=1)
    options: list[Choice] = Field(default_factory=list)


class Echo(Response):
    title: str
    user_id: int


def refusal_of(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Operation")


def make_api(access: Access = Access.SIGNED_IN) -> Api:
    api = Api(access)

    @api.post("/things/", status_code=201)
    def create(body: Thing) -> Echo:
        if body.title == "boom":
            raise RuntimeError("secret internals")
        if body.title == "full":
            raise Problem(ErrorCode.EVENT_FULL, "The event is full.")
        return Echo(title=body.title, user_id=api.user_id if access is Access.SIGNED_IN else 0)

    @api.get("/things/<thing_id>/")
    def show(thing_id: PathId) -> Echo:
        return Echo(title=str(thing_id), user_id=api.user_id)

    return api


def send(api: Api, method: str, path: str, **request: Any) -> Answer:
    answer = api(http_event(method, path, **request), SimpleNamespace())  # type: ignore[arg-type]
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return Answer(answer["statusCode"], headers, answer["body"])


def create(body: object, **request: Any) -> Answer:
    return send(
        make_api(), "POST", "/things/", token=tokens.issue_access(USER), body=body, **request
    )


def assert_error(answer: Answer, status: int, code: str) -> Any:
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/json"
    body = answer.json
    assert set(body) == {"error", "message", "details", "timestamp"}
    assert body["error"] == code
    assert body["message"]
    clock.from_text(body["timestamp"])
    return body["details"]


def test_a_valid_request_reaches_the_route() -> None:
    answer = create({"title": "Picnic", "unknown": 1})
    assert answer.status == 201
    assert answer.json == {"title": "Picnic", "user_id": USER}


@pytest.mark.parametrize("path", ["/things", "/things/"])
def test_the_final_slash_makes_no_difference(path: str) -> None:
    token = tokens.issue_access(USER)
    answer = send(make_api(), "POST", path, token=token, body={"title": "x"})
    assert answer.status == 201


@pytest.mark.parametrize("path", ["/things/", "/nothing/"])
def test_no_answer_is_to_be_taken_for_another_type(path: str) -> None:
    answer = send(make_api(Access.PUBLIC), "POST", path, body={"title": "x"})
    assert answer.headers["x-content-type-options"] == "nosniff"


class TestErrors:
    def test_each_field_is_named_with_what_is_wrong(self) -> None:
        details = assert_error(
            create({"title": "", "size": "5", "options": [{"text": "ok"}, {"text": 7}]}),
            400,
            "validation_error",
        )
        assert set(details) == {"title", "size", "options.1.text"}
        assert all(isinstance(text, str) for messages in details.values() for text in messages)

    @pytest.mark.parametrize("size", ["5", 5.0, 5.5, True, 0, [], {}])
    def test_a_wrong_type_or_range_names_the_field(self, size: object) -> None:
        assert set(assert_error(create({"title": "x", "size": size}), 400, "validation_error")) == {
            "size"
        }

    def test_a_missing_field_is_required(self) -> None:
        details = assert_error(create({}), 400, "validation_error")
        assert details == {"title": ["This field is required."]}

    def test_no_body_at_all_counts_as_an_empty_object(self) -> None:
        token = tokens.issue_access(USER)
        answer = send(make_api(), "POST", "/things/", token=token)
        assert set(assert_error(answer, 400, "validation_error")) == {"title"}

    @pytest.mark.parametrize("body", [[1], "text", 7, None, True])
    def test_a_body_that_is_no_object_is_a_validation_error(self, body: object) -> None:
        token = tokens.issue_access(USER)
        raw = json.dumps(body)
        answer = send(make_api(), "POST", "/things/", token=token, raw=raw)
        assert set(assert_error(answer, 400, "validation_error")) == {"non_field_errors"}

    @pytest.mark.parametrize(
        "raw",
        [
            "{",
            '{"title": NaN}',
            '{"title": Infinity}',
            "{'title': 1}",
            '{"title": "x"} trailing',
            "[" * 100_000,
            '{"size": ' + "9" * 5_000 + "}",
            b'{"title": "\xff"}',
            "\ufeff{}",
            '{"title": "x", "z": ' + "[" * 40 + "]" * 40 + "}",
        ],
    )
    def test_what_is_not_json_is_invalid_json(self, raw: str | bytes) -> None:
        token = tokens.issue_access(USER)
        headers = {"Content-Type": "application/json"}
        answer = send(make_api(), "POST", "/things/", token=token, raw=raw, headers=headers)
        assert assert_error(answer, 400, "invalid_json") == {}

    def test_half_a_surrogate_pair_is_refused_by_field(self) -> None:
        token = tokens.issue_access(USER)
        answer = send(make_api(), "POST", "/things/", token=token, raw='{"title": "\\ud800"}')
        assert set(assert_error(answer, 400, "validation_error")) == {"title"}

    def test_base64_that_is_none_is_invalid_json(self) -> None:
        event = http_event("POST", "/things/", token=tokens.issue_access(USER), raw=b"{}")
        event["body"] = "a"
        answer = make_api()(event, SimpleNamespace())  # type: ignore[arg-type]
        assert json.loads(answer["body"])["error"] == "invalid_json"

    def test_a_body_in_base64_is_read(self) -> None:
        token = tokens.issue_access(USER)
        answer = send(make_api(), "POST", "/things/", token=token, raw='{"title": "é"}'.encode())
        assert answer.json["title"] == "é"

    def test_too_large(self) -> None:
        details = assert_error(create({"title": "x" * 1_100_000}), 413, "payload_too_large")
        assert details == {"limit_bytes": 1_048_576}

    @pytest.mark.parametrize(
        "media_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "x"]
    )
    def test_another_media_type(self, media_type: str) -> None:
        answer = create({"title": "x"}, headers={"Content-Type": media_type})
        assert_error(answer, 415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", " application/json "]
    )
    def test_json_in_every_spelling(self, media_type: str) -> None:
        assert create({"title": "x"}, headers={"Content-Type": media_type}).status == 201

    def test_an_unexpected_exception_shows_nothing_but_the_request_id(self) -> None:
        answer = create({"title": "boom"}, headers={"X-Request-Id": "mine-1"})
        assert assert_error(answer, 500, "internal_error") == {"request_id": "mine-1"}
        assert "secret" not in answer.text
        assert answer.headers["x-request-id"] == "mine-1"

    def test_a_problem_of_the_domain_has_its_status(self) -> None:
        assert assert_error(create({"title": "full"}), 400, "event_full") == {}

    def test_a_table_that_does_not_answer_is_a_503(self, monkeypatch: pytest.MonkeyPatch) -> None:
        token = tokens.issue_access(USER)
        monkeypatch.setattr(settings, "table_name", lambda: "no-such-table")
        answer = send(make_api(), "POST", "/things/", token=token, body={"title": "x"})
        assert_error(answer, 503, "service_unavailable")
        assert answer.headers["retry-after"] == "1"

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (refusal_of("AccessDeniedException"), 503),
            (refusal_of("InternalServerError"), 503),
            (EndpointConnectionError(endpoint_url="https://ssm"), 503),
            (refusal_of("ValidationException"), 500),
            (ParamValidationError(report="x"), 500),
        ],
    )
    def test_another_service_that_does_not_answer_is_a_503_but_a_mistake_of_ours_a_500(
        self, error: Exception, status: int
    ) -> None:
        api = make_api()

        @api.get("/other/")
        def other() -> Echo:
            raise error

        answer = send(api, "GET", "/other/", token=tokens.issue_access(USER))
        code = "service_unavailable" if status == 503 else "internal_error"
        assert_error(answer, status, code)

    @pytest.mark.parametrize(
        "path", ["/things/x/y/", "/thing/", "/", "//", "/things/%00/z", "/api/v1/nothing/"]
    )
    def test_an_unknown_path(self, path: str) -> None:
        answer = send(make_api(Access.PUBLIC), "GET", path)
        assert_error(answer, 404, "not_found")

    @pytest.mark.parametrize("path", ["/health/", "/api/v1/events/\x00/"])
    def test_what_no_function_takes_is_not_there_although_its_method_is_right(
        self, path: str
    ) -> None:
        answer = send(make_api(Access.PUBLIC), "GET", path)
        assert_error(answer, 404, "not_found")

    def test_a_known_path_with_another_method(self) -> None:
        answer = send(make_api(Access.PUBLIC), "DELETE", "/api/v1/auth/profile/")
        assert_error(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, PATCH, PUT"

    @pytest.mark.parametrize("token", [None, "bad"])
    @pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}])
    @pytest.mark.parametrize(
        ("wanted", "status"),
        [
            (("events.get_event", "GET", "/api/v1/events/1/x/"), 404),
            (("auth.update_profile", "PUT", "/api/v1/auth/profile/x"), 404),
            (("auth.login", "POST", "/api/v1/auth/login/x"), 404),
            (("auth.login", "PUT", "/api/v1/auth/login/"), 405),
            (("auth.logout", "GET", "/api/v1/auth/logout/"), 405),
            (("events.get_event", "GET", "/api/v1/events/x/"), 401),
        ],
    )
    def test_what_is_there_depends_on_neither_caller_nor_body(
        self, wanted: tuple[str, str, str], status: int, headers: Any, token: str | None
    ) -> None:
        answer = call(*wanted, raw="{", headers=headers, token=token)
        assert answer.status == status, answer.text
        assert "x-ratelimit-remaining" in answer.headers
        assert ("allow" in answer.headers) == (status == 405)

    @pytest.mark.parametrize(
        "thing", ["0", "-1", "abc", "1.0", "1_0", "+1", "٣", "9007199254740992", "1e3", "%20"]
    )
    def test_an_id_that_is_no_positive_integer_is_not_found(self, thing: str) -> None:
        token = tokens.issue_access(USER)
        answer = send(make_api(), "GET", f"/things/{thing}/", token=token)
        assert_error(answer, 404, "not_found")

    def test_an_id_is_a_number(self) -> None:
        token = tokens.issue_access(USER)
        answer = send(make_api(), "GET", "/things/9007199254740991/", token=token)
        assert answer.json["title"] == "9007199254740991"


class TestAuthentication:
    @pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "token"])
    def test_without_a_token(self, header: str | None) -> None:
        headers = {} if header is None else {"Authorization": header}
        answer = send(make_api(), "POST", "/things/", body={"title": "x"}, headers=headers)
        assert_error(answer, 401, "not_authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"

    def test_a_forged_token(self) -> None:
        head, payload, _ = tokens.issue_access(USER).split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        for forged in (f"{head}.{payload}.AAAA", f"{none}.{payload}.", "a.b.c", "é", "x" * 9_000):
            answer = send(make_api(), "POST", "/things/", token=forged, body={"title": "x"})
            assert_error(answer, 401, "token_invalid")

    def test_a_refresh_token_is_no_access_token(self) -> None:
        token = tokens.issue_refresh(USER, "family", "id")
        answer = send(make_api(), "POST", "/things/", token=token, body={"title": "x"})
        assert_error(answer, 401, "token_invalid")

    def test_an_expired_token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        issued = clock.epoch() - tokens.ACCESS_SECONDS - 1
        with monkeypatch.context() as past:
            past.setattr(clock, "epoch", lambda: issued)
            token = tokens.issue_access(USER)
        answer = send(make_api(), "POST", "/things/", token=token, body={"title": "x"})
        assert_error(answer, 401, "token_expired")
        assert answer.headers["www-authenticate"] == "Bearer"

    def test_who_is_nobody_is_told_so_before_anything_else(self) -> None:
        answer = send(make_api(), "POST", "/things/", raw="{")
        assert_error(answer, 401, "not_authenticated")

    def test_rotating_the_secret_logs_nobody_out(self) -> None:
        token = tokens.issue_access(USER)
        aws.client("secretsmanager").put_secret_value(
            SecretId=settings.token_secret_id(), SecretString="b" * 64
        )
        signing.signing_keys.cache_clear()
        newer = tokens.issue_access(USER)
        for either in (token, newer):
            answer = send(make_api(), "POST", "/things/", token=either, body={"title": "x"})
            assert answer.status == 201


class TestRateLimit:
    @pytest.fixture(autouse=True)
    def three_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RATE_LIMIT", "3")
        minute = clock.epoch() // 60 * 60
        self.reset = minute + 60
        monkeypatch.setattr(clock, "epoch", lambda: minute + 5)

    def test_every_answer_tells_what_is_left(self) -> None:
        answers = [create({"title": "x"}), create({}), create({"title": "boom"})]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0"]
        for answer in answers:
            assert answer.headers["x-ratelimit-limit"] == "3"
            assert answer.headers["x-ratelimit-reset"] == str(self.reset)

    def test_one_too_many(self) -> None:
        for _ in range(3):
            create({"title": "x"})
        answer = create({"title": "x"})
        details = assert_error(answer, 429, "rate_limit_exceeded")
        assert details == {
            "limit": 3,
            "window": "1 minute",
            "reset_at": clock.to_text(clock.from_epoch(self.reset)),
        }
        assert answer.json["message"] == "Rate limit exceeded. Try again in 55 seconds."
        assert answer.headers["retry-after"] == "55"
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert answer.headers["x-ratelimit-reset"] == str(self.reset)

    def test_the_next_minute_starts_afresh(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(4):
            create({"title": "x"})
        monkeypatch.setattr(clock, "epoch", lambda: self.reset)
        assert create({"title": "x"}).status == 201

    def test_users_are_counted_apart_and_refusals_by_address(self) -> None:
        for _ in range(4):
            create({"title": "x"})
        other = tokens.issue_access(USER + 1)
        answer = send(make_api(), "POST", "/things/", token=other, body={"title": "x"})
        assert answer.status == 201
        bad = [send(make_api(), "POST", "/things/", token="bad") for _ in range(4)]
        assert [answer.status for answer in bad] == [401, 401, 401, 429]

    def test_anonymous_clients_are_counted_by_address(self) -> None:
        def ask(address: str, **headers: str) -> int:
            api = make_api(Access.PUBLIC)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return send(api, "GET", "/x/", address=address, headers=named).status

        assert [ask("203.0.113.1") for _ in range(4)] == [404, 404, 404, 429]
        assert ask("203.0.113.2") == 404
        # One IPv6 client has a whole /64 to choose its address from.
        assert [ask(f"2001:db8::{host}") for host in range(1, 5)] == [404, 404, 404, 429]
        assert ask("2001:db8:0:1::1") == 404
        # Nobody can speak for another address without the key of the edge.
        assert ask("203.0.113.1", x_viewer_address="198.51.100.9") == 429

    def test_the_edge_is_believed_about_the_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EDGE_KEY", "the-key")
        headers = {"x-edge-key": "the-key", "x-viewer-address": "198.51.100.9"}
        for _ in range(3):
            send(make_api(Access.PUBLIC), "GET", "/x/", headers=headers)
        assert send(make_api(Access.PUBLIC), "GET", "/x/", headers=headers).status == 429
        forged = {**headers, "x-edge-key": "a-guess"}
        assert send(make_api(Access.PUBLIC), "GET", "/x/", headers=forged).status == 404

    def test_monitors_are_not_counted(self) -> None:
        answers = [send(make_api(Access.MONITOR), "GET", "/x/") for _ in range(5)]
        assert {answer.status for answer in answers} == {404}
        assert "x-ratelimit-limit" not in answers[0].headers

    @pytest.mark.parametrize("method", ["HEAD", "POST", "DELETE"])
    def test_health_paths_are_not_counted_whatever_the_method(self, method: str) -> None:
        answers = [call("fallback.no_route", method, "/health") for _ in range(5)]
        assert {answer.status for answer in answers} == {405}
        assert answers[0].headers["allow"] == "GET"
        assert call("fallback.no_route", "GET", "/healthy/").headers["x-ratelimit-remaining"] == "2"


class TestRequestId:
    def test_the_gateways_by_default(self) -> None:
        assert create({"title": "x"}).headers["x-request-id"] == "gateway-request-id"

    @pytest.mark.parametrize("insane", ["", "a b", "x" * 129, 'a"b', "a\nb", "é"])
    def test_the_clients_when_it_is_sane(self, insane: str) -> None:
        sane = create({"title": "x"}, headers={"X-Request-Id": "order-17:a/b"})
        assert sane.headers["x-request-id"] == "order-17:a/b"
        answer = create({"title": "x"}, headers={"X-Request-Id": insane})
        assert answer.headers["x-request-id"] == "gateway-request-id"


def test_text_is_sent_as_it_is() -> None:
    answer = create({"title": "🎉é"})
    assert "🎉é" in answer.text


def test_one_log_line_a_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    logger.setLevel("INFO")
    try:
        create({"title": "x"})
    finally:
        logger.setLevel("WARNING")
    (line,) = [json.loads(text) for text in log.getvalue().splitlines()]
    assert line["message"] == "request"
    assert line["route"] == "POST /things"
    assert line["status"] == 201
    assert line["user_id"] == USER
    assert line["request_id"] == "gateway-request-id"
    assert line["duration_ms"] > 0
    (metrics,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert metrics["route"] == "POST /things"
    assert metrics["Requests"] == [1.0]
