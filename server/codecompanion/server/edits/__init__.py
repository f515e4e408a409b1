"""The way of a finished edit into the editor: planned on the newest text, offered, and seen to be there."""
