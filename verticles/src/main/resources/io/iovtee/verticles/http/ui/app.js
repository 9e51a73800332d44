// SPDX-License-Identifier: Apache-2.0
// The dashboard: reads the API's resources, and again when /api/v1/events says that they changed.
import { badge, bar, compact, element, megabits, patch, sparkline } from "./draw.js";

const HISTORY_MAX = 120;
const RULES_MAX = 100;
/** Counters of rules come with no event: they are read this often. */
const RULES_EVERY_MS = 2000;
/** Events may come in thousands a second: a resource is not read more often than this. */
const READ_PAUSE_MS = 250;
/** Without an answer, or with one that is no stream, EventSource does not try again by itself. */
const RETRY_MS = 2000;
/** A connection that died without a word is given up after so many intervals of the counters ... */
const SILENT_INTERVALS = 4;
/** ... but not before this. */
const SILENT_MIN_MS = 3000;

const OUTCOMES = [
  ["written_through", "written through"],
  ["copied", "copied"],
  ["copied_ineligible", "copied, ineligible"],
  ["copied_misdirected", "misdirected"],
  ["forwarded", "forwarded"],
  ["dropped", "dropped"],
];
const REASONS = { dropped: "drop_reasons", copied_ineligible: "copy_reasons" };

const byId = (id) => document.getElementById(id);
const histories = new Map();
const explanations = new Map();
let ports = [];
let mappings = [];
let table = { total: 0, flows: [] };
let tableBefore = null;
let stats = null;
let statsBefore = null;
/** The next reading has none before it: the switch may have been started anew, and count from zero. */
let first = true;

// ---- reading ---------------------------------------------------------------------------------

async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return answer.json();
}

/** A function that reads a resource and shows it: once more, and not at once, if asked meanwhile. */
function reader(path, show) {
  let reading = false;
  let again = false;
  return async function run() {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    try {
      show(await read(path));
    } catch (failure) {
      console.warn(String(failure)); // the event stream tells whether the switch is there
    }
    setTimeout(() => {
      reading = false;
      if (again) {
        again = false;
        run();
      }
    }, READ_PAUSE_MS);
  };
}

const readPorts = reader("/api/v1/ports", (answer) => {
  ports = answer.ports;
  drawPorts();
});

const readMappings = reader("/api/v1/mappings", (answer) => {
  mappings = answer.mappings;
  drawMappings();
});

const readRules = reader(`/api/v1/flows?limit=${RULES_MAX}`, (answer) => {
  tableBefore = table;
  table = { ...answer, readMs: performance.now() };
  drawRules();
});

/** Reads why a queue works as it does; who asked may have closed it again before the answer comes. */
async function explain(queue) {
  const answer = await read(`/api/v1/mappings/${encodeURIComponent(queue)}/explain`).catch((failure) => ({
    summary: String(failure),
    checks: [],
  }));
  if (explanations.has(queue)) {
    explanations.set(queue, answer);
    drawQueues();
  }
}

/** What is explained on the page may have changed. */
function explainAgain() {
  explanations.forEach((_, queue) => explain(queue));
}

function take(reading) {
  statsBefore = first ? null : stats;
  first = false;
  stats = reading;
  const names = new Set(stats.queues.map((queue) => queue.queue));
  for (const ofQueues of [histories, explanations]) {
    [...ofQueues.keys()].filter((name) => !names.has(name)).forEach((gone) => ofQueues.delete(gone));
  }
  for (const { queue } of stats.queues) {
    const frames = inputOf(stats, queue)?.rates?.frames_per_second ?? 0;
    histories.set(queue, [...(histories.get(queue) ?? []), frames].slice(-HISTORY_MAX));
  }
  draw();
}

// ---- numbers ---------------------------------------------------------------------------------

function inputOf(from, queue) {
  return from?.inputs.find((input) => input.side === "nic" && `${input.port}/${input.queue}` === queue);
}

const sum = (inputs, value) => inputs.reduce((all, input) => all + (value(input.rates) ?? 0), 0);
const framesOf = (rates) => rates?.frames_per_second;
const bitsOf = (rates) => rates?.bits_per_second;

