import pytest
from pydantic import TypeAdapter, ValidationError

from gatherhub.schemas import Title

title = TypeAdapter[str](Title)


def test_a_title_is_measured_without_the_white_space_around_it() -> None:
    assert title.validate_python(" Picnic ") == "Picnic"
    assert title.validate_python("x" * 200 + " ") == "x" * 200
    for bad in ("   ", "x" * 201, "\ud800"):
        with pytest.raises(ValidationError):
            title.validate_python(bad)
