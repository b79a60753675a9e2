"""Checkpoints as RMT and ARMT were released: loaded by names and shapes, and computing what the papers define."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from babilong.errors import DataError
from baselines.memory.model import MemoryModel
from baselines.published.families import FAMILIES, family_of
from baselines.published.files import tensors
from baselines.published.infer import infer_base, infer_memory
from baselines.published.load import Report, load
from baselines.published.names import plain, unwrap
from tests.baselines import released as r

GPT2, LLAMA = r.base_config("gpt2"), r.base_config("llama")
SIZE = 16
# Sums of another order: associations divide by small numbers.
CLOSE = {"rtol": 1e-4, "atol": 5e-4}


def write(folder: Path, weights: dict[str, torch.Tensor], config: dict | None = None, safe: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    if safe:
        save_file(weights, folder / "model.safetensors")
    else:
        torch.save(weights, folder / "pytorch_model.bin")
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def texts(last: int = SIZE) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(9)
    return [torch.randint(1, 100, (1, length), generator=generator) for length in (SIZE, SIZE, last)]


def run(model: MemoryModel, segments: list[torch.Tensor]) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
    state, out = model.init_state(1), []
    with torch.no_grad():
        for ids in segments:
            step = model.step(ids, state)
            state = step.state
            out.append(model.logits(step.output.hidden))
    return out, state


@pytest.mark.parametrize("last", [SIZE, 5])
def test_rmt_on_gpt2_computes_what_it_was_released_to(tmp_path, last):
    base = r.base_model(GPT2)
    weights = r.rmt(base)
    found = load(write(tmp_path, weights, GPT2), segment_size=SIZE)
    assert found.report == Report(duplicates=0)
    assert (found.model.config.kind, found.model.config.memory_tokens, found.model.config.segment_size) == (
        "rmt",
        3,
        16,
    )
    with torch.no_grad():
        *logits, memory = r.define_rmt(base, weights["memory_cell.memory"], texts(last))
    ours, state = run(found.model, texts(last))
    torch.testing.assert_close(ours, logits)
    torch.testing.assert_close(state["memory"], memory)
    assert all(out.isfinite().all() for out in ours)


def test_padding_behind_a_short_segment_changes_nothing(tmp_path):
    model = load(write(tmp_path, r.rmt(r.base_model(GPT2)), GPT2), segment_size=SIZE).model
    [ids] = texts(5)[2:]
    state = model.init_state(1)
    padded = torch.nn.functional.pad(ids, (0, SIZE - 5)).expand(2, -1)
    mask = torch.arange(SIZE)[None] < torch.tensor([[5], [9]])
    together = model.step(padded, {"memory": state["memory"].expand(2, -1, -1)}, mask).state["memory"][:1]
    torch.testing.assert_close(together, model.step(ids, state).state["memory"])


@pytest.mark.parametrize("last", [SIZE, 5])
@pytest.mark.parametrize("wrapped", [True, False])
def test_armt_on_gpt2_computes_what_it_was_released_to(tmp_path, wrapped, last):
    config = r.base_config("gpt2", n_positions=64 + r.MEMORY if wrapped else 64)
    base = r.base_model(config)
    weights = r.armt(base)
    assert sum(name.startswith("memory_cell.layers.") for name in weights) == 2 * 17
    found = load(write(tmp_path, weights, GPT2), segment_size=SIZE)
    assert found.report == Report(duplicates=2 * 17)
    assert found.model.config.written_at == ("table" if wrapped else "text")
    assert (found.model.config.kind, found.model.config.key_size) == ("armt", r.KEYS)
    defined = r.DefinedArmt(base, base.transformer.h, weights["memory_cell.memory"], 64 if wrapped else None)
    with torch.no_grad():
        expected = [defined(ids) for ids in texts(last)]
        question = defined(texts()[0][:, :7], write=False)
    ours, state = run(found.model, texts(last))
    torch.testing.assert_close(ours, expected, **CLOSE)
    read = found.model.read(texts()[0][:, :7], state)
    torch.testing.assert_close(found.model.logits(read), question, **CLOSE)
    assert not torch.allclose(ours[0], ours[1][:, :SIZE])


@pytest.mark.parametrize(
    "said", [{"n_heads": 4}, {"use_denom": False}, {"gating": True}, {"act_on": True}, {"sliding_window": True}]
)
def test_an_associative_memory_of_another_make_is_refused(tmp_path, said):
    usual = {"n_heads": 1, "use_denom": True, "gating": False, "act_on": None, "correction": True}
    weights = r.armt(r.base_model(GPT2))
    assert load(write(tmp_path, weights, {**GPT2, **usual}), segment_size=SIZE).model.config.key_scale == "corrected"
    [(name, value)] = said.items()
    with pytest.raises(DataError, match=f"The config.json says {name}: {value}, of which an associative memory here"):
        load(write(tmp_path, weights, {**GPT2, **usual, **said}), segment_size=SIZE)


def test_an_associative_memory_without_the_correction_counts_all_that_is_written(tmp_path):
    weights = r.armt(r.base_model(GPT2))
    corrected, counted = (
        load(write(tmp_path, weights, {**GPT2, "correction": correction}), segment_size=SIZE).model
        for correction in (True, False)
    )
    assert (corrected.config.key_scale, counted.config.key_scale) == ("corrected", "counted")
    with torch.no_grad():
        (first, sums), (second, counts) = (run(model, texts()) for model in (corrected, counted))
    torch.testing.assert_close(first[:2], second[:2])  # of the first segment all is written anew by either
    assert not torch.allclose(first[2], second[2])
    assert {*sums} == {*counts}


def test_armt_on_llama_with_adapters(tmp_path):
    weights = r.armt_llama(r.base_model(LLAMA))
    found = load(write(tmp_path, weights, LLAMA, safe=True), segment_size=SIZE, lora_alpha=6.0)
    assert found.report.adapters == 2 * 2
    assert not found.report.unexpected
    base = r.merged(r.base_model(LLAMA), scale=6.0 / 2)
    defined = r.DefinedArmt(base, base.model.layers, weights["memory_cell.memory"])
    with torch.no_grad():
        expected = [defined(ids) for ids in texts(5)]
    torch.testing.assert_close(run(found.model, texts(5))[0], expected, **CLOSE)


def test_adapters_count_for_32_over_their_rank_unless_told_otherwise(tmp_path):
    found = load(write(tmp_path, r.armt_llama(r.base_model(LLAMA)), LLAMA, safe=True), segment_size=SIZE)
    expected = r.merged(r.base_model(LLAMA), scale=32 / 2).model.layers[0].self_attn.v_proj.weight
    torch.testing.assert_close(found.model.base.model.layers[0].self_attn.v_proj.weight, expected)
    assert "4 low-rank adapters are merged with an alpha of 32" in found.report.words()
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "lora_alpha": 16}))
    told = load(tmp_path, segment_size=SIZE)
    assert "an alpha of 16" in told.report.words()
    expected = r.merged(r.base_model(LLAMA), scale=16 / 2).model.layers[0].self_attn.v_proj.weight
    torch.testing.assert_close(told.model.base.model.layers[0].self_attn.v_proj.weight, expected)


def test_rmt_on_llama_computes_what_it_was_released_to(tmp_path):
    base = r.base_model(LLAMA)
    weights = {f"memory_cell.model.{name}": tensor.clone() for name, tensor in base.state_dict().items()}
    memory = weights["memory_cell.memory"] = r.noise(r.MEMORY, 32, seed=1)
    ours, _ = run(load(write(tmp_path, weights, LLAMA, safe=True), segment_size=SIZE).model, texts(5))
    with torch.no_grad():
        torch.testing.assert_close(ours, r.define_rmt(base, memory, texts(5))[:-1])


def test_a_head_of_its_own_is_kept(tmp_path):
    weights = r.rmt(r.base_model(GPT2))
    weights["memory_cell.model.lm_head.weight"] = r.noise(100, 32, seed=8)
    base = load(write(tmp_path, weights, GPT2), segment_size=SIZE).model.base
    assert not base.config.tie_word_embeddings
    torch.testing.assert_close(base.lm_head.weight.data, r.noise(100, 32, seed=8))
    torch.testing.assert_close(base.transformer.wte.weight.data, weights["memory_cell.model.transformer.wte.weight"])


def test_half_precision_becomes_float32(tmp_path):
    weights = r.rmt(r.base_model(GPT2), torch.bfloat16)
    model = load(write(tmp_path, weights, GPT2), segment_size=SIZE).model
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    torch.testing.assert_close(model.memory.data, weights["memory_cell.memory"].float(), rtol=0, atol=0)


@pytest.mark.parametrize("left", ["memory_cell.layers.", "memory_cell.model."])
def test_either_of_two_names_of_a_tensor_will_do(tmp_path, left):
    """Safetensors keep one name of a tensor, and not always the plainer one; of embeddings and head, too."""
    whole = r.armt(r.base_model(GPT2))
    other = "memory_cell.layers." if left == "memory_cell.model." else "memory_cell.model.transformer.h."
    weights = {name: tensor for name, tensor in whole.items() if not name.startswith(other)}
    del weights[f"memory_cell.model.{'transformer.wte' if left == 'memory_cell.layers.' else 'lm_head'}.weight"]
    found = load(write(tmp_path / "one", weights, GPT2, safe=True), segment_size=SIZE)
    assert found.report.duplicates == 0
    expected = load(write(tmp_path / "whole", whole, GPT2), segment_size=SIZE)
    torch.testing.assert_close(run(found.model, texts())[0], run(expected.model, texts())[0], rtol=0, atol=0)


def test_names_without_what_wraps_them():
    assert plain("memory_cell.memory") == "memory"
    assert plain("memory_cell.model.base_model.model.model.layers.3.layer.self_attn.q_proj.base_layer.weight") == (
        "layers.3.self_attn.q_proj.weight"
    )
    assert plain("memory_cell.layers.11.W_mb.bias") == "layers.11.W_mb.bias"
    assert plain("memory_cell.model.base_model.model.lm_head.weight") == "lm_head.weight"


def shapes(names: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    return unwrap({name: torch.empty(shape, device="meta") for name, shape in names.items()}).weights


def of_gpt2(block: str, positions: int) -> dict[str, tuple[int, ...]]:
    model = "memory_cell.model"
    names: dict[str, tuple[int, ...]] = {f"{model}.transformer.wte.weight": (50257, 768)}
    names |= {f"{model}.transformer.wpe.weight": (positions, 768), f"{model}.lm_head.weight": (50257, 768)}
    for i in range(12):
        names[f"{model}.{block.format(i)}.attn.c_attn.weight"] = (768, 2304)
        names[f"{model}.{block.format(i)}.mlp.c_fc.weight"] = (768, 3072)
    return names


def inferred(names: dict[str, tuple[int, ...]]) -> tuple[dict, object]:
    weights = shapes(names)
    family = family_of(weights)
    base = infer_base(Path(), family, weights, {}, {})
    return base, infer_memory(family, weights, {}, base)


def test_the_sizes_of_the_real_rmt_on_gpt2():
    base, memory = inferred(of_gpt2("transformer.h.{}", 1024) | {"memory_cell.memory": (16, 768)})
    assert (base["n_embd"], base["n_layer"], base["n_head"], base["n_inner"]) == (768, 12, 12, 3072)
    assert (base["vocab_size"], base["n_positions"], base["eos_token_id"]) == (50257, 1024, 50256)
    assert base["tie_word_embeddings"]
    assert (memory.kind, memory.memory_tokens, memory.segment_size, memory.written_at) == ("rmt", 16, 512, "text")


@pytest.mark.parametrize(("rows", "written_at"), [(1024, "text"), (1034, "table")])
def test_the_sizes_of_the_real_armt_on_gpt2(rows, written_at):
    names = of_gpt2("transformer.h.{}.layer", rows) | {"memory_cell.memory": (10, 768)}
    names |= {f"memory_cell.model.transformer.h.{i}.W_mq.weight": (64, 768) for i in range(12)}
    base, memory = inferred(names)
    assert (base["n_head"], base["n_positions"]) == (12, rows)
    assert (memory.kind, memory.memory_tokens, memory.key_size, memory.written_at) == ("armt", 10, 64, written_at)


def test_the_sizes_of_the_real_armt_on_llama():
    model = "memory_cell.model.base_model.model.model"
    names: dict[str, tuple[int, ...]] = {
        "memory_cell.memory": (16, 2048),
        f"{model}.embed_tokens.weight": (128256, 2048),
    }
    for i in range(16):
        names[f"{model}.layers.{i}.W_mq.weight"] = (64, 2048)
        names[f"{model}.layers.{i}.layer.mlp.gate_proj.weight"] = (8192, 2048)
        for part, rows in (("q", 2048), ("k", 512)):
            names[f"{model}.layers.{i}.layer.self_attn.{part}_proj.base_layer.weight"] = (rows, 2048)
    base, memory = inferred(names)
    assert (base["num_hidden_layers"], base["intermediate_size"], base["head_dim"]) == (16, 8192, 64)
    assert (base["num_attention_heads"], base["num_key_value_heads"], base["vocab_size"]) == (32, 8, 128256)
    assert base["rope_parameters"]["rope_theta"] == 500000
    assert (memory.kind, memory.segment_size, memory.written_at, memory.key_size) == ("armt", 1024, "text", 64)


def test_what_a_wrapper_left_in_config_json_is_heeded(tmp_path):
    weights = r.rmt(r.base_model(GPT2))
    said = {"segment_size": 24, "num_mem_tokens": 3, "n_head": 2, "eos_token_id": 5}
    model = load(write(tmp_path, weights, said)).model
    assert (model.config.segment_size, model.base.config.n_head, model.base.config.eos_token_id) == (24, 2, 5)


def test_settings_can_be_given(tmp_path):
    folder = write(tmp_path, r.rmt(r.base_model(GPT2)))
    with pytest.raises(DataError, match=r"width 32, which is no multiple of heads of 64; say how many .* config\.json"):
        load(folder)
    assert load(folder, segment_size=SIZE, settings={"n_head": 4}).model.base.config.n_head == 4


def test_foreign_names_are_reported_and_not_used(tmp_path):
    weights = r.armt(r.base_model(GPT2))
    foreign = {
        "memory_cell.model.transformer.h.0.W_mgate.weight": torch.zeros(2, 2),
        "cross_attention.weight": torch.zeros(2),
    }
    found = load(write(tmp_path, weights | foreign, GPT2), segment_size=SIZE)
    assert found.report.unexpected == tuple(sorted(foreign))


LACKING = {
    "memory_cell.memory": "of a GPT-2 without memory tokens",
    "memory_cell.model.transformer.h.1.ln_1.bias": r"lack transformer\.h\.1\.ln_1\.bias",
    "memory_cell.model.transformer.h.0.mlp.c_fc.weight": r"lack layers\.0\.mlp\.c_fc\.weight",
    "memory_cell.model.transformer.wpe.weight": r"lack wpe\.weight",
}


@pytest.mark.parametrize("name", LACKING)
def test_missing_weights_are_named(tmp_path, name):
    weights = r.rmt(r.base_model(GPT2))
    del weights[name]
    with pytest.raises(DataError, match=LACKING[name]):
        load(write(tmp_path, weights, GPT2), segment_size=SIZE)


def test_missing_weights_of_an_association_are_named(tmp_path):
    weights = r.armt(r.base_model(GPT2))
    weights = {name: tensor for name, tensor in weights.items() if not name.endswith("h.1.W_mv.weight")}
    del weights["memory_cell.layers.1.W_mv.weight"]
    with pytest.raises(DataError, match=r"lack layers\.1\.W_mv\.weight"):
        load(write(tmp_path, weights, GPT2), segment_size=SIZE)


def test_half_an_adapter_is_refused(tmp_path):
    weights = r.armt_llama(r.base_model(LLAMA))
    weights = {name: tensor for name, tensor in weights.items() if "lora_B" not in name}
    with pytest.raises(DataError, match=r"lora_A.* cannot be merged: the checkpoint has no .*lora_B"):
        load(write(tmp_path, weights, LLAMA, safe=True))


def test_shapes_that_do_not_fit_are_refused(tmp_path):
    weights = r.armt(r.base_model(GPT2))
    name = "memory_cell.model.transformer.h.1.W_mk.weight"
    with pytest.raises(DataError, match=r"W_mk\.weight is \[7, 32\], but should be \[4, 32\]"):
        load(write(tmp_path, weights | {name: torch.zeros(7, 32)}, GPT2), segment_size=SIZE)
    name = "memory_cell.model.transformer.ln_f.bias"
    with pytest.raises(DataError, match="Cannot make the GPT-2 .* a shape does not fit"):
        load(write(tmp_path, weights | {name: torch.zeros(7)}, GPT2), segment_size=SIZE)


def test_another_architecture_is_refused_in_a_sentence(tmp_path):
    bert = {
        "memory_cell.memory": torch.zeros(3, 8),
        "memory_cell.model.embeddings.word_embeddings.weight": torch.zeros(9, 8),
    }
    with pytest.raises(DataError, match="neither those of a released RMT or ARMT on GPT-2 or Llama") as caught:
        load(write(tmp_path, bert))
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"config\.json in .* is of a gpt_neox, but the weights are those of a GPT-2"):
        load(write(tmp_path, r.rmt(r.base_model(GPT2)), {"model_type": "gpt_neox"}))


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_a_pickle_is_never_executed(tmp_path, how):
    trap, file = Trap(tmp_path / "sprung"), tmp_path / "pytorch_model.bin"
    if how == "pickle":
        file.write_bytes(pickle.dumps({"memory_cell.memory": trap}))
    else:
        torch.save({"memory_cell.memory": trap}, file)
    with pytest.raises(DataError, match="which is never run; only a state dictionary is accepted"):
        load(tmp_path)
    assert not trap.file.exists()
    pickle.loads(pickle.dumps(trap))
    assert trap.file.exists()  # it does spring


@pytest.mark.parametrize("held", [[torch.zeros(2)], {"model": {"memory": torch.zeros(2)}}, torch.zeros(2), {"lr": 0.1}])
def test_what_is_no_state_dictionary_is_refused(tmp_path, held):
    torch.save(held, tmp_path / "pytorch_model.bin")
    with pytest.raises(DataError, match="it holds no state dictionary"):
        load(tmp_path)


@pytest.mark.parametrize("safe", [True, False])
@pytest.mark.parametrize("kept", [0, 10, 5000])
def test_a_truncated_file_is_refused(tmp_path, safe, kept):
    weights = {name: tensor.contiguous() for name, tensor in r.rmt(r.base_model(GPT2)).items()}
    write(tmp_path, weights, GPT2, safe)
    file = tmp_path / ("model.safetensors" if safe else "pytorch_model.bin")
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(DataError, match=f"Cannot read the weights .*{file.name}") as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)


def test_files_of_the_time_before_archives_are_read(tmp_path):
    weights = r.rmt(r.base_model(GPT2))
    torch.save(weights, tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    assert tensors(tmp_path).keys() == weights.keys()


def test_shards_are_read_together(tmp_path):
    weights = r.rmt(r.base_model(GPT2))
    names = sorted(weights)
    for number, part in enumerate((names[:9], names[9:]), 1):
        save_file({name: weights[name] for name in part}, tmp_path / f"model-0000{number}-of-00002.safetensors")
    assert tensors(tmp_path).keys() == weights.keys()


def test_every_family_is_known_by_its_mark_alone():
    assert [family_of({family.mark: torch.zeros(1)}) for family in FAMILIES] == list(FAMILIES)
