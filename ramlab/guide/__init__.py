"""The guide: its pages are run in machines and compared with what these print. Needs the extra `guide`."""
