// What a person sees of the open screen: type sizes, key sizes, contrast, names. Read by test_till_screens.py.
() => {
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(element).visibility !== "hidden";
  };
  const channel = (value) => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (element) => {
    const [dark, bright] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, textContent } = walker.currentNode;
    if (textContent.trim() && shown(parent) && !parent.closest(".spoken, script")) texts.push([textContent.trim(), parent]);
  }
  const keys = [...document.querySelectorAll("button, input, a, label > input")].filter(shown);
  const nameOf = (key) =>
    key.getAttribute("aria-label") || key.textContent.trim() || (key.labels && [...key.labels].map((l) => l.textContent).join(""));
  return {
    type: texts.map(([text, parent]) => [text, Number.parseFloat(getComputedStyle(parent).fontSize)]),
    keys: keys.map((key) => {
      const box = (key.type === "radio" ? key.closest("label") : key).getBoundingClientRect();
      return [nameOf(key), Math.round(Math.min(box.width, box.height))];
    }),
    // A key that cannot be pressed now may be fainter.
    contrast: texts.filter(([, parent]) => !parent.closest(":disabled, video")).map(([text, parent]) => [text, ratio(parent)]),
    nameless: keys.filter((key) => !nameOf(key)).map((key) => key.outerHTML),
    overflow: document.documentElement.scrollWidth > window.innerWidth,
    headings: document.querySelectorAll("h1").length,
  };
}
