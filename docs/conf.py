"""How Sphinx builds the site (make docs); docs/design/notebooks.md gives the reasons.

The source folder is the repository, so that a link between two files leads to the same place on GitHub and on the site.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "ext")]

import autograd  # noqa: E402

project = "chainrule"
author = "the chainrule authors"
copyright = author
version = release = autograd.__version__

root_doc = "README"
include_patterns = [
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/*.md",
    "docs/*.md", "docs/design/*.md", "docs/api/**.rst", "notebooks/*.ipynb",
]  # fmt: skip
extensions = [
    "myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "house_docstrings", "api_pages", "site_pages",
    "offline_math",
]  # fmt: skip

# Docstrings
default_role = "py:obj"  # `Linear` is a link to Linear, or code where nothing has that name
add_module_names = False
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False  # the `rule` of an optimizer has no docstring of its own, and needs none
autodoc_default_options = {  # made by scikit-learn
    "exclude-members": "set_fit_request, set_partial_fit_request, set_score_request"
}
autodoc_typehints = "none"  # the docstrings say what an argument may be; nearly every annotation is Any
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"

# Markdown
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4  # under GitHub's names
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]  # a changelog may begin at any level

# Notebooks run in this interpreter, and again only when their content changes
nb_custom_formats = {".ipynb": "site_pages.read_notebook"}
nb_execution_mode = os.environ.get("NOTEBOOKS", "cache")  # NOTEBOOKS=off leaves out their outputs
nb_execution_cache_path = str(ROOT / "out" / "docs-cache")
nb_execution_raise_on_error = False  # an error becomes a warning with the traceback, which fails the build at its end
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/html", 5), ("html", "image/svg+xml", 20)]
nb_code_prompt_show = "Show the {type}"
nb_code_prompt_hide = "Hide the {type}"

_kernel = ROOT / "out" / "docs-cache" / "jupyter" / "kernels" / "python3" / "kernel.json"
_kernel.parent.mkdir(parents=True, exist_ok=True)
_kernel.write_text(json.dumps({"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                               "display_name": "Python 3", "language": "python"}))  # fmt: skip
os.environ["JUPYTER_PATH"] = str(_kernel.parents[2])
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ.pop("MPLBACKEND", None)  # figures are shown in the page

# The page
html_theme = "furo"
html_title = f"chainrule {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sphinx = False
mathjax_path = "mathjax.js"  # a file of the site, see docs/ext/offline_math.py
html_copy_source = False
html_theme_options = {"navigation_with_keys": False}
pygments_style = "default"
linkcheck_anchors = False
