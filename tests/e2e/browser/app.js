// An app that writes down whatever its client does. Tests reach what they need on `window`.
import { connect } from "/client/gatherhub.js";

const until = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

Object.assign(window, {
  connect,
  until,
  happened: [], // "ready", "gap", and ids of messages, in order
  statuses: [],
  errors: [],
  asked: [], // the `refresh` of each call for a token
  delays: [], // of the timers for further attempts

  /** Connect; tokens are given one after another, the last for ever; `null` is a failure to get one. */
  listen({ tokens = ["token-1"], ...options }) {
    window.client = connect({
      token: async ({ refresh }) => {
        const token = tokens[Math.min(asked.push(refresh), tokens.length) - 1];
        if (token === null) throw new Error("no token");
        return token;
      },
      ready: () => void happened.push("ready"),
      gap: () => void happened.push("gap"),
      status: (status) => statuses.push(status),
      error: (error) => errors.push(error.code ?? error.message),
      ...options,
    });
    client.on("message", ({ id }) => happened.push(id));
  },

  /** Make attempts come after half of their longest time, and write these down. */
  measureAttempts(longest) {
    Math.random = () => 0.5;
    const original = window.setTimeout;
    window.setTimeout = (callback, milliseconds) => {
      if (milliseconds <= longest) delays.push(milliseconds);
      return original(callback, milliseconds);
    };
  },
});
