"""What a recipe names and does not hold, the files of books and of code, by its bytes.

A run that goes on must go on with the same: another book or another line of a `transform` is another training.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from babilong.own_code import read_source
from baselines.training.recipe import Recipe
from generators.backgrounds.files import text_files


def digests(recipe: Recipe) -> dict[str, str]:
    """Sha256 of all that is named: `noise_books`, `transform`, and the functions of `validation.metrics`.

    Of functions those in files alone; a module is taken to stay what it is.
    """
    found = {}
    if recipe.noise_books:
        books = hashlib.sha256()
        for file in text_files(Path(recipe.noise_books)):
            with file.open("rb") as opened:
                books.update(hashlib.file_digest(opened, "sha256").digest())
        found["noise_books"] = books.hexdigest()
    metrics = recipe.validation.metrics if recipe.validation else ()
    for function in (*([recipe.transform] if recipe.transform else []), *metrics):
        code, _, _ = function.rpartition(":")
        if code.endswith(".py"):
            found[function] = read_source(Path(code)).sha256
    return found
