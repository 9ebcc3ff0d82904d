from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler.openapi.params import Query

from gatherhub.http.api import Access, Api
from gatherhub.http.paging import Listing, Paging, listing
from gatherhub.schemas import DateBound
from tests.http import Answer, http_event

TOTAL = 45


class Filter(Paging):
    search: str | None = None
    date_from: DateBound | None = None


def ask(query: str, total: int = TOTAL) -> Answer:
    api = Api(Access.PUBLIC, accepts=())

    @api.get("/things/")
    def show(query: Annotated[Filter, Query()]) -> Listing[int]:
        found = list(range(total))[query.offset : query.offset + query.size]
        raw = str(api.current_event.get("rawQueryString", ""))
        return listing("/things/", raw, query, total, found)

    answer = api(http_event("GET", f"/things/{query}"), SimpleNamespace())  # type: ignore[arg-type]
    return Answer(answer["statusCode"], answer["headers"], answer["body"])


def test_the_first_page_has_twenty_and_a_next() -> None:
    body = ask("").json
    assert body["count"] == TOTAL
    assert body["results"] == list(range(20))
    assert body["next"] == "http://localhost:8000/things/?page=2"
    assert body["previous"] is None


def test_links_keep_the_other_parameters() -> None:
    body = ask("?search=a%20b%26c&page=2&page_size=10").json
    assert body["results"] == list(range(10, 20))
    assert body["next"] == "http://localhost:8000/things/?search=a+b%26c&page_size=10&page=3"
    assert body["previous"] == "http://localhost:8000/things/?search=a+b%26c&page_size=10&page=1"


def test_the_last_page_has_what_is_left() -> None:
    body = ask("?page=3").json
    assert body["results"] == list(range(40, 45))
    assert body["next"] is None


@pytest.mark.parametrize("query", ["?page=4", "?page=46&page_size=1", "?page=999999999999999"])
def test_a_page_past_the_end_is_not_found(query: str) -> None:
    answer = ask(query)
    assert answer.status == 404
    assert answer.json["error"] == "not_found"


def test_the_first_page_of_nothing_is_empty() -> None:
    assert ask("", total=0).json == {"count": 0, "next": None, "previous": None, "results": []}


def test_a_larger_size_is_cut() -> None:
    assert len(ask("?page_size=1000", total=150).json["results"]) == 100


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.0", "1e1", "", "+1", "1_0", "%201"])
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_a_malformed_number_names_the_parameter(name: str, value: str) -> None:
    answer = ask(f"?{name}={value}")
    assert answer.status == 400
    assert set(answer.json["details"]) == {name}


@pytest.mark.parametrize("value", ["yesterday", "2024-02-30", "2024-1-1", "1704110400", ""])
def test_a_malformed_date_names_the_parameter(value: str) -> None:
    answer = ask(f"?date_from={value}")
    assert answer.status == 400
    assert set(answer.json["details"]) == {"date_from"}


def api_query(query: str) -> Any:
    return ask(query).status


@pytest.mark.parametrize("value", ["2024-01-31", "2024-01-31T10:00:00Z", "9999-12-31"])
def test_a_day_or_a_time_is_a_date(value: str) -> None:
    assert api_query(f"?date_from={value}") == 200
