"""Segment's HTTP tracking API: what its SDKs send, read into our own events."""
