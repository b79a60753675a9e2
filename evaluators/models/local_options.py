"""What a model that runs on this machine can be told, and the checks that cost nothing.

Example::

    LocalOptions(device="cuda:1", attention="flash_attention_2").check("hf")
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babilong.errors import UsageError, unknown
from evaluators.models.mapping_option import mapping_option

ATTENTIONS = ("auto", "sdpa", "eager", "flash_attention_2", "flash_attention_3", "flex_attention")
BITS = ("8bit", "4bit")
DEVICE_MAPS = ("auto", "balanced", "balanced_low_0", "sequential")
TEMPLATES = ("auto", "on", "off")
# What this program itself tells vLLM's engine, and by which flag.
_DECIDED = {
    "model": "--model",
    "dtype": "--dtype",
    "tensor_parallel_size": "--tensor-parallel",
    "max_model_len": None,
    "tokenizer": None,
    "generation_config": None,
}
_DEVICES = ("auto", "cpu", "cuda", "cuda:N", "mps", "xpu")


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """Where and how a model runs.

    Attributes:
        device: `auto` (a GPU where there is one; under `accelerate launch` each process its own), `cpu`, `cuda:1`, ...
        device_map: spreads the weights over all devices (`auto`, `balanced`, ...), or None.
        attention: implementation of attention, by its name in transformers; `auto`: the model's own choice.
        load_in: `8bit` or `4bit`: weights quantised by bitsandbytes; or None.
        chat_template: `auto` (where the tokenizer has one), `on`, `off`, or a Jinja file.
        tensor_parallel: GPUs that share each layer, with vLLM.
        engine_args: more arguments of vLLM's engine, as JSON or YAML.
    """

    device: str = "auto"
    device_map: str | None = None
    attention: str = "auto"
    load_in: str | None = None
    chat_template: str = "auto"
    tensor_parallel: int = 1
    engine_args: str | None = None

    def check(self, kind: str) -> None:
        """Look at everything that can be wrong before a model is loaded.

        Args:
            kind: `hf`, `vllm` or `rmt`.

        Raises:
            UsageError: something is.
        """
        if kind == "vllm":
            self._refuse_other("hf/ID-or-folder", "device", "device_map", "attention", "load_in")
            _ = self.engine
        else:
            self._refuse_other("vllm/ID-or-folder", "tensor_parallel", "engine_args")
        if kind == "rmt":
            self._refuse_other("hf/ID-or-folder", "device_map", "attention", "load_in")
            self._refuse_other("hf/ID-or-folder and vllm/ID-or-folder", "chat_template")
        if not re.fullmatch(r"auto|cpu|mps|xpu|cuda(:\d+)?", self.device):
            raise unknown("device", self.device, _DEVICES)
        if self.attention not in ATTENTIONS:
            raise unknown("attention", self.attention, ATTENTIONS)
        if self.device_map is not None:
            if self.device_map not in DEVICE_MAPS:
                raise unknown("device map", self.device_map, DEVICE_MAPS)
            if self.device != "auto":
                raise UsageError("--device and --device-map say two things; give only one of them.")
            _need("accelerate", "--device-map")
        if self.load_in is not None:
            if self.load_in not in BITS:
                raise unknown("--load-in", self.load_in, BITS)
            _need("accelerate", "--load-in")
            _need("bitsandbytes", "--load-in")
        if self.chat_template not in TEMPLATES and not Path(self.chat_template).is_file():
            raise UsageError(
                f"There is no chat template {self.chat_template!r}; give {', '.join(TEMPLATES)} or a Jinja file."
            )

    @property
    def engine(self) -> Mapping[str, Any]:
        """The fields of `engine_args`.

        Raises:
            UsageError: it is no mapping, or sets what this program decides.
        """
        return mapping_option("--engine-args", self.engine_args, '{"enforce_eager": true}', _DECIDED)

    def place(self) -> str:
        """The device; of several GPUs each process that `accelerate launch` starts takes its own.

        Raises:
            UsageError: it is not there.
        """
        import torch

        if self.device == "auto":
            local_rank = int(os.environ.get("LOCAL_RANK", "0"))
            count = torch.cuda.device_count()
            return f"cuda:{local_rank % count}" if count else "cpu"
        try:
            torch.empty(0, device=self.device)
        except Exception as error:  # an assertion, a RuntimeError or one of the driver's own
            raise UsageError(
                f"There is no device {self.device!r} here that torch can use; leave --device away."
            ) from error
        return self.device

    def _refuse_other(self, kind: str, *names: str) -> None:
        usual = LocalOptions()
        for name in names:
            if getattr(self, name) != getattr(usual, name):
                raise UsageError(f"--{name.replace('_', '-')} is for {kind} only; leave it away.")


def _need(package: str, flag: str) -> None:
    if find_spec(package) is None:
        raise UsageError(f"{flag} needs {package}: pip install {package}.")
