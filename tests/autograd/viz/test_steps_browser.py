"""The page with the steps in a real browser: clicked through to the end, its numbers compared with the engine's.

It needs Chromium, its driver and selenium. Where they are missing the tests are skipped with the reason; as root on a
Debian system, CHAINRULE_INSTALL_BROWSER=1 has them install the packages chromium and chromium-driver.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.viz import steps
from autograd.viz.step_by_step import layout
from autograd.viz.step_by_step.story import Story
from autograd.viz.step_by_step.visits import as_array

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (pip install selenium)")
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402  after importorskip
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

REMEDY = "apt-get install chromium chromium-driver, or CHAINRULE_INSTALL_BROWSER=1 as root"


def programs() -> tuple[str, str] | None:
    """(Chromium, its driver)"""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = programs()
    if (
        found is None
        and os.environ.get("CHAINRULE_INSTALL_BROWSER") == "1"
        and shutil.which("apt-get")
        and os.geteuid() == 0
    ):
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "chromium-driver"]
        subprocess.run(["apt-get", "update"], check=False, capture_output=True)
        subprocess.run(install, check=False, capture_output=True)
        found = programs()
    if found is None:
        pytest.skip(f"Chromium and chromedriver are not installed ({REMEDY})")
    options = webdriver.ChromeOptions()
    options.binary_location = found[0]
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1400,900",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(found[1]))
    yield driver
    driver.quit()


@pytest.fixture(autouse=True)
def quiet(browser: Any, tmp_path: Path) -> Iterator[None]:
    """After every test: nothing on the console, and no request but for the page itself."""
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    yield
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith((tmp_path.as_uri(), "data:", "about:"))] == []


def scalars() -> tuple[Any, dict[str, Any]]:
    x, w1, b1, w2, y = [
        Scalar(v, label=name) for v, name in zip((0.8, 0.5, 0.1, -1.2, 1.0), ["x", "w1", "b1", "w2", "y"], strict=True)
    ]
    hidden = (w1 * x + b1).tanh()
    return 0.5 * (w2 * hidden + w1 * hidden - y) ** 2, {"x": x, "w1": w1, "b1": b1, "w2": w2, "y": y}


class Named(Tensor):
    """A leaf with a name, as a parameter of a module has."""

    def __init__(self, name: str, data: Any) -> None:
        super().__init__(data, requires_grad=True)
        self.name = name


def tensors() -> tuple[Any, dict[str, Any]]:
    w, b = (
        Named("W", np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])),
        Named("b", np.array([0.5, -0.5, 0.1], np.float64)),
    )
    hidden = np.tanh(np.arange(8.0).reshape(4, 2) / 8 @ w + b)
    return np.mean(hidden * hidden), {"W": w, "b": b}


def opened(
    browser: Any, tmp_path: Path, make: Callable[[], tuple[Any, dict[str, Any]]]
) -> tuple[Any, dict[str, Any], Any]:
    y, leaves = make()
    made = steps(y, tmp_path / "steps.html")
    browser.get((tmp_path / "steps.html").as_uri())
    return y, leaves, made


def text(browser: Any, name: str) -> str:
    return str(browser.find_element(By.ID, name).text)


NUMBERS = """
const numbers = (key) => [...document.querySelectorAll(`[data-key='${key}']`)].map((value) =>
  (value.dataset.value ? [value] : [...value.querySelectorAll('.number')]).map((n) => Number(n.dataset.value)));
"""
STATE = (
    NUMBERS
    + """
