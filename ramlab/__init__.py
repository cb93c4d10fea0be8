"""The tool: command line, pytest plugin, catalogue of labs, gate for their authors."""
