"""The only room with SQL: structs in, structs out."""
