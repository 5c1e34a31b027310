# shellcheck shell=bash
# Set-up shared by scripts/demo and scripts/test; sourced by bash with $root set to the checkout.
# Leaves $python: the interpreter of .venv, with the package, napari and the test tools installed.
# Linux with apt (Debian, Ubuntu) and macOS. A second run finds everything in place.

venv="${root:?}/.venv"
python="$venv/bin/python"

say() { printf '%s\n' "$*" >&2; }
stop() { say "Cannot go on: $*"; exit 1; }

apt_install() { # packages...: installs them where that is permitted, stops with the command to type where it is not
    command -v apt-get >/dev/null || stop "please install, with your system's package manager: $*"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || stop "please run: sudo apt-get install $*"
        as_root=(sudo -n)
    fi
    say "Installing system packages: $*"
    local log
    log=$(mktemp)
    # "${a[@]+...}": an empty array counts as unset in the bash of macOS
    if ! { ${as_root[@]+"${as_root[@]}"} apt-get -q update || true # some other source may be down
        ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
            apt-get -q install -y --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        stop "please run: sudo apt-get install $*"
    fi
    rm -f "$log"
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() { # prints the first interpreter that is new enough
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if is_new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    local base version
    if ! base=$(find_python); then
        command -v apt-get >/dev/null || stop "Python 3.11 or newer is needed, see https://www.python.org/downloads/"
        apt_install python3 python3-venv
        base=$(find_python) || stop "this system's Python is too old; 3.11 or newer is needed, see https://www.python.org/downloads/"
    fi
    if ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then # Debian ships them apart
        version=$("$base" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt_install "python$version-venv"
    fi
    say "Making $venv with $("$base" --version)"
    "$base" -m venv --clear "$venv" || stop "could not make $venv"
}

install_libraries() { # what Qt and OpenGL load at run time and pip cannot bring; Xvfb is a screen for machines without one
    [ "$(uname -s)" = Linux ] || return 0
    local present library package missing=()
    present=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)
    while read -r library package; do
        case "$present" in *"$library "*) ;; *) missing+=("$package") ;; esac
    done <<-LIST
	libEGL.so.1 libegl1
	libGL.so.1 libgl1
	libOpenGL.so.0 libopengl0
	libX11-xcb.so.1 libx11-xcb1
	libdbus-1.so.3 libdbus-1-3
	libfontconfig.so.1 libfontconfig1
	libfreetype.so.6 libfreetype6
	libglib-2.0.so.0 libglib2.0-0
	libxcb-cursor.so.0 libxcb-cursor0
	libxcb-glx.so.0 libxcb-glx0
	libxcb-icccm.so.4 libxcb-icccm4
	libxcb-image.so.0 libxcb-image0
	libxcb-keysyms.so.1 libxcb-keysyms1
	libxcb-randr.so.0 libxcb-randr0
	libxcb-render-util.so.0 libxcb-render-util0
	libxcb-shape.so.0 libxcb-shape0
	libxcb-sync.so.1 libxcb-sync1
	libxcb-util.so.1 libxcb-util1
	libxcb-xfixes.so.0 libxcb-xfixes0
	libxcb-xkb.so.1 libxcb-xkb1
	libxkbcommon-x11.so.0 libxkbcommon-x11-0
	LIST
    command -v Xvfb >/dev/null || missing+=(xvfb)
    [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

pip_install() { "$python" -m pip install --quiet --quiet --disable-pip-version-check --no-input "$@" </dev/null >&2; }

install_package() {
    local pins=()
    [ -z "${CI:-}" ] || pins=(-c "$root/constraints/ci.txt")
    say "Installing napari-deep-prior, PyTorch and napari into $venv; this takes some minutes the first time"
    if [ -z "${CI:-}" ] && [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
        # No NVIDIA card: the processor's build of PyTorch is a tenth of the size. Where it is not to be had, the usual one.
        pip_install --retries 0 --index-url https://download.pytorch.org/whl/cpu 'torch>=2.6' 2>/dev/null || true
    fi
    pip_install ${pins[@]+"${pins[@]}"} -e "${root}[test]" 'napari[pyqt6]' || stop "pip could not install the package, see above"
}

main_setup() {
    local stamp
    # a virtual environment does not survive being moved, so the place is part of the stamp
    if ! "$python" -m pip --version >/dev/null 2>&1 || [ "$(cat "$venv/.place" 2>/dev/null)" != "$root" ]; then
        make_venv
    fi
    printf '%s\n' "$root" >"$venv/.place"
    install_libraries
    stamp=$(cat "$root/pyproject.toml" "$root/constraints/ci.txt" "$root/scripts/_setup.sh" | cksum)
    if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
        install_package
        printf '%s\n' "$stamp" >"$venv/.stamp"
    fi
}

main_setup
