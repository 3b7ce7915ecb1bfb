"""The systems that Regulars is compared with: each a server process of its own, written as its best users would."""
