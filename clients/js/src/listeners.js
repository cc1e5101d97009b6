/**
 * Functions by type of message.
 * @typedef {{type: string, data?: any, room?: string, id?: string|number, offset?: string, [field: string]: any}} Message
 * @typedef {(data: any, message: Message) => void} Listener
 */
export class Listeners {
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
