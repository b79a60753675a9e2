"""The checkpoints that come with the package, each a folder here of this name."""

BUNDLED = ("rmt-gpt2", "armt-gpt2", "rmt-gated")
