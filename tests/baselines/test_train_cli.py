"""`babilong-train` as typed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RECIPE = """
name: tiny
task: qa1
noise_volumes: 1
model: {model_type: gpt2, n_layer: 1, n_embd: 16, n_head: 2, n_positions: 160}
memory: {memory_tokens: 2, segment_size: 64, overlap: 8, token_shift: 2}
stages: [{name: facts, steps: 2, kind: facts, rows: 4}]
"""


def babilong_train(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from baselines.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_a_recipe_becomes_a_checkpoint_that_reads(tmp_path):
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    done = babilong_train(
        str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "run"), "--threads", "1", "--workers", "1"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "run" / "model")
    from baselines.reader import load_reader

    reading = load_reader(done.stdout.strip(), "float32").answer([("Mary went to the garden.", "Where is Mary?")], 3)[0]
    assert reading.tokens_in > 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["rmt-gtp2"], 2, "Unknown training recipe 'rmt-gtp2'; did you mean rmt-gpt2"),
        (["--no-such-flag"], 2, "No such option"),
        (["broken.yaml"], 1, "is broken"),
        (["rmt-gpt2", "--set", "name=../x"], 2, "The recipe's name '../x' cannot name a folder"),
        (["rmt-gpt2", "--threads", "0"], 2, "Invalid value for '--threads'"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_sentence(tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text("stages: [")
    done = babilong_train(*arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_nothing_heavy():
    heavy = ("torch", "transformers", "numpy")
    code = f"import sys; import baselines.cli; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_bundled_recipes_are_listed():
    done = babilong_train("--list")
    assert done.returncode == 0
    listed = [line.split(" ", 1)[0] for line in done.stdout.splitlines()]
    assert listed == ["armt-gpt2-gate", "armt-gpt2", "rmt-gated", "rmt-gpt2-gate", "rmt-gpt2", "rmt-qa1"]


def test_fields_can_be_changed_from_the_command_line(tmp_path):
    done = babilong_train("rmt-gpt2", "--set", "stages.0.stepz=1", "--out", str(tmp_path / "run"))
    assert done.returncode == 2
    assert "Unknown key 'stepz'; did you mean steps" in done.stderr


def test_a_whole_job_that_is_told_to_stop_saves_before_its_workers_are_gone(tmp_path):
    (tmp_path / "tiny.yaml").write_text(RECIPE.replace("steps: 2", "steps: 100000"))
    words = [str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "run"), "--threads", "1", "--workers", "1"]
    words += ["--set", "log_every=1"]
    code = "from baselines.cli import main; main()"
    job = subprocess.Popen(
        [sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert job.stderr is not None
    for line in job.stderr:
        if "step 2 " in line:
            break
    os.killpg(job.pid, signal.SIGTERM)
    said = job.stderr.read()
    assert job.wait() == 130, said
    assert "Traceback" not in said
    assert (tmp_path / "run" / "state" / "progress.json").is_file()
