"""Formulas without the web: MathJax comes from its npm package when the site is built, and is a file of the site.

MathJax's bundle that draws letters as SVG paths is one file, with its fonts inside. `npm pack` downloads the package,
once, into the cache of the site. MATHJAX=path/to/tex-svg-full.js takes a copy that is there already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

VERSION = "3.2.2"
BUNDLE = "package/es5/tex-svg-full.js"
REMEDY = (
    "Install Node.js, whose npm downloads the package, or give a copy: MATHJAX=path/to/tex-svg-full.js make docs "
    f"(es5/tex-svg-full.js of https://www.npmjs.com/package/mathjax, version {VERSION})."
)


def bundle(cache: Path) -> Path:
    """MathJax as one file; downloaded by npm if it is not in the cache.

    Raises: ExtensionError with the remedy, if it cannot be had.
    """
    given = os.environ.get("MATHJAX")
    if given:
        if not Path(given).is_file():
            raise ExtensionError(f"MATHJAX={given}: there is no such file. {REMEDY}")
        return Path(given)
    kept = cache / f"mathjax-{VERSION}.js"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        if npm is None:
            raise ExtensionError(f"the site's formulas need MathJax, and there is no npm to download it. {REMEDY}")
        done = subprocess.run(
            [npm, "pack", "--silent", f"mathjax@{VERSION}"], cwd=cache, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            raise ExtensionError(f"npm pack mathjax failed: {done.stderr.strip()[-300:]} {REMEDY}")
        package = cache / f"mathjax-{VERSION}.tgz"
        with tarfile.open(package) as files:
            content = files.extractfile(BUNDLE)
            assert content is not None
            kept.write_bytes(content.read())
        package.unlink()
    return kept


def begin(app: Any) -> None:
    """Before a build of pages: put MathJax among the site's own files."""
    if app.builder.format == "html":
        place = Path(app.outdir) / "_static" / "mathjax.js"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bundle(Path(app.srcdir) / "out" / "docs-cache" / "mathjax"), place)


def setup(app: Any) -> dict[str, Any]:
    app.connect("builder-inited", begin)
    return {"parallel_read_safe": True}
