"""What a recipe trains: from scratch or pretrained, all of it or some, with adapters, with which optimizer."""

import pickle
import re
import sys
from pathlib import Path

import pytest
import torch

from babilong.errors import DataError, UsageError
from baselines import checkpoints
from baselines.memory.config import MemoryConfig
from baselines.memory.kinds import remember
from baselines.training import keeping, lora, models
from baselines.training.functions import named
from baselines.training.optimizers import make_optimizer
from baselines.training.recipe import Lora
from tests.baselines.tiny import tiny_base
from tests.baselines.training_runs import TINY, changed, one_stage, run, story_task

MEMORY = {"memory_tokens": 4, "segment_size": 32}
VOCABULARY = story_task().tokenizer.vocab_size


@pytest.fixture
def pretrained(kind, tmp_path):
    base = tiny_base(kind, vocab=VOCABULARY)
    base.save_pretrained(tmp_path / "base")
    story_task().tokenizer.backend.save(str(tmp_path / "base" / "tokenizer.json"))
    return tmp_path / "base"


def adapted(pretrained, **settings):
    targets = {"gpt2": ("c_attn",), "llama": ("q_proj", "v_proj"), "gpt_neox": None}
    chosen = targets[re.search("model_type.: .([a-z_0-9]+)", (pretrained / "config.json").read_text())[1]]
    return one_stage(
        3,
        model={"from_pretrained": str(pretrained)},
        memory=MEMORY,
        tokenizer="builtin",
        lora=Lora(r=2, targets=chosen, **settings),
        warmup=0,
    )


def test_a_pretrained_model_is_started_from(pretrained):
    recipe = changed(model={"from_pretrained": str(pretrained)}, memory=MEMORY)
    tokenizer = models.tokenizer_of(recipe)
    assert tokenizer.fingerprint == story_task().tokenizer.fingerprint
    model = models.fresh_model(recipe, tokenizer)
    assert model.training
    stored = tiny_base(model.base.config.model_type, vocab=VOCABULARY).state_dict()
    for name, tensor in model.base.state_dict().items():
        assert tensor.equal(stored[name])


@pytest.fixture
def trained(tmp_path) -> str:
    """A checkpoint to begin from."""
    recipe = changed(memory={**MEMORY, "segment_gate": 4, "state_heads": True})
    model = models.fresh_model(recipe, story_task().tokenizer)
    keeping.keep(tmp_path / "trained", model, story_task().tokenizer, recipe)
    assert model.config.state_heads and "states.held.weight" in model.state_dict()
    return str(tmp_path / "trained")


def test_weights_are_begun_from_a_checkpoint_but_for_what_is_to_stay_fresh(trained):
    memory = {**MEMORY, "segment_gate": 4, "state_heads": True}
    recipe = changed(memory=memory, start=trained, start_without=("segment_gate",))
    model, theirs = models.fresh_model(recipe, story_task().tokenizer), checkpoints.load(trained).model.state_dict()
    assert not any(name.startswith("states.") for name in theirs)
    for name, tensor in model.state_dict().items():
        taken = name in theirs and tensor.equal(theirs[name])
        assert taken != name.startswith(("segment_gate.", "states.")) or name.endswith("bias")
    assert {p.requires_grad for p in model.parameters()} == {True}


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        ({**MEMORY, "memory_tokens": 2}, r"has memory of shape \[4, .*\], where the recipe has \[2, "),
        (MEMORY, "has segment_gate.* where the recipe has nothing; name it in `start_without`"),
    ],
)
def test_a_checkpoint_of_other_sizes_is_no_start(trained, memory, message):
    with pytest.raises(UsageError, match=message):
        models.fresh_model(changed(memory=memory, start=trained), story_task().tokenizer)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {**TINY.model, "n_layer": 2}}, r"has no base\.transformer\.h\.1.* which the recipe's model has"),
        ({"model": {**TINY.model, "n_head": 1}}, "has n_head 2, the recipe 1; change the recipe"),
        ({"start_without": ("gates",)}, "nothing in .* has a name with 'gates' in it; leave it out"),
    ],
)
def test_a_start_gives_all_that_it_seems_to_give(trained, changes, message):
    memory = {**MEMORY, "segment_gate": 4}
    with pytest.raises(UsageError, match=message):
        models.fresh_model(changed(**{"memory": memory, "start": trained, **changes}), story_task().tokenizer)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({**TINY.model, "n_layers": 3}, "In `model`: Unknown setting 'n_layers'; did you mean n_layer"),
        ({"n_layer": 3}, "There is no base model of the type 'None'; `model_type` is gpt2"),
        ({**TINY.model, "model_type": "gpt-2"}, "There is no base model of the type 'gpt-2'"),
        ({**TINY.model, "vocab_size": 100}, "more than the `vocab_size` of `model`; leave that out"),
        ({**TINY.model, "eos_token_id": 99999}, "The end token 99999 is none of the model's"),
        ({**TINY.model, "n_head": 3}, "Cannot make a gpt2 model of these settings: "),
        ({**TINY.model, "n_layer": "two"}, "Cannot make a gpt2 model of these settings: "),
        ({**TINY.model, "activation_function": "relo"}, "Cannot make a gpt2 model of these settings: "),
        ({"model_type": "t5"}, "Cannot make a t5 model of these settings: "),
        ({"model_type": "bert"}, "A bert model sees the text behind a token.*EncoderMemory"),
    ],
)
def test_a_base_model_that_there_is_not_is_said(model, message):
    with pytest.raises(UsageError, match=message):
        models.fresh_model(changed(model=model), story_task().tokenizer)


