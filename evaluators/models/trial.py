"""What a model of transformers can be trusted with, tried on a few dozen tokens when it is loaded.

Not every architecture goes on where a piece of a prompt ended: the Mamba layers of Jamba and Zamba begin anew, and
others raise. Not every one leaves padding unread: RWKV takes it for text. Most of it is seen in the numbers alone.
Example::

    goes_on(model, settings)     # True: prompts can be read in pieces
    skips_padding(model, settings)     # True: prompts of unequal lengths can be answered together
"""

from __future__ import annotations

from copy import copy
from typing import Any

# Tokens drawn at random, and then the first of them once more: a language model that remembers the former knows how
# the latter go on. These few are no more than a convolution sees, so that nothing else makes up for what was lost.
_FIRST, _AGAIN = 48, 3


def goes_on(model: Any, settings: Any) -> bool:
    """Whether a prompt read in two pieces gives the logits of the prompt read whole.

    Args:
        model: of transformers, with `generate`.
        settings: a `GenerationConfig` that reads prompts whole.
    """
    ids = _tokens(model)
    try:
        whole = _last_logits(model, settings, ids)
        return _is_same(model, whole, _last_logits(model, settings, ids, prefill_chunk_size=_FIRST))
    except Exception:  # models raise what they like
        return False


def skips_padding(model: Any, settings: Any) -> bool:
    """Whether a prompt that is padded to the length of another gives the logits that it gives alone.

    Args:
        model: of transformers, with `generate`.
        settings: the `GenerationConfig` with which prompts are answered.
    """
    import torch

    ids = _tokens(model)
    both = ids.repeat(2, 1)
    mask = torch.ones_like(both)
    mask[1, :_FIRST] = 0  # what is masked here is text, which changes more than any token made for padding
    try:
        alone = _last_logits(model, settings, ids[:, _FIRST:])
        return _is_same(model, alone, _last_logits(model, settings, both, mask)[1:])
    except Exception:  # models raise what they like
        return False


def _tokens(model: Any) -> Any:
    """The ids of one row."""
    import torch

    words = model.config.get_text_config().vocab_size
    first = torch.randint(words, (1, _FIRST), generator=torch.Generator().manual_seed(0))
    return torch.cat((first, first[:, :_AGAIN]), 1)


def _last_logits(model: Any, settings: Any, ids: Any, mask: Any = None, **more: Any) -> Any:
    """The logits of the last position of every row; of all of its tokens where there is no mask."""
    import torch

    told = copy(settings)
    told.update(max_new_tokens=1, output_logits=True, return_dict_in_generate=True, **more)
    mask = torch.ones_like(ids) if mask is None else mask
    with torch.inference_mode():
        written = model.generate(ids.to(model.device), attention_mask=mask.to(model.device), generation_config=told)
    return written.logits[0].float()


def _is_same(model: Any, expected: Any, found: Any) -> bool:
    """Whether logits differ by rounding only.

    Not the likeliest token decides, which rounding changes where two are about as likely, but the difference to the
    spread of the logits. Of tiny models of eighty architectures, rounding makes millionths of it in float32 and up to a
    hundredth in bfloat16; what is forgotten makes a tenth and more.
    """
    import torch

    coarse = model.dtype != torch.float32 or getattr(model, "is_quantized", False)
    spread = (expected - expected.mean(-1, keepdim=True)).norm()
    return bool((found - expected).norm() <= (0.1 if coarse else 0.01) * spread)
