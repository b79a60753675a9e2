"""`--model FILE.py:NAME`: a model of the user's own, from a line of Python to a whole `Model`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from babilong.errors import BabilongError
from evaluators.models.protocol import Request
from evaluators.models.registry import make_model
from evaluators.records import read_folder
from evaluators.run_folder import read_run
from generators.dataset import Dataset
from tests.evaluators.conftest import Done

FUNCTION = "def answer(context: str, question: str, task: str) -> str:\n    return 'kitchen'\n"
CLASS = """
class Mine:
    def __init__(self):
        self.word = "kitchen"
    def __call__(self, context, question, task):
        return self.word
"""
FACTORY = FUNCTION + "def load():\n    return answer\n"
MODEL = """
from evaluators.models.protocol import Answer

class Whole:
    name = "whole"
    prompted = True
    max_tokens = 10_000

    def describe(self):
        return {"weights": (1, 2)}

    def count(self, request):
        return len(request.prompt)

    def answer(self, requests):
        for request in requests:
            yield Answer(request.id, "kitchen", "stop", len(request.prompt), 1, 0.1)
"""
KITCHEN = FUNCTION.replace("return 'kitchen'", "return 'kitchen' if 'qa1' in task else context[-1:] + str(1 / 0)")

ROOT = Path(__file__).parents[2]
PROMPTS = ROOT / "babilong/data/prompts.yaml"


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])  # to which files of users are added


@pytest.fixture
def ask(call: Callable[..., Done], dataset: Dataset) -> Callable[..., Done]:
    """The command, asking the model NAME of a file of this code."""

    def run(name: str, code: str, *words: str, before: str = "") -> Done:
        Path("mine.py").write_text(code)
        return call("-m", f"{before}mine.py:{name}", "--data", dataset.folder, *words)

    return run


def folders() -> list[Path]:
    return sorted(Path("runs").glob("*/*"))


def said(done: Done) -> str:
    """The one sentence of a refusal."""
    assert done.code in (1, 2) and done.out == ""
    assert done.err.count("\n") == 1 and "Traceback" not in done.err
    return done.err


@pytest.mark.parametrize(("name", "code"), [("answer", FUNCTION), ("Mine", CLASS), ("load", FACTORY)])
def test_what_is_called_with_a_context_a_question_and_a_task_is_a_model(
    ask: Callable[..., Done], name: str, code: str
) -> None:
    done = ask(name, code)
    assert done.code == 0, done.err
    assert f"mine.{name}, score v2" in done.out
    [folder] = folders()
    assert folder.parent.name == f"mine.{name}"
    assert {record.output for record in read_folder(folder).values()} == {"kitchen"}
    assert len(read_folder(folder)) == 20


def test_the_readmes_example_does_what_it_says(call: Callable[..., Done], tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("### Your own model")[2].partition("\n### ")[0]
    first, _, rest = section.partition("\n`babilong-eval ")
    code = [line.removeprefix("    ") for line in first.splitlines() if line.startswith("    ") or not line]
    assert len([line for line in code if line]) <= 20
    (tmp_path / "mine.py").write_text("\n".join(code))
    command, _, after = rest.partition("`")
    printed = [line.strip() for line in after.splitlines() if line.startswith("    ")]
    done = call(*command.split())
    assert done.code == 0, done.err
    assert [line.strip() for line in done.out.splitlines()[: len(printed)]] == printed
    [folder] = folders()
    assert folder.parent.as_posix() in after


def test_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def join(context, question, task):\n    return '|'.join((context, question, task))\n"
    )
    model = make_model(f"{tmp_path}/mine.py:join")
    [answer] = model.answer(iter([Request("qa1/1k/0", "qa1", "1k", "Mary left.", "Where?", before="Read: ")]))
    assert (answer.text, answer.finish_reason, answer.error) == ("Mary left.|Where?|qa1", "stop", None)


def test_who_leaves_instead_of_answering_is_an_error_of_the_sample(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import sys\ndef leave(context, question, task):\n    sys.exit()\n")
    model = make_model(f"{tmp_path}/mine.py:leave")
    [answer] = model.answer(iter([Request("qa1/1k/0", "qa1", "1k", "Mary left.", "Where?")]))
    assert (answer.text, answer.error) == ("", "SystemExit")


@pytest.mark.parametrize(
    "said", ["seconds=float('nan')", "tokens_in=-3", "tokens_in=True", "tokens_in=None", "error=ValueError('x')"]
)
def test_an_answer_that_no_record_could_hold_is_refused(tmp_path: Path, said: str) -> None:
    code = f"""
