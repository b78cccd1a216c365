"""shopwarden: who is in the shop, and whom to trust."""

__version__ = "0.1.0"
