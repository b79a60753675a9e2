"""Recurrent-memory checkpoints through the evaluator: bare text, batches, going on in the middle of a sample."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from babilong.errors import DataError, UsageError
from babilong.prompts import load_prompts
from evaluators.job import Job
from evaluators.models.local_options import LocalOptions
from evaluators.models.protocol import ModelOptions, Request
from evaluators.models.reading_state import load_place
from evaluators.models.recurrent import RecurrentModel
from evaluators.models.registry import full_name, make_model
from evaluators.records import read_records
from evaluators.runner import evaluate
from generators.dataset import Dataset

OPTIONS = ModelOptions(batch_size=3, max_new_tokens=4, dtype="float32", local=LocalOptions(device="cpu"))


def test_a_run_reads_the_bare_text(recurrent: Path, dataset: Dataset, tmp_path: Path) -> None:
    model = make_model(f"rmt/{recurrent}", OPTIONS)
    assert (model.name, model.prompted, model.max_tokens) == ("rmt/tiny", False, None)
    folder = evaluate(Job(model, dataset, dataset.cells, load_prompts()), tmp_path, quiet=True)
    assert folder.parent.name == "rmt-tiny"
    assert "prompt: bare" in (folder / "run.yaml").read_text()
    records = read_records(folder / "samples.jsonl")
    assert len(records) == 20
    assert all(record.error is None for record in records.values())
    for sample in dataset.samples("qa1", "1k"):
        assert abs(records[sample.id].tokens_in - sample.n_tokens) < 20  # the question, and no instruction


def test_batches_change_no_answer(recurrent: Path, dataset: Dataset, tmp_path: Path) -> None:
    outputs = []
    for size in (1, 4):
        model = make_model(f"rmt/{recurrent}", replace(OPTIONS, batch_size=size))
        folder = evaluate(Job(model, dataset, dataset.cells, load_prompts()), tmp_path / str(size), quiet=True)
        outputs.append({key: record.output for key, record in read_records(folder / "samples.jsonl").items()})
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("breakage", "error"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), DataError),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"{}"), DataError),
        (lambda folder: _wider(folder / "config.json"), DataError),
        (lambda folder: shutil.rmtree(folder), UsageError),
    ],
)
def test_broken_checkpoints(
    recurrent: Path, tmp_path: Path, breakage: Callable[[Path], object], error: type[Exception]
) -> None:
    folder = shutil.copytree(recurrent, tmp_path / "broken")
    breakage(folder)
    with pytest.raises(error) as caught:
        make_model(f"rmt/{folder}", OPTIONS)
    assert "\n" not in str(caught.value)


def _wider(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | {"n_embd": 64}))


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ({"device": "gpu"}, "Unknown device 'gpu'"),
        ({"device": "cuda:7"}, "no device 'cuda:7' here"),
        ({"attention": "eager"}, "--attention is for hf/ID-or-folder only"),
        ({"load_in": "4bit"}, "--load-in is for hf/ID-or-folder only"),
        ({"chat_template": "on"}, "--chat-template is for hf/ID-or-folder and vllm/ID-or-folder only"),
        ({"tensor_parallel": 2}, "--tensor-parallel is for vllm"),
    ],
)
def test_options_of_other_models_are_refused(recurrent: Path, local: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_model(f"rmt/{recurrent}", replace(OPTIONS, local=LocalOptions(**local)))


CONTEXTS = [
    " ".join(f"Sentence {i} of story {n}, which nobody remembers." for i in range(n)) for n in (40, 1, 90, 0, 60)
]


def requests(state_folder: Path | None = None) -> list[Request]:
    files = [state_folder / f"{n}.safetensors" if state_folder else None for n in range(len(CONTEXTS))]
    return [
        Request(f"qa1/1k/{n}", "qa1", "1k", context, "Where is Mary?", state_file=file)
        for n, (context, file) in enumerate(zip(CONTEXTS, files, strict=True))
    ]


def loaded(recurrent: Path, **options: Any) -> Any:
    return make_model(f"rmt/{recurrent}", replace(OPTIONS, **options))


def test_windows_change_no_answer(recurrent: Path) -> None:
    """On a GPU many segments of a text are read in a step; here it is told to do so on the CPU."""
    answers = []
    for size in (1, 3, 100):
        model = loaded(recurrent)
        model.reader._windows.size = size
        steps = Steps(model, lambda number, rows: None)
        found = {answer.id: (answer.text, answer.tokens_in) for answer in model.answer(iter(requests()))}
        answers.append((found, len(steps.sizes)))
    assert answers[0][0] == answers[1][0] == answers[2][0]
    assert [steps for _, steps in answers] == sorted({steps for _, steps in answers}, reverse=True)


class Steps:
    """Counts the steps of a model's reader, and fails as it is told."""

    def __init__(self, model: RecurrentModel, fail: Callable[[int, int], BaseException | None]) -> None:
        self.sizes: list[int] = []
        step = model.reader.step

        def counted(rows: Any, state: Any) -> Any:
            self.sizes.append(len(rows))
            if error := fail(len(self.sizes), len(rows)):
                raise error
            return step(rows, state)

        model.reader.step = counted  # type: ignore[method-assign]


