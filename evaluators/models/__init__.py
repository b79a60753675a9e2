"""Models behind one protocol: `make_model("random")`, `make_model("hf/ID-or-folder")`, `make_model("rmt-gpt2")`."""
