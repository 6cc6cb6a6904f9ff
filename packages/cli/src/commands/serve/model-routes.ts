import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { show } from '@gradloom/core/internal';
import type { AnswerPool, WritingStep, Written } from '@gradloom/runtime/internal';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { withoutCaller } from '../../terminal/failure.ts';
import type { Fault } from '../http/connections.ts';
import { ORIGIN, type SendError } from '../http/http-server.ts';
import { createRequestQueue, type QueueOptions } from './request-queue.ts';
import type { RowSchema } from './row-schema.ts';
import type { ServerMetrics } from './server-metrics.ts';

declare module 'fastify' {
  interface FastifyRequest {
    begunMs: number; // when the head arrived
  }
}

/** A model with its threads, and how requests to it look. */
export interface ServedModel {
  readonly pool: AnswerPool; // ended with the routes
  readonly schema: RowSchema;
  readonly fingerprint: string; // fingerprint of the model
  readonly takesImages?: boolean; // bodies may be images
  readonly readArray?: (bytes: Uint8Array) => Promise<number[][]>; // rows of a body that is an npy file
  readonly maxBytes: number; // maximum number of bytes of a body
}

/** Settings and functions of a server that the routes of all its models use. */
export interface ServerContext extends Pick<QueueOptions, 'maxWaiting' | 'delayMs'> {
  readonly limits: FastifyServerOptions;
  readonly cors: string | undefined;
  readonly metrics: ServerMetrics;
  metricsText(): string;
  isStopping(): boolean;
  /** Why a request is refused by its connection, host or origin. */
  faultOf(reply: FastifyReply): Fault | undefined;
  /** Every answer goes out here. */
  send(reply: FastifyReply, status: number, content: string | Readable, type?: string): FastifyReply;
  readonly sendError: SendError;
  onError(error: unknown): void; // called for unexpected errors
}

export interface ModelRoutes {
  readonly handle: FastifyInstance['routing'];
  readonly waiting: number; // requests that wait for a thread
  readonly calls: number; // calls to threads so far
  /** From now on no request waits for others to join its call, and a call has `limitMs` milliseconds. */
  hurry(limitMs: number): void;
  /** No request is handed over any more. Ends the threads after the last answer, and resolves then. */
  retire(): Promise<void>;
  /** Ends the threads. Calls to them fail. */
  end(): Promise<void>;
}

/** Maximum number of characters of all waiting bodies. */
const MAX_WAITING_CHARACTERS = 1 << 26;

/** The method of each route. */
const methods: Readonly<Record<string, string>> = {
  '/predict': 'POST',
  '/generate': 'POST',
  '/schema': 'GET',
  '/health': 'GET',
  '/metrics': 'GET',
};
/** The path if it is a known route: unknown paths would make the metrics grow without bound. */
export function routeOf(url: string): string {
  const target = url.startsWith('/') ? url : url.replace(ORIGIN, '');
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  return Object.hasOwn(methods, path) ? path : 'none';
}

const IMAGES = ['image/png', 'image/jpeg'];
const ARRAYS = ['application/x-npy', 'application/octet-stream'];
export const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** The status of an answer by its fault. */
const faultStatuses = { content: 400, rows: 413, model: 500, time: 503 } as const;

