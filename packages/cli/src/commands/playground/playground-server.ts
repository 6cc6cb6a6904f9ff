import { readFileSync } from 'node:fs';
import { builtFile, createPageServer, servePage } from '../http/page-server.ts';
import type { DigitFile } from './digit-file.ts';

/** Files that the page and its workers ask for, and their types. */
export const FILES: Readonly<Record<string, string>> = {
  'worker.js': 'text/javascript; charset=utf-8',
};
/** File of the model that reads digits. */
export const DIGITS = 'digits.json';

/** Allows the page to share memory between its workers, which then cannot ask others for anything. */
const ISOLATION = { 'cross-origin-embedder-policy': 'require-corp' };

/** A worker may compile WebAssembly, start workers of its own, and ask this server. */
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/**
 * Serves the page and its files on a loopback address; `digits` is called when the first digit is drawn.
 * @throws UsageError if `port` cannot be listened on.
 */
export async function startPlayground(
  digits: () => Promise<DigitFile>,
  port = 0,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const names = ['', ...Object.keys(FILES), DIGITS];
  const routes = `GET ${names.map((name) => `/${name}`).join(', ')}`;
  const server = createPageServer({ routes, mostConnections: 64, headers: ISOLATION });
  const { http } = server;
  servePage(http, 'playground/index.html', { 'worker-src': "'self'" });
  for (const [name, type] of Object.entries(FILES)) {
    const contents = readFileSync(builtFile(`playground/${name}`));
    http.get(`/${name}`, (_request, reply) =>
      reply.header('content-security-policy', WORKER_POLICY).type(type).send(contents),
    );
  }
  let opening: Promise<DigitFile> | null = null;
  http.get(`/${DIGITS}`, async (_request, reply) => {
    opening ??= digits();
    try {
      return await reply.type('application/json; charset=utf-8').send(await opening);
    } catch (error) {
      opening = null;
      throw error;
    }
  });
  return { url: await server.listen(port), stop: server.stop };
}
