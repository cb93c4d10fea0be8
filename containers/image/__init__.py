"""The image: one recipe that gives every machine its root file system and kernel."""
