// @ferry/client 0.1.0, made of clients/js/src by "npm run bundle" there. MIT license.

/**
 * Delays between attempts: exponential, with full jitter, so that the clients of a server that restarts do not all come
 * back at the same moment.
 */
class Backoff {
  #attempt = 0;
  #min;
  #max;
  #random;

  /**
   * @param {number} min milliseconds, the bound of the first delay
   * @param {number} max milliseconds, the bound of all delays
   * @param {() => number} random in [0, 1)
   */
  constructor(min, max, random = Math.random) {
    this.#min = min;
    this.#max = max;
    this.#random = random;
  }

  /** Attempts since the last reset. */
  get attempts() {
    return this.#attempt;
  }

  /** @returns {number} milliseconds until the next attempt, at least a tenth of the bound */
  next() {
    const bound = Math.min(this.#max, this.#min * 2 ** Math.min(this.#attempt++, 30));
    return bound * (0.1 + 0.9 * this.#random());
  }

  reset() {
    this.#attempt = 0;
  }
}

/** Base of what the client throws. */
class FerryError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** The server answered a request with an error frame. */
class ServerError extends FerryError {
  /** @param {Record<string, unknown>} frame */
  constructor(frame) {
    super(typeof frame.message === 'string' ? frame.message : 'The server refused the request.');
    /** For programs: `invalid_message`, `access_denied`, … */
    this.code = typeof frame.code === 'string' ? frame.code : 'error';
    /** @type {{path: string, message: string}[]} what is wrong with which field, for `invalid_message` */
    this.violations = Array.isArray(frame.violations) ? frame.violations : [];
  }
}

/** The connection went while a request waited for its answer: the server may have done it or not. */
class ConnectionLostError extends FerryError {}

/** No answer came in time: the server may have done it or not. */
class TimeoutError extends FerryError {}

/** Too much waits for the connection to come back. */
class QueueFullError extends FerryError {}

/**
 * Functions by type of message.
 * @typedef {{type: string, data?: any, room?: string, id?: string|number, offset?: string, [field: string]: any}} Message
 * @typedef {(data: any, message: Message) => void} Listener
 */
class Listeners {
  /** @type {Map<string, Set<Listener>>} */
  #byType = new Map();

  /**
   * @param {string} type or `*` for every type
   * @param {Listener} listener
   * @returns {() => void} takes the listener away again
   */
  on(type, listener) {
    const listeners = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byType.get(type) === listeners) {
        this.#byType.delete(type);
      }
    };
  }