from evaluators.models.protocol import Answer

class Mine:
    name, prompted, max_tokens = "mine", False, None
    def describe(self): return {{}}
    def count(self, request): return "5"
    def answer(self, requests):
        values = dict(tokens_in=1, tokens_out=1, seconds=0.1)
        for request in requests:
            yield Answer(request.id, "kitchen", "stop", **(values | dict({said})))
"""
    (tmp_path / "mine.py").write_text(code)
    model = make_model(f"{tmp_path}/mine.py:Mine")
    request = Request("qa1/1k/0", "qa1", "1k", "Mary left.", "Where?")
    with pytest.raises(BabilongError, match="mine.py:Mine failed: .*TypeError: .*is no answer to what was asked"):
        list(model.answer(iter([request])))
    with pytest.raises(BabilongError, match="mine.py:Mine cannot count a prompt: .*TypeError"):
        model.count(request)


def test_the_same_file_resumes_and_a_changed_one_begins_anew(ask: Callable[..., Done]) -> None:
    assert ask("answer", FUNCTION, "-t", "qa1", "-l", "0k").code == 0
    assert ask("answer", FUNCTION, "-t", "qa1").code == 0
    [folder] = folders()
    assert len(read_folder(folder)) == 10
    changed = FUNCTION.replace("kitchen", "bedroom")
    assert ask("answer", changed, "-t", "qa1").code == 0
    assert len(folders()) == 2
    [other] = set(folders()) - {folder}
    assert {record.output for record in read_folder(other).values()} == {"bedroom"}


def test_the_id_is_that_of_the_file_wherever_it_lies(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(FUNCTION)
        assert call("-m", f"{folder}/mine.py:answer", "--data", dataset.folder).code == 0
    assert len(folders()) == 1


def test_errors_of_samples_are_kept_with_their_line_and_the_run_goes_on(ask: Callable[..., Done]) -> None:
    done = ask("answer", KITCHEN)
    assert done.code == 3
    assert "50.0% of the samples errored, most of them with ZeroDivisionError (mine.py, line 2: division by" in done.err
    records = read_folder(folders()[0]).values()
    assert len(records) == 20
    failed = [record for record in records if record.error]
    assert {record.task for record in failed} == {"qa2"}
    assert {(record.output, record.error, record.message) for record in failed} == {
        ("", "ZeroDivisionError", "mine.py, line 2: division by zero")
    }
    assert ask("answer", KITCHEN, "--retry-errors", "none", "--max-error-rate", "0.5").code == 0


def test_our_own_errors_and_memory_are_errors_of_a_sample_too(ask: Callable[..., Done]) -> None:
    code = "from babilong.errors import DataError\n" + FUNCTION.replace(
        "return 'kitchen'", "raise MemoryError('full') if task == 'qa1' else DataError('no such book')"
    )
    assert ask("answer", code).code == 3
    assert {(record.error, record.message) for record in read_folder(folders()[0]).values()} == {
        ("oom", "mine.py, line 3: full"),
        ("DataError", "mine.py, line 3: no such book"),
    }


@pytest.mark.parametrize(
    ("value", "kind"), [("None", "None"), ("3", "an object of the type int"), ("b'x'", "an object of the type bytes")]
)
def test_no_string_is_an_error_of_the_sample(ask: Callable[..., Done], value: str, kind: str) -> None:
    done = ask("answer", FUNCTION.replace("'kitchen'", value))
    assert done.code == 3
    assert f"most of them with TypeError (mine.answer answered with {kind}, not with a string)" in done.err


def test_jobs_of_an_array(ask: Callable[..., Done]) -> None:
    for shard in ("1/2", "2/2"):
        assert ask("answer", FUNCTION, "--shard", shard).code == 0
    [folder] = folders()
    assert len(list(folder.glob("samples-*"))) == 2 and len(read_folder(folder)) == 20


@pytest.mark.parametrize(("name", "code"), [("answer", FUNCTION), ("Whole", MODEL)])
def test_behind_retrieval(ask: Callable[..., Done], name: str, code: str) -> None:
    code = code.replace("'kitchen'", "str(len(context))").replace('"kitchen"', "str(len(request.context))")
    assert ask(name, code, "--top-k", "1", before="rag/").code == 0
    [folder] = folders()
    assert folder.parent.name == ("rag-whole" if name == "Whole" else "rag-mine.answer")
    run = read_run(folder)
    assert run["model"]["retrieval"]["top_k"] == 1 and len(run["model"]["code"]) == 64
    assert all(int(record.output) < 500 for record in read_folder(folder).values())  # a sentence


@pytest.mark.parametrize("name", ["answer", "Whole"])
def test_a_dry_run_loads_nothing(ask: Callable[..., Done], dataset: Dataset, name: str) -> None:
    done = ask(name, "1 / 0\n", "--dry-run")
    assert done.code == 0, done.err
    tokens = sum(sample.n_tokens for cell in dataset.cells for sample in dataset.samples(*cell))
    assert f"tokens in: {tokens:,}, counted by the dataset, without prompts: mine.py:{name} is not loaded" in done.out
    assert not Path("runs").exists()
    assert "counted by the dataset, for whole contexts" in ask(name, "1 / 0\n", "--dry-run", before="rag/").out


def test_a_whole_model_is_taken_as_it_is(ask: Callable[..., Done]) -> None:
    done = ask("Whole", MODEL)
    assert done.code == 0, done.err
    [folder] = folders()
    assert folder.parent.name == "whole"
    run = read_run(folder)
    assert run["model"]["weights"] == [1, 2] and run["prompts"]
    assert all(record.tokens_in > 300 for record in read_folder(folder).values())  # the rendered prompt


@pytest.mark.parametrize(
    "code",
    [
        MODEL + "made = Whole()\n",
        CLASS + "made = Mine()\n",
        "import torch\nclass Net(torch.nn.Module):\n    def forward(self, context, question, task):\n"
        "        return 'kitchen'\nmade = Net()\n",
        "from functools import cache\n@cache\n" + FUNCTION.replace("answer", "made"),
        "from functools import cache\n"
        + FUNCTION
        + "@cache\ndef made(size=1, device='cpu', layers=2):\n    return answer\n",
        "from functools import partial\n" + FUNCTION + "made = partial(lambda size: answer, 3)\n",
    ],
)
def test_what_is_there_already_is_taken_and_what_makes_it_is_called(ask: Callable[..., Done], code: str) -> None:
    assert ask("made", code).code == 0
    assert {record.output for record in read_folder(folders()[0]).values()} == {"kitchen"}


def test_prompts_over_the_limit_of_a_whole_model_are_refused(ask: Callable[..., Done]) -> None:
    done = ask("Whole", MODEL.replace("10_000", "1_000"))
    assert done.code == 4 and "longer than the 1,000 tokens that whole can read" in done.err


YIELD = 'yield Answer(request.id, "kitchen", "stop", len(request.prompt), 1, 0.1)'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (YIELD, "raise ValueError('full')", "The model mine.py:Whole failed: mine.py, line 17: ValueError: full."),
        (YIELD, "yield 'kitchen'", "failed: TypeError: 'kitchen' is no answer to what was asked."),
        (YIELD, "yield Answer('qa1', 'x', 'stop', 0, 0, 0.0)", "no answer to what was asked."),
        (YIELD, "yield Answer(request.id, None, 'stop', 0, 0, 0.0)", "no answer to what was asked."),
        (YIELD, YIELD + "\n            " + YIELD, "no answer to what was asked."),
        (
            YIELD,
            "yield from ()",
            "failed: ValueError: there is no answer for qa1/0k/0, qa1/0k/1, qa1/0k/2 and 17 more.",
        ),
        ("(1, 2)", "{1, 2}", "describes itself as no record can hold: TypeError: Object of type set is not JSON"),
        ('{"weights": (1, 2)}', "None", "describes itself as no record can hold: mine.py|TypeError: 'NoneType'"),
        ('{"weights": (1, 2)}', "1 / 0", "describes itself as no record can hold: mine.py, line 10: ZeroDivisionError"),
    ],
)
def test_a_whole_model_that_breaks_its_word_ends_the_run_in_a_sentence(
    ask: Callable[..., Done], old: str, new: str, message: str
) -> None:
    assert old in MODEL
    done = ask("Whole", MODEL.replace(old, new))
    assert done.code == 1 and "Traceback" not in done.err
    assert any(part in done.err for part in message.split("|"))


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        (
            "f",
            "def f(context, question): ...",
            "The model mine.py:f takes (context, question), but is called with context,",
        ),
        ("F", "class F:\n def __init__(self, path): ...", "mine.py:F without arguments: it takes (path)."),
        ("F", "class F:\n def __init__(self, a, b, c): ...", "mine.py:F without arguments: it takes (a, b, c)."),
        (
            "F",
            "class F:\n def __call__(self, context): ...",
            "takes (context), but is called with context, question, task",
        ),
        ("F", "class F:\n def answer(self): ...", "has no name, prompted, max_tokens, describe, count."),
        ("f", "def f(): ...", "The model mine.py:f gives None, which can neither be called"),
        ("f", "f = 3", "gives an object of the type int, which"),
        (
            "f",
            "def f():\n  return 1 / 0",
            "Cannot make the model mine.py:f: mine.py, line 2: ZeroDivisionError: division",
        ),
        ("f", "def f():\n  open('w.pt')", "mine.py, line 2: FileNotFoundError: No such file or directory: w.pt."),
        ("f", "def f(\n", "Cannot find the model 'mine.py:f': SyntaxError: '(' was never closed (mine.py, line 1)."),
        ("f", "1 / 0", "Cannot find the model 'mine.py:f': mine.py, line 1: ZeroDivisionError: division by zero."),
        ("f", "def g(): ...", "Cannot find the model 'mine.py:f': mine.py has no f; it defines g."),
        ("Whole", MODEL.replace("10_000", "'8k'"), "mine.py:Whole has no name or limit of tokens that can be used"),
        (
            "Whole",
            MODEL.replace("10_000", "property(lambda self: 1 / 0)"),
            "can be used: mine.py, line 7: ZeroDiv",
        ),
    ],
)
def test_what_is_no_model_is_refused_in_a_sentence(
    ask: Callable[..., Done], name: str, code: str, message: str
) -> None:
    assert message in said(ask(name, code))
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.py:f", "The model 'none.py:f' is to be in none.py, but there is no such file; mend the path."),
        ("rag/none.py:f", "The model 'none.py:f' is to be in none.py, but there is no such file; mend the path."),
        ("folder.py:f", "The model 'folder.py:f' is to be in folder.py, but there is no such file; mend the path."),
        ("mine.py", "The model 'mine.py' names no function or class; write it as mine.py:NAME."),
        ("mine.py:", "The model 'mine.py:' names no function or class; write it as mine.py:NAME."),
        ("mine:f", "Unknown model 'mine:f'"),
    ],
)
def test_a_name_of_nothing(call: Callable[..., Done], tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "mine.py").write_text(FUNCTION)
    for more in ((), ("--dry-run",)):
        assert message in said(call("-m", name, "-n", "1", "-l", "0k", *more))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--device", "cpu"], "are for models run here, not for mine.py:answer."),
        (["--base-url", "http://127.0.0.1:9/v1"], "are for openai/NAME, not for mine.py:answer."),
        (["--dtype", "bfloat16"], "--dtype does not reach mine.py:answer, which is called without arguments; write it"),
        (["--max-new-tokens", "5"], "--max-new-tokens does not reach mine.py:answer"),
        (["--prompts", "told.yaml"], "The system message of --prompts does not reach mine.py:answer"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_options_that_would_be_ignored_are_refused(
    ask: Callable[..., Done], words: list[str], message: str, dry: Any
) -> None:
    Path("told.yaml").write_text(yaml.safe_dump(yaml.safe_load(PROMPTS.read_text()) | {"system": "Be brief."}))
    assert message in said(ask("answer", FUNCTION, *words, *dry))


def test_prompts_are_for_models_that_read_them(ask: Callable[..., Done]) -> None:
    refused = said(ask("answer", FUNCTION, "--prompts", str(PROMPTS)))
    assert "mine.py:answer reads the bare text without a prompt" in refused
    assert ask("Whole", MODEL, "--prompts", str(PROMPTS)).code == 0
