import { createRequire } from 'node:module';

/** Only the used part is declared: the package is not installed when types are checked. */
type Autocannon = (options: {
  url: string;
  method: 'POST';
  headers: Record<string, string>;
  body: string;
  connections: number;
  duration: number; // seconds
}) => Promise<{
  requests: { average: number };
  latency: { p50: number; p99: number }; // ms
  non2xx: number;
  errors: number;
}>;

export interface Load {
  readonly perSecond: number;
  readonly p50: number; // ms
  readonly p99: number;
}

/** Sends the body to /predict repeatedly on each connection. @throws Error for an unexpected answer. */
export async function load(url: string, body: string, connections: number, seconds: number): Promise<Load> {
  const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;
  const headers = { 'content-type': 'application/json' };
  const sent = { url: `${url}/predict`, method: 'POST', headers, body, connections, duration: seconds } as const;
  const { requests, latency, non2xx, errors } = await autocannon(sent);
  if (non2xx + errors > 0) throw new Error(`bench: ${url} has refused ${non2xx + errors} requests, expected none`);
  return { perSecond: requests.average, p50: latency.p50, p99: latency.p99 };
}
