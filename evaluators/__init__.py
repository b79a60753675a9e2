"""Evaluation: dataset and model in, answers, scores and pictures out."""
