"""What a person has said they trust: folders, and commands by their exact content; kept outside all of them."""
