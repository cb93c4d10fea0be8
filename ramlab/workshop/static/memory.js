// The timeline of the machine's memory: used and cache as areas, swap as a line, kills as marks; the same in words.

const SPACE = "http://www.w3.org/2000/svg";
const WIDE = 1000, HIGH = 100, MOST = 900;

const mib = kb => (kb < 1024 ? `${Math.round(kb)} kB` : `${Math.round(kb / 1024)} MiB`);
const clock = epoch => new Date(epoch * 1000).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false});

function draw(kind, attributes, words) {
  const made = document.createElementNS(SPACE, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (words) made.append(Object.assign(document.createElementNS(SPACE, "title"), {textContent: words}));
  return made;
}

export class Memory {
  constructor({picture, words}) {
    Object.assign(this, {picture, words});
    picture.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
    this.forget();
  }

  forget() {
    this.samples = [];
    this.events = [];
    this.total = this.swap = 0;
  }

  take({total, swap_total: swap, samples, events, fresh}) {
    if (fresh) this.forget();
    this.total = total || this.total;
    this.swap = swap ?? this.swap;
    const last = this.samples.at(-1)?.[0] ?? 0;
    this.samples.push(...(samples || []).filter(sample => sample[0] > last));
    const known = new Set(this.events.map(String));
    this.events.push(...(events || []).filter(event => !known.has(String(event))));
    // The older half loses every other sample, so that the beginning stays in sight.
    if (this.samples.length > MOST) this.samples = this.samples.filter((_, at) => at > MOST / 2 || at % 2 === 0);
    this.show();
  }

  show() {
    const {samples, total, swap} = this;
    if (!samples.length || !total) {
      this.picture.replaceChildren();
      this.words.textContent = "nothing measured yet";
      return;
    }
    const from = samples[0][0], span = Math.max(samples.at(-1)[0] - from, 60);
    const x = at => (((at - from) / span) * WIDE).toFixed(1);
    const y = share => (HIGH - Math.min(share, 1) * HIGH).toFixed(1);
    const line = height => samples.map(sample => `${x(sample[0])},${y(height(sample))}`).join(" L");
    const [begin, end] = [x(from), x(samples.at(-1)[0])];
    const area = height => `M${begin},${HIGH} L${line(height)} L${end},${HIGH} Z`;
    const parts = [
      draw("path", {class: "cache", d: area(([, used, cache]) => (used + cache) / total)}),
      draw("path", {class: "used", d: area(([, used]) => used / total)}),
    ];
    if (swap) parts.push(draw("path", {class: "swap", d: `M${line(([, , , swapped]) => swapped / swap)}`}));
    for (const [at, words] of this.events) {
      if (at >= from) parts.push(draw("line", {class: "event", x1: x(at), x2: x(at), y1: 0, y2: HIGH}, `${clock(at)} ${words}`));
    }
    this.picture.replaceChildren(...parts);
    this.tell(samples.at(-1));
  }

  tell([at, used, cache, swapped]) {
    const {total, swap} = this;
    const peak = this.samples.reduce((most, sample) => (sample[1] > most[1] ? sample : most));
    const words = [
      ["used", `used ${mib(used)}`], ["cache", `cache ${mib(cache)}`], ["free", `free ${mib(Math.max(total - used - cache, 0))} of ${mib(total)}`],
      ["swap", swap ? `swap ${mib(swapped)} of ${mib(swap)}` : ""],
    ].filter(([, text]) => text).flatMap(([kind, text]) => {
      const swatch = Object.assign(document.createElement("span"), {className: `swatch ${kind}`});
      return [swatch, `${text}, `];
    });
    const last = this.events.at(-1);
    words.push(`at ${clock(at)}. Since ${clock(this.samples[0][0])} most used ${mib(peak[1])} at ${clock(peak[0])}${last ? `; ${clock(last[0])} ${last[1]}` : ""}`);
    this.words.replaceChildren(...words);
  }
}
