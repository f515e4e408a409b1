"""One client per provider, all behind the ``ModelClient`` port."""
