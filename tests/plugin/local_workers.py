"""What Dask's workers load first, so that their machines are local ones too."""

import local_machine

local_machine.install()
