"""The lowest floor is light: importing it pulls in no heavy library."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "transformers", "datasets", "pandas", "matplotlib", "tokenizers", "pyarrow", "scipy", "yaml")


def test_imports_are_light() -> None:
    code = (
        "import sys, babilong, babilong.tasks, babilong.prompts, babilong.scoring, babilong.statistics\n"
        f"print(*(name for name in {HEAVY} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
