"""The verbs of the pipeline."""
