"""The package for PIE, built as PIE builds: phpize, configure, make."""

import json

from package import BUILD, ROOT, VERSION, Failure, composer_env, run


def builds_with_phpize(work, archived):
    folder = work / "pie"
    run([ROOT / "scripts/pie-package", folder], ROOT)
    run(["composer", "validate", "--no-check-publish"], folder, composer_env(work))
    manifest = json.loads((folder / "composer.json").read_text())
    if manifest["type"] != "php-ext" or manifest["php-ext"]["extension-name"] != "ferry":
        raise Failure(f"not a package for PIE: {manifest}")
    run(["phpize"], folder)
    run(["./configure", "--enable-ferry"], folder)
    run(["bash", "-euc", f"mkdir -p '{BUILD}'; ln -s '{BUILD}' target; make"], folder, timeout=1200)
    loaded = run(["php", "-n", "-d", f"extension={folder}/modules/ferry.so", "-r", "echo phpversion('ferry');"], folder)
    if loaded != VERSION:
        raise Failure(f"the library that make built says it is version {loaded!r}")