def test_a_gate_that_was_told_where_facts_stand_stays_one(trained, tmp_path):
    settings = Path(trained, "memory.json")
    settings.write_text(settings.read_text().replace('"gate_from": "answers"', '"gate_from": "labels"'))
    memory = {**MEMORY, "segment_gate": 4}
    for without, told in (((), "labels"), (("segment_gate",), "answers")):
        recipe = changed(memory=memory, start=trained, start_without=without)
        model = models.fresh_model(recipe, story_task().tokenizer)
        keeping.keep(tmp_path / told, model, story_task().tokenizer, recipe)
        assert checkpoints.load(str(tmp_path / told)).model.config.gate_from == told


def test_the_end_token_is_that_of_the_model(tmp_path):
    assert models.end_token(TINY) == 0
    base = tiny_base()
    base.config.eos_token_id = [7, 8]
    base.config.save_pretrained(tmp_path / "base")
    pretrained = {"from_pretrained": str(tmp_path / "base")}
    assert models.end_token(changed(model=pretrained)) == 7
    assert models.end_token(changed(model={**pretrained, "eos_token_id": 3})) == 3


@pytest.mark.parametrize(
    ("end", "message"), [(None, "The model tiny has no end token"), ("</s>", "`eos_token_id` in `model` is '</s>'")]
)
def test_an_end_token_is_a_number(end, message):
    with pytest.raises(UsageError, match=message):
        models.end_token(changed(model={**TINY.model, "eos_token_id": end}))


def test_a_pretrained_model_that_is_not_there_is_named(tmp_path):
    (tmp_path / "base").mkdir()
    recipe = changed(model={"from_pretrained": str(tmp_path / "base")})
    with pytest.raises(DataError, match="Cannot load the pretrained model .*base"):
        models.fresh_model(recipe, story_task().tokenizer)


def renamed(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.replace("transformer.", "bert."): tensor for name, tensor in weights.items()}


@pytest.mark.parametrize(
    ("stored", "settings", "message"),
    [
        (renamed, {}, r"has no weights for .*transformer\.h\.0\..* and \d+ more, which would begin at random"),
        (dict, {"n_layer": 3}, r"has no weights for transformer\.h\.2\."),
        (dict, {"n_embd": 64}, "Cannot load the pretrained model"),
    ],
    ids=["foreign", "more layers", "wider"],
)
def test_a_pretrained_model_of_other_names_or_sizes_is_refused(tmp_path, stored, settings, message):
    base = tiny_base(vocab=VOCABULARY)
    base.save_pretrained(tmp_path / "base", state_dict=stored(base.state_dict()))
    recipe = changed(model={"from_pretrained": str(tmp_path / "base"), **settings}, memory=MEMORY)
    with pytest.raises(DataError, match=message):
        models.fresh_model(recipe, story_task().tokenizer)


