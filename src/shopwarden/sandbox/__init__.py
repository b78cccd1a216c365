"""A local stand-in for every vendor and for a shop, speaking the vendors' own contracts."""
