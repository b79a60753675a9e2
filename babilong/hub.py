"""The Hugging Face hub: what can be an id there, and whether it can be reached at all."""

from __future__ import annotations

import re

_TIMEOUT_S = 10


def is_hub_id(name: str) -> bool:
    """Whether a name has the form of a hub id, `name` or `owner/name`."""
    return bool(re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", name))


def is_out_of_reach(name: str) -> bool:
    """Whether the hub does not answer, so that only its local cache is left.

    The libraries find that out too, but try for a minute and tell of every attempt.
    """
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError

    try:
        huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(name, "config.json"), timeout=_TIMEOUT_S)
    except HfHubHTTPError:
        return False  # it answers, be it that there is no such file
    except Exception:  # whatever the client in use raises
        return True
    return False