def test_what_a_pretrained_model_has_and_nobody_reads_is_said(tmp_path, capsys):
    base = tiny_base(vocab=VOCABULARY)
    base.save_pretrained(tmp_path / "base", state_dict={**base.state_dict(), "value_head.weight": torch.zeros(1)})
    recipe = changed(model={"from_pretrained": str(tmp_path / "base")}, memory=MEMORY)
    models.fresh_model(recipe, story_task().tokenizer)
    assert "nothing reads value_head.weight." in capsys.readouterr().err


class _Trap:
    def __reduce__(self):
        return (Path("trapped").touch, ())


@pytest.mark.parametrize("broken", ["cut short", "pickle"])
def test_a_pretrained_model_that_cannot_be_read_is_named(tmp_path, monkeypatch, broken):
    monkeypatch.chdir(tmp_path)
    tiny_base(vocab=VOCABULARY).save_pretrained(tmp_path / "base")
    weights = tmp_path / "base" / "model.safetensors"
    if broken == "pickle":
        weights.unlink()
        (tmp_path / "base" / "pytorch_model.bin").write_bytes(pickle.dumps(_Trap()))
    else:
        weights.write_bytes(weights.read_bytes()[:200])
    recipe = changed(model={"from_pretrained": str(tmp_path / "base")}, memory=MEMORY)
    with pytest.raises(DataError, match="Cannot load the pretrained model .*base: ") as raised:
        models.fresh_model(recipe, story_task().tokenizer)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "trapped").exists()


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(tmp_path):
    tiny_base(vocab=50).save_pretrained(tmp_path / "base")
    recipe = changed(model={"from_pretrained": str(tmp_path / "base")}, memory=MEMORY)
    with pytest.raises(UsageError, match="the pretrained model .* only 50; name its own tokenizer"):
        models.fresh_model(recipe, story_task().tokenizer)


def test_with_adapters_the_base_model_stays_as_it_is(pretrained):
    model = models.fresh_model(adapted(pretrained), story_task().tokenizer)
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert "memory" in trained
    assert {name for name in trained if name.startswith("base.")} == {n for n in trained if "lora_" in n} != set()


def test_adapters_are_merged_into_a_checkpoint_that_loads_like_any_other(pretrained, tmp_path):
    recipe = adapted(pretrained, dropout=0.1)
    kept = []

    def build(recipe, tokenizer):
        kept.append(models.fresh_model(recipe, tokenizer))
        return kept[0]

    folder = run(recipe, tmp_path / "run", build=build)
    trained = kept[0].eval()
    loaded = checkpoints.load(str(folder)).model
    assert not [name for name in loaded.state_dict() if "lora" in name]
    ids = torch.randint(1, 100, (2, 32))
    ours, theirs = (m.logits(m.step(ids, m.init_state(2)).output.hidden) for m in (trained, loaded))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    plain = remember(tiny_base(loaded.base.config.model_type, vocab=VOCABULARY), MemoryConfig(**MEMORY))
    plain.memory.data.copy_(loaded.memory)
    assert (plain.logits(plain.step(ids, plain.init_state(2)).output.hidden) - theirs).abs().max() > 1e-4
    assert [name for name in trained.state_dict() if "lora" in name]  # merging was into a copy


def test_adapters_between_the_layers_of_an_associative_memory():
    model = remember(tiny_base("llama", vocab=VOCABULARY), MemoryConfig(kind="armt", key_size=4, **MEMORY))
    lora.adapt(model, Lora(r=2, targets=("q_proj",)))
    ids = torch.randint(1, 100, (2, 32))
    model.logits(model.step(ids, model.init_state(2)).output.hidden).sum().backward()
    gradients = [name for name, p in model.named_parameters() if p.grad is not None and "lora_B" in name]
    assert len(gradients) == 2


def test_adapters_that_fit_nowhere_are_named():
    with pytest.raises(UsageError, match="In `lora`: Target modules"):
        models.fresh_model(changed(lora=Lora(targets=("nowhere",))), story_task().tokenizer)


@pytest.mark.parametrize("target", ["wte", "lm_head"])
def test_adapters_of_weights_that_two_layers_share_are_refused(target):
    with pytest.raises(UsageError, match=f"In `lora`: .*{target} shares its weights; leave it out".replace(";", ".*;")):
        models.fresh_model(changed(lora=Lora(r=2, targets=("c_attn", target))), story_task().tokenizer)


def test_without_peft_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(UsageError, match=r"install 'babilong\[lora\]'"):
        models.fresh_model(changed(lora=Lora()), story_task().tokenizer)


