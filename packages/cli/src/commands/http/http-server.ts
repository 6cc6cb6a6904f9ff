import { show } from '@gradloom/core/internal';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { UsageError } from '../../terminal/failure.ts';
import type { Connections, Fault, TIME_LIMITS } from './connections.ts';
import type { HostCheck } from './host-names.ts';

/** The address that `localhost` stands for. */
export const LOOPBACK = '127.0.0.1';

/** Scheme and host, which precede the path in a request to a proxy. They replace the header `host`. */
export const ORIGIN = /^https?:\/\/([^/?#]*)/i;

/** Sends a fault as an answer. */
export type SendError = (reply: FastifyReply, ...fault: Fault) => FastifyReply;

/** Options of Fastify for a server with limits of time, whose every refused request is answered by `sendError`. */
export const limitsOf = (
  timeLimits: typeof TIME_LIMITS,
  { refuseBytes }: Connections,
  faultOf: (request: FastifyRequest) => Fault | undefined,
  sendError: SendError,
) => ({
  requestTimeout: timeLimits.request,
  connectionTimeout: timeLimits.read,
  return503OnClosing: false, // requests on open connections are still answered, with connection: close
  http: { headersTimeout: timeLimits.head, connectionsCheckingInterval: timeLimits.check, requireHostHeader: false },
  clientErrorHandler: refuseBytes,
  // Routes without parameters and constraints have no other error than a path that cannot be decoded.
  frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    void sendError(reply, ...(faultOf(request) ?? faultOfPath(request))),
});

/** Names the path alone: what follows it may hold a token. */
const faultOfPath = ({ url }: FastifyRequest): Fault => {
  const expected = 'UTF-8, with two hexadecimal digits after each %, such as %20';
  return [400, `path has ${show(url.split('?')[0])}, expected ${expected}`];
};

/** Refuses requests for other hosts (DNS rebinding). `expected` describes the allowed hosts. */
export const faultOfHost =
  (allowsHost: HostCheck, expected: string) =>
  ({ url, headers, socket, raw }: FastifyRequest): Fault | undefined => {
    const authority = (url.startsWith('/') ? undefined : ORIGIN.exec(url)?.[1]) ?? headers.host;
    if (authority !== undefined) {
      if (allowsHost(authority, socket.localAddress)) return undefined;
      return [421, `host has ${show(authority)}, expected ${expected}`];
    }
    // HTTP/1.0 needs no host header. Health checks leave it out; browsers never do.
    return raw.httpVersion === '1.0' ? undefined : [400, `host is missing, expected ${expected}`];
  };

/**
 * Refuses what a page of another site sends. Browsers name the origin of a page with all that it sends elsewhere, and
 * with every POST. `expected` describes the allowed origins.
 */
export function faultOfOrigin({ headers: { origin, host } }: FastifyRequest, expected: string): Fault | undefined {
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return undefined;
  return [403, `origin has ${show(origin)}, expected ${expected}`];
}

/** Listens, and resolves to the address. @throws UsageError if the system refuses host or port. */
export async function listen(http: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    // For 'localhost' fastify starts two servers; the second has no limits and never answers upgrades to HTTP/2.
    return await http.listen({ host: host === 'localhost' ? LOOPBACK : host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    await http.close();
    if (code === 'EADDRINUSE') {
      throw new UsageError(`--port has ${port}, which another program listens on, expected a free one (0 takes any)`);
    }
    if (code === 'EACCES') {
      throw new UsageError(`--port has ${port}, which this user may not listen on, expected one from 1024 on`);
    }
    throw new UsageError(`--host has ${show(host)}, expected an address of this machine (${String(code)})`);
  }
}
