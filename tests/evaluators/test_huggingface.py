"""The transformers backend gives what `model.generate` gives, in pieces and in batches, and never cuts a prompt."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from babilong.errors import DataError, OverLengthError, UsageError
from babilong.prompts import load_prompts
from babilong.scoring import score
from evaluators.job import Job
from evaluators.models import huggingface
from evaluators.models.huggingface import HuggingFaceModel
from evaluators.models.local_options import LocalOptions
from evaluators.models.protocol import ModelOptions, Request
from evaluators.runner import evaluate
from evaluators.weightless import find_counter
from generators.dataset import Dataset

WORDS = ("Mary", "went", "to", "the", "garden", "while", "an", "old", "clock", "struck", "nine", "unheard", ".")
CHAT = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + CHAT
)


def request(number: int, words: int) -> Request:
    text = " ".join(WORDS[(number + place) % len(WORDS)] for place in range(words))
    return Request(f"qa1/1k/{number}", "qa1", "1k", text, "Where is Mary?", "Read this: ", " Where is Mary?")


REQUESTS = [request(number, words) for number, words in enumerate((300, 20, 180, 1))]


def load(folder: Path, **options: Any) -> HuggingFaceModel:
    return HuggingFaceModel.load("hf/tiny", str(folder), ModelOptions(**options))


def reference(model: HuggingFaceModel, request: Request) -> list[int]:
    """Token ids of a plain `generate` over the whole prompt at once, all logits kept, by a model loaded anew."""
    from transformers import AutoModelForCausalLM, GenerationConfig

    plain: Any = AutoModelForCausalLM.from_pretrained(model.source, dtype=model.model.dtype).eval()
    ids = torch.tensor([model.tokenizer(request.prompt)["input_ids"]])
    settings = GenerationConfig(max_new_tokens=20, do_sample=False, eos_token_id=0, pad_token_id=0)
    written = plain.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings, logits_to_keep=0)
    return list(written[0, ids.shape[1] :].tolist())


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_equals_generate_token_for_token(
    architecture: str, batch_size: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface, "PREFILL", 64)
    model = load(request.getfixturevalue(architecture), batch_size=batch_size, dtype="float32")
    seen: list[list[int]] = []
    output = HuggingFaceModel._output
    monkeypatch.setattr(HuggingFaceModel, "_output", lambda self, n, ids: seen.append(ids) or output(self, n, ids))
    answers = list(model.answer(iter(REQUESTS)))
    expected = [reference(model, each) for each in REQUESTS]
    assert seen == expected
    assert len(set(expected[0])) > 5  # the model does not just repeat itself
    assert [answer.error for answer in answers] == [None] * 4
    assert [answer.tokens_in for answer in answers] == [
        len(model.tokenizer(each.prompt).input_ids) for each in REQUESTS
    ]
    assert [answer.text for answer in answers] == [model.tokenizer.decode(ids) for ids in expected]
    assert {(answer.finish_reason, answer.tokens_out) for answer in answers} == {("length", 20)}


def test_reads_in_pieces_and_makes_last_logits_only(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "PREFILL", 64)
    model = load(gpt2)
    read: list[int] = []
    logits: Counter[int] = Counter()
    model.model.transformer.wte.register_forward_hook(lambda module, args, out: read.append(out.shape[1]))
    model.model.lm_head.register_forward_hook(lambda module, args, out: logits.update([out.shape[1]]))
    answer = next(model.answer(iter(REQUESTS[:1])))
    assert max(read) == 64
    assert sum(read) == answer.tokens_in + answer.tokens_out - 1
    assert set(logits) == {1}


@pytest.mark.parametrize("family", ["Mistral", "Gemma3Text", "Mamba"])
def test_sliding_windows_and_models_without_a_cache(
    gpt2: Path, tmp_path: Path, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    monkeypatch.setattr(huggingface, "PREFILL", 48)
    library: Any = transformers
    folder = shutil.copytree(gpt2, tmp_path / "model")
    settings = {"hidden_size": 32, "num_hidden_layers": 2, "initializer_range": 0.5, "eos_token_id": 0}
    if family != "Mamba":
        settings |= {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 64}
        settings |= {"sliding_window": 40}
    config = getattr(library, f"{family}Config")(vocab_size=load(gpt2).tokenizer.vocab_size, **settings)
    torch.manual_seed(7)
    library.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    model = load(folder, batch_size=4, dtype="float32")
    expected = [model._output([], reference(model, each))[0] for each in REQUESTS]
    assert [answer.text for answer in model.answer(iter(REQUESTS))] == expected


def test_stops_at_the_end_token(gpt2: Path) -> None:
    model = load(gpt2)
    first = reference(model, REQUESTS[0])
    model.stops = [first[3]]
    model.generation.eos_token_id = [first[3]]
    answer = next(model.answer(iter(REQUESTS)))
    place = first.index(first[3])
    assert (answer.finish_reason, answer.tokens_out) == ("stop", place + 1)
    assert answer.text == model.tokenizer.decode(first[:place])


def test_settings_of_the_model_do_not_leak_in(gpt2: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(gpt2, tmp_path / "tuned")
    (folder / "generation_config.json").write_text('{"do_sample": true, "temperature": 5.0, "repetition_penalty": 9.0}')
    plain, tuned = load(gpt2), load(folder)
    assert [a.text for a in tuned.answer(iter(REQUESTS))] == [a.text for a in plain.answer(iter(REQUESTS))]


@pytest.mark.parametrize(
    ("template", "start"), [(CHAT, "<system>Be brief.<user>Read this"), (NO_SYSTEM, "<user>Be brief.\n\nRead this")]
)
def test_chat_template_with_and_without_a_system_message(
    make_llm: Callable[..., Path], tmp_path: Path, template: str, start: str
) -> None:
    model = load(make_llm(tmp_path / "chat", template=template), system="Be brief.")
    text = model.tokenizer.decode(model.chat.encode(REQUESTS[1].prompt))
    assert text.startswith(start)
    assert text.endswith("Where is Mary?<assistant>")
    assert model.describe()["prompt"] == "chat"


@pytest.mark.parametrize("tag", ["think", "reasoning"])
def test_reasoning_that_the_template_opens_and_nothing_ends_is_no_answer(
    make_llm: Callable[..., Path], tmp_path: Path, tag: str
) -> None:
    opens = CHAT.replace("<assistant>", f"<assistant><{tag}>\n")
    plain, model = (load(make_llm(tmp_path / name, template=each)) for name, each in (("a", CHAT), ("b", opens)))
    assert next(model.answer(iter(REQUESTS))).text.startswith(f"<{tag}>")

    def is_right(model: HuggingFaceModel, written: str) -> bool:
        text, *_ = model._output(model.chat.encode("Where is Mary?"), _ids(model, written))
        return score("v2", "qa1", text, "garden", "Where is Mary?")

    assert not is_right(model, "so she is in the garden")
    assert is_right(model, f"so she went there</{tag}> garden")
    assert is_right(plain, "so she is in the garden")


def test_system_message_without_a_chat_template(gpt2: Path) -> None:
    model = load(gpt2, system="Be brief.")
    assert model.tokenizer.decode(model.chat.encode(REQUESTS[1].prompt)).startswith("Be brief.\n\nRead this")


def test_describe_follows_the_weights_and_not_the_place(gpt2: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(gpt2, tmp_path / "copy")
    assert load(copy).describe() == load(gpt2).describe()
    (copy / "tokenizer_config.json").write_text("{}")
    assert load(copy).describe() != load(gpt2).describe()
    assert load(gpt2, dtype="bfloat16").describe()["dtype"] == "bfloat16"


def test_limit_leaves_room_for_the_answer(gpt2: Path) -> None:
    model = load(gpt2, max_new_tokens=96)
    assert model.max_tokens == 4000
    assert model.count(REQUESTS[0]) == len(model.tokenizer(REQUESTS[0].prompt).input_ids)
    with pytest.raises(UsageError, match="no room"):
        load(gpt2, max_new_tokens=4096)


def test_limit_by_another_name_refuses_prompts_before_any_is_answered(
    gpt2: Path, dataset: Dataset, tmp_path: Path
) -> None:
    from transformers import MptConfig, MptForCausalLM

    folder = shutil.copytree(gpt2, tmp_path / "mpt")
    words = load(gpt2).tokenizer.vocab_size
    config: Any = MptConfig(vocab_size=words, d_model=32, n_heads=2, n_layers=1, max_seq_len=512, eos_token_id=0)
    MptForCausalLM(config).save_pretrained(folder)
    model = load(folder)
    assert model.max_tokens == find_counter(f"hf/{folder}", ModelOptions()).limit == 512 - 20
    with pytest.raises(OverLengthError, match="10 of 20 prompts are longer than the 492 tokens"):
        evaluate(Job(model, dataset, dataset.cells, load_prompts()), tmp_path / "runs", quiet=True)


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "no such folder"),
        (lambda folder: [file.unlink() for file in folder.iterdir()], "no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "Cannot load"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"{}"), "Cannot load"),
        (lambda folder: _replace(folder / "config.json", '"n_embd": 32', '"n_embd": 64'), "shapes of its weights"),
        (lambda folder: _replace(folder / "config.json", '"n_layer": 2', '"n_layer": 3'), "lack"),
        (lambda folder: (folder / "config.json").write_text("{"), "Cannot load"),
        (lambda folder: [file.unlink() for file in folder.glob("tokenizer*")], "without a tokenizer"),
        (lambda folder: _name_end(folder, '"x"'), "names 'x' as the end of an answer; .* generation_config.json"),
        (lambda folder: _name_end(folder, '[1, "2"]'), "names .1, '2'. as the end"),
        (lambda folder: _name_end(folder, "true"), "names True as the end"),
        (lambda folder: _name_end(folder, "{}"), "names {} as the end"),
    ],
)
def test_broken_folders(gpt2: Path, tmp_path: Path, breakage: Callable[[Path], object], message: str) -> None:
    folder = shutil.copytree(gpt2, tmp_path / "model")
    breakage(folder)
    with pytest.raises(DataError, match=message) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_reads_the_same_through_the_librarys_own_attention(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "PREFILL", 32)
    ours = load(llama, dtype="float32", batch_size=4)
    assert ours.model.config._attn_implementation == "babilong_pieces"
    assert ours.describe()["attention"] == "sdpa"
    eager = load(llama, dtype="float32", batch_size=4, local=LocalOptions(attention="eager"))
    assert eager.model.config._attn_implementation == eager.describe()["attention"] == "eager"
    expected = [answer.text for answer in ours.answer(iter(REQUESTS))]
    assert [answer.text for answer in eager.answer(iter(REQUESTS))] == expected
    # The last rows of a padded batch, number by number.
    ids = torch.arange(1, 65)[None].repeat(2, 1)
    mask = torch.ones_like(ids)
    mask[1, :20] = 0
    with torch.inference_mode():
        first, second = (
            each.model(
                ids[:, 48:],
                attention_mask=mask,
                past_key_values=each.model(ids[:, :48], attention_mask=mask[:, :48]).past_key_values,
            ).logits
            for each in (ours, eager)
        )
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ({"device": "tpu"}, "Unknown device 'tpu'"),
        ({"device": "cuda:99"}, "no device 'cuda:99' here"),
        ({"device": "cpu", "device_map": "auto"}, "--device and --device-map"),
        ({"device_map": "everywhere"}, "Unknown device map 'everywhere'"),
        ({"attention": "flsh"}, "Unknown attention 'flsh'"),
        ({"load_in": "2bit"}, "Unknown --load-in '2bit'"),
        ({"chat_template": "no/such.jinja"}, "no chat template 'no/such.jinja'; give auto, on, off or a Jinja file"),
        ({"chat_template": "on"}, "hf/tiny has no chat template"),
        ({"tensor_parallel": 2}, "--tensor-parallel is for vllm"),
        ({"engine_args": "{a: 1}"}, "--engine-args is for vllm"),
    ],
)
def test_options_that_cannot_be_met(gpt2: Path, local: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(gpt2, local=LocalOptions(**local))


@pytest.mark.parametrize(
    ("options", "package"), [({"load_in": "8bit"}, "bitsandbytes"), ({"device_map": "auto"}, "accelerate")]
)
def test_what_has_to_be_installed(
    gpt2: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], package: str
) -> None:
    monkeypatch.setattr("evaluators.models.local_options.find_spec", lambda name: None if name == package else object())
    with pytest.raises(UsageError, match=f"needs {package}: pip install {package}"):
        load(gpt2, local=LocalOptions(**options))


def test_devices_and_templates_by_name(make_llm: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_llm(tmp_path / "chat", template=CHAT)
    expected = [answer.text for answer in load(folder).answer(iter(REQUESTS))]
    for local in (LocalOptions(device="cpu"), LocalOptions(device_map="auto"), LocalOptions(chat_template="on")):
        model = load(folder, local=local)
        assert [answer.text for answer in model.answer(iter(REQUESTS))] == expected
    off = load(folder, local=LocalOptions(chat_template="off"))
    assert off.describe()["prompt"] == "text"
    assert off.count(REQUESTS[0]) == load(folder).count(REQUESTS[0]) - len(_ids(off, "<user>")) - len(
        _ids(off, "<assistant>")
    )


def _ids(model: HuggingFaceModel, text: str) -> list[int]:
    return list(model.tokenizer(text)["input_ids"])


def test_each_process_takes_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    places = []
    for rank in range(4):
        monkeypatch.setenv("LOCAL_RANK", str(rank))
        places.append(LocalOptions().place())
    assert places == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried 9"),
    ],
)
def test_out_of_memory_halves_the_batch_and_goes_on(
    gpt2: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    model = load(gpt2, batch_size=8)
    sizes: list[int] = []
    generate = model.model.generate

    def short_of_memory(ids: torch.Tensor, **settings: Any) -> torch.Tensor:
        sizes.append(len(ids))
        if len(ids) > 2:
            raise error
        return generate(ids, **settings)

    monkeypatch.setattr(model.model, "generate", short_of_memory)
    several = [request(number, 30) for number in range(12)]
    longer = [Request(f"qa1/2k/{number}", "qa1", "2k", "Mary left.", "Where is Mary?") for number in range(3)]
    answers = list(model.answer(iter([*several, *longer])))
    assert [answer.error for answer in answers] == [None] * 15
    assert [answer.id for answer in answers] == [each.id for each in (*several, *longer)]
    # What does not fit is found out once a length.
    assert sizes == [8, 4, 2, 2, 4, 2, 2, 2, 2, 3, 1, 2]


def test_a_sample_that_never_fits_has_its_class(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(gpt2, batch_size=4)
    generate = model.model.generate

    def short_of_memory(ids: torch.Tensor, **settings: Any) -> torch.Tensor:
        if ids.shape[1] > 250:
            raise MemoryError("Unable to allocate 9 GiB\nand more")
        return generate(ids, **settings)

    monkeypatch.setattr(model.model, "generate", short_of_memory)
    answers = {answer.id: answer for answer in model.answer(iter(REQUESTS))}
    lost = answers.pop("qa1/1k/0")
    assert (lost.error, lost.message, lost.text) == ("oom", "Unable to allocate 9 GiB", "")
    assert [answer.error for answer in answers.values()] == [None] * 3


def test_hub_model_that_cannot_be_had() -> None:
    with pytest.raises(DataError, match="Cannot load the model nobody/nothing"):
        load(Path("nobody/nothing"))


def _name_end(folder: Path, token: str) -> None:
    (folder / "generation_config.json").write_text(f'{{"eos_token_id": {token}}}')


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
