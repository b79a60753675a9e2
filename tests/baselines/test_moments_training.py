"""A memory is trained on moments: what learns, what is saved, what is refused."""

import dataclasses

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from babilong.errors import UsageError
from babilong.tokenizers import load_tokenizer
from baselines import checkpoints
from baselines.memory.config import MemoryConfig
from baselines.reader import RecurrentReader
from baselines.tasks.moment_batch import Moments
from baselines.tasks.moments import MomentTask
from baselines.tasks.noise import sentences_of
from baselines.training import checks, kinds, models, trainer
from baselines.training.checkpointing import recomputed
from baselines.training.recipe import Recipe, Validation
from baselines.training.shares import Share
from baselines.training.stage import Stage
from tests.baselines.training_runs import STILL, Killed, dying_loss

MOMENTS = {"kind": "moments", "rows": 2, "facts": 12, "noise": 8, "questions": 4}
OPEN = Stage("open", 2, state_weight=0.3, **MOMENTS)
LABELS = Stage("labels", 2, gate="labels", **MOMENTS)
ANSWERS = Stage("answers", 2, gate="answers", write_penalty=0.5, **MOMENTS)
BANK = Recipe(
    name="tiny-bank",
    task={"qa1": 1.0, "qa2": 1.0},
    model={"model_type": "gpt2", "n_layer": 2, "n_embd": 16, "n_head": 2, "n_positions": 128, **STILL},
    memory={
        "kind": "bank",
        "memory_tokens": 1,
        "segment_size": 24,
        "cut": "sentences",
        "bank": 8,
        "recency": [0.0, 0.5],
        "segment_gate": 4,
        "state_heads": True,
    },
    warmup=1,
    gate_threshold=-0.25,
    precision="no",
    log_every=1,
    stages=(Stage("stories", 1, kind="interleaved", rows=2), OPEN, LABELS, ANSWERS),
    text="name: tiny-bank\n",
)
PARTS = {"gate": "segment_gate.", "states": "states.", "slots": "read_slots", "memory": "memory"}


@pytest.fixture(scope="module")
def source() -> kinds.Batches:
    tokenizer, config = load_tokenizer(), MemoryConfig.from_dict(BANK.memory)
    noise = sentences_of(tokenizer, config.segment_size, "train", 1)
    return kinds.Batches(MomentTask(BANK.tasks, tokenizer, 0, noise, seed=1), config)


def run(recipe, source, out, loss=kinds.loss):
    return trainer.train(recipe, source.task.tokenizer, source, loss, out, save_minutes=1000)


def fresh(**memory):
    torch.manual_seed(0)
    return models.fresh_model(dataclasses.replace(BANK, memory={**BANK.memory, **memory}), load_tokenizer())


def learning(stage: Stage, source) -> set[str]:
    """Which parts get a gradient in a stage."""
    model = fresh()
    kinds.loss(model, source(stage, 0, Share()), stage).loss.backward()
    moved = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().max() > 0}
    return {part for part, start in PARTS.items() if any(name.startswith(start) for name in moved)}


