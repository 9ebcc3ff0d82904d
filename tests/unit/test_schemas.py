from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gatherhub.events.schemas import Location
from gatherhub.schemas import Description, Title

title = TypeAdapter[str](Title)


def test_a_title_is_measured_without_the_white_space_around_it() -> None:
    assert title.validate_python(" Picnic ") == "Picnic"
    assert title.validate_python("x" * 200 + " ") == "x" * 200
    for bad in ("   ", "x" * 201, "\ud800"):
        with pytest.raises(ValidationError):
            title.validate_python(bad)


@pytest.mark.parametrize(("kind", "most"), [(Title, 200), (Description, 5_000), (Location, 300)])
def test_a_length_is_told_in_characters(kind: Any, most: int) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python("x" * (most + 1))
    [error] = caught.value.errors()
    assert error["msg"] == f"String should have at most {most} characters"