/** Reasons that counted since the reading before, as [reason, frames per second]. */
function reasons(input, kind) {
  const before = statsBefore?.inputs.find(
    (one) => one.port === input.port && one.queue === input.queue && one.side === input.side,
  );
  const seconds = (Date.parse(stats.time) - Date.parse(statsBefore?.time)) / 1000;
  if (before === undefined || !(seconds > 0)) {
    return [];
  }
  return Object.entries(input[kind])
    .map(([reason, count]) => [reason, (count - (before[kind][reason] ?? 0)) / seconds])
    .filter(([, rate]) => rate > 0);
}

function withReasons(text, found) {
  const named = found.map(([reason, rate]) => `${reason} ${compact(Math.ceil(rate))}`).join(", ");
  return named === "" ? text : `${text} (${named})`;
}

// ---- drawing ---------------------------------------------------------------------------------

function draw() {
  const name = stats.switch.name;
  document.title = `${name}: IOVTee`;
  byId("switch").textContent = `${name}, version ${stats.switch.version}`;
  drawSummary();
  drawQueues();
  drawPorts();
  drawLoops();
}

function drawSummary() {
  const nics = stats.inputs.filter((input) => input.side === "nic");
  const received = sum(nics, framesOf);
  const through = sum(nics, (rates) => rates?.outcomes_per_second.written_through);
  const dropped = sum(stats.inputs, (rates) => rates?.outcomes_per_second.dropped);
  const tiles = [
    ["From NICs", compact(received), "frames/s"],
    ["From guests", compact(sum(stats.inputs, framesOf) - received), "frames/s"],
    ["Written through", received > 0 ? `${((100 * through) / received).toFixed(0)} %` : "–", "of NIC frames"],
    ["Dropped", compact(dropped), "frames/s"],
  ];
  patch(
    byId("summary"),
    tiles.map(([title, value, unit]) =>
      element(
        "div",
        {},
        element("dt", {}, title),
        element("dd", {}, value, " ", element("small", {}, unit)),
      ),
    ),
  );
}

function drawQueues() {
  byId("no-queues").hidden = stats.queues.length > 0;
  patch(byId("queues"), stats.queues.map(queueCard));
}

function queueCard(queue) {
  const input = inputOf(stats, queue.queue);
  const rates = input?.rates;
  const frames = framesOf(rates) ?? 0;
  const outcomes = OUTCOMES.map(([kind, title]) => [kind, rates?.outcomes_per_second[kind] ?? 0, title]);
  const legend = outcomes
    .filter(([, value]) => value > 0)
    .map(([kind, value, title]) => {
      const text = `${title} ${compact(value)}/s`;
      const named = REASONS[kind] === undefined ? text : withReasons(text, reasons(input, REASONS[kind]));
      return element("li", { "data-key": kind }, element("i", { class: kind }), named);
    });
  const facts = [
    `${megabits(bitsOf(rates))} Mbit/s`,
    queue.guest ? `guest ${queue.guest}` : "no guest attached",
    `${queue.outstanding} guest buffers with the NIC`,
  ];
  const past = histories.get(queue.queue) ?? [];
  return element(
    "article",
    { class: `card ${queue.mode}`, "data-key": queue.queue },
    element("h3", {}, queue.queue, badge(queue.mode), queue.emulated ? badge("emulated") : null),
    element("p", { class: "rate" }, compact(frames), " ", element("small", {}, "frames/s")),
    element("p", { class: "quiet" }, facts.join(" · ")),
    sparkline(past, HISTORY_MAX, `frames per second, the last ${past.length} readings; most: ${compact(Math.max(0, ...past))}`),
    bar(outcomes, "what became of the frames; the list below says it in words"),
    element("ul", { class: "legend" }, ...legend),
    why(queue),
  );
}