  /**
   * Calls the listeners of a message. One that throws does not keep it from the others.
   * @param {Message} message
   */
  emit(message) {
    // What a server sends flat, without `data`, is the data.
    const data = 'data' in message ? message.data : message;
    for (const type of [message.type, '*']) {
      for (const listener of [...(this.#byType.get(type) ?? [])]) {
        try {
          listener(data, message);
        } catch (error) {
          report(error);
        }
      }
    }
  }
}

/**
 * As an event listener's error is reported: to the page's or the process's handler, later.
 * @param {unknown} error
 */
function report(error) {
  if (typeof globalThis.reportError === 'function') {
    globalThis.reportError(error);
  } else {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** @typedef {{frame: string, sent: () => void}} Entry `sent` is called when the socket has taken the frame */

/** Frames that wait for the connection, bounded in bytes. */
class Queue {
  /** @type {Entry[]} */
  #entries = [];
  #bytes = 0;
  #max;

  /** @param {number} max bytes, counted as UTF-16 code units */
  constructor(max) {
    this.#max = max;
  }

  get length() {
    return this.#entries.length;
  }

  /**
   * @param {Entry} entry
   * @throws {QueueFullError}
   */
  push(entry) {
    if (this.#bytes + entry.frame.length > this.#max) {
      throw new QueueFullError(`${this.#bytes} bytes wait for the connection, and no more than ${this.#max} may`);
    }
    this.#entries.push(entry);
    this.#bytes += entry.frame.length;
  }

  /** Takes all. */
  drain() {
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    return entries;
  }

  /**
   * Takes one that needs not be sent any more.
   * @param {Entry} entry
   */
  remove(entry) {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) {
      this.#entries.splice(at, 1);
      this.#bytes -= entry.frame.length;
    }
  }
}

/**
 * @typedef {{resolve: (data: any) => void, reject: (error: Error) => void, sent: boolean, end: () => void}} Waiting
 */

/** Requests that wait for their answer, by id. */
class Requests {
  #last = 0;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();

  get size() {
    return this.#waiting.size;
  }

  /**
   * Opens a request. `ended` is called once, however it ends.
   * @param {number} timeout milliseconds
   * @param {AbortSignal | undefined} signal
   * @param {() => void} ended
   * @returns {{id: number, answer: Promise<any>, sent: () => void, fail: (error: Error) => void}}
   */
  open(timeout, signal, ended) {
    const id = ++this.#last;
    /** @type {(data: any) => void} */
    let resolve = () => {};
    /** @type {(error: Error) => void} */
    let reject = () => {};
    const answer = new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    });
    const timer = setTimeout(() => this.#fail(id, new TimeoutError(`No answer within ${timeout} ms`)), timeout);
    const abort = () => this.#fail(id, signal?.reason ?? new DOMException('Aborted', 'AbortError'));
    signal?.addEventListener('abort', abort, { once: true });
    const waiting = {
      resolve,
      reject,
      sent: false,
      end: () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(id);
        ended();
      },
    };
    this.#waiting.set(id, waiting);
    return { id, answer, sent: () => void (waiting.sent = true), fail: (error) => this.#fail(id, error) };
  }

  /**
   * Takes an answer. False when it answers nothing that waits.
   * @param {import('./listeners.js').Message} message
   */
  answer(message) {
    const waiting = typeof message.id === 'number' ? this.#waiting.get(message.id) : undefined;
    if (!waiting || (message.type !== 'reply' && message.type !== 'error')) {
      return false;
    }
    waiting.end();
    if (message.type === 'reply') {
      waiting.resolve(message.data);
    } else {
      waiting.reject(new ServerError(message));
    }
    return true;
  }

  /** Fails those that were sent; those that still wait in the queue go on. */
  lost() {
    for (const [id, waiting] of [...this.#waiting]) {
      if (waiting.sent) {
        this.#fail(id, new ConnectionLostError('The connection was lost before the answer came'));
      }
    }
  }

  /** @param {Error} error */
  failAll(error) {
    for (const id of [...this.#waiting.keys()]) {
      this.#fail(id, error);
    }
  }

  /**
   * @param {number} id
   * @param {Error} error
   */
  #fail(id, error) {
    const waiting = this.#waiting.get(id);
    waiting?.end();
    waiting?.reject(error);
  }
}

/** What the server sends to one room. Which rooms a connection is in is the server's decision. */
class Room {
  #listeners = new Listeners();

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /**
   * @param {string} type or `*`
   * @param {import('./listeners.js').Listener} listener
   * @returns {() => void} takes the listener away again
   */
  on(type, listener) {
    return this.#listeners.on(type, listener);
  }

  /**
   * @internal
   * @param {import('./listeners.js').Message} message
   */
  receive(message) {
    this.#listeners.emit(message);
  }
}

/**
 * @param {string | URL} url relative to the page; http(s) stands for ws(s)
 * @throws {FerryError}
 */
function resolveUrl(url) {
  const resolved = new URL(url, globalThis.location?.href);
  resolved.protocol = { 'http:': 'ws:', 'https:': 'wss:' }[resolved.protocol] ?? resolved.protocol;
  if (!['ws:', 'wss:'].includes(resolved.protocol)) {
    throw new FerryError(`"${url}" is no WebSocket address: ws://, wss://, http:// or https:// is needed`);
  }
  return resolved;
}

/** @param {object} message */
function encode(message) {
  return JSON.stringify(message);
}

/**
 * @param {string} text
 * @returns {import('./listeners.js').Message | null} null when it is no message
 */
function decode(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/** RFC 6455 section 7.4.1, and Ferry's own: the token has expired, or may not be here. */
const NORMAL = 1000;
const POLICY_VIOLATION = 1008;
const TOKEN_EXPIRED = 4401;
const FORBIDDEN = 4403;

/** Rooms that a reconnect resumes, those heard of last: their offsets have to fit into the address. */
const MAX_OFFSETS = 64;

/**
 * @typedef {object} Options
 * @property {string | (() => string | Promise<string>)} [token] what the client authenticates with, or a function that is asked
 *   before every attempt, so that a token that has expired is replaced
 * @property {'subprotocol' | 'query'} [tokenIn] how it travels; a browser cannot set headers. Default `subprotocol`, which keeps
 *   it out of the logs of proxies
 * @property {string} [tokenParameter] name of the query parameter. Default `token`
 * @property {string[]} [protocols] further subprotocols
 * @property {false | {minDelay?: number, maxDelay?: number, maxAttempts?: number}} [reconnect] milliseconds, default 500 and
 *   30,000, without end; false: one attempt
 * @property {number} [connectTimeout] milliseconds for one attempt, default 10,000
 * @property {number} [requestTimeout] milliseconds, default 10,000
 * @property {number} [queueBytes] what may wait while there is no connection, default 65,536
 * @property {boolean} [resume] ask for what was missed after a reconnect, where rooms keep a history. Default true
 * @property {typeof globalThis.WebSocket} [WebSocket] for Node.js before version 22: the one of the package `ws`
 *
 * @typedef {import('./listeners.js').Message} Message
 * @typedef {import('./listeners.js').Listener} Listener
 * @typedef {'idle' | 'connecting' | 'open' | 'waiting' | 'closed'} State
 */

/**
 * A connection that comes back.
 *
 * Events: `open`, `close` ({code, reason, willReconnect}), `reconnecting` ({attempt, delay}), `gap` ({room}: more was missed
 * than the server keeps, load the page's data anew), `binary` ({data}), `error` ({error}).
 */
class FerryClient extends EventTarget {
  #url;
  #options;
  #listeners = new Listeners();
  #requests = new Requests();
  #queue;
  #backoff;
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  /** @type {Map<string, string>} the last offset seen, by room */
  #offsets = new Map();
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {State} */
  #state = 'idle';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {{promise: Promise<void>, resolve: () => void, reject: (error: Error) => void} | null} */
  #connected = null;

  /**
   * @param {string | URL | (() => string | URL | Promise<string | URL>)} url ws:// or wss://; http(s) and relative addresses are
   *   taken from the page; a function is asked before every attempt
   * @param {Options} [options]
   */
  constructor(url, options = {}) {
    super();
    this.#url = typeof url === 'function' ? url : resolveUrl(url);
    this.#options = options;
    this.#queue = new Queue(options.queueBytes ?? 65_536);
    const { minDelay = 500, maxDelay = 30_000 } = options.reconnect || {};
    this.#backoff = new Backoff(minDelay, maxDelay);
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** The last offset seen, by room: keep it to resume in another page with {@link resumeFrom}. */
  get offsets() {
    return Object.fromEntries(this.#offsets);
  }

  /** @param {Record<string, string>} offsets */
  resumeFrom(offsets) {
    for (const [room, offset] of Object.entries(offsets)) {
      this.#offsets.set(room, offset);
    }
    return this;
  }

  /**
   * Connects, and goes on trying. Resolves with the first connection; rejects when the client gives up or is closed.
   * @returns {Promise<void>}
   */
  connect() {
    if (this.#connected === null) {
      this.#connected = deferred();
      // Who does not wait for the promise hears of the end by the close event.
      this.#connected.promise.catch(() => {});
      globalThis.addEventListener?.('online', this.#online);
      void this.#attempt();
    }
    return this.#connected.promise;
  }

  /**
   * @param {string} type or `*` for every message
   * @param {Listener} listener
   * @returns {() => void} takes the listener away again
   */
  on(type, listener) {
    return this.#listeners.on(type, listener);
  }

  /**
   * What is published to a room.
   * @param {string} name
   */
  room(name) {
    const room = this.#rooms.get(name) ?? new Room(name);
    this.#rooms.set(name, room);
    return room;
  }

  /**
   * Sends a message, or keeps it until the connection is back.
   * @param {string} type
   * @param {unknown} [data]
   * @throws {FerryError} when too much waits or the client is closed
   */
  send(type, data) {
    this.#put({ frame: encode({ type, data }), sent: () => {} });
  }

  /**
   * Sends a message and waits for what the server's handler returns.
   * @param {string} type
   * @param {unknown} [data]
   * @param {{timeout?: number, signal?: AbortSignal}} [options]
   * @returns {Promise<any>} rejects with a ServerError, TimeoutError or ConnectionLostError, or the signal's reason
   */
  request(type, data, { timeout = this.#options.requestTimeout ?? 10_000, signal } = {}) {
    if (signal?.aborted) {
      return Promise.reject(signal.reason);
    }
    /** @type {import('./queue.js').Entry | undefined} */
    let entry;
    const request = this.#requests.open(timeout, signal, () => entry && this.#queue.remove(entry));
    try {
      entry = { frame: encode({ type, data, id: request.id }), sent: request.sent };
      this.#put(entry);
    } catch (error) {
      request.fail(/** @type {Error} */ (error));
    }
    return request.answer;
  }

  /**
   * Closes for good.
   * @param {number} [code] 1000, or 3000 to 4999
   * @param {string} [reason] at most 123 bytes
   */
  close(code = NORMAL, reason = '') {
    if (this.#state === 'closed') {
      return;
    }
    const socket = this.#socket;
    this.#end(code, reason, new ConnectionLostError('The client was closed'));
    socket?.close(code, reason);
  }

  /** @param {import('./queue.js').Entry} entry */
  #put(entry) {
    if (this.#state === 'closed') {
      throw new FerryError('The client is closed');
    }
    if (this.#state === 'open' && this.#socket) {
      this.#socket.send(entry.frame);
      entry.sent();
    } else {
      this.#queue.push(entry);
    }
  }

  async #attempt() {
    this.#state = 'connecting';
    let socket;
    try {
      const { token } = this.#options;
      const base = typeof this.#url === 'function' ? resolveUrl(await this.#url()) : this.#url;
      const value = typeof token === 'function' ? await token() : token;
      if (this.state === 'closed') {
        return;
      }
      const { url, protocols } = this.#address(base, value);
      const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
      if (!Socket) {
        throw new FerryError('There is no WebSocket here: pass one as the option "WebSocket"');
      }
      socket = new Socket(url, protocols);
    } catch (error) {
      this.dispatchEvent(detailed('error', { error }));
      this.#lost(1006, String(error));
      return;
    }
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    const late = setTimeout(() => this.#drop(socket, 'The connection took too long'), this.#options.connectTimeout ?? 10_000);
    socket.onopen = () => {
      clearTimeout(late);
      this.#opened(socket);
    };
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => {
      clearTimeout(late);
      this.#closed(socket, event.code, event.reason);
    };
    // What went wrong is not said here; a close event follows.
    socket.onerror = () => {};
  }

  /**
   * @param {URL} base
   * @param {string | undefined} token
   */
  #address(base, token) {
    const { tokenIn = 'subprotocol', tokenParameter = 'token', protocols = [], resume = true } = this.#options;
    const url = new URL(base);
    if (resume && this.#offsets.size > 0) {
      // In the address, so that the server knows it before a handler joins a room: what was missed comes before anything new.
      url.searchParams.set('since', [...this.#offsets.values()].slice(-MAX_OFFSETS).join(','));
    }
    if (token === undefined || tokenIn === 'subprotocol') {
      return { url: url.href, protocols: token === undefined ? protocols : ['bearer', token, ...protocols] };
    }
    url.searchParams.set(tokenParameter, token);
    return { url: url.href, protocols };
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (this.#socket !== socket) {
      return;
    }
    this.#state = 'open';
    this.#backoff.reset();
    for (const entry of this.#queue.drain()) {
      this.#put(entry);
    }
    this.dispatchEvent(new Event('open'));
    this.#connected?.resolve();
  }

  /** @param {string | ArrayBuffer} data */
  #received(data) {
    if (typeof data !== 'string') {
      this.dispatchEvent(detailed('binary', { data }));
      return;
    }
    const message = decode(data);
    if (message === null) {
      this.dispatchEvent(detailed('error', { error: new FerryError('The server sent a frame that is no message') }));
    } else if (!this.#requests.answer(message)) {
      this.#dispatch(message);
    }
  }

  /** @param {Message} message */
  #dispatch(message) {
    if (typeof message.room === 'string') {
      if (typeof message.offset === 'string') {
        this.#offsets.delete(message.room);
        this.#offsets.set(message.room, message.offset);
      }
      if (message.type === 'resumed' && message.recovered === false) {
        this.dispatchEvent(detailed('gap', { room: message.room }));
      }
      this.#rooms.get(message.room)?.receive(message);
    }
    this.#listeners.emit(message);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   * @param {string} reason
   */
  #closed(socket, code, reason) {
    if (this.#socket !== socket) {
      return;
    }
    this.#socket = null;
    this.#lost(code, reason);
  }

  /**
   * @param {WebSocket} socket
   * @param {string} reason
   */
  #drop(socket, reason) {
    // Its close event may be long in coming.
    this.#closed(socket, 1006, reason);
    socket.close();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lost(code, reason) {
    this.#requests.lost();
    const { reconnect, token } = this.#options;
    const replaceable = code === TOKEN_EXPIRED && typeof token === 'function';
    const final = [POLICY_VIOLATION, FORBIDDEN].includes(code) || (code === TOKEN_EXPIRED && !replaceable);
    if (reconnect === false || final || this.#backoff.attempts >= (reconnect?.maxAttempts ?? Infinity)) {
      this.#end(code, reason, new ConnectionLostError(`The connection was closed with ${code}${reason && `: ${reason}`}`));
      return;
    }
    this.#state = 'waiting';
    const delay = this.#backoff.next();
    this.dispatchEvent(detailed('close', { code, reason, willReconnect: true }));
    // A listener may have closed the client.
    if (this.state === 'waiting') {
      this.#timer = setTimeout(() => void this.#attempt(), delay);
      this.dispatchEvent(detailed('reconnecting', { attempt: this.#backoff.attempts, delay }));
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @param {Error} error
   */
  #end(code, reason, error) {
    this.#state = 'closed';
    this.#socket = null;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.('online', this.#online);
    this.#queue.drain();
    this.#requests.failAll(error);
    this.#connected?.reject(error);
    this.dispatchEvent(detailed('close', { code, reason, willReconnect: false }));
  }

  /** The network is back: no need to wait for the delay's end. */
  #online = () => {
    if (this.#state === 'waiting') {
      clearTimeout(this.#timer);
      void this.#attempt();
    }
  };
}

/**
 * @param {string} type
 * @param {object} detail
 */
function detailed(type, detail) {
  return Object.assign(new Event(type), detail);
}

/** @returns {{promise: Promise<void>, resolve: () => void, reject: (error: Error) => void}} */
function deferred() {
  /** @type {() => void} */
  let resolve = () => {};
  /** @type {(error: Error) => void} */
  let reject = () => {};
  /** @type {Promise<void>} */
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

export { ConnectionLostError, FerryClient, FerryError, QueueFullError, Room, ServerError, TimeoutError };
