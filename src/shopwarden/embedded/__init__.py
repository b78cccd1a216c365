"""PostgreSQL and Valkey as child processes, for a start that needs no configuration."""
