// SPDX-License-Identifier: Apache-2.0
// Pieces that the dashboard is drawn with. Data goes in as text, never as markup.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export function compact(number) {
  return COMPACT.format(number);
}

/** Bits as megabits, to a hundredth. */
export function megabits(bits) {
  return compact(Math.round((bits ?? 0) / 1e4) / 100);
}

export function badge(kind, text = kind) {
  return element("span", { class: `badge ${kind}` }, text);
}

/**
 * Makes the children of a node equal to the wanted ones, and leaves alone what is equal already: focus,
 * selected text and opened details outlive an update. Children with data-key are told apart by it.
 */
export function patch(parent, wanted) {
  const keys = new Set(wanted.map((want) => want.dataset?.key));
  for (const child of [...parent.children]) {
    if (child.dataset.key !== undefined && !keys.has(child.dataset.key)) {
      child.remove();
    }
  }
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  kept.delete(undefined);
  wanted.forEach((want, i) => {
    const key = want.dataset?.key;
    const here = parent.childNodes[i] ?? null;
    const have = key === undefined ? here : (kept.get(key) ?? null);
    if (have === null || have.nodeName !== want.nodeName || have.dataset?.key !== key) {
      parent.insertBefore(want, here);
      return;
    }
    if (have !== here) {
      parent.insertBefore(have, here);
    }
    update(have, want);
  });
  while (parent.childNodes.length > wanted.length) {
    parent.lastChild.remove();
  }
}

function update(have, want) {
  if (have.nodeType === Node.TEXT_NODE) {
    if (have.data !== want.data) {
      have.data = want.data;
    }
    return;
  }
  for (const { name, value } of want.attributes) {
    // The page's content security policy knows no style attributes, only what a script sets by name.
    if (name !== "style" && have.getAttribute(name) !== value) {
      have.setAttribute(name, value);
    }
  }
  if (have.style.cssText !== want.style.cssText) {
    have.style.cssText = want.style.cssText;
  }
  patch(have, [...want.childNodes]);
}

const SVG = "http://www.w3.org/2000/svg";

/** A line through the values, the newest one at the right end. */
export function sparkline(values, places, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", `0 0 ${places - 1} 40`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const top = Math.max(1, ...values);
  const first = places - values.length;
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", values.map((v, i) => `${first + i},${38 - (v / top) * 36}`).join(" "));
  svg.append(line);
  return svg;
}

/** Shares of a whole, as [kind, value, title]. */
export function bar(parts, label) {
  const total = parts.reduce((sum, [, value]) => sum + value, 0);
  const drawn = element("div", { class: "bar", role: "img", "aria-label": label });
  for (const [kind, value] of parts) {
    const span = element("span", { class: kind });
    span.style.flexGrow = total > 0 ? value / total : 0;
    drawn.append(span);
  }
  return drawn;
}
