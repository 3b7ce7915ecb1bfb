"""The commands of ``regulars``, a file each."""
