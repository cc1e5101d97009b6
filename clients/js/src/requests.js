import { ConnectionLostError, ServerError, TimeoutError } from './errors.js';

/**
 * @typedef {{resolve: (data: any) => void, reject: (error: Error) => void, sent: boolean, end: () => void}} Waiting
 */

/** Requests that wait for their answer, by id. */
export class Requests {
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
