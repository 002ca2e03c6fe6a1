"""The report in a real browser: on a phone, in the dark, on paper."""

import pytest

from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.report.page import write_report
from tests.browser import Browser

PHONE = {"width": 390, "height": 844}
#: Least contrast of text with its ground, and of large text (WCAG 2.2, 1.4.3).
CONTRAST, CONTRAST_LARGE = 4.5, 3.0

#: Contrast of every text on the page with the nearest ground behind it: [ratio, wanted, words].
_CONTRASTS = """(() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = channels(colour).map(v => v / 255)
      .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor, alpha = channels(colour)[3];
      if (alpha === undefined || alpha > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!words || element.closest('style')) continue;
    const style = getComputedStyle(element), one = light(style.color), other = light(ground(element));
    const ratio = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    found.push([ratio, large ? %s : %s, words.slice(0, 40)]);
  }
  return found;
})()""" % (CONTRAST_LARGE, CONTRAST)  # noqa: UP031
#: What is wider than its place, and may not be moved sideways in a box of its own.
_CUT = """[...document.querySelectorAll('body *')].filter(element => {
  const box = element.getBoundingClientRect();
  const moved = element.parentElement.closest('.scroll, pre');
  return box.width > 0 && box.right > document.documentElement.clientWidth + 1
    && !(moved && getComputedStyle(moved).overflowX === 'auto');
}).map(element => element.tagName + ' ' + element.className + ' ' + element.textContent.trim().slice(0, 30))"""
_UNFOLD = "document.querySelectorAll('details').forEach(part => { part.open = true; })"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser; without one the tests are skipped."""
    one = Browser(tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory, browser):
    """The report of a small sweep of the model, with every kind of figure and table."""
    words = ["world=europe", "world.scale=0.005", "shocks=[diplomatic_rupture,funder_withdrawal,supplier_loss]",
             "timeline.burn_in_months=24", "timeline.calm_months=12", "timeline.response_months=36",
             "experiment.name=tiny", "experiment.replicates=3", "experiment.draw_parameters=true",
             "experiment.factors={programme.tranches: [1, 2, 3]}", "runner.processes=0", "output.figures=false",
             f"output.folder={tmp_path_factory.mktemp('results')}"]  # fmt: skip
    return write_report(api.run_sweep(make_request(compose_plain(words)), quiet=True).folder)


def test_nothing_is_wider_than_a_phone(browser, page):
    browser.open(page, **PHONE)
    assert browser.value("innerWidth") == 390
    for unfolded in (False, True):
        if unfolded:
            browser.value(_UNFOLD)
        assert browser.value("document.documentElement.scrollWidth") <= 390
        assert browser.value(_CUT) == []
    # text keeps a size that can be read
    assert (
        browser.value(
            "Math.min(...[...document.querySelectorAll('p, td, dd, li, code')]"
            ".filter(e => e.textContent.trim()).map(e => parseFloat(getComputedStyle(e).fontSize)))"
        )
        >= 11
    )


def test_the_check_of_widths_can_fail(browser, page):
    browser.open(page, **PHONE)
    browser.value(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"width: 500px\">wide</p>')"
    )
    assert browser.value(_CUT) == ["P  wide"]


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(browser, page, dark):
    browser.open(page, dark=dark)
    browser.value(_UNFOLD)
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark
    found = browser.value(_CONTRASTS)
    assert len(found) > 200
    assert [item for item in found if item[0] < item[1]] == []
    # figures are drawn for white, and stand on it
    grounds = browser.value(
        "[...document.querySelectorAll('figure .scroll')].map(box => getComputedStyle(box).backgroundColor)"
    )
    assert set(grounds) == {"rgb(255, 255, 255)"}


def test_figures_are_drawn_as_lines_and_all_of_them_are_seen(browser, page):
    browser.open(page)
    images = browser.value("[...document.images].map(image => [image.src.slice(0, 19), image.naturalWidth])")
    assert len(images) > 10
    assert {start for start, _ in images} == {"data:image/svg+xml;"}
    assert all(width > 100 for _, width in images)


@pytest.mark.parametrize(("dark", "unfolded"), [(True, False), (False, True)])
def test_paper(browser, page, tmp_path, dark, unfolded):
    pypdf = pytest.importorskip("pypdf")
    browser.open(page, dark=dark)
    if unfolded:
        browser.value(_UNFOLD)
    headings = browser.value("[...document.querySelectorAll('h1, h2, h3, summary')].map(one => one.innerText.trim())")
    figures = browser.value("document.images.length")
    pages = [one.extract_text() for one in pypdf.PdfReader(browser.pdf(tmp_path / "report.pdf")).pages]
    for number, text in enumerate(pages):
        words = " ".join(text.split())
        for heading in sorted(headings, key=len, reverse=True):
            words = words.replace(" ".join(heading.split()), "")
        assert len(words.strip()) > 60, f"page {number + 1} of {len(pages)} holds next to nothing: {text!r}"
        # a heading stands with what it is about
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        assert lines[-1] not in headings[1:] or lines[-1] in browser.value(
            "[...document.querySelectorAll('details:not([open]) > summary')].map(one => one.innerText.trim())"
        ), f"page {number + 1} ends with the heading {lines[-1]!r}"
    # every figure has its words, and paper is white whatever the screen is
    assert " ".join(" ".join(pages).split()).count("Formula:") >= figures
    assert browser.value("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"


def test_paper_cuts_nothing(browser, page):
    """As wide as A4 between its margins: 182 mm."""
    browser.open(page, width=round(182 / 25.4 * 96), height=1000, paper=True)
    browser.value(_UNFOLD)
    assert browser.value(_CUT) == []
    # nothing can be moved sideways on paper
    assert (
        browser.value(
            "[...document.querySelectorAll('.scroll, pre')].filter(box => "
            "box.scrollWidth > box.clientWidth + 1).map(box => box.textContent.trim().slice(0, 40))"
        )
        == []
    )
