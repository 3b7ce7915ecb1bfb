"""The ``regulars`` command, as operators and their programs use it."""
