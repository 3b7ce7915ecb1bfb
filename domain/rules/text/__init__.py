"""The text of a rule: read from English and Chinese, written in either, and told as a sentence."""
