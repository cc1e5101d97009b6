/**
 * Delays between attempts: exponential, with full jitter, so that the clients of a server that restarts do not all come
 * back at the same moment.
 */
export class Backoff {
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