def test_a_seat_is_taken_as_soon_as_it_is_free(recurrent: Path) -> None:
    model = loaded(recurrent, batch_size=2)
    steps = Steps(model, lambda number, rows: None)
    answers = list(model.answer(iter(requests())))
    segments = [len(list(model.reader.segments(context))) for context in CONTEXTS]
    assert {answer.id for answer in answers} == {f"qa1/1k/{n}" for n in range(5)}
    assert answers[0].id == "qa1/1k/1"  # the shortest of the first two
    assert sum(steps.sizes) == sum(segments)
    assert len(steps.sizes) < sum(segments[::2]) + 2  # two at a time, but for the end
    one_by_one = {answer.id: answer.text for answer in loaded(recurrent, batch_size=1).answer(iter(requests()))}
    assert {answer.id: answer.text for answer in answers} == one_by_one


def test_states_that_grow_take_seats_and_are_gone_on_with(tmp_path: Path) -> None:
    """RMT-R remembers all it has read, so that the states of a batch are as unlike as the contexts."""
    from babilong.tokenizers import load_tokenizer
    from baselines.checkpoints import build, save

    tokenizer = load_tokenizer()
    config = {"model_type": "gpt2", "n_positions": 256, "n_embd": 32, "n_layer": 2, "n_head": 2, "eos_token_id": 0}
    memory = {"kind": "rmt-r", "memory_tokens": 4, "segment_size": 128}
    model = build(config | {"vocab_size": tokenizer.vocab_size}, memory)
    save(tmp_path / "retrieval", model, tokenizer, ("qa1",), "name: retrieval\n")
    reading = loaded(tmp_path / "retrieval", batch_size=2, state_every=300)
    together = {answer.id: answer for answer in reading.answer(iter(requests(tmp_path)))}
    alone = {answer.id: answer for answer in loaded(tmp_path / "retrieval", batch_size=1).answer(iter(requests()))}
    assert {key: (a.text, a.error) for key, a in together.items()} == {key: (a.text, None) for key, a in alone.items()}
    for number in (2, 4):
        place = load_place(tmp_path / f"{number}.safetensors", CONTEXTS[number])
        assert place is not None and place.state["count"].tolist() == [place.segments]


def test_few_contexts_are_held_at_a_time(recurrent: Path) -> None:
    taken = 0

    def counted() -> Iterator[Request]:
        nonlocal taken
        for request in requests():
            taken += 1
            yield request

    for done, _ in enumerate(loaded(recurrent, batch_size=2).answer(counted()), 1):
        assert taken <= done + 2


