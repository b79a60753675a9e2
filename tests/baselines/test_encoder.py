"""RMT for encoders against its definition."""

import pytest
import torch
from transformers import AutoConfig, AutoModel

from babilong.errors import UsageError
from babilong.tokenizers import load_tokenizer
from baselines import checkpoints
from baselines.memory.config import MemoryConfig
from baselines.memory.encoder import EncoderMemory
from baselines.memory.model import rows
from baselines.memory.sequences import cut, read, steps
from tests.baselines.tiny import tokens

CLS, SEP, M = 98, 99, 3


@pytest.fixture(params=["bert", "roberta", "deberta", "deberta-v2"])
def encoder(request) -> EncoderMemory:
    return tiny_encoder(request.param)


def tiny_encoder(kind: str = "bert", outputs: int = 6, size: int = 8, **config) -> EncoderMemory:
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    base = AutoModel.from_config(
        AutoConfig.for_model(kind, vocab_size=100, max_position_embeddings=24, pad_token_id=1, **sizes, **config)
    )
    return EncoderMemory(base, MemoryConfig(memory_tokens=M, segment_size=size), (CLS, SEP), outputs).eval()


def test_a_segment_is_cls_memory_sep_text_sep(encoder):
    ids, state = tokens(2, 8), encoder.init_state(2)
    words = encoder.base.get_input_embeddings()
    special = words(torch.tensor([[CLS], [SEP]]).expand(2, 2, 1)).transpose(0, 1)
    joined = torch.cat((special[0][:1].expand(2, -1, -1), state["memory"], words(torch.full((2, 1), SEP))), dim=1)
    joined = torch.cat((joined, words(ids), words(torch.full((2, 1), SEP))), dim=1)
    hidden = encoder.base(inputs_embeds=joined).last_hidden_state
    step = encoder.step(ids, state)
    torch.testing.assert_close(step.state, {"memory": hidden[:, 1 : 1 + M], "cls": hidden[:, 0]})
    torch.testing.assert_close(step.output.hidden, hidden[:, M + 2 : -1])
    assert encoder.logits(step.state["cls"]).shape == (2, 6)


def test_an_encoder_with_narrower_embeddings_is_refused():
    with pytest.raises(UsageError, match="This electra model has embeddings of 16 numbers and hidden states of 32"):
        tiny_encoder("electra", embedding_size=16)
    assert tiny_encoder("electra", embedding_size=32).logits(torch.zeros(1, 32)).shape == (1, 6)


def test_padding_inside_a_segment_is_not_read(encoder):
    ids, state = tokens(1, 8), encoder.init_state(1)
    mask = torch.arange(8)[None] < 5
    padded, short = encoder.step(ids, state, mask), encoder.step(ids[:, :5], state)
    torch.testing.assert_close(padded.state, short.state)
    torch.testing.assert_close(padded.output.hidden[:, :5], short.output.hidden)


def test_texts_of_unlike_lengths_are_read_as_alone_and_classified_from_their_last_segment(encoder):
    ids, lengths = tokens(3, 30), [30, 11, 0]
    mask = torch.arange(30) < torch.tensor(lengths)[:, None]
    state = read(encoder, ids, mask=mask, alignment="right")
    for row, length in enumerate(lengths[:2]):
        alone = encoder.init_state(1)
        for segment in ids[row : row + 1, :length].split([length % 8] + [8] * (length // 8), dim=1):
            alone = encoder.step(segment, alone).state
        torch.testing.assert_close(rows(state, lambda x, row=row: x[row : row + 1]), alone)
    torch.testing.assert_close(state["memory"][2], encoder.memory)
    assert state["cls"][2].eq(0).all()


def test_segments_are_read_in_the_order_asked_for():
    model, ids = tiny_encoder(), tokens(1, 24)
    for order, turns in (("reversed", (2, 1, 0)), ("bidirectional", (0, 1, 2, 1, 0)), ("repeat_first", (0, 1, 2, 0))):
        state, by_hand = read(model, ids, order=order), model.init_state(1)
        for i in turns:
            by_hand = model.step(ids[:, 8 * i : 8 * i + 8], by_hand).state
        torch.testing.assert_close(state, by_hand)
    with pytest.raises(UsageError, match="Unknown order of segments 'backwards'"):
        cut(ids, None, model.config, order="backwards")


def test_it_learns_a_class_told_in_the_first_of_three_segments():
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = tiny_encoder(outputs=2, initializer_range=0.2, **still).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(300):
        ids = tokens(16, 24, seed=step) % 50 + 3
        ids[:, 2] = 60 + ids[:, 3] % 2  # the class, told in words of its own
        loss = torch.nn.functional.cross_entropy(model.logits(read(model, ids)["cls"]), ids[:, 2] - 60)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.05:
            break
    assert loss < 0.1


def test_it_learns_where_an_answer_stands_that_was_asked_for_two_segments_before():
    """The first segment names one of the words that stand in the last, at any of its places."""
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = tiny_encoder(outputs=2, initializer_range=0.2, **still).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for turn in range(400):
        generator = torch.Generator().manual_seed(turn)
        ids = torch.randint(3, 53, (32, 24), generator=generator)
        start = torch.randint(0, 7, (32,), generator=generator)
        asked = 60 + torch.randint(0, 2, (32,), generator=generator)
        ids[:, 3] = asked
        row = torch.arange(32)
        ids[row, 16 + start], ids[row, 16 + (start + 3) % 8] = asked, 121 - asked
        state = model.init_state(32)
        for step in steps(model, cut(ids, None, model.config), state):
            hidden = step.output.hidden
        ends = model.logits(hidden)
        wanted = torch.stack((start, start + 1), dim=1)
        loss = torch.nn.functional.cross_entropy(ends, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found = (ends.argmax(dim=1) == wanted).all(dim=1).float().mean()
        if found > 0.95:
            break
    assert found > 0.9


def test_without_absolute_positions_a_segment_may_be_of_any_size():
    tiny_encoder("deberta-v2", size=100, position_biased_input=False, relative_attention=True, pos_att_type="c2p")


@pytest.mark.parametrize(("kind", "positions"), [("bert", 24), ("roberta", 22)])
def test_a_segment_that_does_not_fit_the_positions_is_refused(kind, positions):
    tiny_encoder(kind, size=positions - 6)
    with pytest.raises(UsageError, match=f"needs {positions + 1} positions; the encoder has {positions}"):
        tiny_encoder(kind, size=positions - 5)


def test_it_is_no_checkpoint(tmp_path):
    with pytest.raises(UsageError, match="no EncoderMemory; keep that with safetensors"):
        checkpoints.save(tmp_path / "kept", tiny_encoder(), load_tokenizer(), (), "")
    assert not (tmp_path / "kept").exists()


def test_without_memory_it_is_the_encoder_on_each_segment(encoder):
    plain = EncoderMemory(encoder.base, MemoryConfig(memory_tokens=0, segment_size=8), encoder.specials, 3).eval()
    cls, sep = (torch.full((2, 1), token) for token in encoder.specials)
    ids = tokens(2, 8).clamp(min=5)  # none is padding to roberta
    with torch.no_grad():
        step = plain.step(ids, plain.init_state(2))
        hidden = plain.base(torch.cat((cls, sep, ids, sep), dim=1)).last_hidden_state
    torch.testing.assert_close(step.output.hidden, hidden[:, 2:-1])
    assert step.state["memory"].shape[1] == 0
