"""Write the repository's address wherever it must stand as text: `python tools/address.py`.

It is set once, as `repository` in _config.yml, which the theme's buttons are made from. Notebooks, README.md,
pyproject.toml and CITATION.cff are read by programs that know nothing of that file and carry it as text, put there by
this script. As an extension of Sphinx it tells the pages where they are published.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
FILES = ("*.md", "*.toml", "*.cff", "book/*.md", "notebooks/*.ipynb", "notebooks/deeper/*.ipynb")
# Every form in which the address stands somewhere. Each is text that no link to somebody else's repository contains.
FORMS = (
    "https://colab.research.google.com/github/{owner}/{name}/blob/{branch}/notebooks/",
    "https://mybinder.org/v2/gh/{owner}/{name}/{branch}?",
    "git+https://github.com/{owner}/{name}",
    "git clone https://github.com/{owner}/{name}\ncd {name}",
    'Repository = "https://github.com/{owner}/{name}"',
    'Documentation = "https://{owner}.github.io/{name}/"',
    "repository-code: https://github.com/{owner}/{name}",
    "url: https://{owner}.github.io/{name}/",
    "[Read the book](https://{owner}.github.io/{name}/)",
)


def address(root: Path = ROOT) -> dict[str, str]:
    """Owner, name and branch of the repository, as _config.yml has them."""
    repository = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]
    owner, name = repository["url"].removeprefix("https://github.com/").split("/")
    return {"owner": owner, "name": name, "branch": repository["branch"]}


def outdated(root: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Each file that carries another address, with the text that it should have."""
    ours = address(root)
    for path in sorted(path for pattern in FILES for path in root.glob(pattern)):
        before = text = path.read_text(encoding="utf-8")
        for form in FORMS:
            pattern = re.sub(r"\\\{\w+\\\}", r"[\\w.-]+", re.escape(form))
            text = re.sub(pattern, form.format(**ours), text)
        if text != before:
            yield path, text


def setup(app):
    app.connect("config-inited", _publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _publish(app, config):
    config.html_baseurl = config.ogp_site_url = "https://{owner}.github.io/{name}/".format(**address())


if __name__ == "__main__":
    for path, text in outdated():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
