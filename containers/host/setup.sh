#!/bin/sh
# Makes this computer ready: system packages by its package manager, Python packages into .venv.
#
# usage: setup.sh run      what the labs need
#        setup.sh dev      that, and what the suite's own tests need
#        setup.sh missing  only says what is missing and the command that installs it
#
# Does nothing, and asks no package manager, when nothing is missing. Installs by itself with apt only;
# elsewhere, and where root cannot be had, it prints the command. The system's Python is never changed.
# What only some tests need (`dev` in the table) never ends it: those tests are skipped, and say why.
# environment: PYTHON             the Python to make .venv from, instead of the newest suitable one
#              RAMLAB_HOST_ROOT   look here instead of / for os-release, key rings and /usr/sbin (tests)
# exit status: 0 ready, 2 wrong usage, 3 this computer lacks something that you can provide
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$home/../.." && pwd)
table=$home/packages.txt
root=${RAMLAB_HOST_ROOT-}
venv=$top/.venv
minors="20 19 18 17 16 15 14 13 12 11" # Python 3.x that suits, newest first

say() { printf '%s\n' "$*"; }

# Why it stops, on stderr; the last line is the next thing to do.
cannot() {
    printf '\n' >&2
    printf '%s\n' "$@" >&2
    exit 3
}

# ------------------------------------------------------------------ the computer

# The first of os-release's own name and its relatives that the table has a column for.
family() {
    release=$root/etc/os-release
    [ -r "$release" ] || release=$root/usr/lib/os-release
    [ -r "$release" ] || { say unknown; return; }
    # os-release is shell syntax by its own specification (os-release(5)); read in a shell of its own.
    # shellcheck disable=SC2016  # expanded by that shell
    for name in $(sh -c '. "$1"; echo "${ID-} ${ID_LIKE-}"' sh "$release"); do
        case $name in
            debian | ubuntu | fedora | arch | alpine) say "$name"; return ;;
            opensuse* | suse | sles) say suse; return ;;
            rhel | centos) say fedora; return ;;
        esac
    done
    say unknown
}