def test_a_batch_that_does_not_fit_is_halved_and_stays_so(recurrent: Path) -> None:
    expected = {answer.id: answer.text for answer in loaded(recurrent).answer(iter(requests()))}
    model = loaded(recurrent, batch_size=4)
    steps = Steps(model, lambda number, rows: MemoryError() if rows > 2 else None)
    answers = list(model.answer(iter(requests())))
    assert {answer.id: answer.text for answer in answers} == expected
    assert all(answer.error is None for answer in answers)
    assert sum(rows > 2 for rows in steps.sizes) == 1


def test_a_sample_that_cannot_be_read_costs_only_itself(recurrent: Path) -> None:
    model = loaded(recurrent, batch_size=2)
    reader = model.reader
    segments = reader.segments

    def broken(context: str) -> Iterator[Any]:
        if context == CONTEXTS[2]:
            raise MemoryError("no room")
        return segments(context)

    def lazily(context: str) -> Iterator[Any]:
        yield from broken(context)

    reader.segments = lazily
    answers = {answer.id: answer for answer in model.answer(iter(requests()))}
    bad = answers.pop("qa1/1k/2")
    assert (bad.error, bad.message, bad.text) == ("oom", "no room", "")
    assert len(answers) == 4 and all(answer.error is None for answer in answers.values())


def test_a_question_that_cannot_be_encoded_costs_only_itself(recurrent: Path) -> None:
    first, bad, *rest = requests()
    asked = [first, replace(bad, question="Where is \ud800?"), *rest]
    answers = {answer.id: answer for answer in loaded(recurrent).answer(iter(asked))}
    assert len(answers) == len(asked)
    assert [id for id, answer in answers.items() if answer.error] == [bad.id]


