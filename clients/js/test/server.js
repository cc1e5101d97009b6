import { once } from 'node:events';
import { WebSocketServer } from 'ws';

/** A scripted server on a free port: what it got can be waited for. */
export async function serve(t, onConnection = () => {}) {
  const server = new WebSocketServer({ port: 0, handleProtocols: (offered) => offered.values().next().value });
  await once(server, 'listening');
  const connections = [];
  const received = [];
  const waiting = new Set();
  const changed = () => [...waiting].forEach((look) => look());
  server.on('connection', (socket, request) => {
    const connection = { socket, url: request.url, protocols: request.headers['sec-websocket-protocol'], number: connections.length + 1 };
    connections.push(connection);
    socket.on('message', (data) => {
      received.push({ ...JSON.parse(data), connection: connection.number });
      changed();
    });
    onConnection(connection, server);
    changed();
  });
  t.after(() => {
    server.clients.forEach((socket) => socket.terminate());
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${server.address().port}/chat`,
    connections,
    received,
    /** Resolves when the condition holds. */
    until(condition) {
      return new Promise((resolve) => {
        const look = () => {
          if (condition()) {
            waiting.delete(look);
            resolve();
          }
        };
        waiting.add(look);
        look();
      });
    },
    broadcast: (message) => server.clients.forEach((socket) => socket.send(typeof message === 'string' ? message : JSON.stringify(message))),
  };
}

/** Resolves with the next event of a kind. */
export const next = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
