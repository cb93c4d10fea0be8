def test_it_is_wrecked(host):
    """The kernel is not as it was."""
    assert host.run("cat /proc/sys/vm/swappiness").stdout.strip() == "7"