def test_where_no_place_can_be_saved_samples_are_answered_all_the_same(
    recurrent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    model = loaded(recurrent, state_every=0)
    answers = list(model.answer(iter(requests(tmp_path / "file"))))
    assert [answer.error for answer in answers] == [None] * len(CONTEXTS)
    assert "Cannot save how far qa1/1k/0 is: " in capsys.readouterr().err


def test_an_interrupted_sample_goes_on_bit_for_bit(recurrent: Path, tmp_path: Path) -> None:
    """The state that is saved is that of the undisturbed reading, and so is everything after it."""
    request = requests(tmp_path)[2]
    whole = loaded(recurrent, batch_size=1)
    [expected] = whole.answer(iter([request]))
    total = len(list(whole.reader.segments(request.context)))
    assert total > 6 and not list(tmp_path.iterdir())  # a short sample is not saved

    model = loaded(recurrent, batch_size=1, state_every=300)  # every third segment
    Steps(model, lambda number, rows: KeyboardInterrupt() if number == 6 else None)
    with pytest.raises(KeyboardInterrupt):
        list(model.answer(iter([request])))
    place = load_place(request.state_file, request.context)
    assert place is not None and (place.segments, place.tokens) == (3, 384)
    undisturbed = loaded(recurrent).reader
    state = undisturbed.model.init_state(1)
    for _, segment in zip(range(3), undisturbed.segments(request.context), strict=False):
        state = undisturbed.step([[segment.ids]], state)
    assert bool((state["memory"] == place.state["memory"]).all())

    model = loaded(recurrent, batch_size=1, state_every=300)
    steps = Steps(model, lambda number, rows: None)
    [answer] = model.answer(iter([request]))
    assert len(steps.sizes) == total - 3
    assert (answer.text, answer.tokens_in, answer.tokens_out) == (
        expected.text,
        expected.tokens_in,
        expected.tokens_out,
    )


@pytest.mark.parametrize("breakage", ["cut", "other"])
def test_a_state_that_is_broken_or_of_another_context_is_not_used(
    recurrent: Path, tmp_path: Path, breakage: str
) -> None:
    request = requests(tmp_path)[2]
    [expected] = loaded(recurrent, batch_size=1, state_every=300).answer(iter([request]))
    file = next(tmp_path.iterdir())
    if breakage == "cut":
        file.write_bytes(file.read_bytes()[:100])
    else:
        request = replace(requests()[4], state_file=file)
        [expected] = loaded(recurrent, batch_size=1).answer(iter(requests()[4:]))
    [answer] = loaded(recurrent, batch_size=1).answer(iter([request]))
    assert replace(answer, seconds=0) == replace(expected, seconds=0)


SLOWLY = """
import sys, time
from baselines.reader import RecurrentReader
step = RecurrentReader.step
def slowly(self, rows, state):
    time.sleep(0.15)
    return step(self, rows, state)
RecurrentReader.step = slowly
from evaluators.cli import main
main()
"""


def test_kill_minus_nine_in_the_middle_of_a_sample(
    call: Callable[..., Any], recurrent: Path, dataset: Dataset, tmp_path: Path
) -> None:
    words = ("-m", f"rmt/{recurrent}", "--data", dataset.folder, "-t", "qa1", "-l", "1k", "-n", "2",
             "--batch-size", "2", "--dtype", "float32", "--max-new-tokens", "3", "--state-every", "300")  # fmt: skip
    assert call(*words, "-o", "whole").code == 0
    program = [sys.executable, "-c", SLOWLY, *map(str, words), "-o", "killed"]
    process = subprocess.Popen(program, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    deadline = time.monotonic() + 60
    while not (states := list(tmp_path.glob("killed/*/*/states/*.safetensors"))) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert states
    [killed] = tmp_path.glob("killed/*/*/samples.jsonl")
    assert killed.read_bytes() == b""
    assert call(*words, "-o", "killed").code == 0
    assert not list(tmp_path.glob("killed/*/*/states/*"))
    [whole] = tmp_path.glob("whole/*/*/samples.jsonl")
    assert killed.parent.name == whole.parent.name
    found = [
        {key: replace(record, seconds=0.0) for key, record in read_records(file).items()} for file in (killed, whole)
    ]
    assert found[0] == found[1] and len(found[0]) == 2


def test_the_model_of_a_training_run_is_named_by_the_run(
    call: Callable[..., Any], recurrent: Path, dataset: Dataset, tmp_path: Path
) -> None:
    for folder in ("train/mine", "other/mine", "train/yours"):
        shutil.copytree(recurrent, tmp_path / folder / "model")
    _heavier(tmp_path / "other/mine/model/model.safetensors")
    words = ("--data", dataset.folder, "-t", "qa1", "-l", "0k", "-n", "1", "--max-new-tokens", "1")
    tables = [call("-m", f"rmt/{folder}/model", *words) for folder in ("train/mine", "other/mine", "train/yours")]
    assert [done.code for done in tables] == [0, 0, 0]
    assert [done.out.split(",")[0].strip() for done in tables] == ["rmt/mine", "rmt/mine", "rmt/yours"]
    assert {folder.name: len(list(folder.glob("*"))) for folder in (tmp_path / "runs").iterdir()} == {
        "rmt-mine": 2, "rmt-yours": 1,
    }  # fmt: skip
    assert "as 1 samples in runs/rmt-yours took" in call("-m", "rmt/train/yours/model/", *words, "--dry-run").out


def test_only_a_folder_called_model_is_named_by_that_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine" / "model" / "best").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mine" / "model")
    names = (".", "best", "../model", f"{tmp_path}/mine", "owner/model", "/model")
    found = [full_name(f"rmt/{name}") for name in names]
    assert found == ["rmt/mine", "rmt/best", "rmt/mine", "rmt/mine", "rmt/owner/model", "rmt//model"]
    assert full_name("rag/hf/../model") == "rag/hf/mine"


def _heavier(weights: Path) -> None:
    from safetensors.torch import load_file, save_file

    save_file({name: tensor + 1 for name, tensor in load_file(weights).items()}, weights, metadata={"format": "pt"})
