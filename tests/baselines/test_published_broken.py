"""Released checkpoints of sizes and settings that make no model."""

import pytest
import torch

from babilong.errors import DataError
from baselines.published.load import load
from tests.baselines import released as r
from tests.baselines.test_published import GPT2, write


def test_a_segment_beyond_the_positions_of_the_base_model_is_refused(tmp_path):
    write(tmp_path, r.rmt(r.base_model(GPT2)), GPT2)
    with pytest.raises(DataError, match="Cannot use the weights in .*needs 72 positions; the base model has 64"):
        load(tmp_path, segment_size=GPT2["n_positions"] + 2)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"segment_size": "long"}, "In .*: `segment_size` is 'long'"),
        ({"segment_size": -3}, "In .*segments of -3 tokens"),
        ({"segment_size": 16.5}, "In .*: `segment_size` is 16.5"),
        ({"lora_alpha": None}, "`lora_alpha` of the config.json in .* is None, and should be a number"),
        ({"lora_alpha": "x"}, "`lora_alpha` of the config.json in .* is 'x'"),
    ],
)
def test_a_config_json_with_other_values_is_named(tmp_path, said, message):
    write(tmp_path, r.rmt(r.base_model(GPT2)), {**GPT2, **said})
    with pytest.raises(DataError, match=message):
        load(tmp_path)


@pytest.mark.parametrize("name", ["memory_cell.memory", "memory_cell.model.transformer.wte.weight"])
def test_a_weight_without_a_size_is_named(tmp_path, name):
    write(tmp_path, {**r.rmt(r.base_model(GPT2)), name: torch.tensor(1.0)}, GPT2)
    with pytest.raises(DataError, match="The weights and config.json in .* make no model: "):
        load(tmp_path)
