"""From a model's name to the model: `rmt-gpt2`, `hf/ID-or-folder`, `rag/oracle`, and all the other `KINDS`.

Example::

    make_model("rag/hf/gpt2", ModelOptions(retrieval=RetrievalOptions(top_k=5)))
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from babilong.errors import UsageError, unknown
from baselines.bundled import BUNDLED
from evaluators.models.protocol import Model, ModelOptions
from evaluators.models.retrieval_options import RetrievalOptions

KINDS = (
    *BUNDLED,
    "oracle",
    "random",
    "hf/ID-or-folder",
    "vllm/ID-or-folder",
    "rmt/ID-or-folder",
    "openai/NAME",
    "rag/MODEL",
    "FILE.py:NAME",
)
_PREFIXES = tuple(kind.partition("/")[0] for kind in KINDS if "/" in kind)
# Options in groups of their own: for which kinds of models each is, and what to call it.
_GROUPS = (
    ("server", ("openai",), "--base-url and the other options of a server are for openai/NAME"),
    ("local", ("hf", "vllm", "rmt", *BUNDLED), "--device, --chat-template and their like are for models run here"),
    ("retrieval", (), "--retriever, --unit and --top-k are for rag/MODEL"),
)
# What could decide answers, and does not reach a model that is called without arguments.
_UNTOLD = {"dtype": "--dtype", "max_new_tokens": "--max-new-tokens", "system": "The system message of --prompts"}


def is_own(name: str) -> bool:
    """Whether a name is of the form `FILE.py:NAME`: a model of the user's own."""
    return name.partition("/")[0] not in _PREFIXES and name.rpartition(":")[0].endswith(".py")


def check_model_name(name: str) -> None:
    """Whether there can be such a model, without loading anything.

    Raises:
        UsageError: an unknown name; the message gives the nearest ones.
    """
    kind, slash, source = name.partition("/")
    if name in (*BUNDLED, "oracle", "random") or (kind in ("hf", "vllm", "rmt", "openai") and source):
        return
    if slash and kind == "rag":
        if not source or source.startswith("rag/"):
            raise UsageError(f"The model {name!r} names nobody to read what is retrieved; write it as rag/oracle.")
        return check_model_name(source)
    if slash and kind in ("hf", "vllm", "rmt"):
        raise UsageError(f"The model {name!r} names no checkpoint; write it as {kind}/FOLDER.")
    if slash and kind == "openai":
        raise UsageError(f"The model {name!r} names no model; write it as openai/NAME, by the server's name for it.")
    if is_own(name) and not Path(file := name.rpartition(":")[0]).is_file():
        raise UsageError(f"The model {name!r} is to be in {file}, but there is no such file; mend the path.")
    if is_own(name) and not name.endswith(":"):
        return
    if name.rstrip(":").endswith(".py"):
        raise UsageError(f"The model {name!r} names no function or class; write it as {name.rstrip(':')}:NAME.")
    if name and Path(name).is_dir():
        raise UsageError(f"The model {name!r} is a folder; write hf/{name} or, for a recurrent one, rmt/{name}.")
    raise unknown("model", name, KINDS)


def check_options(name: str, options: ModelOptions) -> None:
    """Whether options are for a model of this name, without loading anything.

    Raises:
        UsageError: they are for models of another kind, or there is no such dtype.
    """
    kind, _, source = name.partition("/")
    if kind == "rag":
        options.retrieval.check()
        return check_options(source, replace(options, retrieval=RetrievalOptions()))
    for group, kinds, what in _GROUPS:
        if kind not in kinds and getattr(options, group) != getattr(ModelOptions(), group):
            raise UsageError(f"{what}, not for {name}.")
    for field, what in _UNTOLD.items() if is_own(name) else ():
        if getattr(options, field) != getattr(ModelOptions(), field):
            raise UsageError(
                f"{what} does not reach {name}, which is called without arguments; write it into the file."
            )
    from baselines.reader import DTYPES

    if options.dtype not in DTYPES:
        raise unknown("dtype", options.dtype, DTYPES)


def full_name(name: str) -> str:
    """What a model calls itself: a folder by its last part alone, wherever it lies.

    The folder `model` of a training run, as all are called, is named by the run's.
    """
    kind, _, source = name.partition("/")
    if kind == "rag":
        return f"rag/{full_name(source)}"
    if kind in ("hf", "vllm", "rmt") and Path(source).is_dir():
        folder = Path(source).resolve()
        return f"{kind}/{(folder.name == 'model' and folder.parent.name) or folder.name}"
    if is_own(name):
        from evaluators.models.own import own_name

        return own_name(name)
    return name


def make_model(name: str, options: ModelOptions | None = None) -> Model:
    """The model of this name, loaded.

    Raises:
        UsageError: an unknown name or dtype, or options that are for another kind of model.
        DataError: its checkpoint is missing or broken.
        BabilongError: its server is out of reach, or refuses the key or the model; or the user's own code fails.
    """
    options = options or ModelOptions()
    check_model_name(name)
    check_options(name, options)
    kind, _, source = name.partition("/")
    if kind == "rag":
        from evaluators.models.retrieval import Narrowed
        from evaluators.models.retrievers import make_retriever

        retriever = make_retriever(options.retrieval)
        inner = make_model(source, replace(options, retrieval=RetrievalOptions()))
        return Narrowed(inner, retriever, options.retrieval)
    if name == "oracle":
        from evaluators.models.oracle import OracleModel

        return OracleModel()
    if name == "random":
        from evaluators.models.random_floor import RandomModel

        return RandomModel()
    if kind == "openai":
        from evaluators.models.openai_api import OpenAIModel

        return OpenAIModel.load(name, source, options)
    if is_own(name):
        from evaluators.models.own import make_own

        return make_own(name)
    name = full_name(name)
    if kind == "hf":
        from evaluators.models.huggingface import HuggingFaceModel

        return HuggingFaceModel.load(name, source, options)
    if kind == "vllm":
        from evaluators.models.vllm_engine import VLLMModel

        return VLLMModel.load(name, source, options)
    from evaluators.models.recurrent import RecurrentModel

    return RecurrentModel.load(name, source or name, options)
