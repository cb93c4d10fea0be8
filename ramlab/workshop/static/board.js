// The board's page: draws the room that the server tells, and changes only what has changed, so that nobody's focus or
// place is lost. All words come in by textContent: what a participant has made is never taken for markup.
const given = JSON.parse(document.getElementById("given").textContent);
const labs = new Map(given.labs.map((lab) => [lab.name, lab]));
const at = (id) => document.getElementById(id);
const SIGNS = { done: "✓", wrong: "✗", untouched: "·", trouble: "!" };
const WORDS = { done: "done", wrong: "wrong", untouched: "nothing done yet", trouble: "could not be checked" };
const NARROWEST = 25; // rem that a table of seats needs
const rows = new Map();
let room = null;
let chosen = sessionStorage.getItem("lab") || "";
let known = null;
let source = null;
let shownTables = "";
let open = "";

function made(tag, text = "", classes = "", more = {}) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (classes) element.className = classes;
  for (const [name, value] of Object.entries(more)) element.setAttribute(name, value);
  return element;
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const seatOf = (student) => `${given.base}user/${encodeURIComponent(student)}/`;
const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

// -- the room -----------------------------------------------------------------------------------------------------------

function lab() {
  if (labs.has(chosen)) return labs.get(chosen);
  const count = new Map();
  for (const seat of room.seats) count.set(seat.lab, (count.get(seat.lab) || 0) + 1);
  const most = [...count].sort((a, b) => b[1] - a[1])[0];
  return labs.get(most ? most[0] : "") || given.labs[0];
}

function draw() {
  const shown = lab();
  if (at("lab")) at("lab").value = shown.name;
  const of = given.expected ? ` of ${given.expected}` : "";
  set(at("numbers"), `${room.here}${of} here · ${room.stuck.length} stuck · ${room.finished} finished`);
  document.title = `${room.stuck.length ? `(${room.stuck.length}) ` : ""}Board: ${given.title}`;
  trouble(room.unsaved ? `What happens is not on the disk: ${room.unsaved}` : "");
  drawStuck(shown);
  drawSeats(shown);
  drawStates();
  drawNotes();
}

function trouble(text) {
  at("trouble").hidden = !text;
  set(at("trouble"), text);
}

// Children that stand for the same thing stay: a button that somebody is about to press keeps its place and its focus.
function keyed(list, items, key, make, fill) {
  const before = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const name = String(key(item));
    const child = before.get(name) || make(item);
    before.delete(name);
    child.dataset.key = name;
    fill(child, item);
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] || null);
  });
  for (const child of before.values()) child.remove();
}

function drawStuck(shown) {
  at("nobody").hidden = room.stuck.length > 0;
  keyed(at("waiting"), room.stuck, (one) => one.student, (one) => {
    const item = made("li");
    const name = made("button", one.student, "name", { type: "button" });
    name.addEventListener("click", () => look(one.student));
    const help = made("a", "help", "", { href: seatOf(one.student), target: "_blank", rel: "noopener" });
    help.append(made("span", ` ${one.student} in their seat`, "unseen"));
    item.append(name, made("span"), help);
    return item;
  }, (item, one) => {
    const where = `${one.lab === shown.name ? "" : `${one.lab}, `}${one.task ? `task ${one.task}: ` : ""}`;
    set(item.children[1], where + one.why.join("; "));
  });
  const now = new Set(room.stuck.map((one) => one.student));
  const fresh = known ? [...now].filter((student) => !known.has(student)) : [];
  if (fresh.length) at("news").append(made("p", `Stuck: ${fresh.join(", ")}`));
  while (at("news").children.length > 5) at("news").firstChild.remove();
  known = now;
}

function drawSeats(shown) {
  at("empty").hidden = room.seats.length > 0;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const fit = Math.max(1, Math.floor(at("tables").clientWidth / (NARROWEST * rem)));
  const columns = Math.min(fit, Math.max(1, Math.ceil(room.seats.length / 8)));
  const each = Math.ceil(room.seats.length / columns) || 1;
  const tables = JSON.stringify([shown.name, columns, room.seats.map((seat) => seat.student)]);
  if (tables !== shownTables) {
    shownTables = tables;
    arrange(shown, columns, each);
  }
  for (const seat of room.seats) fillRow(rows.get(seat.student), seat, shown);
}

