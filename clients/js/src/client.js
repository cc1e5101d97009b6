import { Backoff } from './backoff.js';
import { ConnectionLostError, FerryError } from './errors.js';
import { Listeners } from './listeners.js';
import { Queue } from './queue.js';
import { Requests } from './requests.js';
import { Room } from './room.js';
import { decode, encode, resolveUrl } from './wire.js';

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
export class FerryClient extends EventTarget {
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
