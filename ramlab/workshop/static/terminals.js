// The tabs over the terminals.

import {Screen} from "./screen.js";
import {make} from "./tasks.js";

const MOST = 6;

export class Terminals {
  constructor({prefix, own, alive, parts, remember}) {
    Object.assign(this, {prefix, own, parts, remember});
    this.tabs = new Map();
    this.reach = [false, ""];
    this.speak = remember("speak") === "yes";
    parts.speak.setAttribute("aria-pressed", String(this.speak));
    parts.speak.addEventListener("click", () => this.read());
    parts.add.addEventListener("click", () => this.add());
    parts.close.addEventListener("click", () => this.close(this.shown));
    parts.tabs.addEventListener("keydown", event => this.walk(event));
    new ResizeObserver(() => this.tabs.get(this.shown)?.screen?.resize()).observe(parts.panels);
    const last = (remember("terminals") || "1,2").split(",").map(Number);
    for (const number of [...new Set([...last, ...alive])].sort()) if (number >= 1 && number <= MOST) this.open(number);
    this.show(this.tabs.keys().next().value);
  }

  open(number) {
    const tab = make("button", {type: "button", id: `tab-${number}`, textContent: `Terminal ${number}`});
    const cover = make("div", {className: "cover", hidden: true});
    cover.setAttribute("role", "status");
    const place = make("div", {className: "screen"});
    const panel = make("div", {className: "panel", id: `panel-${number}`, hidden: true}, place, cover);
    for (const [name, value] of Object.entries({role: "tab", "aria-selected": "false", "aria-controls": panel.id})) tab.setAttribute(name, value);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.tabIndex = -1;
    tab.addEventListener("click", () => {
      this.show(number);
      this.focus();
    });
    this.tabs.set(number, {tab, panel, place, cover, screen: null});
    this.parts.tabs.append(tab);
    this.parts.panels.append(panel);
    this.keep();
  }

  show(number) {
    this.shown = number;
    for (const [other, {tab, panel}] of this.tabs) {
      tab.setAttribute("aria-selected", String(other === number));
      tab.tabIndex = other === number ? 0 : -1;
      panel.hidden = other !== number;
    }
    const chosen = this.tabs.get(number);
    chosen.screen ??= this.screen(number, chosen);
    chosen.screen.resize();
    this.parts.close.disabled = this.tabs.size < 2;
    this.parts.close.textContent = `Close ${number}`;
    this.parts.close.setAttribute("aria-label", `Close terminal ${number}`);
    this.parts.add.disabled = this.tabs.size >= MOST;
  }

  screen(number, {tab, place, cover}) {
    const say = (words, again) => {
      cover.hidden = !words;
      if (cover.dataset.words === words) return;
      cover.dataset.words = words;
      cover.replaceChildren(make("p", {textContent: words}));
      if (!again) return;
      const button = make("button", {type: "button", textContent: "Begin anew (Enter)"});
      button.addEventListener("click", () => {
        screen.connect();
        this.focus();
      });
      cover.append(button);
    };
    const viewers = count => { tab.textContent = `Terminal ${number}${count > 1 ? ` (${count} look on)` : ""}`; };
    const address = new URL(`${this.prefix}terminal/${number}`, location.href.replace(/^http/, "ws")).href;
    const screen = new Screen({number, address, place, say, speak: this.speak, viewers});
    screen.allow(...this.reach);
    return screen;
  }

  focus() {
    this.tabs.get(this.shown)?.screen?.terminal.focus();
  }

  add() {
    const free = Array.from({length: MOST}, (_, at) => at + 1).find(number => !this.tabs.has(number));
    this.open(free);
    this.show(free);
    this.focus();
  }

  close(number) {
    const {tab, panel, screen} = this.tabs.get(number);
    screen?.close(this.own);
    tab.remove();
    panel.remove();
    this.tabs.delete(number);
    this.keep();
    this.show(this.tabs.keys().next().value);
    this.tabs.get(this.shown).tab.focus();
  }

  /** Whether the machine can be reached now, and else the words for the terminals. */
  allow(allowed, words) {
    this.reach = [allowed, words];
    for (const {screen} of this.tabs.values()) screen?.allow(allowed, words);
  }

  read() {
    this.speak = !this.speak;
    this.remember("speak", this.speak ? "yes" : "no");
    this.parts.speak.setAttribute("aria-pressed", String(this.speak));
    for (const {screen} of this.tabs.values()) if (screen) screen.terminal.options.screenReaderMode = this.speak;
  }

  walk(event) {
    const numbers = [...this.tabs.keys()], at = numbers.indexOf(this.shown), last = numbers.length - 1;
    if (event.key === "Delete" && last > 0) return this.close(this.shown);
    const to = {ArrowLeft: at ? at - 1 : last, ArrowRight: at < last ? at + 1 : 0, Home: 0, End: last}[event.key];
    if (to === undefined) return undefined;
    event.preventDefault();
    this.show(numbers[to]);
    return this.tabs.get(numbers[to]).tab.focus();
  }

  keep() {
    this.remember("terminals", [...this.tabs.keys()].join(","));
  }
}
