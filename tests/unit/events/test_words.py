import pytest

from gatherhub.events.words import ASKED, KEPT, index_words, query_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Picnic in the Park!", ("picnic", "in", "the", "park")),
        ("Café CAFÉ cafe\u0301", ("cafe",)),
        ("Straße", ("strasse",)),
        ("İstanbul ISTANBUL", ("istanbul",)),
        ("ﬁne ½ ²", ("fine", "1", "2")),
        ("snake_case don't e-mail", ("snake", "case", "don", "t", "e", "mail")),
        ("हिन्दी", ("हनद",)),
        ("日本語 2026", ("日本語", "2026")),
        ("🍰 !!! ---", ()),
    ],
)
def test_words_are_runs_of_letters_and_digits_without_case_and_accents(
    text: str, expected: tuple[str, ...]
) -> None:
    assert index_words(text, "") == expected


def test_the_words_of_the_title_are_kept_before_those_of_the_description() -> None:
    title = " ".join(f"t{n}" for n in range(40))
    description = "t0 " + " ".join(f"d{n}" for n in range(40))
    kept = index_words(title, description)
    assert len(kept) == len(set(kept)) == KEPT == 45
    assert kept[:40] == tuple(f"t{n}" for n in range(40))
    assert kept[40:] == tuple(f"d{n}" for n in range(5))


def test_a_word_fits_a_key_however_long_it_is() -> None:
    (word,) = index_words("", "\U0001d400\u0300ﷺ" * 500 + "𠀀" * 5_000)[:1]
    assert len(word.encode()) <= 1_000
    assert query_words("x" * 5_000) == index_words("x" * 5_000, "")


def test_a_query_asks_for_few_words_and_for_none_twice() -> None:
    assert query_words("pic picnic PARK p") == ("picnic", "park")
    assert query_words(" ".join(f"w{n:02}" for n in range(30))) == tuple(
        f"w{n:02}" for n in range(ASKED)
    )
