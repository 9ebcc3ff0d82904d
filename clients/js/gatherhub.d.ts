/** Types of gatherhub.js. The protocol is in docs/realtime.md, the HTTP API in docs/openapi.json. */

export type Topic = "events" | "tasks" | "voting";
export type Status = "connecting" | "open" | "waiting" | "closed";

/** Some topics, of one event or (null, or left out) of all. */
export interface Selection {
  topics: "all" | Topic[];
  event?: number | null;
}

export interface Subscription {
  topic: Topic;
  event: number | null;
}

export interface Options extends Partial<Selection> {
  /** Where GatherHub is, e.g. "ws://localhost:8000" or "wss://gatherhub.example.org". */
  url: string | URL;
  /**
   * Returns the access token. `refresh` is true when the last one was refused or is running out:
   * get a new one from `/api/v1/auth/refresh/`. Called once at a time.
   */
  token: (need: { refresh: boolean }) => string | Promise<string>;
  /** Connected for the first time: fetch what you show. Messages wait until its promise settles. */
  ready?: () => unknown;
  /** Something may have been missed: fetch afresh, likewise. `ready` is called in its place if it is left out. */
  gap?: () => unknown;
  /** Called with each new status. */
  status?: (status: Status) => void;
  /** Attempts that failed, errors of the server, and exceptions of your callbacks. console.error if it is left out. */
  error?: (error: unknown) => void;
  /** Rarely needed. */
  tuning?: Partial<Tuning>;
}

/** All in milliseconds but `rememberAtMost`. */
export interface Tuning {
  /** Between two pings: 60,000. */
  pingEvery: number;
  /** A ping after which nothing comes for so long shows that the connection is dead: 10,000. */
  pongWithin: number;
  /** The same for opening a connection and for any other request: 30,000. */
  answerWithin: number;
  /** The first attempt after a lost connection comes within this time, at random: 500. */
  backoffFrom: number;
  /** Each further one within twice the time, up to this: 30,000. */
  backoffTo: number;
  /** A connection that lasted so long ends the doubling: 10,000. */
  stableAfter: number;
  /** How long before the token expires a new one is used, but half of what is left at most: 60,000. */
  renewBefore: number;
  /** How long the id of a message is known, before the last message: 300,000. */
  rememberFor: number;
  /** How many ids are known: 20,000. */
  rememberAtMost: number;
}

export interface Person {
  id: number;
  username: string;
  first_name: string;
  last_name: string;
  avatar: string | null;
}

/** An event as in a list. Times are ISO 8601 in UTC. */
export interface Event {
  id: number;
  title: string;
  description: string;
  date: string;
  location: string;
  max_participants: number | null;
  current_participants: number;
  status: "upcoming" | "ongoing" | "completed";
  creator: Person;
  created_at: string;
  updated_at: string;
}

/** A task as in a list. */
export interface Task {
  id: number;
  title: string;
  description: string;
  status: string;
  priority: string;
  due_date: string | null;
  creator: Person;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
  event: { id: number; title: string };
  assignee: Person | null;
}

/** A vote as in its details, without `user_voted` and `user_vote`. */
export interface Vote {
  id: number;
  title: string;
  description: string;
  status: "active" | "ended";
  creator: Person;
  total_votes: number;
  ends_at: string | null;
  created_at: string;
  event: { id: number; title: string; date: string | null };
  options: OptionShare[];
  multiple_choice: boolean;
}

export interface OptionShare {
  id: number;
  text: string;
  vote_count: number;
  percentage: number;
}

export interface Result {
  option_id: number;
  text: string;
  vote_count: number;
  percentage: number;
}

export interface Winner {
  option_id: number;
  text: string;
}

export interface Results {
  id: number;
  title: string;
  status: "active" | "ended";
  total_votes: number;
  results: Result[];
  ends_at: string | null;
  winner: Winner | null;
}

export interface Participation {
  event_id: number;
  current_participants: number;
  user: Person;
}

/** The `data` of each type of message. */
export interface Messages {
  event_created: Event;
  event_updated: Event;
  event_joined: Participation;
  event_left: Participation;
  event_deleted: { event_id: number };
  task_created: Task;
  task_updated: Task;
  task_assigned: Task;
  task_completed: Task;
  task_deleted: { task_id: number; event_id: number };
  vote_created: Vote;
  vote_cast: { vote_id: number; event_id: number; total_votes: number };
  vote_results: Results;
  vote_ended: Vote & { results: Result[]; winner: Winner | null };
  vote_deleted: { vote_id: number; event_id: number };
}

/** One message; `Message` without an argument is any of them, told apart by `type`. */
export type Message<Type extends keyof Messages = keyof Messages> = {
  [Each in Type]: { type: Each; data: Messages[Each]; timestamp: string; id: string };
}[Type];

export interface Client {
  /** What the connection is doing: connecting, open, waiting (to connect again), or closed. */
  readonly status: Status;
  /** Call back with each message; returns a function that ends it. */
  on(type: "message", callback: (message: Message) => unknown): () => void;
  on<Type extends keyof Messages>(
    type: Type,
    callback: (data: Messages[Type], message: Message<Type>) => unknown,
  ): () => void;
  /**
   * Listen to more; resolves, to all that is listened to, once the server has it: fetch then. It waits
   * while there is no connection. Rejects with a RealtimeError, or with an Error after `close()`.
   */
  subscribe(selection: Selection): Promise<Subscription[]>;
  /** Listen to less, likewise: without an event the topics go altogether, with it what was narrowed to it. */
  unsubscribe(selection: Selection): Promise<Subscription[]>;
  /** Stop for good: no message is told any more. */
  close(): void;
}

/** An `error` that the server answered. */
export class RealtimeError extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;
}

/**
 * Connect, and stay connected until `close()` of the client that is returned.
 * @throws {TypeError} when the URL is none or a topic doesn't exist
 */
export function connect(options: Options): Client;
