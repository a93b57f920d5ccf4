"""Reading pages as a stranger would: by a parser, and by axe-core."""

from html.parser import HTMLParser

from axe_playwright_python.sync_playwright import Axe


class Reader(HTMLParser):
    """Collects a page's elements with their attributes, and what stands in script and style."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.inline = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] in ("script", "style") and data.strip():
            self.inline.append(data)

    def all(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


def assert_strict(response):
    """A page's policy lets nothing run that stands in it, and nothing does."""
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    reader = Reader(response.text)
    assert reader.inline == []
    assert reader.all("style") == []
    assert not [name for _, given in reader.elements for name in given if name.startswith("on")]
    return reader


def assert_fits(page):
    """Nothing has to be moved sideways to be read."""
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


def serious_violations(page):
    """What axe-core holds against a page: rule and places, of serious and critical ones."""
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
