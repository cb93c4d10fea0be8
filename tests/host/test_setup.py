"""setup.sh on many kinds of computers: says first, installs only what is missing, or names it and stops."""

import pytest

ALL = [
    "qemu-system-x86", "qemu-utils", "mmdebstrap", "e2fsprogs", "openssh-client", "util-linux",
    "debian-archive-keyring",
]  # fmt: skip
FAMILIES = {
    "debian": "ID=debian\n",
    "ubuntu": "ID=ubuntu\nID_LIKE=debian\n",
    "mint": 'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
    "fedora": "ID=fedora\n",
    "rocky": 'ID="rocky"\nID_LIKE="rhel centos fedora"\n',
    "arch": "ID=arch\n",
    "alpine": "ID=alpine\n",
    "opensuse": 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
}


def installs(computer):
    return [call for call in computer.calls if call.startswith("apt-get") and " install " in call]


def test_it_says_what_and_why_before_it_installs(computer):
    done = computer.setup("run")
    assert done.returncode == 0, done.stderr
    for package in ALL:
        assert f"  {package} " in done.stdout
    said = done.stdout.index("Installing now: apt-get install --no-install-recommends qemu-system-x86 ")
    assert said > done.stdout.index("runs the machines")
    assert computer.calls[0].endswith(" update")
    assert [call.split("--no-install-recommends ")[1].split() for call in installs(computer)] == [ALL]


