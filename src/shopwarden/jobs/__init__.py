"""The only room that knows the queue library."""