# /usr/sbin is not on everybody's PATH, and mke2fs lives there.
present() {
    case $1 in
        /*) [ -e "$root$1" ] ;;
        *) command -v "$1" >/dev/null 2>&1 || [ -x "$root/usr/sbin/$1" ] || [ -x "$root/sbin/$1" ] ;;
    esac
}

# The package that the table names for need $1 (Debian's where the family is not known), and why.
row() {
    while read -r need who debian ubuntu fedora arch suse alpine why; do
        [ "$need" = "$1" ] || continue
        case $family in
            ubuntu) package=$ubuntu ;;
            fedora) package=$fedora ;;
            arch) package=$arch ;;
            suse) package=$suse ;;
            alpine) package=$alpine ;;
            *) package=$debian ;;
        esac
        return
    done <"$table"
}

# Adds need $1 to what is missing; $2 is the package where the table cannot know it.
lacks() {
    row "$1"
    package=${2:-$package}
    [ "$package" != . ] || return 0
    [ "$who" = dev ] || needed=yes
    case $package in
        -) unpackaged="$unpackaged $1" ;;
        *) packages="$packages $package" ;;
    esac
    [ "$package" != - ] || package="no package here"
    reasons="$reasons  $(printf '%-24s %s' "$package" "$why")
"
}

# ------------------------------------------------------------------ Python

suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
makes_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Sets python to the newest suitable Python that can make a venv, else to the newest suitable one, else to "".
# Each is run, because a version manager's python3.x may be there and still refuse; and the Python behind
# an activated .venv is taken, because a venv cannot be remade from itself.
find_python() {
    python=""
    candidates=${PYTHON-}
    if [ -z "$candidates" ]; then
        for minor in $minors; do candidates="$candidates python3.$minor"; done
        candidates="$candidates python3 python"
    fi
    for name in $candidates; do
        command -v "$name" >/dev/null 2>&1 || continue
        suits "$name" || continue
        found=$("$name" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
        [ -n "$python" ] || python=$found
        if makes_venv "$found"; then
            python=$found
            return
        fi
    done
}

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# A Python older than 3.11, and none beside it: nothing that apt could mend without the user's decision.
too_old() {
    seen=$(command -v "${PYTHON:-python3}")
    beside=""
    if command -v apt-cache >/dev/null 2>&1; then
        for minor in $minors; do
            apt-cache show "python3.$minor" >/dev/null 2>&1 || continue
            beside="python3.$minor python3.$minor-venv"
            break
        done
    fi
    if [ -n "${PYTHON-}" ]; then
        next="Next: name another one (make lab PYTHON=python3.12), or leave PYTHON= away."
    elif [ -n "$beside" ]; then
        next="Next, it stays beside the system's own:  ${sudo}apt-get install $beside   and the same make again."
    else
        next="Next: install Python 3.11 or later beside it (its command python3.x on your PATH), and the same make again."
    fi
    cannot "This computer's Python is too old: $seen is $(version_of "$seen"); ramlab needs 3.11 or later." "$next"
}

# ------------------------------------------------------------------ system packages

# Sets what is missing; needed is no where only tests miss it.
look() {
    packages="" unpackaged="" reasons="" needed=no
    while read -r need who _; do
        case $need in '' | '#'* | python | venv) continue ;; esac
        case $who in
            user) [ "$user" != 0 ] || continue ;;
            dev) [ "$set" = dev ] || continue ;;
        esac
        present "$need" || lacks "$need"
    done <"$table"
    [ "$python_needed" = yes ] || return 0
    find_python
    if [ -z "$python" ]; then
        # One that is too old, or that the user named and that is not there, is not apt's to mend.
        if [ -n "${PYTHON-}" ] && ! command -v "$PYTHON" >/dev/null 2>&1; then
            cannot "PYTHON=$PYTHON is not on the PATH." "Next: name one that is, or leave PYTHON= away."
        fi
        command -v "${PYTHON:-python3}" >/dev/null 2>&1 && too_old
        lacks python
        lacks venv
    elif ! makes_venv "$python"; then
        # Debian splits ensurepip off; python3-venv belongs to the version that python3 is.
        minor=$(version_of "$python")
        if [ "$(version_of /usr/bin/python3)" = "$minor" ]; then lacks venv; else lacks venv "python$minor-venv"; fi
    fi
}

# The command that installs what is missing; "" where the family is not known.
install_command() {
    [ -n "$packages" ] || return 0
    case $family in
        debian | ubuntu) say "${sudo}apt-get install --no-install-recommends$packages" ;;
        fedora) say "${sudo}dnf install$packages" ;;
        arch) say "${sudo}pacman -S --needed$packages" ;;
        suse) say "${sudo}zypper install$packages" ;;
        alpine) say "${sudo}apk add$packages" ;;
    esac
}

# Says what is missing and the command for it. The end, unless only tests miss it.
refuse() {
    say "$1" >&2
    printf '%s' "$reasons" >&2
    if [ -n "$unpackaged" ]; then
        printf '%s\n' "Not packaged by this distribution:$unpackaged" \
            "  Install it from its own project, or use a Debian or Ubuntu machine." >&2
    fi
    command=$(install_command)
    [ -z "$command" ] || printf '%s\n' "$2" "  $command" "and then the same make again." >&2
    [ "$family" != unknown ] || printf '%s\n' "The names are Debian's: find what your distribution calls them." >&2
    [ "$needed" = no ] || exit 3
    say "Until then the tests that need it are skipped; all else goes on." >&2
}

apt() {
    # A fresh cloud machine's own first upgrade may hold the lock; env because sudo drops variables.
    # shellcheck disable=SC2086  # "sudo " or nothing
    ${sudo}env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

system() {
    look
    [ -n "$reasons" ] || return 0
    case $family in
        debian | ubuntu) ;;
        *) refuse "This computer lacks:" "An administrator installs it with:"; return ;;
    esac
    if [ "$user" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
        sudo=""
        refuse "This computer lacks packages, and there is neither root nor sudo here to install them:" \
            "As root, or by an administrator:"
        return
    fi
    say "This computer lacks:"
    printf '%s' "$reasons"
    say "Installing now: $(install_command)"
    # shellcheck disable=SC2086  # a list of package names
    if ! { apt update && apt install --yes --no-install-recommends $packages; }; then
        refuse "The package manager did not install them; its own words are above (no network?). Still missing:" \
            "By hand, or by an administrator:"
        return
    fi
    hash -r
    wanted=$packages
    look
    [ -z "$reasons" ] || refuse "Installed were$wanted; yet this is still missing:" "By hand:"
}

# mmdebstrap maps the image's users to a range of ids that /etc/subuid lends to whoever builds it.
subordinate_ids() {
    [ "$user" != 0 ] || return 0
    name=$(id -un)
    grep -q -e "^$name:" -e "^$user:" "$root/etc/subuid" 2>/dev/null && return 0
    say "Note: /etc/subuid has no line for $name, so the image cannot be built without root. An administrator adds it:"
    say "  usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $name"
}

# ------------------------------------------------------------------ Python packages

# What .venv was made from: the locked requirements, the project's metadata, and where it stands.
recipe() { (cd "$top" && pwd && cat requirements/run.txt requirements/dev.txt pyproject.toml) | cksum; }

# A Python that the user names has to be the one that .venv has.
wanted_python() { [ -z "${PYTHON-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of "$venv/bin/python")" ]; }

# dev includes run.
ready() {
    { [ -x "$venv/bin/python" ] && wanted_python; } || return 1
    for stamp in "$venv/ready-dev" "$venv/ready-$1"; do
        [ "$(cat "$stamp" 2>/dev/null)" != "$(recipe)" ] || return 0
    done
    return 1
}

pip() {
    # --no-input: a question would wait for ever in a pipe. PIP_USER=0: a user's own default cannot mean a venv.
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install --no-input $quiet "$@"
}

python_packages() {
    ready "$set" && return 0
    unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
    quiet=""
    [ -t 1 ] || quiet=--quiet
    say "Installing Python packages into .venv: requirements/$set.txt ($(grep -c '^[a-z].*==' "$top/requirements/$set.txt") packages), then ramlab itself"
    rm -f "$venv/ready-run" "$venv/ready-dev"
    # One that is whole, in its place and of the right Python is kept: only what changed is installed.
    if ! { [ "$(cat "$venv/made-at" 2>/dev/null)" = "$venv" ] && suits "$venv/bin/python" && wanted_python &&
        "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
        "$python" -m venv --clear "$venv"
        say "$venv" >"$venv/made-at"
    fi
    (cd "$top" && pip --require-hashes -r "requirements/$set.txt" && pip --no-deps --no-build-isolation --editable .) || cannot \
        "pip did not install ramlab's Python packages; its own words are above." \
        "Next: no network? The same make again when it is back. Otherwise: make clean, and the same make again."
    recipe >"$venv/ready-$set"
}

# ------------------------------------------------------------------

case ${1-} in run | dev | missing) ;; *) say "usage: setup.sh run|dev|missing" >&2; exit 2 ;; esac
set=$1
user=$(id -u)
sudo="sudo "
[ "$user" != 0 ] || sudo=""
family=$(family)
python_needed=yes
if [ "$set" != missing ] && ready "$set"; then python_needed=no; fi

if [ "$set" = missing ]; then
    look
    [ -z "$reasons" ] || refuse "This computer lacks:" "Installed by:"
    exit 0
fi
system
subordinate_ids
python_packages
