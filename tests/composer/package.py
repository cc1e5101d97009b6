"""The package as Composer ships it, and a Composer that knows it without a network."""

import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.M).group(1)


# Where cargo builds here: what the package needs is compiled once for all cases, and the checkout's own library stays.
BUILD = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "package"


class Failure(Exception):
    """A check that did not hold; the message says what was seen."""


def run(command, cwd, env=None, timeout=900):
    """Runs a command and returns its output; raises with it when it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", timeout=timeout,
    )
    if done.returncode != 0:
        shown = command if isinstance(command, str) else " ".join(map(str, command))
        raise Failure(f"`{shown}` ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def archive(work):
    """Archives the work tree's files as `composer archive` does for a release, and returns the zip."""
    tree = work / "tree"
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT)
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, tree / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # A release has its version from the tag.
    manifest = json.loads((tree / "composer.json").read_text())
    (tree / "composer.json").write_text(json.dumps({**manifest, "version": VERSION}, indent=4))
    (work / "dist").mkdir()
    run(["composer", "archive", "--format=zip", f"--dir={work / 'dist'}", f"--file=ferry-ferry-{VERSION}"], tree, composer_env(work))
    return work / "dist" / f"ferry-ferry-{VERSION}.zip"


def composer_env(work):
    """The environment in which Composer finds the archive and Debian's libraries, and no network."""
    home = work / "composer"
    home.mkdir(exist_ok=True)
    repositories = [
        {"packagist.org": False},
        {"type": "path", "url": str(work / "libraries")},
        {"type": "artifact", "url": str(work / "dist")},
    ]
    (home / "config.json").write_text(json.dumps({"repositories": repositories, "config": {"notify-on-install": False}}))
    return {**os.environ, "COMPOSER_HOME": str(home), "COMPOSER_DISABLE_NETWORK": "1", "COMPOSER_ALLOW_SUPERUSER": "1",
            "COMPOSER_NO_INTERACTION": "1", "COMPOSER_CACHE_DIR": str(work / "cache")}


def contents(archived):
    with zipfile.ZipFile(archived) as package:
        return {name for name in package.namelist() if not name.endswith("/")}
