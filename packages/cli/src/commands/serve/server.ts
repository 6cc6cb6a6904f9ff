import type { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createConnections, TIME_LIMITS } from '../http/connections.ts';
import type { HostCheck } from '../http/host-names.ts';
import { faultOfHost, faultOfOrigin, limitsOf } from '../http/http-server.ts';
import {
  createModelRoutes,
  JSON_TYPE,
  type ModelRoutes,
  routeOf,
  type ServedModel,
  type ServerContext,
} from './model-routes.ts';
import { createServerMetrics } from './server-metrics.ts';

export interface ServerOptions extends Pick<ServerContext, 'maxWaiting' | 'delayMs' | 'cors' | 'onError'> {
  readonly allowsHost: HostCheck;
  readonly timeLimits?: Partial<typeof TIME_LIMITS>;
}

export interface Server {
  readonly http: FastifyInstance;
  /** From now on, new requests are answered by this model. The threads of the last one end after its last answer. */
  setModel(model: ServedModel): Promise<void>;
  /** Stops listening, answers all requests that have arrived, and resolves when all connections are closed. */
  stop(): Promise<void>;
  /** Ends all threads. */
  endThreads(): Promise<void>;
}

const MAX_CONNECTIONS = 4096;
/** Maximum number of bytes of all bodies that arrive at once, one on each connection. */
const MAX_ARRIVING_BYTES = 2 ** 30;

/** The HTTP server; it does not listen yet, and needs a model. Requests go to the routes of its newest model. */
export function createServer(options: ServerOptions): Server {
  const { cors, allowsHost } = options;
  const timeLimits = { ...TIME_LIMITS, ...options.timeLimits };
  const metrics = createServerMetrics();
  const connections = createConnections(timeLimits, (status) => metrics.count('none', status, 0));
  let stopping = false;
  const hostFault = faultOfHost(allowsHost, 'localhost, the address of this server, or a name that --allow-host has');

  /** Every answer goes out here: it is counted, and closes its connection if the server is stopping. */
  function send(reply: FastifyReply, status: number, content: string | Readable, type = JSON_TYPE): FastifyReply {
    const { url, begunMs } = reply.request;
    metrics.count(routeOf(url), status, (performance.now() - begunMs) / 1000);
    if (stopping) reply.header('connection', 'close');
    if (cors !== undefined) reply.header('access-control-allow-origin', cors).header('vary', 'origin');
    return reply.code(status).header('content-type', type).send(content);
  }

  /** All errors have the same form. */
  function sendError(reply: FastifyReply, status: number, sentence: string): FastifyReply {
    return send(reply, status, JSON.stringify({ error: sentence }));
  }

  /** Refuses what a page of another site sends, though its browser would not show it the answer. */
  const faultOfPage = (request: FastifyRequest) =>
    request.method !== 'POST' || cors === '*' || cors === request.headers.origin
      ? undefined
      : faultOfOrigin(request, 'the address of this server, or the origin that --cors has');

  const limits = limitsOf(timeLimits, connections, hostFault, sendError);
  const context: ServerContext = {
    ...options,
    limits,
    metrics,
    send,
    sendError,
    isStopping: () => stopping,
    faultOf: (reply) => connections.admit(reply) ?? hostFault(reply.request) ?? faultOfPage(reply.request),
    metricsText() {
      const openReplies = [...open];
      return metrics.text({
        waiting: openReplies.reduce((sum, { waiting }) => sum + waiting, 0),
        calls: openReplies.reduce((sum, { calls }) => sum + calls, endedCalls),
        residentBytes: process.memoryUsage.rss(),
      });
    },
  };
  let maxBytes = 1;
  let current: ModelRoutes | undefined;
  const open = new Set<ModelRoutes>(); // also those of older models that still answer
  let endedCalls = 0; // calls to the threads of older models
  const http = Fastify(limits);
  http.server.removeAllListeners('request').on('request', (request, response) => current?.handle(request, response));
  connections.watch(http.server, () =>
    Math.max(1, Math.min(MAX_CONNECTIONS, Math.floor(MAX_ARRIVING_BYTES / maxBytes))),
  );
  // A client may close its side after its request. Without this its connection would end before its answer.
  Object.assign(http.server, { httpAllowHalfOpen: true });

  async function endAfterAnswers(routes: ModelRoutes): Promise<void> {
    await routes.retire();
    open.delete(routes);
    endedCalls += routes.calls;
  }

  return {
    http,
    async setModel(model) {
      const routes = await createModelRoutes(model, context);
      open.add(routes);
      if (current !== undefined) void endAfterAnswers(current);
      current = routes;
      maxBytes = model.maxBytes;
    },
    async stop() {
      stopping = true;
      for (const routes of open) routes.hurry(timeLimits.stop);
      await connections.end(http.close());
    },
    async endThreads() {
      await Promise.all([...open].map((routes) => routes.end()));
    },
  };
}
