"""The command that learns a tokenizer, on input that is none."""

import subprocess
import sys


def test_books_that_are_not_there_are_named_in_a_sentence() -> None:
    words = [sys.executable, "-m", "generators.vocabulary", "--books", "nowhere"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode != 0
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr
