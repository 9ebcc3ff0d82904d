// GatherHub's realtime messages in a browser: each once and in order, whatever happens on the way.
// The protocol, and the rule that this follows, are in docs/realtime.md; the types in gatherhub.d.ts.

const TOPICS = ["events", "tasks", "voting"];
const TOPIC_OF = { event: "events", task: "tasks", vote: "voting" }; // by what a type begins with

/** The answer to each request. What is neither one of these nor in SIGNALS is told to the app. */
const ANSWERS = {
  authenticate: "authenticated",
  subscribe: "subscribed",
  unsubscribe: "unsubscribed",
  resume: "resumed",
};
const SIGNALS = new Set([...Object.values(ANSWERS), "pong", "error", "token_expired", "reconnect"]);

/** Errors of an authentication that say nothing about its token. */
const PASSING = new Set(["internal_error", "service_unavailable", "rate_limit_exceeded"]);

const TUNING = {
  pingEvery: 60_000,
  pongWithin: 10_000,
  answerWithin: 30_000, // API Gateway gives up after 29 s
  backoffFrom: 500,
  backoffTo: 30_000,
  stableAfter: 10_000,
  renewBefore: 60_000,
  rememberFor: 300_000,
  rememberAtMost: 20_000,
};

/** An `error` that the server answered: `code`, `message`, `details` as in an HTTP error. */
export class RealtimeError extends Error {
  name = "RealtimeError";

  constructor({ error, message, details }) {
    const reasons = Object.entries(details ?? {}).map(([field, said]) => `${field}: ${said}`);
    super([message, ...reasons].join(" "));
    this.code = error;
    this.details = details;
  }
}

/**
 * Connect, and stay connected until `close()` of the client that is returned.
 * @param {import("./gatherhub.js").Options} options
 * @returns {import("./gatherhub.js").Client}
 * @throws {TypeError} when the URL is none, a topic doesn't exist, or the event is no id
 */
export function connect(options) {
  return new Client(options);
}

/** One WebSocket. Requests are sent one after another, since answers don't say what they answer. */
class Link {
  #requests = []; // the first is on its way
  #watchdog = null; // timer, while something is expected
  #tuning;
  #lost;

  constructor(url, tuning, heard, lost) {
    this.#tuning = tuning;
    this.#lost = lost;
    this.socket = new WebSocket(url);
    this.socket.onopen = () => this.#send();
    this.socket.onmessage = ({ data }) => this.#receive(data, heard);
    this.socket.onclose = ({ code }) => this.end(new Error(`The connection was closed (${code}).`));
    this.#expect(tuning.answerWithin);
  }

  /** Send a request; resolves to its answer, rejects with a RealtimeError or why the link ended. */
  request(type, data) {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      this.#requests.push({ type, data, resolve, reject });
      if (this.#requests.length === 1) this.#send();
    });
  }

  /** Find out whether anybody is there. */
  ping() {
    this.socket.send(JSON.stringify({ type: "ping" }));
    if (this.#watchdog === null) this.#expect(this.#tuning.pongWithin);
  }

  /** Take no more notice of the socket; a dead one may take minutes to close. */
  end(reason) {
    if (this.ended) return;
    this.ended = reason;
    clearTimeout(this.#watchdog);
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.#lost(this);
    for (const { reject } of this.#requests) reject(reason);
  }

  #send() {
    if (this.socket.readyState !== WebSocket.OPEN || !this.#requests.length) return;
    const [{ type, data }] = this.#requests;
    this.socket.send(JSON.stringify({ type, data }));
    this.#expect(this.#tuning.answerWithin);
  }

  #receive(text, heard) {
    let message = JSON.parse(text);
    if (!message.type) {
      // API Gateway's own words when a function failed: {"message", "connectionId", "requestId"}.
      const data = { error: "internal_error", message: message.message, details: {} };
      message = { type: "error", data };
    }
    const [request] = this.#requests;
    const failed = message.type === "error";
    const answered = request && (failed || message.type === ANSWERS[request.type]);
    if (!(answered && failed)) heard(this, message);
    if (answered) {
      this.#requests.shift();
      if (failed) request.reject(new RealtimeError(message.data));
      else request.resolve(message);
      this.#send();
    }
    // Anything shows that the server is there; on a slow line `resumed` comes long after its request.
    clearTimeout(this.#watchdog);
    this.#watchdog = null;
    if (this.#requests.length && !this.ended) this.#expect(this.#tuning.answerWithin);
  }

  #expect(within) {
    clearTimeout(this.#watchdog);
    const reason = new Error("The server did not answer in time.");
    this.#watchdog = setTimeout(() => this.end(reason), within);
  }
}

class Client {
  #options;
  #tuning;
  #callbacks = new Map(); // by type of message
  #closed = false;
  #told; // the status that the app was told last

  #current = null; // the link whose messages the app gets
  #attempt = {}; // the making of a link: { link, wanted, collected }
  #retry = null; // timer of the next attempt
  #failures = 0;
  #since; // when `current` became that
  #heartbeat;

  #asked = null; // the token callback's promise while it is at work
  #refused = false; // whether the last token was
  #expiresAt; // when the last token does, by this machine's clock
  #renewAt = Infinity;
  #renewal; // timer

  #wanted; // subscriptions that each link is to have: { topic, event, since: the app has fetched it }
  #changes = Promise.resolve(); // of subscriptions, one after another
  #wake = () => {}; // the change that waits for a link

  #lastId = null; // where to resume
  #known = new Map(); // id of a message: when it came
  #latest = new Map(); // thing: id of the last message about it
  #jobs = []; // what the app is still to be told, in order
  #working = false;

  constructor(options) {
    this.#options = { ...options, url: new URL(options.url) };
    this.#tuning = { ...TUNING, ...options.tuning };
    const event = eventId(options.event);
    this.#wanted = named(options.topics ?? "all").map((topic) => ({ topic, event, since: "" }));
    globalThis.addEventListener("online", this.#online);
    // Later, so that callbacks can use what connect() returns.
    queueMicrotask(() => this.#closed || this.#connect());
  }

  /** What the connection is doing: connecting, open, waiting (to connect again), or closed. */
  get status() {
    if (this.#closed) return "closed";
    if (this.#current) return "open";
    return this.#attempt ? "connecting" : "waiting";
  }

  /** Call back with `(data, message)` of each message of a type, or `(message)` of each "message". */
  on(type, callback) {
    if (!this.#callbacks.has(type)) this.#callbacks.set(type, new Set());
    this.#callbacks.get(type).add(callback);
    return () => this.#callbacks.get(type).delete(callback);
  }

  /** Listen to more; resolves, to all that is listened to, once the server has it. */
  subscribe(selection) {
    return this.#change("subscribe", selection);
  }

  /** Listen to less, likewise. */
  unsubscribe(selection) {
    return this.#change("unsubscribe", selection);
  }

  /** Stop for good: no message is told any more. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    globalThis.removeEventListener("online", this.#online);
    this.#jobs = [];
    this.#abandon();
    this.#current?.end(new Error(CLOSED));
    this.#wake();
    this.#tellStatus();
  }

  // Connections. The current one goes on until another has caught up.

  async #connect() {
    const attempt = { link: null, wanted: this.#wanted, collected: [] };
    this.#attempt = attempt;
    this.#tellStatus();
    try {
      const token = await this.#token(this.#refused || Date.now() >= this.#renewAt);
      if (attempt !== this.#attempt) return;
      const [first, ...others] = selections(attempt.wanted);
      const link = new Link(this.#address(first), this.#tuning, this.#heard, this.#lost);
      attempt.link = link;
      const authenticated = await this.#authenticateOrRefresh(link, token);
      let { timestamp } = authenticated;
      if (!first) await link.request("unsubscribe", { topics: TOPICS });
      for (const selection of others) ({ timestamp } = await link.request("subscribe", selection));
      const resumed = this.#lastId === null ? null : await this.#resume(link);
      if (attempt === this.#attempt) this.#switch(attempt, timestamp, authenticated, resumed);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.#abandon();
      this.#connectLater();
      this.#report(error);
    }
  }

  /** Return the address that carries a selection; without one, all that a link can be rid of. */
  #address({ topics, event } = { topics: TOPICS, event: null }) {
    const path = topics.length === TOPICS.length ? "/ws/" : `/ws/${topics[0]}/`;
    const url = new URL(path, this.#options.url);
    if (event !== null) url.searchParams.set("event", event);
    return url.href;
  }

  /** Return `resumed`, or null when the server never made the last id: it has other data now. */
  async #resume(link) {
    try {
      return await link.request("resume", { last_id: this.#lastId });
    } catch (error) {
      if (error.code !== "validation_error") throw error;
      return null;
    }
  }

  #switch({ link, wanted, collected }, timestamp, authenticated, resumed) {
    // The app may have changed its subscriptions on the old link meanwhile.
    if (wanted !== this.#wanted) return this.#connectNow();
    const old = this.#current;
    const isFirst = this.#lastId === null;
    this.#attempt = null;
    this.#current = link;
    old?.end(new Error("Another connection took over."));
    this.#since = Date.now();
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => link.ping(), this.#tuning.pingEvery);
    this.#renewLater();
    this.#tellStatus();
    const { ready, gap = ready } = this.#options;
    const fetch = isFirst ? ready : gap;
    const fetches = !resumed?.data.recovered;
    if (fetches) this.#do(() => this.#call(fetch));
    collected.sort((one, other) => (one.id < other.id ? -1 : 1));
    for (const message of collected) if (this.#isNews(message)) this.#take(message);
    if (fetches) this.#wanted = wanted.map((one) => ({ ...one, since: timestamp }));
    this.#lastId = (resumed ?? authenticated).id;
    this.#wake();
  }

  #connectLater() {
    const { backoffFrom, backoffTo } = this.#tuning;
    const ceiling = Math.min(backoffTo, backoffFrom * 2 ** this.#failures++);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connectNow(), Math.random() * ceiling);
    this.#tellStatus();
  }

  #connectNow() {
    this.#abandon();
    this.#connect();
  }

  /** Forget the attempt that is being made or waited for. */
  #abandon() {
    const link = this.#attempt?.link;
    clearTimeout(this.#retry);
    this.#attempt = this.#retry = null;
    link?.end(new Error("The attempt was given up."));
  }

  /** The network is back: waiting has no use, and the current link may not have survived. */
  #online = () => {
    this.#current?.ping();
    if (this.#attempt || this.#retry !== null) this.#connectNow();
  };

  #lost = (link) => {
    if (link !== this.#current) return;
    this.#current = null;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#renewal);
    if (this.#closed) return;
    if (Date.now() - this.#since >= this.#tuning.stableAfter) this.#failures = 0;
    if (!this.#attempt) this.#connectLater();
    this.#tellStatus();
  };

  // Tokens

  /** Ask the app, once at a time: its refresh token may be good only once. */
  #token(refresh) {
    const ask = async () => this.#options.token({ refresh });
    this.#asked ??= ask().finally(() => (this.#asked = null));
    return this.#asked;
  }

  /** A token that is refused is replaced at once; the second refusal counts. */
  async #authenticateOrRefresh(link, token) {
    const refreshed = this.#refused;
    try {
      return await this.#authenticate(link, token);
    } catch (error) {
      if (refreshed || !isRefusal(error)) throw error;
      return this.#authenticate(link, await this.#token(true));
    }
  }

  async #authenticate(link, token) {
    try {
      const answer = await link.request("authenticate", { token });
      // Both times are the server's: this machine's clock may be wrong.
      const left = Date.parse(answer.data.expires_at) - Date.parse(answer.timestamp);
      this.#expiresAt = Date.now() + left;
      this.#renewAt = Date.now() + this.#untilRenewal();
      this.#refused = false;
      return answer;
    } catch (error) {
      if (isRefusal(error)) this.#refused = true;
      throw error;
    }
  }

  #untilRenewal() {
    const left = this.#expiresAt - Date.now();
    return Math.max(left - this.#tuning.renewBefore, left / 2);
  }

  #renewLater() {
    clearTimeout(this.#renewal);
    const wait = Math.max(this.#untilRenewal(), this.#tuning.backoffFrom);
    this.#renewal = setTimeout(() => this.#renew(this.#current), wait);
  }

  /** Authenticate the open link anew; what fails for now is tried again while the token lasts. */
  async #renew(link) {
    try {
      const token = await this.#token(true);
      if (link === this.#current) await this.#authenticate(link, token);
    } catch (error) {
      if (link !== this.#current) return;
      if (isRefusal(error)) link.end(error);
      this.#report(error);
    }
    if (link === this.#current) this.#renewLater();
  }

  // Subscriptions

  #change(type, { topics, event: id }) {
    const change = this.#changes.then(async () => {
      const event = eventId(id);
      const selection = { topics: named(topics), event };
      for (;;) {
        const link = await this.#open();
        try {
          const answer = await link.request(type, selection);
          this.#wanted = answer.data.subscriptions.map((one) => {
            const same = ({ topic, event }) => topic === one.topic && event === one.event;
            return { since: answer.timestamp, ...this.#wanted.find(same), ...one };
          });
          return answer.data.subscriptions;
        } catch (error) {
          // Lost with its link, it may have been done or not; doing it twice is harmless.
          if (error instanceof RealtimeError) throw error;
        }
      }
    });
    this.#changes = change.catch(() => {});
    return change;
  }

  /** Wait for a link. */
  async #open() {
    while (!this.#current) {
      if (this.#closed) throw new Error(CLOSED);
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return this.#current;
  }

  // Messages

  #heard = (link, message) => {
    const { type, id } = message;
    if (type === "token_expired") this.#refused = true;
    if (link !== this.#current) {
      if (!SIGNALS.has(type)) this.#attempt.collected.push(message);
      return;
    }
    if (!SIGNALS.has(type)) {
      // Answers don't count: they overtake messages that are on their way.
      if (id > this.#lastId) this.#lastId = id;
      this.#take(message);
    } else if (type === "reconnect" && !this.#attempt) this.#connectNow();
    else if (type === "token_expired") link.end(new Error("The token has expired."));
    else if (type === "error") this.#report(new RealtimeError(message.data));
  };

  /**
   * Return whether a resumed message is newer than what the app has. Resuming may begin a little
   * before the last message, with what was told before the app listened: older than what it fetched,
   * or than what it was told of the same thing since, as each thing is told in order.
   */
  #isNews(message) {
    const { type, data, timestamp, id: messageId } = message;
    if (messageId < this.#latest.get(thingOf(message))) return false;
    const [kind] = type.split("_");
    const id = data.event_id ?? (kind === "event" ? data.id : data.event?.id);
    const places = this.#wanted.filter(
      ({ topic, event }) => topic === TOPIC_OF[kind] && [null, id ?? event].includes(event),
    );
    return !places.length || places.some(({ since }) => timestamp >= since);
  }

  #take(message) {
    if (this.#known.has(message.id)) return;
    const now = Date.now();
    this.#note(thingOf(message), message.id);
    this.#known.set(message.id, now);
    // Only when another comes: what is resumed may begin a little before the last one, however old.
    for (const [id, at] of this.#known) {
      const { rememberFor, rememberAtMost } = this.#tuning;
      if (now - at <= rememberFor && this.#known.size <= rememberAtMost) break;
      this.#known.delete(id);
    }
    this.#do(() => {
      this.#emit(message.type, message.data, message);
      this.#emit("message", message);
    });
  }

  #note(thing, id) {
    if (thing === null) return;
    const latest = this.#latest.get(thing) ?? "";
    this.#latest.delete(thing); // so that the map is in the order of use
    this.#latest.set(thing, latest > id ? latest : id);
    if (this.#latest.size > this.#tuning.rememberAtMost)
      this.#latest.delete(this.#latest.keys().next().value);
  }

  #emit(type, ...values) {
    for (const callback of [...(this.#callbacks.get(type) ?? [])])
      if (!this.#closed) this.#call(callback, ...values);
  }

  // The app

  /** Do it when all before it is done: messages wait until the app has fetched afresh. */
  async #do(job) {
    if (this.#closed) return;
    this.#jobs.push(job);
    if (this.#working) return;
    this.#working = true;
    while (this.#jobs.length) await this.#jobs.shift()();
    this.#working = false;
  }

  /** Call the app; its exceptions, thrown now or later, are reported and go no further. */
  async #call(callback, ...values) {
    try {
      await callback?.(...values);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error) {
    try {
      (this.#options.error ?? console.error)(error);
    } catch (another) {
      console.error(another);
    }
  }

  #tellStatus() {
    if (this.#told === this.status) return;
    this.#told = this.status;
    this.#call(this.#options.status, this.status);
  }
}

const CLOSED = "The client was closed.";

function isRefusal(error) {
  return error instanceof RealtimeError && !PASSING.has(error.code);
}

/** Return an id as a number, also of what a router gives as text; null when there is none. */
function eventId(event) {
  if (event === undefined || event === null) return null;
  const id = Number(event);
  if (!Number.isSafeInteger(id) || id < 1) throw new TypeError(`"${event}" is not the id of an event.`);
  return id;
}

/** Return what a message is about, e.g. "event 5"; null when it does not say. */
function thingOf({ type, data }) {
  const [kind] = type.split("_");
  const id = data[`${kind}_id`] ?? data.id;
  return id === undefined ? null : `${kind} ${id}`;
}

/** Return the names of topics that the app means. */
function named(topics) {
  const names = topics === "all" ? TOPICS : [...new Set([topics].flat())];
  const unknown = names.find((name) => !TOPICS.includes(name));
  if (unknown !== undefined) throw new TypeError(`There is no topic "${unknown}".`);
  return names;
}

/** Return subscriptions as selections, each of which one address can carry: one topic or all. */
function selections(subscriptions) {
  const byEvent = new Map();
  for (const { topic, event } of subscriptions)
    byEvent.set(event, [...(byEvent.get(event) ?? []), topic]);
  return [...byEvent].flatMap(([event, topics]) =>
    topics.length === TOPICS.length
      ? [{ topics, event }]
      : topics.map((topic) => ({ topics: [topic], event })),
  );
}
