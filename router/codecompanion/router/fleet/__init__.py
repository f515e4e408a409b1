"""Model calls made by a fleet: the owner of a run sends the call as work, a worker asks the provider."""