function why(queue) {
  const details = element("details", {}, element("summary", {}, queue.mode === "mapped" ? "Why mapped?" : "Why copied?"));
  const explanation = explanations.get(queue.queue);
  if (explanation !== undefined) {
    details.append(
      element("p", {}, explanation.summary),
      element("ol", { class: "checks" }, ...explanation.checks.map(check)),
    );
  }
  details.addEventListener("toggle", () => {
    if (details.open) {
      explanations.set(queue.queue, { summary: "", checks: [] });
      explain(queue.queue);
    } else {
      explanations.delete(queue.queue);
    }
  });
  return details;
}

function check({ name, result, detail, remedy }) {
  return element(
    "li",
    { class: result },
    `${name}: ${result.replace("_", " ")}`,
    detail ? element("div", { class: "quiet" }, detail) : null,
    remedy ? element("div", {}, `→ ${remedy}`) : null,
  );
}

function cell(content, kind = "") {
  return element("td", kind ? { class: kind } : {}, content);
}

function drawMappings() {
  byId("no-mappings").hidden = mappings.length > 0;
  byId("mappings").closest(".scroll").hidden = mappings.length === 0;
  patch(
    byId("mappings"),
    mappings.map((mapping) =>
      element(
        "tr",
        { "data-key": mapping.id },
        cell(mapping.queue),
        cell(`${mapping.port} / ${mapping.queue_pair}`),
        cell(mapping.isolation),
        cell(mapping.mode),
        cell(badge(mapping.state)),
        cell(mapping.detail ? `${mapping.reason}: ${mapping.detail}` : mapping.reason, "wide quiet"),
      ),
    ),
  );
}

function drawPorts() {
  patch(byId("ports"), ports.map(portRow));
}

function portRow(port) {
  const inputs = (stats?.inputs ?? []).filter((input) => input.port === port.name);
  const out = stats?.outputs.find((output) => output.port === port.name)?.rates;
  const type = element("td", {}, port.type, " ", port.emulated ? badge("emulated") : null);
  const lost = [
    ["in", sum(inputs, (rates) => rates?.outcomes_per_second.dropped), inputs.flatMap((one) => reasons(one, "drop_reasons"))],
    ["out", out?.dropped_per_second ?? 0, []],
  ].filter(([, rate]) => rate > 0);
  return element(
    "tr",
    { "data-key": port.name },
    cell(port.name),
    type,
    cell(`${port.link_up ? "up" : "down"}: ${port.link_reason}`, "wide"),
    cell(compact(sum(inputs, framesOf)), "number"),
    cell(megabits(sum(inputs, bitsOf)), "number"),
    cell(compact(framesOf(out) ?? 0), "number"),
    cell(megabits(bitsOf(out)), "number"),
    cell(lost.map(([way, rate, found]) => withReasons(`${way} ${compact(rate)}`, found)).join(", ") || "0"),
  );
}

function drawRules() {
  const before = new Map((tableBefore?.flows ?? []).map((rule) => [rule.id, rule.packets]));
  const seconds = (table.readMs - tableBefore?.readMs) / 1000;
  patch(
    byId("flows"),
    table.flows.map((rule) => {
      // Of an old rule that was not among those shown before nobody knows.
      const known = before.get(rule.id) ?? (rule.age_ms > seconds * 1000 ? rule.packets : 0);
      const rate = seconds > 0 ? (rule.packets - known) / seconds : 0;
      return element(
        "tr",
        { "data-key": rule.id },
        cell(element("code", {}, rule.rule), "wide"),
        cell(compact(Math.max(0, rate)), "number"),
        cell(compact(rule.packets), "number"),
      );
    }),
  );
  const note = byId("flows-note");
  const shown = table.flows.length;
  byId("flows").closest(".scroll").hidden = shown === 0;
  note.hidden = shown === table.total && shown > 0;
  note.textContent =
    shown === 0
      ? "The table has no rule: every frame is dropped."
      : `The first ${shown} of ${table.total.toLocaleString("en")} rules; iovtee flow list shows all.`;
}

