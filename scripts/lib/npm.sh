# SPDX-License-Identifier: Apache-2.0
#
# Packages of npm and PyPI that scripts fetch once, held to their digests; sourced. The caller sets
# $cache, a folder, and defines skip(): called with the reason when something is not to be had.

# npm_package NAME VERSION SHA512: unpacked in $cache/NAME-VERSION, without the scope.
npm_package() {
    short=${1##*/}
    folder=$cache/$short-$2
    [ ! -f "$folder/whole" ] || return 0
    command -v npm > /dev/null || skip "npm is not installed, and $1 $2 is not cached"
    rm -rf "$folder"
    mkdir -p "$folder"
    (cd "$folder" && npm pack --silent "$1@$2") > "$folder.log" 2>&1 ||
        skip "npm does not give $1 $2 (see $folder.log)"
    if ! echo "$3  $(echo "$folder"/*.tgz)" | sha512sum --check --quiet > /dev/null 2>&1; then
        echo "$1 $2 is not what it was when this script was written" >&2
        exit 1
    fi
    tar -xzf "$folder"/*.tgz -C "$folder" --strip-components 1
    chmod +x "$folder"/bin/* || true
    rm -f "$folder"/*.tgz
    : > "$folder/whole"
}

# pypi_wheel NAME VERSION SHA256: unpacked in $cache/NAME-VERSION.
pypi_wheel() {
    folder=$cache/$1-$2
    [ ! -f "$folder/whole" ] || return 0
    command -v python3 > /dev/null && python3 -m pip --version > /dev/null 2>&1 ||
        skip "pip is not installed, and $1 $2 is not cached"
    rm -rf "$folder"
    mkdir -p "$folder"
    python3 -m pip download --quiet --no-deps --dest "$folder" "$1==$2" > "$folder.log" 2>&1 ||
        skip "PyPI does not give $1 $2 (see $folder.log)"
    if ! echo "$3  $(echo "$folder"/*.whl)" | sha256sum --check --quiet > /dev/null 2>&1; then
        echo "$1 $2 is not what it was when this script was written" >&2
        exit 1
    fi
    python3 -m zipfile -e "$folder"/*.whl "$folder"
    : > "$folder/whole"
}
