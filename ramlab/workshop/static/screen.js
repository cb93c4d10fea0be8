// One terminal: xterm on one side, the seat's websocket on the other. It comes back by itself after a cut.

import {CUT} from "./live.js";
import {FitAddon} from "./vendor/addon-fit/addon-fit.mjs";
import {Terminal} from "./vendor/xterm/xterm.mjs";

const REPORT = 65536; // bytes drawn between two words to the seat, which holds back a flood by them
const DARK = {background: "#14171b", foreground: "#e4e7eb", cursor: "#e4e7eb", selectionBackground: "#3d5a80"};
const LIGHT = {background: "#ffffff", foreground: "#1b1f24", cursor: "#1b1f24", selectionBackground: "#b6d4f5"};
const dark = matchMedia("(prefers-color-scheme: dark)");

export class Screen {
  /** `say(words, again)` covers the terminal with words, and a button when `again`; "" uncovers it. */
  constructor({number, address, place, say, speak, viewers}) {
    Object.assign(this, {number, address, say, viewers});
    this.terminal = new Terminal({
      fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace', fontSize: 14, scrollback: 5000,
      minimumContrastRatio: 4.5, screenReaderMode: speak, theme: dark.matches ? DARK : LIGHT, cursorBlink: false,
    });
    this.fit = new FitAddon();
    this.terminal.loadAddon(this.fit);
    this.terminal.open(place);
    this.terminal.textarea.setAttribute("aria-label", `Terminal ${number}`);
    this.terminal.textarea.setAttribute("aria-describedby", "keys");
    this.terminal.attachCustomKeyEventHandler(event => this.key(event));
    const bytes = new TextEncoder();
    this.terminal.onData(text => this.type(bytes.encode(text)));
    this.terminal.onBinary(text => this.type(Uint8Array.from(text, letter => letter.charCodeAt(0))));
    dark.addEventListener("change", () => { this.terminal.options.theme = dark.matches ? DARK : LIGHT; });
    this.allowed = this.ended = this.gone = false;
    this.failures = 0;
    this.fit.fit();
  }

  /** The machine can be reached, or not (words say why); a terminal that ended with the machine begins anew. */
  allow(allowed, words = "") {
    const became = allowed && !this.allowed;
    this.allowed = allowed;
    if (became) this.connect();
    if (allowed) return;
    clearTimeout(this.timer);
    this.socket?.close();
    this.say(words);
  }

  connect() {
    clearTimeout(this.timer);
    if (this.gone || !this.allowed || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    this.ended = false;
    if (this.failures < 2) this.say(`Terminal ${this.number} is being connected …`);
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.failures = 0;
      this.drawn = this.told = this.replay = 0;
      this.send({seen: 0});
      this.resize();
    };
    socket.onmessage = ({data}) => {
      if (socket !== this.socket || !this.allowed) return;
      if (typeof data === "string") this.hear(JSON.parse(data));
      else this.draw(new Uint8Array(data));
    };
    socket.onclose = () => socket === this.socket && this.cut(opened);
  }

  cut(opened) {
    if (this.gone || this.ended || !this.allowed) return;
    this.failures += opened ? 0 : 1;
    dispatchEvent(new Event(CUT));
    this.say(this.failures < 3
      ? "The connection of this terminal was cut. It comes back by itself; what runs in the machine goes on."
      : "The terminal cannot be connected, though the page can: perhaps a proxy on the way lets no websockets through. It is tried again and again; if this stays, use another network or browser, or ask your instructor.");
    this.timer = setTimeout(() => this.connect(), Math.min(500 * 1.6 ** this.failures, 5000));
  }

  hear(message) {
    if (message.size) this.terminal.resize(message.size[1], message.size[0]);
    if (message.viewers !== undefined) this.viewers(message.viewers);
    if (message.replay !== undefined) { // only now is there a shell, and not what was on the screen before
      this.terminal.reset();
      this.say("");
      this.replay = message.replay;
      this.drawn = this.told = 0;
    }
    if (message.ended !== undefined) {
      this.ended = true;
      this.say(`This terminal has ended${message.ended ? `: ${message.ended}` : "."}`, true);
    }
  }

  draw(data) {
    this.terminal.write(data, () => {
      this.drawn += data.length;
      this.replay = Math.max(this.replay - data.length, 0);
      if (this.drawn - this.told < REPORT) return;
      this.told = this.drawn;
      this.send({seen: this.drawn});
    });
  }

  type(data) {
    if (this.ended) return data[0] === 13 ? this.connect() : undefined;
    // What the terminal itself answers to old output (a sequence after Escape) must not be typed into the shell of now.
    if (this.replay && data[0] === 27 && data.length > 1) return undefined;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(data);
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Tell the seat how much fits; the seat, which knows the other viewers too, says what is taken. */
  resize() {
    const size = this.fit.proposeDimensions();
    if (!size || !size.cols || !size.rows) return;
    if (this.socket?.readyState === WebSocket.OPEN) this.send({size: [size.rows, size.cols]});
    else this.terminal.resize(size.cols, size.rows);
  }

  key(event) {
    // Shift+Tab is the way out for those who have no mouse: the browser moves on to what stands before.
    if (event.key === "Tab" && event.shiftKey) return false;
    if (event.ctrlKey && event.shiftKey && event.code === "KeyC") {
      event.preventDefault();
      if (event.type === "keydown") document.execCommand("copy");
      return false;
    }
    return !(event.ctrlKey && event.shiftKey && event.code === "KeyV");
  }

  /** Leave; with `forGood` the shell ends too. */
  close(forGood) {
    if (forGood) this.send({close: true});
    this.gone = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.terminal.dispose();
  }
}
