"""The tables beside the log: what is derived from its events, and what the router notes by itself."""
