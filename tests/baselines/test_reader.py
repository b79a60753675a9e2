"""Reading contexts segment by segment."""

import pytest
import torch

from babilong.errors import UsageError
from babilong.tokenizers import load_tokenizer
from baselines.checkpoints import Checkpoint
from baselines.reader import RecurrentReader, load_reader, resolve_dtype
from tests.baselines.tiny import tiny_memory

TEXTS = [f"Sentence {i} of a long story, which nobody remembers." for i in range(60)]
CONTEXTS = [" ".join(TEXTS[:n]) for n in (60, 1, 25)]
QUESTION = "Where is Mary?"


@pytest.fixture(scope="module")
def reader() -> RecurrentReader:
    tokenizer = load_tokenizer()
    model = tiny_memory(vocab=tokenizer.vocab_size, overlap=4, slot_embeddings=True, gate=True, token_shift=2)
    return RecurrentReader(Checkpoint("tiny", model, tokenizer, ("qa1",), ""), "float32")


def test_a_context_is_read_as_its_segments(reader):
    with torch.inference_mode():
        state, counts = reader.read(CONTEXTS[:1])
        ids = torch.tensor([reader.tokenizer.encode(f" {CONTEXTS[0]}")])
        expected = reader.model.init_state(1)
        for start in range(0, ids.shape[1] - 4, 12):
            part = ids[:, start : start + 16]
            padded = torch.nn.functional.pad(part, (0, 16 - part.shape[1]))
            mask = torch.arange(16)[None] < part.shape[1]
            expected = reader.model.step(padded, expected, mask).state
    assert counts == [ids.shape[1]]
    torch.testing.assert_close(state, expected)


def test_an_answer_does_not_depend_on_its_batch(reader):
    together = reader.answer([(context, QUESTION) for context in CONTEXTS], 6)
    alone = [reader.answer([(context, QUESTION)], 6)[0] for context in CONTEXTS]
    assert together == alone


def test_reading_on_from_a_state_is_reading_at_once():
    """Exact where the first part ends with a segment."""
    tokenizer = load_tokenizer()
    reader = RecurrentReader(
        Checkpoint("tiny", tiny_memory(vocab=tokenizer.vocab_size), tokenizer, ("qa1",), ""), "float32"
    )
    words = CONTEXTS[0].split(" ")
    parts = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(60, len(words))]
    first, second = next(parts for parts in parts if tokenizer.count(f" {parts[0]}") % 16 == 0)
    whole, [count] = reader.read(CONTEXTS[:1])
    half, [before] = reader.read([first])
    both, [after] = reader.read([second], half)
    assert before > 0 and before + after == count
    torch.testing.assert_close(both, whole)
    assert not torch.allclose(half["memory"], whole["memory"])


def test_an_answer_is_what_stepwise_argmax_gives(reader):
    reading = reader.answer([(CONTEXTS[1], QUESTION)], 4)[0]
    with torch.inference_mode():
        state, _ = reader.read(CONTEXTS[1:2])
        ids = reader.tokenizer.encode(f" {QUESTION}")
        out = []
        for _ in range(4):
            hidden = reader.model.read(torch.tensor([ids + out]), state)
            out.append(int(reader.model.logits(hidden[:, -1]).argmax()))
    assert reading.text == reader.tokenizer.decode(out).strip()
    assert reading.finish_reason == "length"
    assert reading.tokens_out == 4


def test_an_empty_context_can_be_asked_about(reader):
    assert reader.answer([("", QUESTION)], 2)[0].tokens_in > 0


@pytest.mark.parametrize(("capability", "amx", "dtype"), [
    ("AVX512", True, torch.bfloat16), ("AVX512", False, torch.float32), ("AVX2", True, torch.float32),
])  # fmt: skip
def test_a_processor_that_multiplies_in_bfloat16_does(monkeypatch, capability, amx, dtype):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert resolve_dtype("auto") == dtype


def test_an_unknown_dtype_is_refused():
    with pytest.raises(UsageError, match="Unknown dtype 'float8'"):
        load_reader("rmt-gpt2", "float8")


def test_rotary_positions_stay_exact_in_bfloat16():
    tokenizer = load_tokenizer()
    models = [tiny_memory("llama", vocab=tokenizer.vocab_size) for _ in range(2)]
    exact = models[0].base.model.rotary_emb.inv_freq.clone()
    reader = RecurrentReader(Checkpoint("tiny", models[1], tokenizer, (), ""), "bfloat16")
    assert reader.model.base.model.rotary_emb.inv_freq.equal(exact)
    assert not exact.bfloat16().float().equal(exact)
    assert {parameter.dtype for parameter in reader.model.parameters()} == {torch.bfloat16}
    assert reader.answer([(CONTEXTS[0], QUESTION)], 3)[0].tokens_out == 3


def test_what_is_said_of_a_model_changes_with_all_that_decides_its_answers():
    tokenizer = load_tokenizer()

    def said(adapted=None, **config):
        model = tiny_memory("gpt2", vocab=tokenizer.vocab_size)
        for name, value in config.items():
            setattr(model.base.config, name, value)
        return RecurrentReader(Checkpoint("tiny", model, tokenizer, (), "", adapted=adapted), "float32").describe()

    assert said() == said(transformers_version="0.0", _name_or_path="elsewhere")
    others = [said(n_head=4), said(activation_function="relu"), said(eos_token_id=5), said(32.0), said(8.0)]
    assert all(one != other for i, one in enumerate([said(), *others]) for other in [said(), *others][i + 1 :])