function arrange(shown, columns, each) {
  const focused = document.activeElement;
  at("tables").style.setProperty("--columns", columns);
  at("tables").replaceChildren();
  for (let first = 0; first < room.seats.length; first += each) {
    const part = room.seats.slice(first, first + each);
    const table = made("table");
    table.append(made("caption", `Seats ${part[0].student} to ${part.at(-1).student}: ${shown.title}`, "unseen"));
    const heads = made("tr");
    heads.append(made("th", "seat", "", { scope: "col" }));
    for (const task of shown.tasks) {
      const head = made("th", "", "task", { scope: "col", title: task.sentence });
      head.append(made("span", "task ", "unseen"), String(task.number));
      heads.append(head);
    }
    heads.append(made("th", "now", "", { scope: "col" }));
    const body = made("tbody");
    table.append(made("thead"), body);
    table.tHead.append(heads);
    for (const seat of part) body.append(rowOf(seat.student, shown.tasks.length));
    at("tables").append(table);
  }
  at("tasks").replaceChildren(...shown.tasks.map((task) => made("li", `${task.sentence} (${many(task.points, "point", "points")})`)));
  if (focused && focused.isConnected) focused.focus();
}

function rowOf(student, tasks) {
  let row = rows.get(student);
  if (!row) {
    row = made("tr");
    const head = made("th", "", "", { scope: "row" });
    const name = made("button", student, "name", { type: "button" });
    name.addEventListener("click", () => look(student));
    head.append(name);
    row.append(head, made("td", "", "how"));
    rows.set(student, row);
  }
  while (row.children.length > tasks + 2) row.children[1].remove();
  while (row.children.length < tasks + 2) {
    const cell = made("td");
    cell.append(made("span", "", "", { "aria-hidden": "true" }), made("span", "", "unseen"));
    row.insertBefore(cell, row.lastChild);
  }
  return row;
}

function fillRow(row, seat, shown) {
  row.className = [seat.stuck && "stuck", seat.silent && "silent"].filter(Boolean).join(" ");
  const cells = seat.cells[shown.name];
  shown.tasks.forEach((task, index) => {
    const cell = row.children[index + 1];
    const what = cells ? cells[index] : "untouched";
    const here = cells && seat.lab === shown.name && seat.at === task.number && !seat.silent;
    cell.className = `cell ${what}${here ? " at" : ""}`;
    set(cell.children[0], cells ? SIGNS[what] : " ");
    set(cell.children[1], cells ? WORDS[what] + (here ? ", is at it" : "") : "has not begun this lab");
  });
  set(row.lastChild, (seat.lab === shown.name ? "" : `in ${seat.lab}; `) + how(seat));
}

function how(seat) {
  if (seat.silent) return `away since ${clock(seat.heard)}`;
  if (["failed", "stalled", "starting", "resetting"].includes(seat.state)) return seat.state;
  if (seat.state === "none") return seat.message || "no machine";
  if (seat.finished) return "finished";
  if (seat.stuck) return "stuck";
  return seat.awake ? "at work" : "idle";
}

function drawStates() {
  at("right").hidden = room.wrongs.length > 0;
  keyed(at("states"), room.wrongs, (one) => JSON.stringify([one.lab, one.check, one.words]), () => {
    const item = made("li");
    const words = made("div");
    words.append(made("span"), made("small"), made("small"), made("small"));
    item.append(made("b"), words);
    return item;
  }, (item, one) => {
    set(item.children[0], `${one.count} of ${one.of}`);
    const [words, where, example, who] = item.children[1].children;
    const task = labs.get(one.lab).tasks.find((its) => its.check === one.check);
    set(words, one.words);
    set(where, `${labs.size > 1 ? `${one.lab}, ` : ""}${task ? `task ${task.number}: ${task.sentence}` : ""}`);
    set(example, one.example ? `as in: ${one.example.slice(0, 300)}` : "");
    set(who, one.students.join(", "));
  });
}

// -- notes --------------------------------------------------------------------------------------------------------------

