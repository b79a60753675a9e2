from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.backgrounds.sentences import split_sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Dorrit came.", "Mrs. Clennam stayed with Dr. Haggage and the Rev. J. Smith, Esq. of St. Ives."],
        ["“Mr. Jarndyce!” said he.", "“Come in!”", "He came."],
        ["'Mrs. Blinder,' he said to me.", "She went."],
        ['"Where is Mr. Guppy?" asked Ada.', '"Gone."', "So it was."],
        ["She said—Mrs. Craven did—that it was i.e. nothing.", "Then he left at 5 p.m.", "He ran."],
        ["No.", "He lived at No. 5 of vol. 2."],
        ["He waited. . . .", "Then (who knew?) he went."],
        ["It cost ten lb. of gold to Messrs. Smith & Co. in the U.S. of old.", "What?"],
        ['He said, "I am." and "so are you." to her.', "Yes."],
        ["One sentence without an end"],
        ["What an end!)", "[And a beginning.]", "Last…"],
    ],
)
def test_sentences_are_whole(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


@given(st.lists(st.text("abZ0.!?,'\"“”‘’()-—é", min_size=1, max_size=6), min_size=1, max_size=30).map(" ".join))
def test_nothing_is_lost_or_added(paragraph: str) -> None:
    sentences = split_sentences(paragraph)
    assert " ".join(sentences) == paragraph
    assert all(sentences)


def test_a_long_text_is_split_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    from nltk import redos

    monkeypatch.setattr(redos, "DEFAULT_TIMEOUT", 1e-6)
    sentences = ["Clennam went to the garden.", "He slept!"] * 500
    assert split_sentences(" ".join(sentences)) == sentences
