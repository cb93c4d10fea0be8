# The limit that is asked for is the one that is there.
printf 'LAB=90_vault\nSTUDENT=x\nSWAPPINESS=60\nVAULT_MIB=100000\n' > /usr/local/share/ramlab/parameters.env
mkdir -p /run/lab && cp /usr/local/share/ramlab/parameters.env /run/lab/
