from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from generators import cli, sample_files
from generators.dataset import open_dataset
from generators.recipe import Recipe, load_recipe


class Result:
    """How a command line ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Command = Callable[..., Result]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["babilong-generate", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return run


def test_a_dataset(command: Command, books: Path, babi: Path, tmp_path: Path) -> None:
    words = ["-t", "qa1", "-l", "0k,1k-2k", "-n", 3, "--stories", babi, "--background", books, "--out", "data"]
    result = command(*words)
    assert result.code == 0 and result.err == ""
    lines = result.out.splitlines()
    assert lines[0].split() == ["length", "task", "rows", "mean", "tokens", "stories", "left", "out"]
    assert [line.split()[:3] for line in lines[1:4]] == [["0k", "qa1", "3"], ["1k", "qa1", "3"], ["2k", "qa1", "3"]]
    assert lines[4] == "data"
    assert command(*words).out == result.out
    assert command(*words, "--length", "4k").code == 0
    assert len(open_dataset(tmp_path / "data").cells) == 4


def test_default_folders(command: Command, books: Path, tmp_path: Path) -> None:
    assert command("-t", "qa1", "-l", "0k", "-n", 1).out.splitlines()[-1] == "data/builtin"
    custom = command("-t", "qa1", "-l", "0k", "-n", 1, "--seed", 0).out.splitlines()[-1]
    assert custom.startswith("data/custom-") and len(custom) == len("data/custom-") + 8
    (tmp_path / "mine.yaml").write_text("seed: 0\n")
    assert command("-t", "qa1", "-l", "0k", "-n", 1, "--recipe", "mine.yaml").out.splitlines()[-1] == "data/mine"
    recipe = open_dataset(tmp_path / "data" / "mine").manifest.recipe_hash
    assert recipe == open_dataset(tmp_path / custom).manifest.recipe_hash


def test_print_recipe(command: Command, tmp_path: Path) -> None:
    printed = command("--print-recipe", "--seed", -3, "--depth", "0.0-0.5", "--reserve", 300).out
    (tmp_path / "mine.yaml").write_text(printed)
    assert load_recipe(str(tmp_path / "mine.yaml")) == Recipe(seed=-3, depth=(0.0, 0.5), reserve=300)
    assert command("--print-recipe", "--recipe", "mine.yaml").out == printed
    assert {"# tokenizer", "# recipe"} <= {line.partition(":")[0] for line in printed.splitlines()}
    assert yaml.safe_load(command("--print-recipe", "--recipe", "mine.yaml", "--seed", 1).out)["seed"] == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["-t", "qa21"], 2, "Unknown task 'qa21'; did you mean qa2"),
        (["-t", "qa3-"], 2, "Unknown task ''"),
        (["-l", "3x"], 2, "Unknown length '3x'"),
        (["-l", "12M"], 2, "over 11M"),
        (["-t", "qa1", "-l", "100"], 2, "qa1 does not fit into 100: its stories need up to"),
        (["-n", "0"], 2, "Cannot make 0 samples"),
        (["--split", "tets"], 2, "Unknown split 'tets'; did you mean test"),
        (["--format", "parket"], 2, "Unknown format 'parket'; did you mean parquet"),
        (["--depth", "0.9-0.1"], 2, "depth cannot be 0.9-0.1"),
        (["--depth", "deep"], 2, "Unknown depth 'deep'"),
        (["--answer-tokens", "-1"], 2, "answer_tokens cannot be -1"),
        (["--stories", "simulated"], 2, "Unknown stories 'simulated'"),
        (["--background", "buildin"], 2, "Unknown background 'buildin'"),
        (["--recipe", "bulitin"], 2, "Unknown recipe 'bulitin'"),
        (["--recipe", "missing.yaml"], 1, "Cannot read the recipe missing.yaml: No such file"),
        (["--recipe", "typo.yaml"], 2, "Unknown key in typo.yaml: 'sed'; did you mean seed"),
        (["--recipe", "type.yaml"], 2, "seed cannot be 'seven'"),
        (["--recipe", "broken.yaml"], 1, "Cannot read the recipe broken.yaml: not YAML, line 2"),
        (["--stories", "./nowhere"], 1, "nowhere"),
        (["-t", "qa1", "--stories", "empty"], 1, "holds no file qa1_*_test.txt"),
        (["-t", "qa1", "--stories", "bad"], 1, "line 2"),
        (["--background", "./nowhere"], 1, "No folder of texts at ./nowhere"),
        (["--background", "empty"], 1, "The folder empty holds no .txt, .jsonl, .parquet file"),
        (["-t", "qa1", "-l", "1k", "--background", "binary"], 1, "Cannot read the book binary/a.txt"),
        (["-t", "qa1", "-l", "1k", "--reserve", "999"], 2, "qa1 does not fit into 1k"),
        (
            ["-t", "qa1", "-l", "0k", "-n", "9", "--stories", "few"],
            2,
            "qa1 has 1 stories of at most 1000 tokens, not 9",
        ),
        (["-t", "qa1", "--prompts", "nothing.yaml"], 1, "Cannot read the prompts nothing.yaml"),
        (["--bogus"], 2, "--bogus"),
    ],
)
def test_bad_input(command: Command, tmp_path: Path, words: list[str], code: int, says: str) -> None:
    for folder in ("empty", "bad", "binary", "few"):
        (tmp_path / folder).mkdir()
    (tmp_path / "typo.yaml").write_text("sed: 1\n")
    (tmp_path / "type.yaml").write_text("seed: seven\n")
    (tmp_path / "broken.yaml").write_text("seed: [\n")
    (tmp_path / "bad" / "qa1_x_test.txt").write_text("1 Mary went to the garden.\nWhere is Mary?\tgarden\t1\n")
    (tmp_path / "few" / "qa1_x_test.txt").write_text("1 Mary went to the garden.\n2 Where is Mary?\tgarden\t1\n")
    (tmp_path / "binary" / "a.txt").write_bytes(bytes(range(256)))
    before = sorted(tmp_path.rglob("*"))
    result = command(*words)
    assert result.code == code and says in result.err
    assert result.out == ""
    if "--bogus" not in words:
        assert result.err.startswith("Error: ") and result.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "Error: The disk is full; data keeps what was finished."),
        (KeyboardInterrupt(), 130, "Interrupted; everything finished is kept"),
    ],
)
def test_full_disk_and_interruption(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException, code: int, says: str
) -> None:
    assert command("-t", "qa1", "-l", "0k", "-n", 2, "-o", "data").code == 0
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    def failing(self: object, data: bytes) -> int:
        raise error

    monkeypatch.setattr(sample_files._Sink, "write", failing)
    result = command("-t", "qa1,qa2", "-l", "0k", "-n", 2, "-o", "data")
    assert result.code == code and result.err.startswith(says) and result.err.count("\n") == 1
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_debug_shows_a_traceback(command: Command) -> None:
    with pytest.raises(Exception, match="Unknown task"):
        command("-t", "qa21", "--debug")


def test_help_is_quick_and_light() -> None:
    heavy = ("torch", "transformers", "datasets", "pandas", "pyarrow", "numpy", "nltk")
    code = f"import sys, generators.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_says_what_matters(command: Command) -> None:
    result = command("--help")
    assert result.code == 0
    for words in ("Examples", "Exit codes", "What it is made of", "--max-story-tokens", "Default: 42"):
        assert words in result.out


def test_version(command: Command) -> None:
    from babilong import __version__

    assert command("--version").out == f"babilong-generate {__version__}\n"