/** Creates the routes of a model. They have the requests that the server hands to `handle`. */
export async function createModelRoutes(model: ServedModel, context: ServerContext): Promise<ModelRoutes> {
  const { pool, schema, fingerprint, takesImages = false, readArray, maxBytes } = model;
  const { maxWaiting, delayMs, limits, cors, metrics, send, sendError, onError } = context;
  const contentTypes = ['application/json', ...(takesImages ? IMAGES : []), ...(readArray === undefined ? [] : ARRAYS)];
  const queue = createRequestQueue(pool, {
    maxWaiting,
    delayMs,
    maxCharacters: Math.max(maxBytes, MAX_WAITING_CHARACTERS),
  });
  const http = Fastify({ ...limits, bodyLimit: maxBytes }); // it never listens
  let pending = 0; // requests whose bodies have not been read, arrays that are read, and bodies in the queue
  let writing = 0; // texts that are being written: each counts in its handler, and then in `partsOf`
  let onIdle: (() => void) | undefined; // called when a model that is replaced has nothing to answer any more
  /** Checks in the next turn: in this one a read body may still go to its handler, and a text to `partsOf`. */
  function checkIdle(): void {
    if (onIdle !== undefined) void setImmediate().then(() => pending + writing === 0 && onIdle?.());
  }
  function leave(): void {
    pending--;
    checkIdle();
  }
  function endText(): void {
    writing--;
    checkIdle();
  }

  http.removeAllContentTypeParsers();
  // The body goes to a thread unparsed; the thread parses it.
  http.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  if (takesImages) http.addContentTypeParser(IMAGES, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  if (readArray !== undefined) {
    http.addContentTypeParser(ARRAYS, { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => {
      pending++;
      try {
        return JSON.stringify(await readArray(body));
      } catch (error) {
        throw Object.assign(new Error(withoutCaller(error)), { statusCode: 400 });
      } finally {
        leave();
      }
    });
  }

  http.decorateRequest('begunMs', 0);
  http.addHook('onRequest', (request, reply, done) => {
    request.begunMs = performance.now();
    pending++;
    request.raw.once('close', leave);
    const fault = context.faultOf(reply) ?? faultOfCoding(request);
    if (fault === undefined) done();
    else sendError(reply, ...fault);
  });
  http.post('/predict', (request, reply) => {
    const { body } = request;
    pending++;
    const isQueued = queue.ask(typeof body === 'string' || body instanceof Uint8Array ? body : '', (answer) => {
      leave();
      if (answer instanceof Error) {
        onError(answer);
        sendError(reply, 500, 'the predicting thread has failed, expected an answer (try again)');
      } else if (answer.fault !== undefined) {
        if (answer.fault === 'model') onError(new Error(answer.text));
        sendError(reply, faultStatuses[answer.fault], answer.text);
      } else {
        metrics.countRows(answer.rows, answer.unusual);
        send(reply, 200, answer.text);
      }
    });
    if (!isQueued) {
      leave();
      reply.header('retry-after', '1');
      sendError(reply, 429, `queue has ${queue.waiting} requests, expected fewer (try again later)`);
    }
  });
  http.post('/generate', async (request, reply) => {
    if (writing >= maxWaiting) {
      reply.header('retry-after', '1');
      return sendError(reply, 429, `${writing} texts are being written, expected fewer (try again later)`);
    }
    writing++;
    const { socket, raw } = request;
    // A client that has closed its side may still read. If it has left, the second write to it fails.
    const probe = (): void => {
      if (raw.httpVersion !== '1.0' && !reply.sent) reply.raw.writeContinue();
    };
    socket.once('end', probe);
    if (socket.readableEnded) probe();
    const body = typeof request.body === 'string' ? request.body : '';
    try {
      const firstPart = await write(async () => {
        if (socket.readableEnded) {
          probe();
          await setImmediate();
        }
        return socket.destroyed ? null : { body };
      });
      if ('fault' in firstPart) return sendError(reply, faultStatuses[firstPart.fault], firstPart.text);
      const parts = Readable.from(partsOf(firstPart, socket));
      // An answer that waits for an earlier one of its connection is not closed with the connection.
      const end = (): void => void parts.destroy();
      socket.once('close', end);
      parts.once('close', () => socket.off('close', end));
      return send(reply, 200, parts, TEXT_TYPE);
    } catch {
      return sendError(reply, 500, 'the writing thread has failed, expected a text (try again)');
    } finally {
      socket.off('end', probe);
      endText();
    }
  });
  /** Writes a part of a text. Failures also go to `onError`: a client that has read a part sees a broken text only. */
  async function write(nextStep: () => Promise<WritingStep | null>): Promise<Written> {
    const part = await pool.write(nextStep).catch((error: unknown) => {
      onError(error);
      throw error;
    });
    if ('fault' in part && part.fault === 'model') onError(new Error(part.text));
    return part;
  }
  /** The parts of a text as they are written. A fault breaks the connection, so that no client takes it for the end. */
  async function* partsOf(firstPart: Written, socket: FastifyRequest['socket']): AsyncGenerator<string> {
    writing++;
    try {
      for (let part = firstPart; ; ) {
        if ('fault' in part) throw new Error(part.text);
        if (part.text !== '') yield part.text;
        const { rest: nextStep } = part;
        if (nextStep === null) return;
        part = await write(async () => (socket.destroyed ? null : nextStep));
      }
    } finally {
      endText();
    }
  }

  const schemaText = JSON.stringify(schema);
  http.get('/schema', (_request, reply) => send(reply, 200, schemaText));
  http.get('/health', (_request, reply) =>
    send(reply, 200, JSON.stringify({ status: context.isStopping() ? 'stopping' : 'ok', fingerprint })),
  );
  http.get('/metrics', (_request, reply) =>
    send(reply, 200, context.metricsText(), 'text/plain; version=0.0.4; charset=utf-8'),
  );
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
      const routes = Object.entries(methods).map(([route, method]) => `${method} ${route}`);
      return sendError(reply, 404, `path is unknown, expected ${routes.join(', ')}`);
    }
    reply.header('allow', method);
    return sendError(reply, 405, `method has ${request.method}, expected ${method} ${path}`);
  });
  http.setErrorHandler<FastifyError>((error, request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode < 500) return sendError(reply, statusCode, describe(error, request, maxBytes, contentTypes));
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return reply.hijack(); // the client went before its text began
    onError(error);
    return sendError(reply, statusCode, 'the server has failed, expected an answer');
  });

  await http.ready();
  return {
    handle: http.routing,
    get waiting() {
      return queue.waiting;
    },
    get calls() {
      return queue.calls;
    },
    hurry(limitMs) {
      queue.hurry();
      pool.hurry(limitMs);
    },
    async retire() {
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        checkIdle();
      });
      await pool.close();
    },
    end: () => pool.close(),
  };
}

