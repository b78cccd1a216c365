"""The commands, one file each: a module here with a function `command` is the command of its name."""