const text = (id) => document.getElementById(id).textContent;
return {
  phase: text('phase'), count: text('count'), said: text('said'), value: numbers('value'), grad: numbers('grad'),
  share: numbers('share'),
  lit: [...document.querySelectorAll('.node.lit')].map((e) => Number(e.dataset.node)),
  arrows: document.querySelectorAll('.edge.lit').length,
};
"""
)


def numbers(browser: Any, key: str) -> Any:
    """The numbers of each value on the page that is marked with the key."""
    return browser.execute_script(f"{NUMBERS} return numbers(arguments[0])", key)


def check_the_end(browser: Any, y: Any, leaves: dict[str, Any]) -> None:
    """The gradients on the last step equal those of backward() to the last bit."""
    assert text(browser, "phase") == "The gradients"
    story = browser.execute_script("return JSON.parse(document.getElementById('story').textContent)")
    ids = {node["name"]: number for number, node in story["nodes"].items()}
    y.backward()
    for name, leaf in leaves.items():
        expected = np.ravel(leaf.grad._array if isinstance(leaf, Tensor) else leaf.grad).tolist()
        assert numbers(browser, f"grad-{ids[name]}") == [expected], name


@pytest.mark.parametrize("make", [scalars, tensors], ids=["scalars", "tensors"])
def test_clicked_through_to_the_end(
    browser: Any, tmp_path: Path, make: Callable[[], tuple[Any, dict[str, Any]]]
) -> None:
    y, leaves, made = opened(browser, tmp_path, make)
    story = Story(made.graph)
    button = browser.find_element(By.ID, "next")
    visits = {visit.node: visit for visit in story.sweep.visits}
    seen = []
    for i, step in enumerate(story.steps):
        state = browser.execute_script(STATE)
        seen.append(state["phase"])
        assert state["count"] == f"{i + 1} / {len(story.steps)}"
        assert state["said"]
        assert state["lit"] == ([] if step.node is None else [step.node])
        assert state["arrows"] == sum(story.nodes[story.graph.edges[e].source].kind != "constant" for e in step.edges)
        if step.phase == "forward":
            assert state["value"] == [flat(story.nodes[step.node or 0].value)]
        if step.phase == "backward":
            visit = visits[step.node or 0]
            assert state["grad"] == [flat(visit.gradient)]
            assert state["share"] == [flat(arrival.share) for arrival in visit.arrivals]
        if i < len(story.steps) - 1:
            button.click()
    assert seen == [step.title for step in story.steps]
    assert not button.is_enabled()
    check_the_end(browser, y, leaves)


def flat(content: Any) -> list[float]:
    return [float(v) for v in np.ravel(as_array(content))]


def test_keys(browser: Any, tmp_path: Path) -> None:
    y, leaves, _ = opened(browser, tmp_path, scalars)
    total = int(text(browser, "count").split("/")[1])

    def press(*keys: str) -> int:
        ActionChains(browser).send_keys(*keys).perform()
        return int(text(browser, "count").split("/")[0])

    assert press(Keys.ARROW_RIGHT) == 2
    assert press(Keys.SPACE) == 3
    assert press(Keys.ARROW_LEFT) == 2
    assert press(Keys.END) == total
    assert press(Keys.ARROW_RIGHT) == total
    assert press(Keys.HOME) == 1
    assert press(*[Keys.SPACE] * (total - 1)) == total
    check_the_end(browser, y, leaves)
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.SPACE).key_up(Keys.SHIFT).perform()
    assert text(browser, "count").startswith(f"{total - 1} ")


def test_slider(browser: Any, tmp_path: Path) -> None:
    y, leaves, _ = opened(browser, tmp_path, tensors)
    slider = browser.find_element(By.ID, "slider")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert text(browser, "count").startswith("2 ")
    assert slider.get_attribute("aria-valuetext").startswith("2 of ")
    width = slider.size["width"]
    ActionChains(browser).move_to_element_with_offset(slider, -width // 2 + 10, 0).click_and_hold().move_by_offset(
        width, 0
    ).release().perform()
    check_the_end(browser, y, leaves)


def test_buttons_are_named_and_focus_is_seen(browser: Any, tmp_path: Path) -> None:
    opened(browser, tmp_path, scalars)
    for button in browser.find_elements(By.TAG_NAME, "button"):
        assert button.accessible_name
    assert browser.find_element(By.ID, "slider").accessible_name == "Step"
    assert browser.find_element(By.ID, "said").get_attribute("aria-live") == "polite"
    ActionChains(browser).send_keys(Keys.TAB).perform()
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert browser.execute_script(outline) == "solid"
    browser.find_element(By.ID, "next").send_keys(Keys.SPACE)  # on a button, space presses it, once
    assert text(browser, "count").startswith("2 ")


def test_it_plays_by_itself_and_stops(browser: Any, tmp_path: Path) -> None:
    opened(browser, tmp_path, scalars)
    play = browser.find_element(By.ID, "play")
    play.click()
    assert play.get_attribute("aria-pressed") == "true"
    browser.find_element(By.ID, "last").click()
    assert play.get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(browser: Any, tmp_path: Path, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        opened(browser, tmp_path, scalars)
        found = browser.execute_script(
            "const style = getComputedStyle(document.documentElement);"
            "return Object.fromEntries(arguments[0].map(name => [name, style.getPropertyValue('--' + name).trim()]))",
            [
                "paper",
                "panel",
                "card",
                "ink",
                "faint",
                "forward",
                "gradient",
                "local",
                "parameter",
                "input",
                "operation",
                "result",
            ],
        )
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert (luminance(found["paper"]) > 0.5) == (scheme == "light")
    on = {
        "ink": ("paper", "card", "parameter", "input", "operation", "result"),
        "faint": ("paper", "panel", "card"),
        "forward": ("paper", "card"),
    }
    on |= {"gradient": ("paper", "card", "parameter", "operation", "result"), "local": ("panel", "card")}
    for front, backs in on.items():
        for back in backs:
            light, dark = sorted((luminance(found[front]), luminance(found[back])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{front} on {back}"


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_hostile_name_is_only_text(browser: Any, tmp_path: Path) -> None:
    name = "</script><img src=x onerror=\"alert('x')\">'"
    a = Scalar(2.0, label=name)
    steps(a * a, tmp_path / "steps.html", title=name)
    browser.get((tmp_path / "steps.html").as_uri())
    browser.find_element(By.ID, "last").click()
    assert browser.title.startswith("</script><img")
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert name in browser.execute_script("return document.querySelector('[data-node]').textContent")


@pytest.mark.filterwarnings("ignore:IPython3 lexer unavailable")
@pytest.mark.parametrize("host", ["plain", "nbconvert"])
def test_in_a_notebooks_frame(browser: Any, tmp_path: Path, host: str) -> None:
    made = steps(tensors()[0])
    frame = made._repr_mimebundle_()["text/html"]
    text_of_host = f"<!doctype html><title>a notebook</title><link rel=icon href='data:,'>{frame}"
    if host == "nbconvert":
        text_of_host = by_nbconvert(frame)
    (tmp_path / "host.html").write_text(text_of_host, encoding="utf-8")
    browser.get((tmp_path / "host.html").as_uri())
    element = browser.find_element(By.TAG_NAME, "iframe")
    browser.execute_script("arguments[0].scrollIntoView()", element)
    browser.switch_to.frame(element)
    try:
        browser.find_element(By.ID, "next").click()
        assert text(browser, "phase").startswith("Forward 1 of")
        ActionChains(browser).send_keys(Keys.END).perform()
        assert text(browser, "phase") == "The gradients"
        assert (
            browser.execute_script("try { return parent.document.title } catch (error) { return 'sandboxed' }")
            == "sandboxed"
        )
    finally:
        browser.switch_to.default_content()


def by_nbconvert(output: str) -> str:
    """The HTML that nbconvert makes of a notebook with this output, in its template without links to other sites."""
    nbformat = pytest.importorskip("nbformat")
    exporters = pytest.importorskip("nbconvert.exporters")
    v4 = nbformat.v4
    cell = v4.new_code_cell(
        "steps(y)", outputs=[v4.new_output("execute_result", data={"text/html": output, "text/plain": "Steps"})]
    )
    body, _ = exporters.HTMLExporter(template_name="basic").from_notebook_node(v4.new_notebook(cells=[cell]))
    return f"<!doctype html><meta charset=utf-8><title>a notebook</title><link rel=icon href='data:,'>{body}"


def test_without_graphviz(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: Any) -> bytes:
        raise layout.RenderError("not here")

    monkeypatch.setattr(layout.render, "by_program", unavailable)
    monkeypatch.setattr(layout.render, "by_wheel", unavailable)
    y, leaves, _ = opened(browser, tmp_path, scalars)
    browser.find_element(By.ID, "last").click()
    check_the_end(browser, y, leaves)


def test_a_long_graph_scrolls_to_the_lit_box_and_no_text_leaves_its_box(browser: Any, tmp_path: Path) -> None:
    layers = [layer for _ in range(8) for layer in (nn.Linear(4, 4), nn.Tanh())]
    loss = (nn.Sequential(*layers)(np.ones((3, 4), np.float32)) ** 2).mean()
    steps(loss, tmp_path / "steps.html")
    browser.get((tmp_path / "steps.html").as_uri())
    last = int(text(browser, "count").split("/")[1])
    assert browser.execute_script(
        "const g = document.getElementById('graph'); return g.scrollWidth > 2 * g.clientWidth"
    )
    for step in range(last):
        outside, wide = browser.execute_script(
            """
            const slider = document.getElementById('slider');
            slider.value = arguments[0];
            slider.dispatchEvent(new Event('input'));
            const frame = document.getElementById('graph').getBoundingClientRect();
            const lit = [...document.querySelectorAll('.node.lit')].map((e) => e.getBoundingClientRect());
            const outside = lit.filter((r) => r.left < frame.left - 1 || r.right > frame.right + 1).length;
            const wide = [...document.querySelectorAll('.node')].filter((e) => {
              const box = e.querySelector('rect').getBoundingClientRect();
              return [...e.querySelectorAll('text')].some((t) => t.getBoundingClientRect().right > box.right + 1);
            }).length;
            return [outside, wide];
            """,
            step,
        )
        assert (outside, wide) == (0, 0), step
