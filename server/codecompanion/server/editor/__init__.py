"""What the editor shows us: open documents by folder, known problems, and which folder a command means."""
