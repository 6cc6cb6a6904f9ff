import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LiveServer, startLiveServer } from '../../packages/cli/src/commands/live/live-server.ts';
import { watchFolders } from '../../packages/cli/src/commands/live/watched-run.ts';
import { gradloom, temporaryDirectory } from './command-line.ts';

/** A run of 40 steps, an epoch each, whose lines are withheld, so that a test lets them appear. */
export interface PartialRun {
  readonly folder: string;
  readonly steps: readonly string[]; // lines of steps.jsonl, each with its line break
  /** Appends lines to both files. */
  append(from: number, to: number): void;
  /** Replaces the lines of both files. */
  replace(from: number, to: number): void;
}

/** Trains, and withholds the lines. */
export async function partialRun(name = 'run', flags: readonly string[] = []): Promise<PartialRun> {
  const folder = join(temporaryDirectory(), name);
  const args = ['train', '--dataset', 'xor', '--epochs', '40', '--threads', '1', '--backend', 'reference', ...flags];
  const { code, stderr } = await gradloom([...args, '--quiet', '--out', folder]);
  if (code !== 0) throw new Error(stderr);
  const files = ['metrics.jsonl', 'steps.jsonl'].map((file) => {
    const path = join(folder, file);
    const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
    writeFileSync(path, '');
    return { path, lines };
  });
  const each = (write: (path: string, text: string) => void, from: number, to: number): void => {
    for (const { path, lines } of files) write(path, lines.slice(from, to).join(''));
  };
  return {
    folder,
    steps: files[1].lines,
    append: (from, to) => each(appendFileSync, from, to),
    replace: (from, to) => each(writeFileSync, from, to),
  };
}

/** The server in this process; it stops after the test. */
export async function serveLive(...paths: string[]): Promise<LiveServer & { readonly events: string }> {
  for (const path of paths) mkdirSync(path, { recursive: true });
  const server = await startLiveServer(watchFolders(paths));
  onTestFinished(() => server.stop());
  return { ...server, events: server.url.replace('/?', '/events?') };
}

export interface LiveEvent {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests read what they expect.
  readonly data: any;
}

/** Reads events until one fulfils a condition; returns all of them, and closes the connection. */
export async function eventsUntil(
  url: string,
  isLast: (event: LiveEvent) => boolean,
  lastId = '',
): Promise<LiveEvent[]> {
  const controller = new AbortController();
  const headers = lastId === '' ? {} : { 'last-event-id': lastId };
  const { body, status } = await fetch(url, { headers, signal: controller.signal });
  if (body === null || status !== 200) throw new Error(`the server answers ${status}`);
  const events: LiveEvent[] = [];
  let waiting = '';
  for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
    waiting += bytes;
    if (!bytes.includes('\n')) continue;
    const blocks = waiting.split('\n\n');
    waiting = blocks.pop() ?? '';
    for (const block of blocks) {
      const of = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (of('event') === '') continue;
      const event = { id: of('id'), event: of('event'), data: JSON.parse(of('data')) };
      events.push(event);
      if (!isLast(event)) continue;
      controller.abort();
      return events;
    }
  }
  return events;
}

/** The steps in events of a run, in their order. */
export const stepsIn = (events: readonly LiveEvent[], run = 0): number[] =>
  events
    .filter(({ event, data }) => event === 'lines' && data.run === run)
    .flatMap(({ data }) => data.steps.map(({ step }: { step: number }) => step));
