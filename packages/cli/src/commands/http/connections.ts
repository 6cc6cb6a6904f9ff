import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Milliseconds after which a slow or silent client loses its connection. */
export const TIME_LIMITS = {
  head: 10_000, // for the head of a request to arrive
  request: 30_000, // for a whole request to arrive
  read: 60_000, // for the client to read a part of the answer
  linger: 1000, // for a client to read why its bytes are refused: it could lose the reason if closed at once
  stop: 5000, // for bodies to arrive when the server stops, and then for the client to read a part of the answer
  check: 1000, // interval between checks of heads and requests
};

/** Why a request is refused. */
export type Fault = readonly [status: number, sentence: string];

type Socket = FastifyRequest['socket'];

const DISPLACED_MESSAGE = 'head has not arrived, expected it whole (others need the connection)';

/** The connections of a server. A client keeps its connection only while it sends, reads, or waits for an answer. */
export interface Connections {
  /**
   * Watches a server that has at most `maxOpen()` connections. One more closes the oldest that has sent no whole head
   * or waits for its next request; if there is none, its own request is refused.
   */
  watch(server: FastifyInstance['server'], maxOpen: () => number): void;
  /** Records a request whose head has arrived. Returns why it is refused if there are too many. */
  admit(reply: FastifyReply): Fault | undefined;
  /** Answers bytes that are not HTTP or arrive too late, and closes the connection. */
  refuseBytes(error: { readonly code?: string }, socket: Socket): void;
  /** Closes all connections; one with a request is closed after its answer. Resolves with `serverClosed`. */
  end(serverClosed: Promise<unknown>): Promise<void>;
}

export function createConnections(timeLimits: typeof TIME_LIMITS, onRefuse: (status: number) => void): Connections {
  const open = new Set<Socket>();
  /** The answer to the newest request of each connection. Answers go out in the order of their requests. */
  const answers = new WeakMap<Socket, FastifyReply['raw']>();
  const pendingOf = (socket: Socket): FastifyReply['raw'] | undefined => {
    const answer = answers.get(socket);
    return answer?.writableFinished === false ? answer : undefined;
  };
  /** Connections beyond the limit, and why their requests are refused. */
  const refusedConnections = new WeakMap<Socket, Fault>();
  function sendFault(socket: Socket, status: number, reason: string, sentence: string): void {
    onRefuse(status);
    const body = JSON.stringify({ error: sentence });
    const head = `content-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close`;
    socket.end(`HTTP/1.1 ${status} ${reason}\r\n${head}\r\n\r\n${body}`);
  }
  return {
    watch(server, maxOpen) {
      server.on('connection', (socket) => {
        const limit = maxOpen();
        server.maxConnections = 2 * limit; // beyond these not even a refusal is sent
        open.add(socket);
        socket.once('close', () => open.delete(socket));
        if (open.size <= limit) return;
        const idleSocket = [...open].find((other) => other !== socket && pendingOf(other) === undefined);
        if (idleSocket === undefined) {
          const expected = `at most ${limit} (close pages or programs that hold them)`;
          refusedConnections.set(socket, [503, `server has ${open.size} connections, expected ${expected}`]);
          return;
        }
        open.delete(idleSocket);
        // Between two requests, an explanation would be taken for the answer to the next one.
        if (!answers.has(idleSocket) && idleSocket.writable)
          sendFault(idleSocket, 408, 'Request Timeout', DISPLACED_MESSAGE);
        idleSocket.destroySoon();
      });
      // A connection without traffic is closed, unless a request on it still waits for its answer.
      server.on('timeout', (socket) => {
        if (socket.writableLength > 0 || pendingOf(socket) === undefined) socket.destroy();
      });
      // Node would also close connections whose answers are still going out. `end` closes them when they are done.
      server.closeIdleConnections = () => {};
    },
    admit({ request, raw }) {
      answers.set(request.socket, raw);
      const fault = refusedConnections.get(request.socket);
      if (fault !== undefined) raw.setHeader('connection', 'close');
      return fault;
    },
    refuseBytes({ code }, socket) {
      if (code === 'ECONNRESET') socket.destroy();
      if (!socket.writable) return; // already refused: these bytes followed the refused ones
      const [status, reason, sentence] = faultOfBytes(code, timeLimits);
      sendFault(socket, status, reason, sentence);
      // A client that does not close its side would keep the connection.
      setTimeout(() => socket.destroy(), timeLimits.linger).unref();
    },
    async end(serverClosed) {
      for (const socket of open) {
        const answer = pendingOf(socket);
        if (answer === undefined) socket.destroy();
        else answer.once('close', () => socket.destroySoon()); // its head may have said that the connection stays open
      }
      // A closing server no longer checks the time limits of requests: a body that never arrives would keep it open.
      const timer = setTimeout(() => {
        for (const socket of open) {
          if (pendingOf(socket)?.req.complete) socket.setTimeout(timeLimits.stop);
          else socket.destroy();
        }
      }, timeLimits.stop);
      await serverClosed;
      clearTimeout(timer);
    },
  };
}

function faultOfBytes(
  code: string | undefined,
  { head, request }: typeof TIME_LIMITS,
): [status: number, reason: string, sentence: string] {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return [431, 'Request Header Fields Too Large', 'head is too long, expected at most 16 KiB'];
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const expected = `its head within ${head} ms and all of it within ${request} ms`;
    return [408, 'Request Timeout', `request has not arrived, expected ${expected}`];
  }
  return [400, 'Bad Request', 'request is not HTTP, expected HTTP/1.1'];
}
