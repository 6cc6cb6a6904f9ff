import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { show } from '@gradloom/core/internal';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { TOKEN_HEADER } from '../live/messages.ts';
import { createConnections, type Fault, TIME_LIMITS } from './connections.ts';
import { createHostCheck } from './host-names.ts';
import { faultOfHost, faultOfOrigin, LOOPBACK, limitsOf, listen } from './http-server.ts';

/** A server of a page, which only this machine reaches, with the address that is printed. */
export interface PageServer {
  readonly http: FastifyInstance;
  /** Listens on a loopback address. Resolves to the address with the token. @throws UsageError if it cannot. */
  listen(port: number): Promise<string>;
  /** Closes all connections. Resolves when they are closed. */
  stop(): Promise<void>;
}

export interface PageOptions {
  readonly routes: string; // described in errors
  readonly maxConnections: number;
  readonly stopMs?: number; // a reader that takes nothing for so long after the end loses its connection
  readonly headers?: Readonly<Record<string, string>>; // of every answer
}

/** Headers of every answer: no other page may show, embed or read it, and no address leaves with its token. */
const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** URL of this module: of its source file, or of the bundle. */
const moduleUrl = import.meta.url;

/** A server whose every request needs an allowed host, its own origin and the token. */
export function createPageServer({ routes, maxConnections, stopMs, headers = {} }: PageOptions): PageServer {
  const token = randomBytes(16).toString('base64url');
  const limits = { ...TIME_LIMITS, ...(stopMs === undefined ? {} : { stop: stopMs }) };
  const connections = createConnections(limits, () => {});
  const hostFault = faultOfHost(createHostCheck([]), 'localhost or the address of this server');
  const serverLimits = limitsOf(limits, connections, hostFault, sendError);
  const http = Fastify({ bodyLimit: 1, exposeHeadRoutes: false, ...serverLimits });
  connections.watch(http.server, () => maxConnections);
  http.removeAllContentTypeParsers();
  http.addHook('onRequest', (request, reply, done) => {
    const connectionFault = connections.admit(reply);
    reply.headers({ ...HEADERS, ...headers });
    const fault =
      connectionFault ??
      hostFault(request) ??
      faultOfOrigin(request, 'the address of this server') ??
      faultOfToken(tokenOf(request), token);
    if (fault === undefined) done();
    else sendError(reply, ...fault);
  });
  http.setNotFoundHandler(({ method, url }, reply) => {
    if (method === 'GET') return sendError(reply, 404, `path is unknown, expected ${routes}`);
    return sendError(
      reply.header('allow', [...new Set(routes.match(/GET|POST/g))].join(', ')),
      405,
      `${method} ${show(url.split('?')[0])} is unknown, expected ${routes}`,
    );
  });
  http.setErrorHandler<FastifyError>(({ statusCode = 500, message }, _request, reply) =>
    sendError(reply, statusCode, message),
  );
  return {
    http,
    listen: async (port) => `${await listen(http, LOOPBACK, port)}/?token=${token}`,
    stop: () => connections.end(http.close()),
  };
}

export function sendError(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send({ error: sentence });
}

/** Only pages of this server can send a header of their own: other sites would have to ask first. */
const tokenOf = ({ method, query, headers }: FastifyRequest): unknown =>
  method === 'GET' ? (query as { token?: unknown }).token : headers[TOKEN_HEADER];

function faultOfToken(sentToken: unknown, token: string): Fault | undefined {
  if (typeof sentToken === 'string' && sentToken.length === token.length) {
    if (timingSafeEqual(sha256Of(sentToken), sha256Of(token))) return undefined;
  }
  const has = sentToken === undefined ? 'token is missing' : 'token is another one';
  return [401, `${has}, expected the address that was printed, with ?token= (a POST has it in ${TOKEN_HEADER})`];
}

const sha256Of = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A built file, beside the bundle. */
export const builtFile = (name: string): URL =>
  new URL(moduleUrl.endsWith('.ts') ? `../../../dist/${name}` : `./${name}`, moduleUrl);

/**
 * Answers GET / with a built page, and a policy that allows its own script and style, by their hashes, requests to this
 * server, and what `extraSources` lists.
 */
export function servePage(
  http: FastifyInstance,
  name: string,
  extraSources: Readonly<Record<string, string>> = {},
): void {
  const html = readFileSync(builtFile(name), 'utf8');
  const hashOf = (tag: string): string => {
    const [, text = ''] = html.split(new RegExp(`</?${tag}[^<>]*>`));
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  const directives: Record<string, string> = {
    'default-src': "'none'",
    'script-src': hashOf('script'),
    'style-src': hashOf('style'),
    'connect-src': "'self'",
    'img-src': 'data:',
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  };
  for (const [name, sources] of Object.entries(extraSources)) {
    directives[name] = name in directives ? `${directives[name]} ${sources}` : sources;
  }
  const policy = Object.entries(directives).map((entry) => entry.join(' '));
  http.get('/', (_request, reply) =>
    reply.header('content-security-policy', policy.join('; ')).type('text/html; charset=utf-8').send(html),
  );
}
