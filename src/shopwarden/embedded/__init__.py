"""PostgreSQL and Valkey as child processes, for the start without configuration."""
