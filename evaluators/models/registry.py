"""From a model's name to the model: `rmt-gpt2`, `random`, `hf/ID-or-folder`, `rmt/FOLDER`."""

from __future__ import annotations

from pathlib import Path

from babilong.errors import UsageError, unknown
from evaluators.models.protocol import Model, ModelOptions

KINDS = ("rmt-gpt2", "random", "hf/ID-or-folder", "rmt/FOLDER")


def check_model_name(name: str) -> None:
    """Whether there can be such a model, without loading anything.

    Raises:
        UsageError: an unknown name; the message gives the nearest ones.
    """
    kind, slash, source = name.partition("/")
    if name in ("rmt-gpt2", "random") or (kind in ("hf", "rmt") and source):
        return
    if slash and kind in ("hf", "rmt"):
        raise UsageError(f"The model {name!r} names no checkpoint; write it as {kind}/FOLDER.")
    if name and Path(name).is_dir():
        raise UsageError(f"The model {name!r} is a folder; write hf/{name} or, for a recurrent one, rmt/{name}.")
    raise unknown("model", name, KINDS)


def make_model(name: str, options: ModelOptions | None = None) -> Model:
    """The model of this name, loaded.

    Raises:
        UsageError: an unknown name or dtype.
        DataError: its checkpoint is missing or broken.
    """
    options = options or ModelOptions()
    check_model_name(name)
    from baselines.reader import DTYPES

    if options.dtype not in DTYPES:
        raise unknown("dtype", options.dtype, DTYPES)
    if name == "random":
        from evaluators.models.random_floor import RandomModel

        return RandomModel()
    kind, _, source = name.partition("/")
    if source and Path(source).is_dir():
        name = f"{kind}/{Path(source).resolve().name}"
    if kind == "hf":
        from evaluators.models.huggingface import HuggingFaceModel

        return HuggingFaceModel.load(name, source, options)
    from evaluators.models.recurrent import RecurrentModel

    return RecurrentModel.load(name, source or name, options)
