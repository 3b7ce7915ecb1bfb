"""The life of a customer record: deleted and restored, merged and separated, erased."""
