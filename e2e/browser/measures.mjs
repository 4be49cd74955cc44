// What is measured within the page; this function runs there.

export function measures() {
  const TARGETS = ["a[href]", "button", "input:not([type=hidden])", "select", "textarea", "summary"];
  const ROLES = ["button", "link", "tab", "menuitem", "option", "switch", "checkbox", "radio"].map((role) => `[role=${role}]`);

  function* ancestors(element) {
    for (let one = element; one; one = one.parentElement) yield one;
  }

  // Rows of a table are alike: what they say does not tell them apart.
  function named(element) {
    const id = element.id && `#${element.id}`;
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    const said = id || element.closest("tbody") ? "" : ` “${(element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 30)}”`;
    return `${element.localName}${id}${classes}${said}`;
  }

  // Nothing is scrolled sideways to be read but what has a bar of its own for that, and nothing is cut off.
  function tooWide() {
    const width = document.scrollingElement.scrollWidth;
    const scrolled = (element) => [...ancestors(element)].some((one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX));
    const cut = [...document.querySelectorAll("main *")]
      .filter((element) => element.children.length === 0 && element.textContent.trim() && isSeen(element))
      .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1 && !scrolled(element));
    return [...(width > window.innerWidth ? [`${width} px wide in ${window.innerWidth}`] : []), ...cut.map((element) => `${named(element)} is cut off`)];
  }

  // How large what leads to the element is: a label does, and what is drawn over the whole row.
  function sizes(element) {
    const boxes = [element, ...(element.labels ?? [])].map((one) => one.getBoundingClientRect());
    const over = getComputedStyle(element, "::after");
    if (over.content !== "none" && over.position === "absolute" && over.inset === "0px") {
      const around = [...ancestors(element)].find((one) => getComputedStyle(one).position !== "static");
      if (around) boxes.push(around.getBoundingClientRect());
    }
    const [left, top] = [Math.min(...boxes.map((one) => one.left)), Math.min(...boxes.map((one) => one.top))];
    return [Math.max(...boxes.map((one) => one.right)) - left, Math.max(...boxes.map((one) => one.bottom)) - top];
  }

  function isSeen(element) {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true });
  }

  // Links within a sentence may be as small as it is (WCAG 2.5.8).
  function inSentence(element) {
    const [own, around] = [element, element.parentElement].map((one) => one.textContent.trim());
    return element.matches("a") && getComputedStyle(element).display === "inline" && own !== around;
  }

  // What is pressed has this size at least.
  function tooSmall(least) {
    return [...document.querySelectorAll([...TARGETS, ...ROLES].join())]
      .filter((element) => isSeen(element) && !inSentence(element))
      .map((element) => [element, sizes(element)])
      .filter(([, found]) => Math.min(...found) < least - 0.5)
      .map(([element, found]) => `${named(element)} is ${found.map(Math.round).join("×")}, less than ${least}`);
  }

  const colors = new Map();
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    if (!colors.has(color)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      colors.set(color, [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255));
    }
    return colors.get(color);
  };
  const over = ([red, green, blue, alpha], below) => [red, green, blue].map((part, at) => part * alpha + below[at] * (1 - alpha));
  const ground = (element) => {
    if (!element) return [1, 1, 1];
    const { display, backgroundColor } = getComputedStyle(element);
    const color = rgba(backgroundColor);
    // What has no box of its own paints nothing.
    if (display === "contents" || color[3] === 0) return ground(element.parentElement);
    return color[3] === 1 ? color.slice(0, 3) : over(color, ground(element.parentElement));
  };
  const brightness = (color) => {
    const [red, green, blue] = color.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [brightness(one), brightness(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  // Where a ring may be drawn: around the element, what is laid over it, or what is around it.
  const places = (element) =>
    [element, element.parentElement, element.parentElement?.parentElement]
      .filter(Boolean)
      .flatMap((one) => ["", "::before", "::after"].map((part) => [one, part]));
  const drawn = ([element, part]) => {
    const { content, outlineStyle, outlineWidth, outlineColor, outlineOffset, boxShadow } = getComputedStyle(element, part || null);
    if (part && content === "none") return { outline: "", shadow: "" };
    const outline = outlineStyle === "none" || parseFloat(outlineWidth) < 1 ? "" : `${outlineWidth} ${outlineColor}`;
    return { outline, shadow: boxShadow === "none" ? "" : boxShadow, outlineColor, inside: parseFloat(outlineOffset) < 0 };
  };
  // Sees to something in light and in dark.
  const inBoth = (see) => {
    const root = document.documentElement;
    const chosen = root.getAttribute("data-theme");
    const seen = ["light", "dark"].map((theme) => {
      root.setAttribute("data-theme", theme);
      return see(theme);
    });
    if (chosen === null) root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", chosen);
    return seen;
  };

  let before;
  let first;
  // Wherever the focus is there is a ring, in light and in dark, that stands out from what is around it by 3:1.
  const ring = (element, theme) => {
    // A part of a field that the browser draws, as the calendar's button in a date, has the browser's ring.
    if (!element.matches(":focus-visible")) return [];
    const then = before[theme].get(element) ?? [];
    const found = places(element).map((place, at) => [place[0], drawn(place), then[at] ?? { outline: "", shadow: "" }]);
    const rings = found.flatMap(([around, now, then]) => {
      if (now.outline && now.outline !== then.outline) return [[now.outlineColor, now.inside ? around : around.parentElement]];
      if (now.shadow && now.shadow !== then.shadow) return [[now.shadow.match(/^\w+\([^)]*\)/)[0], around]];
      return [];
    });
    const ratios = rings.map(([color, around]) => {
      const below = ground(around);
      return contrast(over(rgba(color), below), below);
    });
    if (ratios.length === 0) return ["no ring"];
    const best = Math.max(...ratios);
    return best < 3 ? [`a ring of ${best.toFixed(2)}:1`] : [];
  };
  // And nothing lies over the middle of what has it.
  const hidden = (element) => {
    // What is there for those who hear the page only has its place where its label is.
    const small = element.getBoundingClientRect().width <= 1;
    const shown = small ? (element.labels?.[0] ?? element.parentElement) : element;
    const [box] = shown.getClientRects();
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, window.innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, window.innerHeight)];
    if (left >= right || top >= bottom) return ["out of sight"];
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const same = shown.contains(at) || at?.contains(shown) || at?.closest("label")?.control === element;
    if (same) return [];
    const bar = [...ancestors(at)].find((one) => ["fixed", "sticky"].includes(getComputedStyle(one).position));
    return [`hidden under ${bar ? `${bar.localName}${[...bar.classList].map((name) => `.${name}`).join("")}` : named(at)}`];
  };

  // Tab begins where the page does.
  function beginWalk() {
    const top = Object.assign(document.createElement("span"), { id: "top-of-page", tabIndex: -1 });
    (document.querySelector("dialog:modal") ?? document.body).prepend(top);
    top.focus();
    const all = [...document.querySelectorAll([...TARGETS, "[tabindex]"].join())];
    const [light, dark] = inBoth(() => new Map(all.map((element) => [element, places(element).map(drawn)])));
    before = { light, dark };
    first = undefined;
  }

  // What is wrong where Tab has come to; the end is where it has been before.
  function lookAtFocus() {
    const element = document.activeElement;
    if (!element || element === document.body || element === first) return { end: true };
    first ??= element;
    const wrong = [...inBoth((theme) => ring(element, theme).map((text) => `${text} in ${theme}`)).flat(), ...hidden(element)];
    return { end: false, wrong: wrong.map((text) => `${named(element)} has the focus: ${text}`) };
  }

  function endWalk() {
    document.activeElement.blur();
    document.querySelector("#top-of-page").remove();
  }

  window.measures = { tooWide, tooSmall, beginWalk, lookAtFocus, endWalk };
}
