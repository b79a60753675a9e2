"""Real OpenAI-compatible servers on loopback around a tiny random model: that of transformers, and vLLM's.

Example::

    with serving(transformers_serve(folder), tmp_path / "log") as url:
        ...  # http://127.0.0.1:PORT/v1
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)
_STARTS_S = 240


def transformers_serve(model: Path) -> list[str]:
    command = Path(sys.executable).with_name("transformers")
    return [str(command), "serve", str(model), "--device", "cpu"]


def vllm_serve(python: str, model: Path) -> list[str]:
    words = "--served-model-name tiny --dtype float32 --max-model-len 1024 --enforce-eager"
    return [python, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), *words.split()]


@contextmanager
def serving(command: list[str], log: Path) -> Iterator[str]:
    """The base URL of a server while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, **settings},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(60)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(_STARTS_S * 2):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"The server did not start: {log.read_text(errors='replace')[-3000:]}")