def test_a_trained_bank_is_a_checkpoint_that_answers(source, tmp_path):
    folder = run(BANK, source, tmp_path / "run")
    lines = [yaml.safe_load(line) for line in (tmp_path / "run" / "train.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in lines] == ["stories", "open", "open", "labels", "labels", "answers", "answers"]
    assert np.isfinite([line["loss"] for line in lines]).all()
    assert [line["gate"] for line in lines[1:3]] == [1.0, 1.0]
    assert all(0 < line["gate"] < 1 for line in lines[3:])
    loaded = checkpoints.load(str(folder))
    assert loaded.tasks == ("qa1", "qa2")
    assert loaded.model.config.gate_threshold == -0.25
    assert loaded.model.config.recency == (0.0, 0.5)
    reader = RecurrentReader(loaded, "float32")
    context = "It was late. Mary went to the garden. She knew it. John moved to the office."
    (reading,) = reader.answer([(context, "Where is Mary?")], 3)
    assert reading.tokens_in == sum(map(loaded.tokenizer.count, (f" {context}", " Where is Mary?")))
    assert 1 <= reading.tokens_out <= 3


@pytest.mark.parametrize("kind", ["bank", "armt"])
def test_a_killed_run_goes_on_bit_for_bit_where_its_gate_is_drawn(kind, source, tmp_path, monkeypatch):
    memory = {**BANK.memory, "kind": kind, "key_size": 8, "key_scale": "unit"}
    recipe = dataclasses.replace(BANK, memory=memory, stages=(OPEN, dataclasses.replace(ANSWERS, stretch=0.1, steps=3)))
    whole = run(recipe, source, tmp_path / "whole")
    monkeypatch.setattr(trainer, "_due", lambda saved, minutes: True)
    with pytest.raises(Killed):
        run(recipe, source, tmp_path / "killed", dying_loss(4))
    resumed = run(recipe, source, tmp_path / "killed")
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (resumed, whole))
    assert ours.keys() == theirs.keys()
    assert all(ours[name].equal(theirs[name]) for name in ours)


def test_every_stage_trains_its_own_parts(source):
    shared = {"slots", "memory"}
    assert learning(OPEN, source) == shared | {"states"}
    assert learning(LABELS, source) == shared | {"gate"}
    assert learning(ANSWERS, source) == shared | {"gate"}
    assert learning(dataclasses.replace(OPEN, state_weight=0.0), source) == shared
    assert learning(dataclasses.replace(LABELS, kind="gate"), source) == {"gate"}


def test_a_gate_learns_from_the_answers_without_a_price(source):
    assert "gate" in learning(dataclasses.replace(ANSWERS, write_penalty=0.0), source)


def test_with_a_stretch_what_is_kept_out_is_wholly_kept_out(source):
    """And what is let in is wholly let in: of decisions drawn without one, none is."""
    model = fresh()
    for bias, end in ((-9.0, 0.0), (9.0, 1.0)):
        torch.nn.init.constant_(model.segment_gate.score.bias, bias)
        for stretch in (0.0, 0.1):
            stage = dataclasses.replace(ANSWERS, stretch=stretch)
            torch.manual_seed(0)
            opening = kinds.loss(model, source(stage, 0, Share()), stage).gate
            assert opening == pytest.approx(end, abs=1e-3)
            assert (opening == end) == (stretch > 0)


def test_with_a_stretch_a_gate_still_learns_from_the_answers(source):
    assert "gate" in learning(dataclasses.replace(ANSWERS, stretch=0.1, write_penalty=0.0), source)


def test_the_price_shuts_the_gate_and_labels_open_it_on_facts_alone(source, tmp_path):
    scores = {}
    for stage in (dataclasses.replace(ANSWERS, write_penalty=50.0), LABELS):
        stage = dataclasses.replace(stage, steps=8, learning_rate=0.02, rows=4)
        folder = run(dataclasses.replace(BANK, stages=(stage,)), source, tmp_path / stage.name)
        gate = checkpoints.load(str(folder)).model.segment_gate
        batch, _ = source(stage, 99, Share())
        ids, mask = (torch.from_numpy(array).flatten(0, 1) for array in (batch.segments, batch.mask))
        found = gate(ids, mask).detach().numpy()
        scores[stage.name] = found[batch.fact.ravel()].mean(), found[~batch.fact.ravel()].mean()
    assert max(scores["answers"]) < -0.5
    assert scores["labels"][0] > scores["labels"][1] + 1


def test_labels_let_in_what_holds_a_fact_and_a_few_strays(source):
    batch = source(LABELS, 0, Share())
    for stray, opening in ((0.0, batch[0].fact.mean()), (1.0, 1.0)):
        stage = dataclasses.replace(LABELS, stray=stray)
        assert kinds.loss(fresh(), batch, stage).gate == pytest.approx(opening)


def test_openings_on_sentences_that_nothing_is_asked_about_cost_too(source):
    model = fresh()
    for stage in (LABELS, dataclasses.replace(ANSWERS, write_penalty=1.0)):
        torch.manual_seed(0)
        without = kinds.loss(model, source(stage, 0, Share()), stage).loss
        more = dataclasses.replace(stage, background=4)
        torch.manual_seed(0)
        assert kinds.loss(model, source(more, 0, Share()), more).loss > without


def test_a_gate_that_tells_all_facts_is_right(source):
    stage = dataclasses.replace(LABELS, kind="gate", background=2)
    batch = source(stage, 0, Share())
    model = fresh()
    score = kinds.loss(model, batch, stage)
    assert score.asked == batch[0].fact.size
    model.segment_gate.score.weight.data.zero_()
    model.segment_gate.score.bias.data.fill_(3.0)  # everything is let in
    let_in = kinds.loss(model, batch, stage)
    assert let_in.gate == 1
    assert let_in.correct == batch[0].fact.sum()


@pytest.mark.parametrize("stage", [OPEN, LABELS, ANSWERS], ids=lambda stage: stage.name)
def test_several_memory_tokens_a_segment_are_trained_too(stage, source):
    model = fresh(memory_tokens=2)
    score = kinds.loss(model, source(stage, 0, Share()), stage)
    score.loss.backward()
    assert torch.isfinite(score.loss)
    assert model.memory.grad.abs().amax(dim=1).gt(0).all()
    assert score.asked == 8


def test_shares_together_are_the_batch(source):
    stage = dataclasses.replace(LABELS, rows=5, background=3, near=0.5)
    whole, *shares = (source(stage, 3, share) for share in (Share(), Share(0, 2), Share(1, 2)))
    for field in dataclasses.fields(Moments):
        joined = np.concatenate([getattr(moments, field.name) for moments, _ in shares])
        np.testing.assert_array_equal(joined, getattr(whole[0], field.name))
    joined = np.concatenate([background.ids for _, background in shares])
    np.testing.assert_array_equal(joined, whole[1].ids)


def test_micro_batches_give_the_weights_of_the_whole_batch(source, tmp_path):
    stage = dataclasses.replace(OPEN, state_weight=0.0, learning_rate=0.1, rows=4)
    recipe = dataclasses.replace(BANK, stages=(stage,), optimizer="sgd", clip=None)
    whole, parts = (
        load_file(run(dataclasses.replace(recipe, accumulate=n), source, tmp_path / str(n)) / "model.safetensors")
        for n in (1, 2)
    )
    for name, tensor in whole.items():
        torch.testing.assert_close(parts[name], tensor, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("memory", [{"kind": "bank"}, {"kind": "armt"}, {"kind": "armt", "key_scale": "unit"}])
def test_activations_computed_again_give_the_same_gradients(memory, source):
    batch = source(OPEN, 0, Share())
    gradients = []
    for wrapped in (lambda model: model, recomputed):
        model = fresh(**memory)
        kinds.loss(wrapped(model), batch, OPEN).loss.backward()
        gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name])


