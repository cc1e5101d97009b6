export { FerryClient } from './client.js';
export { ConnectionLostError, FerryError, QueueFullError, ServerError, TimeoutError } from './errors.js';
export { Room } from './room.js';