def test_a_second_run_calls_nobody(computer):
    assert computer.setup("run").returncode == 0
    before = computer.calls
    done = computer.setup("run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert computer.calls == before


def test_with_everything_there_only_python_packages_are_installed(computer):
    computer.complete()
    assert computer.setup("run").returncode == 0
    venv = computer.checkout / ".venv"
    assert computer.calls == [
        f"python -m venv --clear {venv}",
        "python -m pip install --no-input --quiet --require-hashes -r requirements/run.txt",
        "python -m pip install --no-input --quiet --no-deps --no-build-isolation --editable .",
    ]


def test_dev_serves_as_run_and_not_the_other_way_round(computer):
    computer.complete()
    computer.setup("run")
    before = len(computer.calls)
    computer.setup("dev")
    assert any("requirements/dev.txt" in call for call in computer.calls[before:])
    assert not any("-m venv" in call for call in computer.calls[before:]), "a whole .venv is kept"
    after = computer.calls
    computer.setup("run")
    computer.setup("dev")
    assert computer.calls == after


def test_what_only_tests_need_comes_with_dev_alone(computer):
    assert computer.setup("run").returncode == 0
    assert "chromium" not in installs(computer)[0]
    done = computer.setup("dev")
    assert done.returncode == 0, done.stderr
    assert installs(computer)[1].endswith("--no-install-recommends chromium nodejs npm")
    assert (computer.bin / "chromium").exists()


def test_without_what_only_tests_need_all_else_goes_on(computer):
    computer.complete()
    (computer.bin / "chromium").unlink()
    computer.user(1000, sudo=False)
    done = computer.setup("dev")
    assert done.returncode == 0, done.stderr
    assert "\n  apt-get install --no-install-recommends chromium\n" in done.stderr
    assert "the tests that need it are skipped" in done.stderr
    assert (computer.checkout / ".venv/ready-dev").exists()


def test_what_the_labs_need_is_still_the_end(computer):
    computer.user(1000, sudo=False)
    done = computer.setup("dev")
    assert done.returncode == 3
    assert " chromium" in done.stderr
    assert "skipped" not in done.stderr


def test_apt_that_fails_for_a_test_alone_is_not_the_end(computer):
    computer.complete()
    (computer.bin / "chromium").unlink()
    computer.apt(status=100)
    done = computer.setup("dev")
    assert done.returncode == 0, done.stderr
    assert "did not install them" in done.stderr
    assert (computer.checkout / ".venv/ready-dev").exists()


@pytest.mark.parametrize(("distribution", "words"), [("fedora", "dnf install chromium"), ("ubuntu", "")])
def test_elsewhere_the_package_is_named_and_ubuntus_snap_is_not(computer, distribution, words):
    computer.complete()
    (computer.bin / "chromium").unlink()
    computer.os_release(FAMILIES[distribution])
    done = computer.setup("dev")
    assert done.returncode == 0, done.stderr
    assert words in done.stderr
    assert ("chromium" in done.stderr) == bool(words)
    assert installs(computer) == []


@pytest.mark.parametrize("changed", ["requirements/run.txt", "pyproject.toml"])
def test_changed_requirements_are_installed(computer, changed):
    computer.complete()
    computer.setup("run")
    before = len(computer.calls)
    with (computer.checkout / changed).open("a") as file:
        file.write("\n")
    computer.setup("run")
    assert any("--require-hashes" in call for call in computer.calls[before:])


def test_a_moved_checkout_gets_a_new_venv(computer):
    computer.complete()
    computer.setup("run")
    before = len(computer.calls)
    moved = computer.checkout.rename(computer.folder / "moved")
    done = computer.run("/bin/sh", str(moved / "containers/host/setup.sh"), "run", folder=moved)
    assert done.returncode == 0, done.stderr
    assert computer.calls[before] == f"python -m venv --clear {moved}/.venv"


def test_only_the_missing_package_is_named(computer):
    computer.complete()
    (computer.bin / "qemu-img").unlink()
    done = computer.setup("run")
    assert done.returncode == 0, done.stderr
    assert [call.split("--no-install-recommends ")[1] for call in installs(computer)] == ["qemu-utils"]
    assert "mmdebstrap" not in done.stdout


def test_programs_outside_a_plain_users_path_count(computer):
    computer.complete()
    sbin = computer.folder / "usr/sbin"
    sbin.mkdir(parents=True)
    (computer.bin / "mke2fs").rename(sbin / "mke2fs")
    assert computer.setup("missing").returncode == 0


def test_sudo_is_used_for_apt_alone(computer):
    computer.user(1000, sudo=True)
    done = computer.setup("run")
    assert done.returncode == 0, done.stderr
    assert [call.split()[0] for call in computer.calls[:4]] == ["sudo", "apt-get", "sudo", "apt-get"]
    assert computer.calls.count("sudo") == 2
    assert "uidmap" in installs(computer)[0], "a plain user's build maps ids"
    assert "fakeroot" in installs(computer)[0]


def test_without_sudo_nothing_is_asked_for_when_nothing_is_missing(computer):
    computer.complete()
    computer.user(1000, sudo=False)
    done = computer.setup("run")
    assert done.returncode == 0, done.stderr
    assert "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ada" in done.stdout
    (computer.folder / "etc/subuid").write_text("ada:100000:65536\n")
    assert computer.setup("run").stdout == ""


def test_neither_root_nor_sudo(computer):
    computer.user(1000, sudo=False)
    done = computer.setup("run")
    assert done.returncode == 3
    assert "neither root nor sudo" in done.stderr
    assert "\n  apt-get install --no-install-recommends qemu-system-x86 qemu-utils " in done.stderr
    assert computer.calls == []
    assert not (computer.checkout / ".venv").exists()


def test_apt_that_fails(computer):
    computer.apt(status=100)
    done = computer.setup("run")
    assert done.returncode == 3
    assert "Unable to locate package" in done.stderr, "apt's own words stay visible"
    assert "  apt-get install --no-install-recommends qemu-system-x86" in done.stderr
    assert not (computer.checkout / ".venv").exists()


@pytest.mark.parametrize("distribution", ["fedora", "rocky", "arch", "alpine", "opensuse"])
def test_other_distributions_get_the_names_and_the_command(computer, distribution):
    computer.os_release(FAMILIES[distribution])
    (computer.bin / "apt-get").unlink()
    done = computer.setup("run")
    expected = {
        "fedora": "  dnf install qemu-system-x86-core qemu-img mmdebstrap",
        "rocky": "  dnf install qemu-system-x86-core qemu-img mmdebstrap",
        "arch": "  pacman -S --needed qemu-system-x86 qemu-img",
        "alpine": "  apk add qemu-system-x86_64 qemu-img",
        "opensuse": "  zypper install qemu-x86 qemu-img",
    }[distribution]
    assert done.returncode == 3
    assert expected in done.stderr
    has_mmdebstrap = distribution in {"fedora", "rocky"}
    assert ("Not packaged by this distribution: mmdebstrap" in done.stderr) != has_mmdebstrap
    assert computer.calls == []


@pytest.mark.parametrize("distribution", ["ubuntu", "mint"])
def test_ubuntu_needs_gpg_to_tell_the_keys_apart(computer, distribution):
    computer.os_release(FAMILIES[distribution])
    assert computer.setup("run").returncode == 0
    assert " gpg debian-archive-keyring" in installs(computer)[0]


def test_an_unknown_distribution_gets_debians_names_and_no_command(computer):
    computer.os_release("ID=nixos\n")
    done = computer.setup("run")
    assert done.returncode == 3
    assert "qemu-system-x86" in done.stderr
    assert "The names are Debian's" in done.stderr
    assert "install --" not in done.stderr


def test_missing_changes_nothing(computer):
    done = computer.setup("missing")
    assert done.returncode == 3
    assert "apt-get install --no-install-recommends qemu-system-x86" in done.stderr
    assert computer.calls == []


def test_wrong_usage(computer):
    assert computer.setup("everything").returncode == 2


def test_no_python_at_all(computer):
    computer.complete()
    (computer.bin / "python3").unlink()
    done = computer.setup("run")
    assert done.returncode == 0, done.stderr
    assert installs(computer)[0].endswith(" python3 python3-venv")


def test_python_without_ensurepip_gets_its_own_venv_package(computer):
    computer.complete()
    (computer.bin / "python3").unlink()
    computer.python("python3.19", "3.19", ensurepip=False)
    done = computer.setup("run")
    assert done.returncode == 0, done.stderr
    assert installs(computer)[0].endswith(" python3.19-venv"), "no host's /usr/bin/python3 is that new"


def test_the_newest_python_that_works_is_taken(computer):
    computer.complete()
    computer.python("python3.13", "3.13")
    computer.python("python3.12", "3.12")
    # A version manager's command for a version that is not chosen.
    computer.program("python3.14", "#!/bin/sh\necho 'no such version' >&2; exit 127\n")
    computer.python("python3.15", "3.15", ensurepip=False)
    assert computer.setup("run").returncode == 0
    made = (computer.checkout / ".venv/bin/python").read_text()
    assert str(computer.bin / "python3.13") in made


def test_a_python_that_the_user_names_is_taken(computer):
    computer.complete()
    computer.python("python3.12", "3.12")
    computer.setup("run", PYTHON="python3")
    assert str(computer.bin / "python3") + '"' in (computer.checkout / ".venv/bin/python").read_text()
    assert computer.setup("run", PYTHON="python3.12").returncode == 0
    assert str(computer.bin / "python3.12") in (computer.checkout / ".venv/bin/python").read_text()
    missing = computer.setup("run", PYTHON="python3.18")
    assert missing.returncode == 3
    assert "PYTHON=python3.18 is not on the PATH" in missing.stderr


def test_python_too_old(computer):
    computer.python("python3", "3.10")
    computer.program("apt-cache", '#!/bin/sh\n[ "$2" = python3.11 ] || [ "$2" = python3.10 ]\n')
    done = computer.setup("run")
    assert done.returncode == 3
    assert "is 3.10; ramlab needs 3.11 or later" in done.stderr
    assert "apt-get install python3.11 python3.11-venv" in done.stderr
    assert computer.calls == []


def test_python_too_old_and_no_other_to_be_had(computer):
    computer.python("python3", "3.9")
    done = computer.setup("run")
    assert done.returncode == 3
    assert "install Python 3.11 or later beside it" in done.stderr


def test_pip_that_fails_leaves_no_stamp(computer):
    computer.complete()
    computer.python("python3", "3.11", pip=1)
    done = computer.setup("run")
    assert done.returncode == 3
    assert "pip did not install ramlab's Python packages" in done.stderr
    computer.python("python3", "3.11")
    (computer.checkout / ".venv/bin/python").write_text((computer.bin / "python3").read_text())
    before = len(computer.calls)
    assert computer.setup("run").returncode == 0
    assert any("--require-hashes" in call for call in computer.calls[before:]), "the next run starts over"
