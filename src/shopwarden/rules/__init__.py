"""Merchants' rules: the facts they may name, their language, and what they say of an order. Pure."""