/** Why the charset or content-encoding of a body is refused; undefined if the server can read it. */
function faultOfCoding({ headers }: FastifyRequest): Fault | undefined {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = headers;
  if (coding.toLowerCase() !== 'identity') {
    return [415, `content-encoding has ${show(coding)}, expected "identity" or none`];
  }
  if (!/charset/i.test(type.replace(UTF8, ''))) return undefined;
  return [415, `content-type has ${show(type)}, expected "application/json" with charset utf-8 or none`];
}
const UTF8 = /;\s*charset\s*=\s*("?)utf-?8\1\s*(?=;|$)/gi;

/** The types that curl gives a body with -d and -F. They stay refused, since a page of any site may send a form. */
const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data'];
const JSON_HINT = "for JSON, curl needs -H 'content-type: application/json'";
const IMAGE_HINT = "for an image, --data-binary @image.png -H 'content-type: image/png'";

/** The error message for a body that is refused before it is parsed. */
function describe(
  error: FastifyError,
  { headers }: FastifyRequest,
  maxBytes: number,
  contentTypes: readonly string[],
): string {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return `body is too long, expected at most ${maxBytes} bytes`;
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const expected = contentTypes.map(show).join(', ');
    const [type = null] = headers['content-type']?.split(';') ?? [];
    const hint = contentTypes.includes(IMAGES[0]) ? `${JSON_HINT}; ${IMAGE_HINT}` : JSON_HINT;
    return `content-type has ${show(type)}, expected ${expected}${FORMS.includes(type ?? '') ? ` (${hint})` : ''}`;
  }
  if (error.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return `content-length has ${show(headers['content-length'])}, expected the bytes of the body`;
  }
  return error.message;
}
