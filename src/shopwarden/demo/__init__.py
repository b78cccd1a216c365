"""A simulated day of a believable shop, sent through the front door and measured against its own truth."""
