"""A program for the tests: answers of the vLLM backend as JSON, in an interpreter that has vLLM.

python vllm_answers.py FOLDER < requests.json
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any


def main() -> None:
    from evaluators.models.local_options import LocalOptions
    from evaluators.models.protocol import ModelOptions, Request
    from evaluators.models.registry import make_model

    # Without compiling kernels, which takes longer than all else.
    local = LocalOptions(engine_args='{"enforce_eager": true}')
    model: Any = make_model(f"vllm/{sys.argv[1]}", ModelOptions(dtype="float32", local=local))
    requests = [Request(**each) for each in json.load(sys.stdin)]
    counts = [model.count(request) for request in requests]
    answers = [asdict(answer) for answer in model.answer(iter(requests))]
    config = model.engine.vllm_config
    said = {
        "counts": counts,
        "answers": answers,
        "again": [asdict(answer) for answer in model.answer(iter(requests[:1]))],
        "refused": [asdict(answer) for answer in model.answer(iter([*requests[:1], _longer(requests[0])]))],
        "max_model_len": config.model_config.max_model_len,
        "prefix_caching": config.cache_config.enable_prefix_caching,
        "describe": model.describe(),
    }
    print(json.dumps(said))


def _longer(request: Any) -> Any:
    """A request that was not counted, and is longer than any that was."""
    return type(request)("qa1/1k/99", "qa1", "1k", request.context * 2, request.question, request.before, request.after)


if __name__ == "__main__":
    main()
