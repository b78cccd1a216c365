"""Nouns of the shop and pure rules about them: no I/O of any kind."""
