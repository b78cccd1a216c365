"""Look-ups that tell more about an address, a device or a person: one file each, the offline ones beside the paid ones."""