function drawNotes() {
  const to = at("to");
  const names = ["", ...room.seats.map((seat) => seat.student)];
  if (names.join("\n") !== [...to.options].map((option) => option.value).join("\n")) {
    const before = to.value;
    to.replaceChildren(...names.map((name) => made("option", name || "everybody", "", { value: name })));
    to.value = names.includes(before) ? before : "";
  }
  keyed(at("given-notes"), [...room.notes].reverse(), (note) => note.id, (note) => {
    const item = made("li");
    const words = made("div");
    words.append(made("p", note.text), made("small", `to ${note.to || "everybody"}, ${clock(note.at)}`));
    const back = made("button", "Take back", "", { type: "button" });
    back.append(made("span", ` the note: ${note.text.slice(0, 60)}`, "unseen"));
    back.addEventListener("click", () => ask(`api/note/${note.id}`, "DELETE"));
    item.append(words, back);
    return item;
  }, () => {});
}

async function ask(where, method = "GET", content = null) {
  try {
    const headers = { "X-Ramlab": "1", ...(content ? { "Content-Type": "application/json" } : {}) };
    const answer = await fetch(given.prefix + where, { method, headers, body: content && JSON.stringify(content) });
    if (answer.status === 401) location.reload();
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.message || `the board answers ${answer.status}`);
    return said;
  } catch (error) {
    set(at("sent"), `Not done: ${error.message}`);
    return null;
  }
}

at("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const to = at("to").value;
  if (await ask("api/note", "POST", { text: at("text").value, to })) {
    at("text").value = "";
    set(at("sent"), `Sent to ${to || "everybody"}.`);
  }
});

// -- one seat -----------------------------------------------------------------------------------------------------------

async function look(student) {
  const seat = await ask(`api/seat/${encodeURIComponent(student)}`);
  if (!seat) return;
  open = student;
  fillSeat(seat);
  if (!at("seat").open) at("seat").showModal();
}

function fillSeat(seat) {
  set(at("whose"), seat.student);
  const worked = Math.round(seat.worked / 60);
  const machine = [seat.state, seat.step, seat.message].filter(Boolean).join(", ");
  const work = seat.finished ? "" : `${many(worked, "minute", "minutes")} of work since a task was last done`;
  set(at("how"), [how(seat), ...seat.why, `machine: ${machine}`, work].filter(Boolean).join("; "));
  at("door").href = seatOf(seat.student);
  at("works").replaceChildren(...seat.works.flatMap(workOf));
}

function workOf(work) {
  const list = made("ol", "", "work");
  for (const task of work.tasks) {
    const item = made("li");
    const words = made("div");
    const more = [
      WORDS[task.shown],
      task.passed && `done first at ${clock(task.passed)}`,
      task.tries && many(task.tries, "wrong state", "wrong states"),
      task.hints && `${task.hints} of ${task.of_hints} hints`,
      task.trouble && `could not be checked: ${task.trouble}`,
    ].filter(Boolean);
    words.append(made("div", `${task.number}. ${task.sentence}`), made("small", more.join(", ")));
    const facts = Object.entries(task.facts);
    if (facts.length) {
      const told = made("dl");
      for (const [name, text] of facts) told.append(made("dt", name), made("dd", text));
      words.append(told);
    }
    const sign = made("b", SIGNS[task.shown], `cell ${task.shown}`, { "aria-hidden": "true" });
    item.append(sign, words);
    list.append(item);
  }
  const title = `${work.lab}: ${work.title}`;
  return [made("h3", `${title} (${many(work.attempts, "machine", "machines")}, at best ${work.best} of ${work.tasks.length} done)`), list];
}

at("seat").addEventListener("close", () => {
  const name = rows.get(open);
  open = "";
  if (name && document.activeElement === document.body) name.querySelector("button").focus();
});
at("tell").addEventListener("click", () => {
  at("to").value = open;
  at("seat").close();
  at("text").focus();
});

// -- how it comes ---------------------------------------------------------------------------------------------------------

function hear() {
  source = new EventSource(`${given.prefix}api/events`);
  source.addEventListener("room", (event) => {
    room = JSON.parse(event.data);
    draw();
    if (open) look(open);
  });
  source.addEventListener("error", async () => {
    trouble("The board does not answer. What you see is how it was; it is asked again.");
    if (source.readyState !== EventSource.CLOSED) return; // the browser asks again by itself
    source.close();
    const answer = await fetch(`${given.prefix}api/room`).catch(() => null);
    if (answer && (answer.status === 401 || answer.status === 403)) location.reload();
    setTimeout(hear, 2000);
  });
}

if (at("lab")) {
  at("lab").addEventListener("change", () => {
    chosen = at("lab").value;
    sessionStorage.setItem("lab", chosen);
    if (room) draw();
  });
}
addEventListener("resize", () => room && draw());
hear();
