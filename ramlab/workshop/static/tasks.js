// The list of tasks: outcomes, what was seen, hints.

const WORDS = {open: "open", passed: "done", failed: "not yet", skipped: "cannot be checked here", error: "the check broke, not your answer"};
const SIGNS = {passed: "✓", error: "!", skipped: "–"};

/** An element with properties and children. */
export function make(kind, properties = {}, ...children) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
}

/** Switch a button off without taking the focus from whoever is on it, as `disabled` would. */
export function off(button, yes) {
  if (yes) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}
export const isOff = button => button.getAttribute("aria-disabled") === "true";

const points = n => `${n} point${n === 1 ? "" : "s"}`;

/** What changed since the last look, in words for those who hear the page. */
function news(task, before) {
  if (!before || before.outcome === task.outcome) return "";
  if (task.outcome === "passed") return `Task ${task.number} is done: ${task.title}`;
  if (before.outcome === "passed") return `Task ${task.number} is no longer done: ${task.message || task.title}`;
  return task.outcome === "error" ? `Task ${task.number}: the check broke, which is not your fault.` : "";
}

export class Tasks {
  constructor({list, glance, score, hint, check, say}) {
    Object.assign(this, {list, glance, score, hint, check, say});
    this.lab = null;
  }

  show({lab, tasks}) {
    if (lab !== this.lab) {
      this.list.replaceChildren();
      this.glance.replaceChildren();
      this.rows = new Map();
      this.before = new Map();
      this.lab = lab;
    }
    const first = tasks.find(task => task.outcome === "failed" || task.outcome === "error");
    for (const task of tasks) {
      const row = this.rows.get(task.check) || this.row(task);
      this.fill(row, task, task === first);
      const words = news(task, this.before.get(task.check));
      if (words) this.say(words);
      this.before.set(task.check, task);
    }
    const done = tasks.filter(task => task.outcome === "passed");
    const sum = those => those.reduce((total, task) => total + task.points, 0);
    this.score.textContent = `${sum(done)} of ${points(sum(tasks))}`;
  }

  row(task) {
    const part = {
      item: make("li"), mark: make("span", {className: "mark"}), word: make("strong", {className: "word"}),
      why: make("details", {className: "why"}), message: make("p"), hints: make("ol", {className: "hints"}),
      more: make("button", {type: "button"}), look: make("button", {type: "button", textContent: "Check this"}), touched: false,
    };
    part.mark.setAttribute("aria-hidden", "true");
    const seen = make("summary", {textContent: "What the check saw"});
    seen.append(make("span", {className: "hidden", textContent: ` in task ${task.number}`}));
    seen.addEventListener("click", () => { part.touched = true; });
    part.why.append(seen, part.message);
    part.hints.setAttribute("aria-label", `Hints of task ${task.number}`);
    part.more.addEventListener("click", () => isOff(part.more) || this.hint(task, part.more));
    part.look.addEventListener("click", () => isOff(part.look) || this.check(task, part.look));
    part.look.setAttribute("aria-label", `Check task ${task.number}`);
    part.look.hidden = !task.acts;
    const acts = make("span", {className: "light", textContent: "Its check does work in your machine, so it waits for you.", hidden: !task.acts});
    const worth = make("span", {className: "light", textContent: points(task.points)});
    const number = make("span", {className: "hidden", textContent: `Task ${task.number}: `});
    part.item.append(part.mark, make("div", {},
      make("p", {className: "sentence"}, number, task.title),
      make("div", {className: "below"}, part.word, worth, part.look, part.more, acts), part.why, part.hints));
    part.item.id = `task-${task.number}`;
    part.item.tabIndex = -1;
    part.way = make("a", {href: `#${part.item.id}`, className: "mark"});
    this.list.append(part.item);
    this.glance.append(part.way);
    this.rows.set(task.check, part);
    return part;
  }

  fill(part, task, first) {
    const {outcome, message, hints} = task;
    const word = task.checking ? "being checked …" : WORDS[outcome] || outcome;
    part.item.dataset.outcome = part.way.dataset.outcome = outcome;
    part.mark.textContent = part.way.textContent = SIGNS[outcome] || String(task.number);
    part.way.title = `Task ${task.number}: ${word}`;
    part.way.setAttribute("aria-label", part.way.title);
    part.word.textContent = word;
    off(part.look, task.checking);
    part.why.hidden = !message || outcome === "passed" || outcome === "open";
    if (part.message.textContent !== (message || "")) part.message.textContent = message || "";
    // As on the command line: what to look at first lies open, the others on demand.
    if (!part.touched) part.why.open = first;
    const texts = hints.texts || [];
    part.hints.hidden = texts.length === 0;
    while (part.hints.children.length < texts.length) {
      part.hints.append(make("li", {textContent: texts[part.hints.children.length]}));
    }
    const had = document.activeElement === part.more;
    part.more.hidden = outcome === "passed" || hints.of === 0 || hints.taken >= hints.of;
    if (had && part.more.hidden) part.item.focus();
    part.more.textContent = `Hint ${hints.taken + 1} of ${hints.of}`;
    part.more.setAttribute("aria-label", `Hint ${hints.taken + 1} of ${hints.of} for task ${task.number}`);
  }
}
