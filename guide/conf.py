"""The site of the guide, for Sphinx; `make guide` builds it. It asks nothing of any other server."""

project = "ramlab"
author = "the authors of ramlab"
extensions = ["myst_parser", "sphinx_copybutton", "ramlab.guide.filling", "ramlab.guide.looks"]
# `labs` is a link to the labs, whose texts are pages of the site; what is not for learners is not.
exclude_patterns = ["**/.meta", "labs/*/stage", "_templates"]
language = "en"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

html_theme = "furo"
html_show_copyright = False
html_title = "ramlab: Linux memory, by hand"
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_show_search_summary = False  # it would have to load the pages found, which a browser does not from file://
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_js_files = ["guide.js"]
html_favicon = "_static/favicon.svg"
templates_path = ["_templates"]
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
