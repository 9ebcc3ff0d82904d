import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherhub.table.items import marshal, marshal_item, unmarshal, unmarshal_item

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text()
    | st.binary()
    | st.frozensets(st.text(), min_size=1)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(st.dictionaries(st.text(min_size=1), values))
def test_what_is_stored_comes_back(item: dict[str, object]) -> None:
    assert unmarshal_item(marshal_item(item)) == item


def test_true_is_no_number() -> None:
    assert marshal(True) == {"BOOL": True}
    assert marshal(1) == {"N": "1"}


@pytest.mark.parametrize("value", [1.5, object(), {1, 2}])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        marshal(value)


def test_types_that_are_never_written_are_not_read() -> None:
    with pytest.raises(TypeError):
        unmarshal({"NS": ["1"]})
