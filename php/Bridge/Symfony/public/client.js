// @ferry/client 0.1.0, made of clients/js/src by "npm run bundle" there. MIT license.

class Backoff {
  #attempt = 0;
  #min;
  #max;
  #random;

  constructor(min, max, random = Math.random) {
    this.#min = min;
    this.#max = max;
    this.#random = random;
  }

  get attempts() {
    return this.#attempt;
  }

  next() {
    const bound = Math.min(this.#max, this.#min * 2 ** Math.min(this.#attempt++, 30));
    return bound * (0.1 + 0.9 * this.#random());
  }

  reset() {
    this.#attempt = 0;
  }
}

class FerryError extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

class ServerError extends FerryError {
  constructor(frame) {
    super(typeof frame.message === 'string' ? frame.message : 'The server refused the request.');
    this.code = typeof frame.code === 'string' ? frame.code : 'error';
    this.violations = Array.isArray(frame.violations) ? frame.violations : [];
  }
}

class ConnectionLostError extends FerryError {}

class TimeoutError extends FerryError {}

class QueueFullError extends FerryError {}

class Listeners {
  #byType = new Map();

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

function report(error) {
  if (typeof globalThis.reportError === 'function') {
    globalThis.reportError(error);
  } else {
    queueMicrotask(() => {
      throw error;
    });
  }
}

class Queue {
  #entries = [];
  #bytes = 0;
  #max;

  constructor(max) {
    this.#max = max;
  }

  get length() {
    return this.#entries.length;
  }

  push(entry) {
    if (this.#bytes + entry.frame.length > this.#max) {
      throw new QueueFullError(`${this.#bytes} bytes wait for the connection, and no more than ${this.#max} may`);
    }
    this.#entries.push(entry);
    this.#bytes += entry.frame.length;
  }

  drain() {
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    return entries;
  }

  remove(entry) {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) {
      this.#entries.splice(at, 1);
      this.#bytes -= entry.frame.length;
    }
  }
}

class Requests {
  #last = 0;
  #waiting = new Map();

  get size() {
    return this.#waiting.size;
  }

  open(timeout, signal, ended) {
    const id = ++this.#last;
    let resolve = () => {};
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

  lost() {
    for (const [id, waiting] of [...this.#waiting]) {
      if (waiting.sent) {
        this.#fail(id, new ConnectionLostError('The connection was lost before the answer came'));
      }
    }
  }

  failAll(error) {
    for (const id of [...this.#waiting.keys()]) {
      this.#fail(id, error);
    }
  }

  #fail(id, error) {
    const waiting = this.#waiting.get(id);
    waiting?.end();
    waiting?.reject(error);
  }
}

class Room {
  #listeners = new Listeners();

  constructor(name) {
    this.name = name;
  }

  on(type, listener) {
    return this.#listeners.on(type, listener);
  }

  receive(message) {
    this.#listeners.emit(message);
  }
}

function resolveUrl(url) {
  const resolved = new URL(url, globalThis.location?.href);
  resolved.protocol = { 'http:': 'ws:', 'https:': 'wss:' }[resolved.protocol] ?? resolved.protocol;
  if (!['ws:', 'wss:'].includes(resolved.protocol)) {
    throw new FerryError(`"${url}" is no WebSocket address: ws://, wss://, http:// or https:// is needed`);
  }
  return resolved;
}

function encode(message) {
  return JSON.stringify(message);
}

function decode(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

const NORMAL = 1000;
const POLICY_VIOLATION = 1008;
const TOKEN_EXPIRED = 4401;
const FORBIDDEN = 4403;

const MAX_OFFSETS = 64;


class FerryClient extends EventTarget {
  #url;
  #options;
  #listeners = new Listeners();
  #requests = new Requests();
  #queue;
  #backoff;
  #rooms = new Map();
  #offsets = new Map();
  #socket = null;
  #state = 'idle';
  #timer;
  #connected = null;

  constructor(url, options = {}) {
    super();
    this.#url = typeof url === 'function' ? url : resolveUrl(url);
    this.#options = options;
    this.#queue = new Queue(options.queueBytes ?? 65_536);
    const { minDelay = 500, maxDelay = 30_000 } = options.reconnect || {};
    this.#backoff = new Backoff(minDelay, maxDelay);
  }

  get state() {
    return this.#state;
  }

  get offsets() {
    return Object.fromEntries(this.#offsets);
  }

  resumeFrom(offsets) {
    for (const [room, offset] of Object.entries(offsets)) {
      this.#offsets.set(room, offset);
    }
    return this;
  }

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

  on(type, listener) {
    return this.#listeners.on(type, listener);
  }

  room(name) {
    const room = this.#rooms.get(name) ?? new Room(name);
    this.#rooms.set(name, room);
    return room;
  }

  send(type, data) {
    this.#put({ frame: encode({ type, data }), sent: () => {} });
  }

  request(type, data, { timeout = this.#options.requestTimeout ?? 10_000, signal } = {}) {
    if (signal?.aborted) {
      return Promise.reject(signal.reason);
    }
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

  close(code = NORMAL, reason = '') {
    if (this.#state === 'closed') {
      return;
    }
    const socket = this.#socket;
    this.#end(code, reason, new ConnectionLostError('The client was closed'));
    socket?.close(code, reason);
  }

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

  #closed(socket, code, reason) {
    if (this.#socket !== socket) {
      return;
    }
    this.#socket = null;
    this.#lost(code, reason);
  }

  #drop(socket, reason) {
    // Its close event may be long in coming.
    this.#closed(socket, 1006, reason);
    socket.close();
  }

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

  #online = () => {
    if (this.#state === 'waiting') {
      clearTimeout(this.#timer);
      void this.#attempt();
    }
  };
}

function detailed(type, detail) {
  return Object.assign(new Event(type), detail);
}

function deferred() {
  let resolve = () => {};
  let reject = () => {};
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

export { ConnectionLostError, FerryClient, FerryError, QueueFullError, Room, ServerError, TimeoutError };
