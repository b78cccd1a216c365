"""Bytes in over HTTP: webhooks and tracker events."""