def test_a_source_is_made_from_a_recipe(source):
    made = kinds.batches(BANK, load_tokenizer(), 0, "valid", 1)
    assert made.split == "valid"
    assert (made(OPEN, 0, Share())[0].segments != source(OPEN, 0, Share())[0].segments).any()


@pytest.mark.parametrize(
    ("memory", "stage", "message"),
    [
        ({"segment_gate": 0}, LABELS, "The stage labels trains a gate, and there is none"),
        ({"state_heads": False}, OPEN, "The stage open has a `state_weight`, and nothing it could train"),
        ({}, Stage("gate", 1, kind="gate"), "The stage gate trains the gate alone, from labels; say `gate: labels`"),
        ({}, Stage("facts", 1, kind="facts"), "The stage facts is of the kind `facts`, for which"),
        ({"cut": "tokens", "segment_gate": 0}, OPEN, "`moments`, .* cut at sentences, .*; set `cut: sentences`"),
        ({"kind": "rmt-r", "segment_gate": 0}, OPEN, "a memory of the kind rmt-r grows with each"),
    ],
)
def test_stages_that_the_memory_is_not_made_for_are_refused(memory, stage, message):
    checks.check(BANK)
    recipe = dataclasses.replace(BANK, memory={**BANK.memory, **memory}, stages=(*BANK.stages[1:2], stage))
    with pytest.raises(UsageError, match=message):
        checks.check(recipe)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stages": BANK.stages[:1]}, "No stage trains the gate on segments, which would then keep out what it likes"),
        ({"start": "rmt-gpt2", "start_without": ("gate",), "stages": BANK.stages[:1]}, "No stage trains the gate"),
        ({"memory": {**BANK.memory, "cut": "tokens"}}, "judges sentences; set `cut: sentences`"),
        ({"stages": (Stage("a", 1, kind="interleaved", gate="labels"),)}, "`interleaved`, which does not heed `gate`"),
        ({"stages": (Stage("a", 1, kind="noise", near=0.4),)}, "`noise`, which does not heed `near`; leave it out"),
        ({"stages": (Stage("a", 1, kind="moments", garble=0.3),)}, "`moments`, which does not heed `garble`"),
        (
            {"stages": (Stage("a", 1, kind="moments", write_penalty=0.1),)},
            "`gate: open`, with which `write_penalty` is not heeded; leave it out, or choose `gate: answers`",
        ),
        (
            {"stages": (Stage("long", 1, kind="moments", segment_size=99),)},
            "long has segments of 99 tokens, the memory",
        ),
        ({"stages": (*BANK.stages, Stage("b", 1, kind="moments", task={"qa21": 1.0}))}, "Unknown task 'qa21'"),
        ({"stages": (*BANK.stages, Stage("b", 1, kind="moments", schedule="cosin"))}, "did you mean cosine"),
        ({"validation": Validation(1, metric="acuracy")}, "Unknown metric 'acuracy'; did you mean accuracy"),
        ({"gate_floor": 0.1}, "`gate_floor` is a setting of rmt and rmt-r"),
        ({"accumulate": 3}, "`accumulate`, or raise `rows`"),
        ({"memory": {**BANK.memory, "memory_token": 1}}, "Unknown key 'memory_token'; did you mean memory_tokens"),
    ],
)
def test_recipes_whose_parts_do_not_fit_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        checks.check(dataclasses.replace(BANK, **changes))


