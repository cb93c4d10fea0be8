"""Workshops: many seats in a browser, on JupyterHub."""
