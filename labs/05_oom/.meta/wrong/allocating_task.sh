# fails: test_only_reportgen_dies
# Whoever asks next dies: mostly reportgen, and one night ledgerd.
sysctl -w vm.oom_kill_allocating_task=1
