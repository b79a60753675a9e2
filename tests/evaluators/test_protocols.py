"""The published protocol: its prompts are read and never run, its decoding is fixed, its score comes first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from babilong.errors import BabilongError, DataError
from babilong.prompts import load_prompts
from babilong.published_prompts import PUBLISHED_HASH
from evaluators.protocols import get_protocol
from generators.dataset import Dataset
from tests.evaluators.conftest import Done

PUBLISHED = Path(__file__).parents[3] / "shared/data/published/prompts_v1.json"
TEMPLATE = "{instruction}\n\n{examples}\n\n{post_prompt}\n\n<context>\n{context}\n</context>\n\nQuestion: {question}"
PARTS = {
    "qa1": {"instruction": "Find them.", "examples": "", "post_prompt": "One {word}. "},
    "qa2": {"instruction": "Find it.", "examples": "<example>\nA. Where? B\n</example>\n", "post_prompt": "One word."},
}
MODULE = f"""
import os
os.mkdir("was-run")
DEFAULT_TEMPLATE = {TEMPLATE!r}
OTHER = {{"of": os}}
def get_formatted_input(context, question): return DEFAULT_TEMPLATE.format(context=context)
DEFAULT_PROMPTS = {PARTS!r}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    file = tmp_path / "prompts.py"
    file.write_text(MODULE)
    return file


def published_render(template: str, parts: dict[str, str], context: str, question: str) -> str:
    """What the published code makes of it."""
    return template.format(context=context, question=question, **parts).strip()


def test_a_module_is_read_as_the_published_code_reads_it_and_not_run(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prompts = load_prompts(str(module))
    assert not (tmp_path / "was-run").exists()
    assert (prompts.published, prompts.system) == (True, None)
    for task, parts in PARTS.items():
        expected = published_render(TEMPLATE, parts, "Mary {went}.", "Where is Mary? ")
        assert prompts.render(task, "Mary {went}.", "Where is Mary? ") == expected


def test_json_of_the_same_form_is_the_same(module: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(json.dumps({"TEMPLATE": TEMPLATE, "PROMPTS": PARTS}))
    assert load_prompts(str(file)).hash == load_prompts(str(module)).hash
    file.write_text(json.dumps({"TEMPLATE": TEMPLATE + " ", "PROMPTS": PARTS}))
    assert load_prompts(str(file)).hash != load_prompts(str(module)).hash


@pytest.mark.skipif(not PUBLISHED.is_file(), reason=f"needs the published prompts at {PUBLISHED}")
def test_the_published_prompts_themselves() -> None:
    prompts = load_prompts(str(PUBLISHED))
    assert prompts.hash == PUBLISHED_HASH
    data = json.loads(PUBLISHED.read_text("utf-8"))
    assert list(prompts.tasks) == [f"qa{number}" for number in range(1, 21)]
    for task, parts in data["PROMPTS"].items():
        expected = published_render(data["TEMPLATE"], parts, "Long text.", "Where is Mary? ")
        assert prompts.render(task, "Long text.", "Where is Mary? ") == expected


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.py", "DEFAULT_PROMPTS = make()\nDEFAULT_TEMPLATE = ''", "not plain Python literals"),
        ("a.py", "DEFAULT_PROMPTS = {", "not plain Python literals"),
        ("a.py", "x = 1\n", "a text DEFAULT_TEMPLATE and a mapping DEFAULT_PROMPTS"),
        ("a.py", f"TEMPLATE = {TEMPLATE!r}\nPROMPTS = {{}}", "a mapping DEFAULT_PROMPTS"),
        ("a.py", f"TEMPLATE = {TEMPLATE!r}\nPROMPTS = {{'qa1': {{'instruction': 'x'}}}}", "qa1 needs the texts"),
        ("a.py", f"TEMPLATE = {TEMPLATE!r}\nPROMPTS = {{'qa21': {PARTS['qa1']!r}}}", "Unknown task 'qa21'"),
        ("a.py", f"TEMPLATE = '{{context}}'\nPROMPTS = {PARTS!r}", "must hold each of"),
        ("a.py", f"TEMPLATE = {TEMPLATE + '{context}'!r}\nPROMPTS = {PARTS!r}", "must hold each of"),
        ("a.json", '{"PROMPTS": 3}', "a text DEFAULT_TEMPLATE"),
        ("a.json", "{", "not JSON"),
        ("a.txt", "", "give builtin or the path of"),
    ],
)
def test_broken_prompts(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BabilongError, match=says) as caught:
        load_prompts(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="not UTF-8"):
        load_prompts(str(tmp_path / "a.py"))


def test_the_published_protocol_fixes_the_decoding() -> None:
    v1, v2 = get_protocol("v1"), get_protocol("v2")
    assert (v1.score, v1.new_tokens(None), v1.new_tokens(20)) == ("v1", 20, 20)
    assert (v2.score, v2.new_tokens(None), v2.new_tokens(64)) == ("v2", 20, 64)


def test_a_run_says_by_which_protocol(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, module: Path, gpt2: Path
) -> None:
    words: tuple[Any, ...] = ("-m", f"hf/{gpt2}", "--data", dataset.folder, "-l", "0k", "-n", "1", "--dtype", "float32")
    assert call(*words).code == 0
    done = call(*words, "--protocol", "v1", "--prompts", module)
    assert done.code == 0, done.err
    assert "score v1" in done.out
    assert "not word for word the published ones" in done.err
    runs = [yaml.safe_load(file.read_text()) for file in tmp_path.glob("runs/*/*/run.yaml")]
    assert sorted(run["protocol"] for run in runs) == ["v1", "v2"]
    [v1] = [run for run in runs if run["protocol"] == "v1"]
    assert v1["prompts"] == load_prompts(str(module)).hash
    assert v1["model"]["decoding"] == {"greedy": True, "max_new_tokens": 20}
    assert call(*words, "--prompts", module).code == 0
    assert len(list(tmp_path.glob("runs/*/*"))) == 3  # the same prompts, but another protocol


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--protocol", "v3"], "Unknown protocol 'v3'; did you mean v"),
        (["--protocol", "v1"], "asks with the published prompts; name them with --prompts"),
        (["--protocol", "v1", "--prompts", "prompts.py", "--max-new-tokens", "30"], "leave --max-new-tokens away"),
        (["--protocol", "v1", "--prompts", "prompts.py"], "is for models that read prompts; random reads none"),
        (["--prompts", "prompts.py"], "leave --prompts away"),
    ],
)
def test_what_does_not_fit(
    call: Callable[..., Done], dataset: Dataset, module: Path, tmp_path: Path, words: list[str], says: str
) -> None:
    done = call("-m", "random", "--data", dataset.folder, *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert not (tmp_path / "runs").exists()
