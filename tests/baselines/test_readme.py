"""The README's lines about memories do what they say."""

from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from baselines.memory.config import MemoryConfig
from baselines.memory.diagonal import Diagonal
from baselines.memory.generation import generate
from baselines.memory.kinds import remember
from baselines.memory.sequences import next_tokens, sequence_loss
from tests.baselines.tiny import tokens


def test_the_one_interface_is_as_the_readme_has_it():
    readme = Path(__file__).parents[2] / "README.md"
    _, _, after = readme.read_text("utf-8").partition("One interface for all")
    block = [line.strip() for line in after.split("`remember` is in")[0].splitlines() if line.startswith("    ")]
    given = (GPT2LMHeadModel, MemoryConfig, remember, sequence_loss, next_tokens, generate, Diagonal)
    names = {
        **{each.__name__: each for each in given},
        "config": GPT2Config(vocab_size=100, n_embd=32, n_layer=2, n_head=2),
        "segment": tokens(2, 128),
        "question": tokens(2, 6),
        "ids": tokens(2, 300),
        "labels": tokens(2, 300),
        "prompts": [[1, 2, 3], [4]],
        "segments": tokens(5, 2, 128),
    }
    exec("\n".join(block), names)
    assert names["hidden"].shape == (2, 6, 32)
    assert names["score"].tokens == 2 * 299
    assert names["model"].memory.grad is not None
    assert len(names["answers"]) == 2
    assert [step.shape for step in names["last"]] == [torch.Size((2, 128, 32))]
