import { QueueFullError } from './errors.js';

/** @typedef {{frame: string, sent: () => void}} Entry `sent` is called when the socket has taken the frame */

/** Frames that wait for the connection, bounded in bytes. */
export class Queue {
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
