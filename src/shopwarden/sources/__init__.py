"""What others send us, translated into our own terms: one folder or file per source, pure."""
