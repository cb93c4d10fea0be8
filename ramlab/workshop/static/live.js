// The line to the seat: its state as it changes, and what the page asks of it.

const pause = ms => new Promise(done => setTimeout(done, ms));

/** Ask the seat; always gives {status, body}, status 0 when nobody answered. */
export async function ask(address, body) {
  const how = {headers: {"X-Ramlab": "1", Accept: "application/json"}, cache: "no-store", signal: AbortSignal.timeout(20000)};
  if (body !== undefined) {
    how.method = "POST";
    how.headers["Content-Type"] = "application/json";
    how.body = JSON.stringify(body);
  }
  try {
    const answer = await fetch(address, how);
    const json = (answer.headers.get("Content-Type") || "").includes("json");
    return {status: json || !answer.ok ? answer.status : 401, body: json ? await answer.json() : {}};
  } catch {
    return {status: 0, body: {}};
  }
}

const SILENT = 7000; // ms without a word, after which the seat is asked whether it is there
export const CUT = "ramlab-cut"; // event of the window: a terminal was cut, so perhaps all is

/** One stream of events; settles when it is cut. A proxy may hold it open though the seat behind it is gone. */
function stream(prefix, on) {
  return new Promise(done => {
    const source = new EventSource(prefix + "api/events");
    let heard = Date.now();
    const end = () => {
      clearInterval(watch);
      removeEventListener("offline", end);
      removeEventListener(CUT, look);
      source.close();
      done();
    };
    const look = async () => {
      heard = Date.now();
      if ((await ask(prefix + "api/health")).status !== 200) end();
    };
    const watch = setInterval(() => Date.now() - heard > SILENT && look(), 1000);
    const hear = what => event => {
      heard = Date.now();
      what(JSON.parse(event.data));
    };
    source.addEventListener("state", hear(on.state));
    source.addEventListener("memory", hear(on.memory));
    source.onopen = () => on.link("open");
    source.onerror = end;
    addEventListener("offline", end);
    addEventListener(CUT, look);
  });
}

/** Wait until the seat answers again; where the hub says that it has ended, have the hub start it. */
async function back(prefix, again, on) {
  for (let wait = 300; ; wait = Math.min(wait * 1.6, 4000)) {
    const {status, body} = await ask(prefix + "api/state");
    if (status === 200) return body;
    if (status === 401 || status === 403) {
      on.link("refused");
      return location.reload();
    }
    if (status === 424 || status === 404) {
      on.link("ended");
      return location.assign(again);
    }
    on.link("lost");
    await pause(wait);
  }
}

/** Follow the seat for as long as the page is there. */
export async function follow({prefix, again, on}) {
  for (;;) {
    await stream(prefix, on);
    const state = await back(prefix, again, on);
    if (!state) return;
    await pause(300); // whatever cuts every stream at once is not to be asked without end
    on.state(state);
  }
}
