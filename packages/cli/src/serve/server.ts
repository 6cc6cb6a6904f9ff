import type { AnswerPool } from '@gradloom/runtime/internal';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { createRequestQueue, type QueueOptions } from './request-queue.ts';
import type { RowSchema } from './row-schema.ts';
import { createServerMetrics } from './server-metrics.ts';

export interface ServerOptions extends Pick<QueueOptions, 'places' | 'delayMs'> {
  readonly pool: AnswerPool;
  readonly schema: RowSchema;
  readonly fingerprint: string; // of the model
  readonly mostBytes: number; // of a body
  readonly cors: string | undefined;
  readonly onError: (error: unknown) => void; // of what no request should cause
}

export interface Server {
  readonly http: FastifyInstance;
  /** Listens no more, answers what has arrived, and resolves when all connections are closed. */
  stop(): Promise<void>;
}

/** A head that is not whole by then, and a body likewise, ends the connection: a slow client holds no place. */
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;
const MOST_CONNECTIONS = 4096;
/** Of all bodies that arrive at once, one on each connection. */
const MOST_ARRIVING_BYTES = 2 ** 30;
/** Of all bodies that wait. */
const MOST_WAITING_CHARACTERS = 1 << 26;

const methods: Readonly<Record<string, string>> = {
  '/predict': 'POST',
  '/schema': 'GET',
  '/health': 'GET',
  '/metrics': 'GET',
};
/** Its path if it is one of these: others would make the metrics grow without end. */
function routeOf(url: string): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  return Object.hasOwn(methods, path) ? path : 'none';
}

const JSON_TYPE = 'application/json; charset=utf-8';

const statuses = { content: 400, rows: 413, model: 500 } as const;

/** The HTTP server; it does not listen yet. */
export function createServer(options: ServerOptions): Server {
  const { pool, schema, fingerprint, places, delayMs, mostBytes, cors, onError } = options;
  const queue = createRequestQueue(pool, {
    places,
    delayMs,
    mostCharacters: Math.max(mostBytes, MOST_WAITING_CHARACTERS),
  });
  const metrics = createServerMetrics();
  let stopping = false;
  const http = Fastify({
    bodyLimit: mostBytes,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // what arrives on an open connection is answered, which closes it
    http: { headersTimeout: HEAD_MS, connectionsCheckingInterval: 1000 },
    clientErrorHandler: refuseBytes,
    frameworkErrors: (error, _request, reply) => refuse(reply, error.statusCode ?? 400, error.message),
  });
  http.server.maxConnections = Math.max(1, Math.min(MOST_CONNECTIONS, Math.floor(MOST_ARRIVING_BYTES / mostBytes)));

  http.removeAllContentTypeParsers();
  // A body goes to a thread as it came: there it is parsed.
  http.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  /** Every answer goes out here: counted, and the last of its connection where the server stops. */
  function send(reply: FastifyReply, status: number, text: string, type = JSON_TYPE): FastifyReply {
    metrics.count(routeOf(reply.request.url), status, reply.elapsedTime / 1000);
    if (stopping) reply.header('connection', 'close');
    if (cors !== undefined) reply.header('access-control-allow-origin', cors).header('vary', 'origin');
    return reply.code(status).header('content-type', type).send(text);
  }

  /** All errors have one form. */
  const refuse = (reply: FastifyReply, status: number, sentence: string): FastifyReply =>
    send(reply, status, JSON.stringify({ error: sentence }));

  http.post('/predict', (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const isTaken = queue.ask(body, (answer) => {
      if (answer instanceof Error) {
        onError(answer);
        refuse(reply, 500, 'the thread that predicted has failed, expected an answer (ask again)');
      } else if (answer.fault !== undefined) {
        if (answer.fault === 'model') onError(new Error(answer.text));
        refuse(reply, statuses[answer.fault], answer.text);
      } else {
        metrics.addRows(answer.rows);
        send(reply, 200, answer.text);
      }
    });
    if (!isTaken) {
      reply.header('retry-after', '1');
      refuse(reply, 429, `queue has ${queue.waiting} requests, expected fewer (ask again later)`);
    }
  });
  const schemaText = JSON.stringify(schema);
  http.get('/schema', (_request, reply) => send(reply, 200, schemaText));
  http.get('/health', (_request, reply) =>
    send(reply, 200, JSON.stringify({ status: stopping ? 'stopping' : 'ok', fingerprint })),
  );
  http.get('/metrics', (_request, reply) => {
    const now = { waiting: queue.waiting, calls: queue.calls, residentBytes: process.memoryUsage.rss() };
    return send(reply, 200, metrics.text(now), 'text/plain; version=0.0.4; charset=utf-8');
  });
  if (cors !== undefined) {
    http.options('/*', (_request, reply) => {
      reply.header('access-control-allow-methods', 'GET, POST').header('access-control-allow-headers', 'content-type');
      return send(reply.header('access-control-max-age', '600'), 204, '');
    });
  }
  http.setNotFoundHandler((request, reply) => {
    const path = routeOf(request.url);
    const method = methods[path];
    if (method === undefined) {
      const known = Object.entries(methods).map(([known, method]) => `${method} ${known}`);
      return refuse(reply, 404, `${request.method} of this address has no answer, expected ${known.join(', ')}`);
    }
    reply.header('allow', method);
    return refuse(reply, 405, `method has ${request.method}, expected ${method} ${path}`);
  });
  http.setErrorHandler<FastifyError>((error, request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode < 500) return refuse(reply, statusCode, describe(error, request, mostBytes));
    onError(error);
    return refuse(reply, statusCode, 'the server has failed, expected an answer');
  });

  return {
    http,
    async stop() {
      stopping = true;
      queue.hurry();
      await http.close();
    },
  };
}

/** What is wrong with a body, before it is parsed. */
function describe(error: FastifyError, { headers }: FastifyRequest, mostBytes: number): string {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return `body is too long, expected at most ${mostBytes} bytes`;
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return `content-type has ${JSON.stringify(headers['content-type'] ?? null)}, expected "application/json"`;
  }
  if (error.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return `content-length has ${headers['content-length']}, expected the bytes of the body`;
  }
  return error.message;
}

/** Bytes that are no HTTP, or do not come in time. */
const refuseBytes: NonNullable<FastifyServerOptions['clientErrorHandler']> = ({ code }, socket) => {
  if (code === 'ECONNRESET' || !socket.writable || socket.destroyed) return void socket.destroy();
  const [status, sentence] = byteFaults[code ?? ''] ?? ['400 Bad Request', 'request is no HTTP, expected HTTP/1.1'];
  const body = JSON.stringify({ error: sentence });
  const head = `content-type: ${JSON_TYPE}\r\ncontent-length: ${body.length}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`);
};

const byteFaults: Readonly<Record<string, readonly [status: string, sentence: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'head is too long, expected at most 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', `request has not come, expected all of it within ${REQUEST_MS} ms`],
};
