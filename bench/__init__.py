"""What shopwarden does per second, each figure beside a limit measured in the same run: `python -m bench`."""
