"""One catalogue of messages: every language says everything, with the same numbers in it."""

import pytest

from kembar.errors import InputError
from kembar.language import LANGUAGES, check_language, messages, placeholders


def test_every_language_has_the_same_messages() -> None:
    english = set(messages("en").texts)
    for language in LANGUAGES:
        other = set(messages(language).texts)
        assert other - english == set(), f"{language} has messages that English lacks"
        assert english - other == set(), f"{language} lacks messages"


def test_every_message_has_the_same_placeholders_in_every_language() -> None:
    for key, text in messages("en").texts.items():
        for language in LANGUAGES:
            assert placeholders(messages(language).texts[key]) == placeholders(text), f"{language}: {key}"


def test_no_message_is_empty() -> None:
    for language in LANGUAGES:
        assert [key for key, text in messages(language).texts.items() if not text.strip()] == []


def test_an_unknown_language_names_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        check_language("ide")
    assert str(caught.value) == (
        "error: --lang: unknown language 'ide'; there are en (English), id (Bahasa Indonesia); did you mean id?"
    )


def test_numbers_are_written_in_the_readers_way() -> None:
    assert messages("en").number(1234567.891, 2) == "1,234,567.89"
    assert messages("id").number(1234567.891, 2) == "1.234.567,89"
    assert messages("id").number(-0.001, 1) == "0,0"
