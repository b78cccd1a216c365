"""The only room that sends HTTP."""
