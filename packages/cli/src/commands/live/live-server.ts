import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { show } from '@gradloom/core/internal';
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { createConnections, TIMES } from '../http/connections.ts';
import { createHostCheck } from '../http/host-names.ts';
import { type Fault, faultOfHost, LOOPBACK, limitsOf, listen } from '../http/http-server.ts';
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

/** Headers of every answer: no other page may show, embed or read it, and no address leaves with its token. */
const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Location of this module: a source, or in the bundle. */
const here = import.meta.url;

const ROUTES = 'GET / or GET /events';

/** Serves the page and its events on a loopback address. @throws UsageError if `port` cannot be listened on. */
export async function startLiveServer(runs: WatchedRuns, port = 0): Promise<LiveServer> {
  const token = randomBytes(16).toString('base64url');
  const times = { ...TIMES, stop: STOP_MS };
  const connections = createConnections(times, () => {});
  const ending = new AbortController();
  setMaxListeners(MOST_STREAMS, ending.signal); // each stream waits for it
  const hostFault = faultOfHost(createHostCheck([]), 'localhost or the address of this server');
  const http = Fastify({ bodyLimit: 1, exposeHeadRoutes: false, ...limitsOf(times, connections, hostFault, refuse) });
  http.server.maxConnections = 4 * MOST_STREAMS;
  connections.watch(http.server);
  http.removeAllContentTypeParsers();

  http.addHook('onRequest', (request, reply, done) => {
    connections.hold(reply);
    reply.headers(HEADERS);
    const fault = hostFault(request) ?? faultOfOrigin(request) ?? faultOfToken(request, token);
    if (fault === undefined) done();
    else refuse(reply, ...fault);
  });

  const page = readPage();
  http.get('/', (_request, reply) =>
    reply.header('content-security-policy', page.policy).type('text/html; charset=utf-8').send(page.html),
  );

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

  http.setNotFoundHandler(({ method, url }, reply) => {
    if (method === 'GET') return refuse(reply, 404, `path is unknown, expected ${ROUTES}`);
    return refuse(
      reply.header('allow', 'GET'),
      405,
      `${method} ${show(url.split('?')[0])} is unknown, expected ${ROUTES}`,
    );
  });
  http.setErrorHandler<FastifyError>(({ statusCode = 500, message }, _request, reply) =>
    refuse(reply, statusCode, message),
  );

  const address = await listen(http, LOOPBACK, port);
  return {
    url: `${address}/?token=${token}`,
    async stop() {
      ending.abort();
      await connections.end(http.close());
    },
  };
}

function refuse(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send({ error: sentence });
}

/** Browsers name the origin of a page with all that it sends elsewhere, and with every POST. */
function faultOfOrigin({ headers: { origin, host } }: FastifyRequest): Fault | undefined {
  if (origin === undefined || origin === `http://${host}`) return undefined;
  return [403, `origin has ${show(origin)}, expected the address of this server`];
}

function faultOfToken({ query }: FastifyRequest, token: string): Fault | undefined {
  const { token: given } = query as { token?: unknown };
  if (typeof given === 'string' && given.length === token.length) {
    if (timingSafeEqual(hashed(given), hashed(token))) return undefined;
  }
  const has = given === undefined ? 'token is missing' : 'token is another one';
  return [401, `${has}, expected the address that was printed, with ?token=`];
}

const hashed = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The built page, and a policy that allows its own script and style, by their hashes, and nothing else. */
function readPage(): { readonly html: string; readonly policy: string } {
  const place = here.endsWith('.ts') ? '../../../dist/live.html' : './live.html';
  const html = readFileSync(new URL(place, here), 'utf8');
  const hashOf = (tag: string): string => {
    const [, text = ''] = new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 's').exec(html) ?? [];
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf('script')}`,
    `style-src ${hashOf('style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html, policy: policy.join('; ') };
}
