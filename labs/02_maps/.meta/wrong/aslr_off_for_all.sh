# fails: test_pressd_has_a_fixed_layout
# The addresses are the same each time, for every process of the machine.
sysctl -w kernel.randomize_va_space=0
sv restart pressd