def test_only_parameters_with_the_names_asked_for_are_trained(tmp_path):
    recipe = one_stage(2, train_only=("^memory$", "gate"), warmup=0)
    torch.manual_seed(0)
    before = {name: p.clone() for name, p in models.fresh_model(recipe, story_task().tokenizer).state_dict().items()}
    after = checkpoints.load(str(run(recipe, tmp_path / "run"))).model.state_dict()
    changed_names = {name for name in before if not before[name].equal(after[name])}
    assert changed_names == {"memory", "gate.weight", "gate.bias"}


def test_a_name_that_no_parameter_has_is_answered():
    with pytest.raises(UsageError, match="no parameter's name has 'memmory' in it"):
        models.fresh_model(changed(train_only=("memmory",)), story_task().tokenizer)


def test_a_function_may_stand_in_a_file_beside_the_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])  # to which the folder is added
    kept = "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\nclass Kept:\n    x: int\n"
    Path("mine.py").write_text(kept + "def twice(x):\n    return Kept(2 * x).x\n")
    assert named("mine.py:twice", "x")(3) == 6
    assert named("mine.py:twice", "x") is named("mine.py:twice", "x")
    assert named(f"{tmp_path}/mine.py:twice", "x")(4) == 8
    assert named("math:sqrt", "x")(4) == 2


def test_a_function_of_other_arguments_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text("HALF = 3\ndef halved(batch):\n    return batch\n")
    with pytest.raises(UsageError, match=r"mine\.py:HALF' of the recipe is 3, which cannot be called"):
        named(f"{tmp_path}/mine.py:HALF", "batch", "stage", "step")
    message = r"takes \(batch\), but is called with batch, stage, step; let it take these"
    with pytest.raises(UsageError, match=message):
        named(f"{tmp_path}/mine.py:halved", "batch", "stage", "step")


@pytest.mark.parametrize(
    "name", ["mine:twice", "mine.py:thrice", "other.py:twice", "mine.py", "twice", "broken.py:twice", "math:"]
)
def test_a_function_that_there_is_not_is_named(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("mine.py").write_text("def twice(x):\n    return 2 * x\n")
    Path("broken.py").write_text("1 / 0\n")
    with pytest.raises(UsageError, match=f"Cannot find the function '{name}' of the recipe: "):
        named(name, "x")


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "adafactor"])
def test_optimizers_by_name(tmp_path, optimizer):
    folder = run(one_stage(2, optimizer=optimizer, warmup=0), tmp_path / optimizer)
    assert (folder / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"optimizer": "adamv"}, "Unknown optimizer 'adamv'; did you mean adam or adamw"),
        ({"optimizer_options": {"beta": 1}}, "does not take these options"),
    ],
)
def test_optimizers_that_do_not_fit_are_named(fields, message):
    with pytest.raises(UsageError, match=message):
        make_optimizer(changed(**fields), torch.nn.Linear(1, 1))


def one_plain_step(out, **clips) -> list[torch.Tensor]:
    """How far each weight goes in a step of descent at rate 1: its gradient as it was clipped."""
    recipe = one_stage(1, optimizer="sgd", warmup=0, learning_rate=1.0, weight_decay=0.0, **clips)
    torch.manual_seed(0)
    before = models.fresh_model(recipe, story_task().tokenizer)
    after = checkpoints.load(str(run(recipe, out))).model
    return [b.detach() - a.detach() for a, b in zip(after.parameters(), before.parameters(), strict=True)]


def test_gradients_are_clipped_by_value(tmp_path):
    moved = one_plain_step(tmp_path / "run", clip=None, clip_value=1e-4)
    assert max(float(part.abs().max()) for part in moved) == pytest.approx(1e-4, rel=1e-2)


def test_gradients_are_clipped_by_the_norm_of_all_together(tmp_path):
    free, clipped = (one_plain_step(tmp_path / str(clip), clip=clip) for clip in (None, 1e-2))
    norm = torch.nn.utils.get_total_norm(free)
    assert norm > 1e-2
    torch.testing.assert_close(clipped, [part * 1e-2 / norm for part in free], rtol=1e-3, atol=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="fp16 is possible here")
def test_a_precision_the_machine_has_not_is_said(tmp_path):
    with pytest.raises(UsageError, match="The precision 'fp16' is not possible on this"):
        run(changed(precision="fp16"), tmp_path / "run")
