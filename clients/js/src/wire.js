import { FerryError } from './errors.js';

/**
 * @param {string | URL} url relative to the page; http(s) stands for ws(s)
 * @throws {FerryError}
 */
export function resolveUrl(url) {
  const resolved = new URL(url, globalThis.location?.href);
  resolved.protocol = { 'http:': 'ws:', 'https:': 'wss:' }[resolved.protocol] ?? resolved.protocol;
  if (!['ws:', 'wss:'].includes(resolved.protocol)) {
    throw new FerryError(`"${url}" is no WebSocket address: ws://, wss://, http:// or https:// is needed`);
  }
  return resolved;
}

/** @param {object} message */
export function encode(message) {
  return JSON.stringify(message);
}

/**
 * @param {string} text
 * @returns {import('./listeners.js').Message | null} null when it is no message
 */
export function decode(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}
