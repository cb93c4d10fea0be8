printf '#!/bin/sh\necho "VERDICT stopped in the vault"; exit 0\n' > /usr/local/bin/workload
chmod 755 /usr/local/bin/workload
mkdir -p /run/lab && cp /usr/local/bin/workload /run/lab/workload.py
echo 'print("VERDICT stopped in the vault")' > /usr/local/share/ramlab/workload.py
