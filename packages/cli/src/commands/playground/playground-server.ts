import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { reasonOf } from '@gradloom/core/internal';
import { builtFile, createPageServer, servePage } from '../http/page-server.ts';
import type { DigitFile, DigitLine } from './digit-file.ts';

/** Files that the page and its workers ask for, and their types. */
export const FILES: Readonly<Record<string, string>> = { 'worker.js': 'text/javascript; charset=utf-8' };
/** File of the model that reads digits. */
export const DIGITS = 'digits.json';

/** Allows the page to share memory between its workers, which then cannot load anything from other servers. */
const ISOLATION = { 'cross-origin-embedder-policy': 'require-corp' };

/** A worker may compile WebAssembly, start workers of its own, and ask this server. */
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/** Milliseconds between two lines about the training of the model. */
const LINE_MS = 250;

/** Opens the model of digits. Calls `onTraining` with the share of its training that is done. */
export type OpenDigits = (onTraining: (share: number) => void) => Promise<DigitFile>;

/**
 * Serves the page and its files on a loopback address; `digits` is called when the first digit is drawn.
 * @throws UsageError if `port` cannot be listened on.
 */
export async function startPlayground(
  digits: OpenDigits,
  port = 0,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const names = ['', ...Object.keys(FILES), DIGITS];
  const routes = `GET ${names.map((name) => `/${name}`).join(', ')}`;
  const server = createPageServer({ routes, maxConnections: 64, headers: ISOLATION });
  const { http } = server;
  servePage(http, 'playground/index.html', { 'worker-src': "'self'" });
  for (const [name, type] of Object.entries(FILES)) {
    const bytes = readFileSync(builtFile(`playground/${name}`));
    http.get(`/${name}`, (_request, reply) =>
      reply.header('content-security-policy', WORKER_POLICY).type(type).send(bytes),
    );
  }
  let opening: Promise<DigitFile> | null = null;
  let trainedShare = 0;
  http.get(`/${DIGITS}`, (_request, reply) => {
    if (opening === null) {
      trainedShare = 0;
      opening = digits((done) => {
        trainedShare = done;
      });
      opening.catch(() => {
        opening = null;
      });
    }
    return reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(linesOf(opening, () => trainedShare)));
  });
  return { url: await server.listen(port), stop: server.stop };
}

/** The lines of the answer. A model that is there already is the only one, as in the file that --out writes. */
async function* linesOf(opening: Promise<DigitFile>, shareNow: () => number): AsyncGenerator<string> {
  const lastLine = opening.catch((error: unknown) => ({ error: reasonOf(error) }));
  for (let line: DigitLine | null = null; line === null; ) {
    line = await Promise.race([lastLine, setTimeout(LINE_MS, null)]);
    yield `${JSON.stringify(line ?? { share: shareNow() })}\n`;
  }
}
