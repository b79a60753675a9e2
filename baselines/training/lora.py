"""Low-rank adapters in the base model, from peft (Hu et al., 2106.09685).

They are put into the base model where it stands, which keeps its class, so that every kind of memory finds its parts as
before.
"""

from __future__ import annotations

import copy
import warnings

from babilong.errors import UsageError, first_sentence
from baselines.memory.model import MemoryModel
from baselines.training.recipe import Lora


def adapt(model: MemoryModel, lora: Lora) -> None:
    """Freeze the base model and put adapters into it; the memory's own parameters stay as they are.

    Raises:
        UsageError: peft is not installed, no layer has such a name, or one has the weights of another.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
        from peft.tuners.tuners_utils import BaseTunerLayer
    except ImportError as error:
        raise UsageError("Adapters need peft; install it with: pip install 'babilong[lora]'.") from error

    words = model.base.get_input_embeddings().weight
    tied = model.base.get_output_embeddings().weight is words
    targets = None if lora.targets is None else list(lora.targets)
    config = LoraConfig(r=lora.r, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=targets)
    try:
        with warnings.catch_warnings():
            # GPT-2 stores its weights the other way round; peft notices and says so.
            warnings.filterwarnings("ignore", message="fan_in_fan_out")
            inject_adapter_in_model(config, model.base)
    except ValueError as error:
        raise UsageError(f"In `lora`: {first_sentence(error)}") from error
    for name, module in model.base.named_modules():
        if tied and isinstance(module, BaseTunerLayer) and module.get_base_layer().weight is words:
            raise UsageError(
                f"In `lora`: {name} shares its weights with the head or the embeddings, which an adapter merged into "
                "it would change, too; leave it out of `targets`."
            )


def merged(model: MemoryModel) -> MemoryModel:
    """A copy without adapters, with what they add in the weights."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    whole = copy.deepcopy(model)
    for name, module in list(whole.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent, _, leaf = name.rpartition(".")
            setattr(whole.get_submodule(parent), leaf, module.get_base_layer())
    return whole
