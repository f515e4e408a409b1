"""A person's spending ledger: its file, shared by all their processes."""
