/**
 * Has the HTTP server of an emulator listen, and end with all of its connections.
 *
 * @module
 */

import type { Server } from "node:http";
import type { Socket } from "node:net";

/** A server that listens. */
export interface Listener {
  /** Its port. */
  readonly port: number;
  /** Closes it and all connections. */
  close(): Promise<void>;
}

/**
 * Starts to listen.
 *
 * @param server It must not listen yet.
 * @param address Where to listen; port 0 takes any free one.
 * @throws If the address is taken or not allowed.
 */
export async function listen(
  server: Server,
  { hostname, port }: { readonly hostname: string; readonly port: number },
): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    async close() {
      const closed = new Promise<void>((resolve) =>
        server.close(() => resolve())
      );
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
