// SPDX-License-Identifier: Apache-2.0
// The dashboard: draws what /api/v1/events tells. Data goes in as text, never as markup.

const HISTORY_MAX = 120;
const OUTCOMES = [
  ["written_through", "written through"],
  ["copied", "copied"],
  ["copied_ineligible", "copied, ineligible"],
  ["copied_misdirected", "misdirected"],
  ["forwarded", "forwarded"],
  ["dropped", "dropped"],
];

const byId = (id) => document.getElementById(id);
const histories = new Map();
let ports = [];
let mappings = [];
let lastStats = null;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children.map((child) => child ?? ""));
  return made;
}

function compact(number) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 }).format(number);
}

function badge(kind, text = kind) {
  return element("span", { class: `badge ${kind}` }, text);
}

function remember(key, value) {
  const history = histories.get(key) ?? [];
  history.push(value);
  if (history.length > HISTORY_MAX) {
    history.shift();
  }
  histories.set(key, history);
  return history;
}

function sparkline(values) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", `0 0 ${HISTORY_MAX - 1} 40`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "frames per second, the last minutes");
  const top = Math.max(1, ...values);
  const line = document.createElementNS(ns, "polyline");
  const first = HISTORY_MAX - values.length;
  line.setAttribute("points", values.map((v, i) => `${first + i},${38 - (v / top) * 36}`).join(" "));
  svg.append(line);
  return svg;
}

function bar(parts) {
  const total = parts.reduce((sum, [, value]) => sum + value, 0);
  const drawn = element("div", { class: "bar" });
  for (const [kind, value] of parts) {
    const span = element("span", { class: kind });
    span.style.flexGrow = total > 0 ? value / total : 0;
    drawn.append(span);
  }
  return drawn;
}

function queueCard(queue, input) {
  const rates = input?.rates;
  const frames = rates?.frames_per_second ?? 0;
  const outcomes = OUTCOMES.map(([kind, title]) => [kind, rates?.outcomes_per_second?.[kind] ?? 0, title]);
  const legend = element("ul", { class: "legend" });
  for (const [kind, value, title] of outcomes.filter(([, value]) => value > 0)) {
    legend.append(element("li", {}, element("i", { class: kind }), `${title} ${compact(value)}/s`));
  }
  const title = element("h3", {}, queue.queue, badge(queue.mode));
  if (queue.emulated) {
    title.append(badge("emulated"));
  }
  const rate = element("p", { class: "rate" }, compact(frames), " ", element("small", {}, "frames/s"));
  const facts = [
    `${compact((rates?.bits_per_second ?? 0) / 1e6)} Mbit/s`,
    queue.guest ? `guest ${queue.guest}` : "no guest attached",
    `${queue.outstanding} guest buffers with the NIC`,
  ];
  return element(
    "article",
    { class: queue.mode === "mapped" ? "card" : "card copying" },
    title,
    rate,
    element("p", { class: "facts" }, facts.join(" · ")),
    sparkline(remember(queue.queue, frames)),
    bar(outcomes),
    legend,
  );
}

function cell(content, kind = "") {
  return element("td", kind ? { class: kind } : {}, content);
}

function drawStats(stats) {
  lastStats = stats;
  const inputs = new Map(
    stats.inputs.filter((input) => input.side === "nic").map((input) => [`${input.port}/${input.queue}`, input]),
  );
  byId("queues").replaceChildren(...stats.queues.map((queue) => queueCard(queue, inputs.get(queue.queue))));
  byId("no-queues").hidden = stats.queues.length > 0;
  byId("loops").replaceChildren(
    ...stats.loops.map((loop) => {
      const load = bar([["load", loop.load], ["rest", 1 - loop.load]]);
      load.lastChild.style.background = "transparent";
      return element(
        "div",
        { class: "loop" },
        element("span", {}, loop.name),
        load,
        element("span", { class: "number" }, `${(loop.load * 100).toFixed(0)} %`),
      );
    }),
  );
  drawPorts();
}

function drawPorts() {
  const outputs = new Map((lastStats?.outputs ?? []).map((output) => [output.port, output.rates]));
  byId("ports").replaceChildren(
    ...ports.map((port) => {
      const rates = outputs.get(port.name);
      const type = element("td", {}, port.type, " ");
      if (port.emulated) {
        type.append(badge("emulated"));
      }
      return element(
        "tr",
        {},
        cell(port.name),
        type,
        cell(`${port.link_up ? "up" : "down"}: ${port.link_reason}`),
        cell(compact(rates?.frames_per_second ?? 0), "number"),
        cell(compact((rates?.bits_per_second ?? 0) / 1e6), "number"),
        cell(compact(rates?.dropped_per_second ?? 0), "number"),
      );
    }),
  );
}

function drawMappings() {
  byId("no-mappings").hidden = mappings.length > 0;
  byId("mappings").replaceChildren(
    ...mappings.map((mapping) =>
      element(
        "tr",
        {},
        cell(mapping.queue),
        cell(`${mapping.port} / ${mapping.queue_pair}`),
        cell(mapping.isolation),
        cell(mapping.mode),
        cell(badge(mapping.state)),
        cell(mapping.detail ? `${mapping.reason}: ${mapping.detail}` : mapping.reason, "why"),
      ),
    ),
  );
}

async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return answer.json();
}

async function readPorts() {
  ports = (await read("/api/v1/ports")).ports;
  drawPorts();
}

async function readMappings() {
  mappings = (await read("/api/v1/mappings")).mappings;
  drawMappings();
}

function say(kind, text) {
  const status = byId("connection");
  status.className = `connection ${kind}`;
  status.textContent = text;
}

function listen() {
  const events = new EventSource("/api/v1/events");
  events.onopen = () => {
    say("live", "live");
    Promise.all([readPorts(), readMappings()]).catch((failure) => say("lost", failure.message));
  };
  events.onerror = () => say("lost", "no connection, trying again");
  events.addEventListener("stats", (event) => drawStats(JSON.parse(event.data)));
  events.addEventListener("mapping", () => readMappings().catch(() => {}));
  events.addEventListener("ports", () => readPorts().catch(() => {}));
}

listen();
