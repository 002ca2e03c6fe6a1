"""Pages of an atlas in a real browser: on a phone, on a wall, in the dark, on paper."""

import pytest

from ecosim.evidence.atlas.run import atlas
from tests.browser import Browser
from tests.report.test_browser import _CONTRASTS, _CUT

PAGES = ("index.html", "GBR/index.html", "CHE/index.html")
WIDTHS = (390, 1280, 1920)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser; without one the tests are skipped."""
    one = Browser(tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, browser):
    """An atlas with every part: a country that is covered and one that is not, breaks with and without a verdict."""
    words = (
        "world=europe", "world.scale=0.01", "countries=[CHE,GBR,USA]", "replicates=5", "partners=4", "blocs=[eu,efta]",
        "timeline.burn_in_months=24", "timeline.calm_months=6", "timeline.calm_jitter_months=2",
        "timeline.response_months=24", "runner.processes=0", f"output.folder={tmp_path_factory.mktemp('atlas')}",
    )  # fmt: skip
    return atlas(*words).page.parent


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut(browser, folder, page, width):
    browser.open(folder / page, width=width)
    assert browser.value("innerWidth") == width
    assert browser.value("document.documentElement.scrollWidth") <= width
    # what a map does not show lies beyond it
    assert browser.value(_CUT.replace("'body *'", "'body *:not(svg *)'")) == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(browser, folder, page, dark):
    browser.open(folder / page, dark=dark)
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark
    # letters of the map are drawn, not written
    found = browser.value(_CONTRASTS.replace("element.closest('style')", "element.closest('svg, style')"))
    assert len(found) > 30
    assert [item for item in found if item[0] < item[1]] == []


@pytest.mark.parametrize("page", PAGES)
def test_figures_are_there_and_nothing_is_asked_of_a_network(browser, folder, page):
    browser.open(folder / page)
    images = browser.value("[...document.images].map(image => [image.src.slice(0, 19), image.naturalWidth])")
    assert all(start == "data:image/svg+xml;" and width > 100 for start, width in images)
    assert len(images) >= (0 if page == "index.html" else 3)
    assert (
        browser.value("performance.getEntriesByType('resource').filter(one => !one.name.startsWith('data:')).length")
        == 0
    )


def test_the_map_leads_to_the_pages(browser, folder):
    browser.open(folder / "index.html")
    links = browser.value("[...document.querySelectorAll('svg a')].map(one => one.getAttribute('xlink:href'))")
    assert {"CHE/index.html", "GBR/index.html"} <= set(links)
    # with the keyboard, the table leads there, once for each country
    reached = browser.value(
        "[...document.querySelectorAll('a')].filter(one => one.tabIndex >= 0)"
        ".map(one => one.getAttribute('href')).filter(one => one && one.endsWith('html'))"
    )
    assert sorted(reached) == ["CHE/index.html", "GBR/index.html", "USA/index.html"]


@pytest.mark.parametrize("page", PAGES[1:])
@pytest.mark.parametrize("dark", [False, True])
def test_a_country_prints_on_two_pages(browser, folder, page, dark, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    browser.open(folder / page, dark=dark)
    pages = [one.extract_text() for one in pypdf.PdfReader(browser.pdf(tmp_path / "page.pdf")).pages]
    assert len(pages) <= 2
    assert all(len(text.strip()) > 200 for text in pages)
