import { Listeners } from './listeners.js';

/** What the server sends to one room. Which rooms a connection is in is the server's decision. */
export class Room {
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
