"""How contexts and questions become tokens."""

import pytest
import torch

from babilong.tokenizers import load_tokenizer
from baselines.checkpoints import Checkpoint
from baselines.memory.model import MemoryModel
from baselines.reader import RecurrentReader
from baselines.reading import BARE, CHAT, PUBLISHED, Pages, _sentences
from generators.backgrounds.sentences import split_sentences
from tests.baselines.released import define_rmt_answer
from tests.baselines.tiny import tiny_memory

TOKENIZER = load_tokenizer()
QUESTION = "Where is Mary?"
SENTENCES = ["Mary went to the garden.", "It rained all day.", "John moved to the hallway."] * 20


def ids(convention, context: str) -> list[int]:
    return [token for piece in convention.pieces(TOKENIZER, context) for token in piece]


def test_published_models_read_sentences_that_run_together():
    apart = [token for sentence in SENTENCES for token in TOKENIZER.encode(sentence)]
    assert ids(PUBLISHED, " ".join(SENTENCES)) == apart
    assert TOKENIZER.decode(ids(PUBLISHED, " ".join(SENTENCES[:2]))) == "".join(SENTENCES[:2])
    assert ids(PUBLISHED, "") == ids(PUBLISHED, "  ") == []


def test_their_question_is_followed_by_the_first_token_of_gen():
    assert PUBLISHED.asked(TOKENIZER, QUESTION) == TOKENIZER.encode(QUESTION) + TOKENIZER.encode("GEN")[:1]


def test_ours_keep_the_blank_before_each():
    context = " ".join(SENTENCES)
    assert ids(BARE, context) == TOKENIZER.encode(f" {context}")
    assert BARE.asked(TOKENIZER, QUESTION) == TOKENIZER.encode(f" {QUESTION}")
    assert BARE.count(TOKENIZER, context, QUESTION) == TOKENIZER.count(f" {context} {QUESTION}")


def test_a_chat_is_one_turn():
    text = TOKENIZER.decode(ids(CHAT, "Mary left.") + CHAT.asked(TOKENIZER, "Where {is} she?"))
    assert "<|end_header_id|>\n\nMary left. Where {is} she?Answer with a single word.<|eot_id|>" in text
    assert text.endswith("<|start_header_id|>assistant<|end_header_id|>\n\n")


def test_long_texts_are_cut_as_short_ones(monkeypatch):
    text = " ".join(f'"Is Mr. Dorrit {n} in?" asked he. "Come at 5 p.m. today." He went.' for n in range(40))
    monkeypatch.setattr("baselines.reading._CHARACTERS", 30)
    monkeypatch.setattr("baselines.reading._SENTENCES", 7)
    assert list(_sentences(text)) == split_sentences(text)
    assert ids(PUBLISHED, text) == [token for sentence in split_sentences(text) for token in TOKENIZER.encode(sentence)]


@pytest.mark.parametrize("items", [[1], [1, 2, 3]])
def test_pages_end_one_early(items):
    pages = Pages(items)
    assert list(pages) == items[:-1]
    assert pages.last == items[-1]
    assert list(pages) == []
    assert list(Pages([])) == []


def model() -> MemoryModel:
    return tiny_memory(vocab=TOKENIZER.vocab_size, written_at="text")


@pytest.mark.parametrize("count", range(9))
def test_the_question_stands_in_the_last_segment(count):
    """Wherever it falls: behind the end of the context, alone, or over the border of two segments."""
    reader = RecurrentReader(Checkpoint("tiny", model(), TOKENIZER, (), "", PUBLISHED), "float32")
    context = " ".join(SENTENCES[:count])
    text = torch.tensor([ids(PUBLISHED, context) + PUBLISHED.asked(TOKENIZER, QUESTION)])
    with torch.no_grad():
        expected = define_rmt_answer(reader.model.base, reader.model.memory, text, 16, 3)
    [reading] = reader.answer([(context, QUESTION)], 3)
    cut = next((place for place, token in enumerate(expected) if token == 0), 3)
    assert reading.text == TOKENIZER.decode(expected[:cut]).strip()
    assert reading.tokens_in == text.shape[1]


def test_batches_change_no_answer_of_a_published_model():
    reader = RecurrentReader(Checkpoint("tiny", model(), TOKENIZER, (), "", PUBLISHED), "float32")
    batch = [(" ".join(SENTENCES[:count]), QUESTION) for count in (0, 7, 1, 30)]
    assert reader.answer(batch, 4) == [reader.answer([pair], 4)[0] for pair in batch]


def test_any_of_several_end_tokens_ends_an_answer():
    tiny = model()
    context, plain = SENTENCES[0], RecurrentReader(Checkpoint("tiny", tiny, TOKENIZER, (), ""), "float32")
    whole = plain.answer([(context, QUESTION)], 5)[0]
    first = plain.model.read(torch.tensor([BARE.asked(TOKENIZER, QUESTION)]), plain.read([context])[0])
    token = int(plain.model.logits(first[:, -1]).argmax())
    tiny.base.config.eos_token_id = [1, token]
    ended = RecurrentReader(Checkpoint("tiny", tiny, TOKENIZER, (), ""), "float32").answer([(context, QUESTION)], 5)[0]
    assert (ended.text, ended.finish_reason, ended.tokens_out) == ("", "stop", 1)
    assert whole.tokens_out == 5
