"""Which model a call goes to, learned from what the tests said: policies, beliefs, and their evaluation."""
