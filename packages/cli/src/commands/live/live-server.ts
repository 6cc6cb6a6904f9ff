import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { createPageServer, refuse, servePage } from '../http/page-server.ts';
import { eventsOf } from './events.ts';
import type { WatchedRuns } from './watched-run.ts';

/** A server of the live page, which only this machine reaches. */
export interface LiveServer {
  readonly url: string; // with the token
  /** Sends what the files have, and resolves when all connections are closed: within two seconds. */
  stop(): Promise<void>;
}

/** Most streams at once: a browser opens at most six, and a tab that is not seen has none. */
export const MOST_STREAMS = 16;

/** A reader that takes nothing for so long after the end loses its connection. */
const STOP_MS = 1000;

const ROUTES = 'GET / or GET /events';

/** Serves the page and its events on a loopback address. @throws UsageError if `port` cannot be listened on. */
export async function startLiveServer(runs: WatchedRuns, port = 0): Promise<LiveServer> {
  const ending = new AbortController();
  setMaxListeners(MOST_STREAMS, ending.signal); // each stream waits for it
  const server = createPageServer({ routes: ROUTES, mostConnections: 4 * MOST_STREAMS, stopMs: STOP_MS });
  const { http } = server;
  servePage(http, 'live.html');

  let streams = 0;
  http.get('/events', (request, reply) => {
    if (streams >= MOST_STREAMS) {
      return refuse(reply, 503, `${streams} pages read this server, expected fewer (close some)`);
    }
    const { 'last-event-id': lastId = '' } = request.headers;
    const events = eventsOf(runs, String(lastId), ending.signal);
    // One event at a time: the next one is read when the connection has taken it.
    const stream = Readable.from(events, { highWaterMark: 1 });
    streams++;
    stream.once('close', () => streams--);
    return reply.type('text/event-stream; charset=utf-8').send(stream);
  });

  return {
    url: await server.listen(port),
    async stop() {
      ending.abort();
      await server.stop();
    },
  };
}
