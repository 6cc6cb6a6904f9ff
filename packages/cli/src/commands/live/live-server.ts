import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { OptionError } from '@gradloom/core';
import { has, show } from '@gradloom/core/internal';
import type { SteerAction } from '@gradloom/runtime';
import { REPORT_FILE, readRunFile } from '../../files/run-files/names.ts';
import { isRecord } from '../../options/read-object.ts';
import { withoutCaller } from '../../terminal/failure.ts';
import { createPageServer, sendError, servePage } from '../http/page-server.ts';
import { eventsOf } from './events.ts';
import type { ControlMessage } from './messages.ts';
import type { WatchedRun, WatchedRuns } from './watched-run.ts';

/** A server of the live page, which only this machine reaches. */
export interface LiveServer {
  readonly url: string; // with the token
  /** Whether a page reads the events now, or did a moment ago, as one does that is being loaded again. */
  isWatched(): boolean;
  /** Resolves when no page reads the events any more, or after `signal`. */
  whenUnwatched(signal: AbortSignal): Promise<void>;
  /** Sends what the files have, and resolves when all connections are closed: within two seconds. */
  stop(): Promise<void>;
}

/** Maximum number of streams at once: a browser opens at most six, and a tab that is not seen has none. */
export const MAX_STREAMS = 16;

/** A page that is loaded again, or connects again, reads the events after this time at the latest. */
const RELOAD_MS = 3000;

/** Milliseconds between two looks for pages. */
const WATCH_MS = 200;

/** A reader that takes nothing for so long after the end loses its connection. */
const STOP_MS = 1000;

/**
 * A report has no script, whoever wrote it. In a sandbox it has no origin, so no link of it sends its address, which
 * has the token, whatever referrer policy the link names:
 * [Referrer Policy, 8.4](https://www.w3.org/TR/referrer-policy/#determine-requests-referrer).
 */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

const ROUTES = 'GET /, GET /events, GET /wrong, GET /report or POST /control';

const MAX_CONTROL_BYTES = 1024;
const MAX_REPORT_BYTES = 2 ** 26;

/** Serves the page and its events on a loopback address. @throws UsageError if `port` cannot be listened on. */
export async function startLiveServer(runs: WatchedRuns, port = 0): Promise<LiveServer> {
  const streamsEnd = new AbortController();
  setMaxListeners(MAX_STREAMS, streamsEnd.signal); // each stream waits for it
  const server = createPageServer({ routes: ROUTES, maxConnections: 4 * MAX_STREAMS, stopMs: STOP_MS });
  const { http } = server;
  servePage(http, 'live.html');

  http.addContentTypeParser('application/json', { parseAs: 'string' }, http.getDefaultJsonParser('error', 'error'));
  http.post('/control', { bodyLimit: MAX_CONTROL_BYTES }, async ({ body }, reply) => {
    const { run: index, action, rate } = (isRecord(body) ? body : {}) as Partial<ControlMessage>;
    const run = runs().find((_, k) => k === index);
    if (run === undefined) return sendError(reply, 400, `run ${has(index)}, expected the place of a run, such as 0`);
    try {
      return await run.steer(action as SteerAction, rate);
    } catch (error) {
      return sendError(reply, error instanceof OptionError ? 400 : 409, withoutCaller(error));
    }
  });

  const runAt = (query: unknown): readonly [run: WatchedRun | undefined, index: unknown] => {
    const { run: index } = query as { run?: unknown };
    return [typeof index === 'string' && /^\d{1,3}$/.test(index) ? runs().at(Number(index)) : undefined, index];
  };

  http.get('/wrong', async ({ query }, reply) => {
    const [run, index] = runAt(query);
    if (run === undefined) return sendError(reply, 404, `run ${has(index)}, expected the place of a run, such as 0`);
    try {
      return await run.wrongRows();
    } catch (error) {
      return sendError(reply, 409, withoutCaller(error));
    }
  });

  http.get('/report', ({ query }, reply) => {
    const [run, index] = runAt(query);
    const path = run === undefined ? undefined : join(run.folder, REPORT_FILE);
    const html = path === undefined ? null : readRunFile('live', path, 'a report', MAX_REPORT_BYTES);
    if (html === null) return sendError(reply, 404, `run ${show(index)} has no report, expected one that has ended`);
    return reply.header('content-security-policy', REPORT_POLICY).type('text/html; charset=utf-8').send(html);
  });

  let streams = 0;
  let lastCloseMs = Number.NEGATIVE_INFINITY;
  http.get('/events', (request, reply) => {
    if (streams >= MAX_STREAMS) {
      return sendError(reply, 503, `${streams} pages read this server, expected fewer (close some)`);
    }
    const { 'last-event-id': lastId = '' } = request.headers;
    const events = eventsOf(runs, String(lastId), streamsEnd.signal);
    // One event at a time: the next one is read when the connection has taken it.
    const stream = Readable.from(events, { highWaterMark: 1 });
    streams++;
    // The stream itself closes only after the event for which it waits.
    reply.raw.once('close', () => {
      streams--;
      lastCloseMs = performance.now();
    });
    return reply.type('text/event-stream; charset=utf-8').send(stream);
  });

  const isWatched = (): boolean => streams > 0 || performance.now() - lastCloseMs < RELOAD_MS;
  return {
    url: await server.listen(port),
    isWatched,
    async whenUnwatched(signal) {
      while (isWatched() && !signal.aborted) await setTimeout(WATCH_MS, undefined, { signal }).catch(() => {});
    },
    async stop() {
      streamsEnd.abort();
      await server.stop();
    },
  };
}