def test_a_gate_that_is_begun_from_needs_no_stage_to_train_it():
    checks.check(dataclasses.replace(BANK, start="rmt-gpt2", stages=BANK.stages[:1]))


def test_text_read_at_once_needs_a_model_with_positions_for_it():
    recipe = dataclasses.replace(BANK, model={**BANK.model, "n_positions": 48})
    with pytest.raises(UsageError, match="up to 128 tokens at once, and the model has 48 positions; give it more"):
        checks.check(recipe)


def test_a_question_needs_a_model_with_positions_for_it():
    recipe = dataclasses.replace(BANK, model={**BANK.model, "n_positions": 20}, stages=BANK.stages[1:])
    with pytest.raises(UsageError, match="up to 21 tokens at once, and the model has 20 positions; give it more"):
        checks.check(recipe)
    checks.check(dataclasses.replace(recipe, model={**BANK.model, "n_positions": 21}))


def test_only_labels_put_a_price_on_what_is_nearly_a_fact(source):
    def background(gate):
        stage = dataclasses.replace(ANSWERS, gate=gate, background=20, near=1.0)
        return source(stage, 0, Share())[1].ids

    books = {tuple(row) for row in source.task.noise.block.ids}
    told, answered = ({tuple(row) for row in background(gate)} - books for gate in ("labels", "answers"))
    assert told
    assert not answered
