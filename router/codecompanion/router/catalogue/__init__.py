"""What is known of models before any of them was asked here: shipped as data, extended by the person."""
