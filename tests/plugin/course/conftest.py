"""In this miniature course all machines are local ones."""

import local_machine

local_machine.install()
