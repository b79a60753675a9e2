"""What the BABILong benchmark is: tasks, lengths, samples, prompts and scores.

This floor is pure Python, imports nothing heavy and knows nothing of generators, models or evaluators.
"""

__version__ = "0.1.0"
