"""The shapes a newcomer fills to add a source, a vendor, a signal, an action or a job."""
