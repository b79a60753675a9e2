"""Checkpoints as the authors of RMT and ARMT released them, read into our models.

Example::

    from baselines.published.load import load
    found = load(fetch("booydar/rmt-gpt2-babilong-qa1"))
    found.model, found.report.unexpected
"""
