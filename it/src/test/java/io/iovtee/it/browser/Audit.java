// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.browser;

import io.vertx.core.json.JsonArray;
import java.util.List;

/** What a page must keep for everybody to be able to use it, looked for in the page itself. */
final class Audit {
  /** WCAG 2.2, 1.4.3: text against what is behind it. */
  private static final String CONTRAST =
      """
      const channels = (color) => color.match(/[\\d.]+/g).map(Number);
      const light = (color) => {
        const [r, g, b] = channels(color).map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (node) => {
        for (let at = node; at; at = at.parentElement) {
          const color = getComputedStyle(at).backgroundColor;
          if ((channels(color)[3] ?? 1) > 0.99) return color;
        }
        return "rgb(255, 255, 255)";
      };
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const poor = new Set();
      let seen = 0;
      while (walk.nextNode()) {
        const at = walk.currentNode.parentElement;
        if (walk.currentNode.data.trim() === "" || at.getClientRects().length === 0) continue;
        seen++;
        const [a, b] = [light(getComputedStyle(at).color), light(ground(at))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) poor.add(`${at.tagName}.${at.className} ${ratio.toFixed(2)}: ${at.innerText}`);
      }
      return seen > 20 ? [...poor] : ["only " + seen + " texts"];
      """;

  /** Names for what a screen reader comes across, and ids that are there once. */
  private static final String NAMES =
      """
      const wrong = [];
      const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
      ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => wrong.push("twice: #" + id));
      for (const e of document.querySelectorAll("section, [role=region], [role=img], dl")) {
        const by = e.getAttribute("aria-labelledby");
        const name = by === null ? e.getAttribute("aria-label") : document.getElementById(by)?.innerText;
        if (!name) wrong.push("no name: " + e.outerHTML.slice(0, 80));
      }
      for (const e of document.querySelectorAll("th")) {
        if (!e.scope) wrong.push("no scope: " + e.innerText);
      }
      if (!document.documentElement.lang || !document.title) wrong.push("no language or title");
      return wrong;
      """;

  /** Texts that are wider than what they stand in, and that nobody can scroll to. */
  private static final String SPILLED =
      """
      return [...document.querySelectorAll("h1, h3, p, dt, dd, li, span")]
          .filter((e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1)
          .map((e) => `${e.scrollWidth} > ${e.clientWidth}: ${e.innerText}`);
      """;

  private Audit() {}

  /** Texts that are hard to read, with their contrast. */
  static List<?> poorContrast(Browser page) {
    return ((JsonArray) page.run(CONTRAST)).getList();
  }

  /** Texts that run over their edge. */
  static List<?> spilled(Browser page) {
    return ((JsonArray) page.run(SPILLED)).getList();
  }

  /** What has no name, or one twice. */
  static List<?> namesThatLack(Browser page) {
    return ((JsonArray) page.run(NAMES)).getList();
  }
}
