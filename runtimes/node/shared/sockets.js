// The connections of a server as a whole. Node is asked for them when they are needed: a list of
// our own would be memory of each connection.

import { Socket } from 'node:net';

const LAST_BYTES_MS = 1000;

/** What was written and the kernel has not taken yet. */
export function unsentBytes(server) {
  return socketsOf(server).reduce((sum, socket) => sum + socket.writableLength, 0);
}

/** Stops listening and closes all connections. What was written to them still goes out, but is not
 * waited for for ever. */
export async function hangUp(server) {
  server.close();
  const sockets = socketsOf(server);
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  sockets.forEach((socket) => socket.destroySoon());
  const rest = setTimeout(() => sockets.forEach((socket) => socket.destroy()), LAST_BYTES_MS);
  await Promise.all(closed);
  clearTimeout(rest);
}

function socketsOf(server) {
  const isOfServer = (handle) => handle instanceof Socket && handle.server === server;
  return process._getActiveHandles().filter(isOfServer);
}
