"""A fresh application in which a quick start is typed."""

import json
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from package import BUILD, Failure, composer_env, run
from quickstart import Command, File

HERE = Path(__file__).resolve().parent
# What the server says when it listens.
LISTENING = re.compile(r"(wss?://[\w.:\[\]-]+)")
SERVES = re.compile(r"^php (bin/console|artisan) ws:serve\b")


class Application:
    """Owns the application's folder, the PHP configuration in it, and the server while it runs."""

    def __init__(self, work, skeleton):
        self.folder = work / "application"
        shutil.copytree(HERE / skeleton, self.folder)
        # Composer looks at what a package replaces only when that package is asked for.
        manifest = json.loads((self.folder / "composer.json").read_text())
        manifest["require"]["debian/php-libraries"] = "*"
        (self.folder / "composer.json").write_text(json.dumps(manifest, indent=4))
        ini, extensions = self.folder / "php.d", self.folder / "php-extensions"
        ini.mkdir()
        # The machine's own PHP is not to be changed: a folder of ini files more, and an extension_dir that is writable.
        self.env = {**composer_env(work), "PHP_INI_SCAN_DIR": f":{ini}", "EXTENSIONS": str(extensions), "CARGO_TARGET_DIR": str(BUILD)}
        self.server = None
        self.output = []

    def type(self, step):
        """Does one step; a command that serves goes on in the background."""
        if isinstance(step, File):
            path = self.folder / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            # The port may be taken here.
            path.write_text(step.text.replace("port: 8080", "port: 0"))
        elif isinstance(step, Command) and SERVES.match(step.line):
            self.serve(step.line)
        else:
            line = step.line
            if line == "vendor/bin/ferry-install":
                line += ' --extension-dir="$EXTENSIONS"'
            output = run(["bash", "-euc", line], self.folder, self.env)
            if line.startswith("composer require"):
                self.register_bundle()
            return output
        return ""

    def register_bundle(self):
        """Does what Symfony Flex does for a bundle without a recipe, by Flex's rules; Debian does not have Flex."""
        bundles = self.folder / "config/bundles.php"
        package = self.folder / "vendor/ferry/ferry"
        if not bundles.is_file():
            return
        if json.loads((package / "composer.json").read_text())["type"] != "symfony-bundle":
            raise Failure("Flex registers packages of the type symfony-bundle alone")
        if "Symfony\\Component\\HttpKernel\\Bundle\\Bundle" not in (package / "php/FerryBundle.php").read_text():
            raise Failure("Flex takes a class for a bundle when its file names Symfony's class Bundle")
        line = "    Ferry\\FerryBundle::class => ['all' => true],\n];"
        bundles.write_text(bundles.read_text().replace("];", line))

    def serve(self, line):
        self.server = subprocess.Popen(
            ["bash", "-euc", f"exec {line}"], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        threading.Thread(target=lambda: self.output.extend(self.server.stdout), daemon=True).start()
        deadline = time.monotonic() + 60
        while not self.address():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"`{line}` does not listen:\n{''.join(self.output)}")
            time.sleep(0.02)

    def address(self):
        found = LISTENING.search("".join(self.output))
        return found and found.group(1)

    def check(self, script, *arguments):
        """Runs a PHP script of tests/composer against the server."""
        return run(["php", HERE / script, self.address(), *arguments], self.folder, self.env, timeout=60)

    def stop(self):
        """Ends the server as a process manager does, and returns its exit status."""
        server, self.server = self.server, None
        server.send_signal(signal.SIGTERM)
        return server.wait(30)

    def close(self):
        if self.server:
            self.server.kill()
            self.server.wait()
