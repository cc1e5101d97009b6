"""The package for PIE, built as PIE builds: phpize, configure, make."""

import json
import os

from package import ROOT, VERSION, Failure, composer_env, run


def builds_with_phpize(work, archived):
    folder = work / "pie"
    run([ROOT / "scripts/pie-package", folder], ROOT)
    run(["composer", "validate", "--no-check-publish"], folder, composer_env(work))
    manifest = json.loads((folder / "composer.json").read_text())
    if manifest["type"] != "php-ext" or manifest["php-ext"]["extension-name"] != "ferry":
        raise Failure(f"not a package for PIE: {manifest}")
    # What was built for this commit already is not built once more.
    target = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
    run(["phpize"], folder)
    run(["./configure", "--enable-ferry"], folder)
    run(["bash", "-c", f"ln -s '{target}/pie' target; mkdir -p '{target}/pie'; make"], folder, timeout=1200)
    loaded = run(["php", "-n", "-d", f"extension={folder}/modules/ferry.so", "-r", "echo phpversion('ferry');"], folder)
    if loaded != VERSION:
        raise Failure(f"the library that make built says it is version {loaded!r}")
