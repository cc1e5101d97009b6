/** Base of what the client throws. */
export class FerryError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** The server answered a request with an error frame. */
export class ServerError extends FerryError {
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
export class ConnectionLostError extends FerryError {}

/** No answer came in time: the server may have done it or not. */
export class TimeoutError extends FerryError {}

/** Too much waits for the connection to come back. */
export class QueueFullError extends FerryError {}
