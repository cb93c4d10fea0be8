"""Where it happens: the image, the machines and how they are reached. Knows nothing of labs."""
