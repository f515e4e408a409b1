"""The four wires the scripted server speaks, one module each."""