function drawLoops() {
  patch(
    byId("loops"),
    stats.loops.map((loop) => {
      const percent = `${(loop.load * 100).toFixed(0)} %`;
      const longest = (loop.pauses.longest_ns / 1e6).toFixed(1);
      return element(
        "div",
        { class: "loop", "data-key": loop.name },
        element("span", {}, loop.cpu < 0 ? loop.name : `${loop.name}, core ${loop.cpu}`),
        bar([["load", loop.load], ["rest", 1 - loop.load]], `busy ${percent}`),
        element("span", { class: "number" }, percent),
        element("span", { class: "quiet" }, `${compact(loop.pauses.count)} pauses, longest ${longest} ms`),
      );
    }),
  );
}

// ---- connection ------------------------------------------------------------------------------

let events = null;
let heardMs = 0;
let triedMs = 0;
let retry = 0;

function say(kind, text) {
  const status = byId("connection");
  status.className = `connection ${kind}`;
  if (status.textContent !== text) {
    status.textContent = text; // read out by screen readers: only when it changes
  }
  byId("main").classList.toggle("stale", kind === "lost");
}

function lost() {
  const since = heardMs === 0 ? "" : ` since ${new Date(heardMs).toLocaleTimeString()}`;
  say("lost", `no connection${since}, trying again`);
}

function hear(name, act) {
  events.addEventListener(name, (event) => {
    heardMs = Date.now();
    act(event);
  });
}

function listen() {
  stop();
  triedMs = Date.now();
  events = new EventSource("/api/v1/events");
  events.onopen = () => {
    heardMs = Date.now();
    say("live", "live");
    first = true;
    table = { total: 0, flows: [] };
    readPorts();
    readMappings();
    readRules();
  };
  events.onerror = () => {
    lost();
    if (events.readyState === EventSource.CLOSED) {
      clearTimeout(retry);
      retry = setTimeout(enter, RETRY_MS); // the session may have ended
    }
  };
  hear("stats", (event) => take(JSON.parse(event.data)));
  hear("mapping", () => {
    readMappings();
    explainAgain();
  });
  hear("ports", () => {
    readPorts();
    explainAgain();
  });
  hear("flows", readRules);
}

function stop() {
  clearTimeout(retry);
  events?.close();
  events = null;
}

function watch() {
  const silentMs = Date.now() - Math.max(heardMs, triedMs);
  const intervalMs = (stats?.rate_seconds ?? Infinity) * 1000;
  if (events !== null && silentMs > Math.max(SILENT_MIN_MS, SILENT_INTERVALS * intervalMs)) {
    lost();
    listen();
  }
}

// ---- who may see it --------------------------------------------------------------------------

/** Listens, unless the switch wants a token first. */
async function enter() {
  // Without an answer the event stream says that there is no connection, and tries again.
  const session = await read("/api/v1/session").catch(() => null);
  if (document.visibilityState !== "visible") {
    return;
  }
  const name = session?.name ?? null;
  const shut = session?.token_required === true && name === null;
  byId("login").hidden = !shut;
  byId("main").hidden = shut;
  byId("who").hidden = name === null;
  byId("name").textContent = name === null ? "" : `${name} (${session.role})`;
  if (shut) {
    stop();
    say("", "signed out");
    byId("token").focus();
  } else {
    listen();
  }
}

async function signIn(event) {
  event.preventDefault();
  const field = byId("token");
  const answer = await fetch("/api/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ token: field.value }),
  }).catch(() => null);
  field.value = "";
  const error = byId("login-error");
  error.hidden = answer?.ok === true;
  if (answer?.ok) {
    enter();
  } else {
    error.textContent = answer === null ? "The switch does not answer." : (await answer.json()).detail;
    field.focus();
  }
}

async function signOut() {
  await fetch("/api/v1/session", { method: "DELETE" }).catch(() => null);
  enter();
}

function visibilityChanged() {
  if (document.visibilityState === "visible") {
    enter();
  } else {
    stop(); // a browser has six connections to a host, and each tab would keep one
    say("", "paused while out of sight");
  }
}

byId("login").addEventListener("submit", signIn);
byId("logout").addEventListener("click", signOut);
document.addEventListener("visibilitychange", visibilityChanged);
setInterval(watch, 1000);
setInterval(() => {
  if (events?.readyState === EventSource.OPEN) {
    readRules();
  }
}, RULES_EVERY_MS);
visibilityChanged();
