// The participant's page: puts the seat's state on it, and passes on what is asked for.

import {ask, follow} from "./live.js";
import {Memory} from "./memory.js";
import {isOff, make, off, Tasks} from "./tasks.js";
import {Terminals} from "./terminals.js";

const at = id => document.getElementById(id);
const given = JSON.parse(at("given").textContent);
const {prefix, hub} = given;
const own = given.state.viewer === given.state.student;
let state = given.state;
let terminals = null;

/** Remember something for this seat, in this browser; without a value, recall it. A browser may refuse to. */
function remember(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(prefix + name, value);
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

/** Have something read out by a screen reader. */
function say(words) {
  at("said").append(make("p", {textContent: words}));
  while (at("said").children.length > 20) at("said").firstChild.remove();
}

/** A banner that stays until the reason is gone: "" takes it away. What is urgent interrupts a screen reader. */
const banners = new Map();
function banner(name, words, kind = "warn", button = null) {
  const before = banners.get(name);
  if (before?.words === words) return;
  before?.element.remove();
  banners.delete(name);
  if (!words) return;
  const element = make("div", {className: `banner ${kind}`}, make("span", {textContent: words}), ...(button ? [button] : []));
  at(kind === "bad" ? "trouble" : "news").append(element);
  banners.set(name, {words, element});
}

/** Ask the seat for something; what it refuses is said in its own words. */
async function request(what, body, button) {
  if (button) off(button, true);
  const {status, body: answer} = await ask(prefix + what, body);
  if (button) off(button, false);
  const refused = status === 0 ? "The seat does not answer; it was not done. Try again in a moment." : answer.message || `The seat refused it (${status}).`;
  const shut = make("button", {type: "button", textContent: "OK"});
  shut.addEventListener("click", () => banner("refused", ""));
  banner("refused", status >= 200 && status < 300 ? "" : refused, "bad", shut);
  return status >= 200 && status < 300 ? answer : null;
}

const tasks = new Tasks({
  list: at("list"), glance: at("glance"), score: at("score"), say,
  hint: async ({check, number}, button) => {
    const hint = await request("api/hint", {check}, button);
    if (hint) say(`Hint for task ${number}: ${hint.text}`);
  },
  check: ({check}, button) => request("api/check", {check}, button),
});
const memory = new Memory({picture: at("memory-picture"), words: at("memory-words")});

const COVERS = {
  starting: "Your machine is being started. The terminal opens by itself; read on meanwhile.",
  resetting: "A fresh machine is being made. The terminal opens by itself.",
  failed: "The machine could not be started; the words above say why.",
  none: "There is no machine now.",
};

function showMachine({state: how, step, since, message}) {
  const seconds = Math.max(Math.round(Date.now() / 1000 - since), 0);
  const busy = how === "starting" || how === "resetting";
  const words = {starting: "Machine is starting", ready: "Machine is ready", stalled: "Machine does not answer", resetting: "Fresh machine is made", failed: "Machine failed", none: "No machine"};
  at("machine").dataset.state = how;
  at("machine-words").textContent = (words[how] || how) + (step ? `: ${step}` : "") + (busy || how === "stalled" ? ` (${seconds} s)` : "");
  off(at("reset"), how === "resetting");
  at("reset").textContent = how === "none" || how === "failed" ? "Start a machine" : "Fresh machine …";
  const stalled = message || "Your machine does not answer. That may well be the lab's subject: too much memory is wanted, and it does little else than move pages in and out (thrashing). Wait a little, or take a fresh machine.";
  banner("stalled", how === "stalled" ? stalled : "", "warn");
  banner("failed", how === "failed" || how === "none" ? message || COVERS[how] : "", how === "failed" ? "bad" : "warn");
}

/** The clock's part: how long the machine has been busy, and how long the workshop lasts. */
function showTime() {
  showMachine(state.machine);
  const left = state.expires ? state.expires - Date.now() / 1000 : Infinity;
  at("ends").hidden = !state.expires;
  if (!state.expires) return left;
  const clock = new Date(state.expires * 1000).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", hour12: false});
  at("ends").textContent = left > 0 ? `ends at ${clock}` : `ended at ${clock}`;
  const soon = `This workshop ends at ${clock}, in less than ten minutes.`;
  const over = `This workshop has expired at ${clock}. The guide can still be read; terminals and checks are closed, and what you reached is with your instructor.`;
  banner("expiry", left <= 0 ? over : left < 600 ? soon : "");
  return left;
}

function showNotes(notes) {
  const read = (remember("read") || "").split(",");
  const fresh = notes.filter(note => !read.includes(String(note.id)));
  const there = new Set([...at("notes").children].map(element => element.dataset.note));
  for (const element of [...at("notes").children]) {
    if (!fresh.some(note => String(note.id) === element.dataset.note)) element.remove();
  }
  for (const {id, text, at: when} of fresh) {
    if (there.has(String(id))) continue;
    const clock = new Date(when * 1000).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", hour12: false});
    const done = make("button", {type: "button", textContent: "Read"});
    done.addEventListener("click", () => {
      remember("read", [...read.slice(-50), id].join(","));
      showNotes(state.notes);
      (at("notes").querySelector("button") || at("tasks-heading")).focus();
    });
    const words = make("span", {}, make("strong", {textContent: `Your instructor, ${clock}: `}), text);
    const element = make("div", {className: "banner"}, words, done);
    element.dataset.note = id;
    at("notes").append(element);
  }
}

/** What scrolls by itself must be reachable by the keyboard, which scrolls it then. */
function reachable() {
  for (const block of document.querySelectorAll("article :is(pre, table)")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
}

async function showGuide(next) {
  if (next.brief === undefined) next = (await ask(`${prefix}api/state`)).body;
  if (next.brief === undefined) return;
  at("brief").innerHTML = next.brief;
  at("guide").scrollTop = 0;
  showChapter(next.chapter);
  reachable();
}

function showChapter(chapter) {
  at("chapter").hidden = !chapter;
  if (!chapter) return;
  at("chapter").querySelector("article").innerHTML = chapter;
}

function show(next) {
  const before = state;
  state = next;
  if (before.lab !== next.lab) {
    showGuide(next);
    at("lab").value = next.lab;
    document.title = document.title.replace(before.title, next.title);
  }
  tasks.show(next);
  off(at("check"), next.checking);
  at("check").textContent = next.checking ? "Checking …" : "Check now";
  banner("problem", next.problem && !next.checking ? `The checks could not be run, which is not your fault: ${next.problem}` : "");
  const left = showTime();
  showNotes(next.notes);
  const how = next.machine.state;
  const reached = left > 0 && (how === "ready" || how === "stalled");
  terminals?.allow(reached, left > 0 ? COVERS[how] : "This workshop has expired.");
  if (before.machine.state !== how) say(at("machine-words").textContent);
}

function link(how) {
  const words = {
    lost: "The connection to your seat is lost. It is tried again by itself; your machine goes on, and nothing is lost.",
    ended: "Your seat has ended. It is being started again; your machine is kept.",
    refused: "You are signed out. The page is loaded anew.",
  };
  banner("link", words[how] || "", "bad");
  off(at("check"), how !== "open");
}

function separator(divide) {
  const set = percent => {
    const to = Math.min(Math.max(Math.round(percent), 20), 70);
    document.documentElement.style.setProperty("--reading", `${to}%`);
    divide.setAttribute("aria-valuenow", to);
    remember("reading", to);
  };
  if (remember("reading")) set(Number(remember("reading")));
  divide.addEventListener("pointerdown", event => divide.setPointerCapture(event.pointerId));
  divide.addEventListener("pointermove", event => divide.hasPointerCapture(event.pointerId) && set((event.clientX / innerWidth) * 100));
  divide.addEventListener("keydown", event => {
    const step = {ArrowLeft: -2, ArrowRight: 2}[event.key];
    if (step) set(Number(divide.getAttribute("aria-valuenow")) + step);
  });
}

at("check").addEventListener("click", () => isOff(at("check")) || request("api/check", {}));
at("labs").addEventListener("submit", event => {
  event.preventDefault();
  if (at("lab").value !== state.lab) request("api/lab", {lab: at("lab").value});
});
at("reset").addEventListener("click", () => {
  if (isOff(at("reset"))) return;
  if (state.machine.state === "none" || state.machine.state === "failed") request("api/reset", {}, at("reset"));
  else at("sure").showModal();
});
at("sure").addEventListener("close", () => {
  if (at("sure").returnValue === "yes") request("api/reset", {});
  at("sure").returnValue = "";
});
separator(at("divide"));
new ResizeObserver(reachable).observe(at("guide"));
at("chapter").addEventListener("toggle", reachable);
showChapter(state.chapter);
if ("WebSocket" in window) {
  const parts = Object.fromEntries(["tabs", "add", "close", "speak", "panels"].map(id => [id, at(id)]));
  terminals = new Terminals({prefix, own, alive: state.terminals || [], parts, remember});
} else {
  at("bar").hidden = true;
  banner("old", "This browser has no websockets (or they are switched off), so it cannot show the terminals. Guide and tasks work; for the terminals take a current Firefox, Chromium or Safari.");
}
show(state);
setInterval(showTime, 1000);
ask(`${prefix}api/memory`).then(({status, body}) => status === 200 && memory.take(body));
const again = `${hub}spawn/${encodeURIComponent(state.student)}?next=${encodeURIComponent(prefix)}`;
follow({prefix, again, on: {state: show, memory: samples => memory.take(samples), link}});
