import { once } from 'node:events';
import { type Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Preprocessing } from '@gradloom/core';
import {
  createModel,
  dense,
  embedding,
  gru,
  type Model,
  type ModelContents,
  saveModel,
  sequential,
} from '@gradloom/runtime';
import { onTestFinished } from 'vitest';
import { type AtEnd, startProgram, temporaryDirectory } from './command-line.ts';

const column = (name: string, center: number, scale: number) =>
  ({ name, type: 'numeric', center, scale, fill: null, indicator: false }) as const;

const preprocessing: Preprocessing = {
  version: 1,
  columns: [
    column('length', 5.8, 0.8),
    column('width', 3, 0.4),
    { name: 'place', type: 'categorical', categories: ['bog', 'shore'], missing: true },
  ],
  target: [{ name: 'species', type: 'classes', labels: ['setosa', 'virginica'] }],
};

/** A model of a small table. */
export const tableModel: ModelContents = {
  spec: { input: 5, layers: [{ kind: 'dense', out: 2 }] },
  parameters: Float64Array.from({ length: 12 }, (_, p) => Math.sin(p)),
  loss: 'softmax-cross-entropy',
  preprocessing,
};

const letters = ['\n', 'a', 'b', 'é'];

/** A model of text with a recurrent layer, whose window of 8 tokens is soon full. */
export const textModel: ModelContents = {
  spec: sequential(8, embedding(4, 3), gru(3), dense(4)),
  parameters: Float64Array.from({ length: 100 }, (_, p) => 2 * Math.sin(p * p)),
  loss: 'softmax-cross-entropy',
  preprocessing: {
    version: 1,
    text: { tokenizer: { kind: 'characters', vocabulary: letters }, context: 8, lines: false },
  },
};

export interface Served {
  readonly url: string;
  readonly path: string; // file of the model
  readonly pid: number;
  readonly model: Model;
  readonly stdout: readonly string[];
  /** What it has printed on standard error so far. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** How the process ended. */
  readonly end: Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

/** Starts the server in a separate process, on a free port; it is killed after the test. */
export async function startServer(
  flags: readonly string[] = [],
  { contents = tableModel, port = '0', isRun = false, atEnd = onTestFinished }: StartOptions = {},
): Promise<Served> {
  const folder = temporaryDirectory(atEnd);
  const path = join(folder, 'model.gradloom');
  saveModel(path, contents);
  const child = startProgram(['serve', isRun ? folder : path, '--port', port, ...flags], folder);
  atEnd(() => void child.kill('SIGKILL'));
  const stdout: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => stdout.push(line));
  const begun = Promise.race([once(lines, 'line'), once(lines, 'close')]);
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (part: string) => errors.push(part));
  const stderr = (): string => errors.join('');
  const end = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr: stderr() }));
  await begun;
  const [url] = (stdout[0] ?? '').split(' ');
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  return { url, path, pid: child.pid as number, model: createModel(contents), stdout, stderr, kill, end };
}

interface StartOptions {
  readonly contents?: ModelContents;
  readonly port?: string;
  readonly isRun?: boolean; // the server is given the folder of the model
  readonly atEnd?: AtEnd;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends one request; a string is sent unchanged, anything else as JSON. */
export function ask(
  url: string,
  body?: unknown,
  { headers = {}, agent, method = body === undefined ? 'GET' : 'POST' }: AskOptions = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request(
      url,
      { method, headers: { ...type, ...headers }, agent: agent ?? false },
      async (incoming) => {
        const parts = await incoming.setEncoding('utf8').toArray();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: parts.join('') });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(
      body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    );
  });
}

interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

/** Sends bytes on a new connection and returns all that the server sends until it closes the connection. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}); // the server may close it while the last bytes are written
  socket.write(bytes);
  const parts: string[] = [];
  socket.setEncoding('utf8').on('data', (part: string) => parts.push(part));
  await once(socket, 'close');
  return parts.join('');
}

/** A metric of /metrics. */
export async function metric(url: string, name: string): Promise<number> {
  const { body } = await ask(`${url}/metrics`);
  const line = body.split('\n').find((it) => it.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1));
}
