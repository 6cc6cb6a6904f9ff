import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildNetwork, convnet, initializeParameters } from '@gradloom/core';
import { saveModel } from '@gradloom/runtime';
import { encode } from 'fast-png';
import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { count, matching, orRefuse, positive } from '../options.ts';

// How many requests a second does `gradloom serve` answer, compared with a server that answers a constant? iris is
// answered where requests arrive, the convnet by threads. Run alone on the machine: the client needs its own core.
// Usage: npm run bench:serve -- [--only convnet] [--connections 10] [--rounds 9] [--seconds 1] [--rows 1] [--threads 1]

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      only: { type: 'string', default: '' }, // part of a workload's name
      connections: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '1' },
      rows: { type: 'string', default: '1' }, // rows of a request; that of a PNG file is one
      threads: { type: 'string' }, // of the server, default as in `serve`
    },
  }),
);
const connections = count('connections', values.connections);
const rounds = count('rounds', values.rounds);
const seconds = positive('seconds', values.seconds);
const rows = count('rows', values.rows);
const threads = values.threads === undefined ? [] : ['--threads', String(count('threads', values.threads))];

/** Only the used part is declared: the package is not installed when types are checked. */
type Autocannon = (options: {
  url: string;
  method: 'POST';
  headers: Record<string, string>;
  body: string | Buffer;
  connections: number;
  duration: number; // seconds
}) => Promise<{
  requests: { average: number };
  latency: { p50: number; p99: number }; // ms
  non2xx: number;
  errors: number;
}>;

interface Load {
  readonly perSecond: number;
  readonly p50: number; // ms
  readonly p99: number;
}

const WARM_SECONDS = 3;
const gradloom = join(import.meta.dirname, '../../packages/cli/bin/gradloom.js');
/** A model and a request for it. */
interface Workload {
  readonly name: string;
  readonly type: string; // of the body
  readonly body: string | Buffer;
  saveModel(path: string): void;
}

const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
const SIDE = 28;
/** A grey disc, which covers as many pixels as a digit of MNIST. */
const disc = Uint8Array.from({ length: SIDE * SIDE }, (_, pixel) => {
  const distance = Math.hypot((pixel % SIDE) - SIDE / 2, Math.floor(pixel / SIDE) - SIDE / 2);
  return Math.max(0, 255 - 36 * distance);
});
const json = (row: object): Pick<Workload, 'type' | 'body'> => ({
  type: 'application/json',
  body: JSON.stringify(rows === 1 ? row : Array.from({ length: rows }, () => row)),
});
const workloads = matching('only', values.only, [
  { name: 'iris', ...json(flower), saveModel: trainIris },
  { name: 'Keras convnet, numbers', ...json(Array.from(disc, (byte) => byte / 255)), saveModel: saveConvnet },
  {
    name: 'Keras convnet, PNG',
    type: 'image/png',
    body: Buffer.from(encode({ width: SIDE, height: SIDE, channels: 1, data: disc })),
    saveModel: saveConvnet,
  },
] satisfies Workload[]);

install();
const folder = mkdtempSync(join(tmpdir(), 'gradloom-serve-'));
const servers: ChildProcess[] = [];
try {
  const bare = await start(join(import.meta.dirname, 'bare-server.mjs'));
  for (const workload of workloads) await measure(workload, bare);
} finally {
  for (const child of servers) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(workload: Workload, bare: string): Promise<void> {
  const model = join(folder, `${workload.name}.gradloom`);
  workload.saveModel(model);
  const urls = { bare, gradloom: await start(gradloom, 'serve', model, '--port', '0', ...threads) };
  for (const url of Object.values(urls)) await load(url, workload, WARM_SECONDS);
  const measured: Record<keyof typeof urls, Load>[] = [];
  for (let round = 0; round < rounds; round++) {
    const pair = {
      bare: await load(urls.bare, workload, seconds),
      gradloom: await load(urls.gradloom, workload, seconds),
    };
    measured.push(pair);
    console.log(`${line('bare', pair.bare)}   ${line('gradloom', pair.gradloom)}   ${ratioOf(pair).toFixed(2)}`);
  }
  const ratios = measured.map(ratioOf).sort((a, b) => a - b);
  const p99 = median(measured.map((pair) => pair.gradloom.p99));
  const perSecond = Math.round(median(measured.map((pair) => pair.gradloom.perSecond)));
  const spread = `${ratios[0].toFixed(2)} to ${ratios[ratios.length - 1].toFixed(2)}`;
  console.log(`${workload.name}: ${connections} connections, ${rows} rows a request, Node ${process.version}`);
  console.log(
    `${perSecond}/s, ratio ${median(ratios).toFixed(2)} (median of ${rounds}; ${spread}), p99 ${p99} ms (median)`,
  );
}

function trainIris(path: string): void {
  const run = join(folder, 'iris');
  const train = [gradloom, 'train', '--dataset', 'iris', '--out', run, '--quiet'];
  const { status, stderr } = spawnSync(process.execPath, train, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench: training iris has failed, expected a model (${stderr.trim()})`);
  renameSync(join(run, 'model.gradloom'), path);
}

/** Saves the convnet of the other benchmarks, untrained: weights do not change the time of an answer. */
function saveConvnet(path: string): void {
  const network = buildNetwork(convnet([SIDE, SIDE, 1], 10));
  const parameters = new Float32Array(network.parameterCount);
  initializeParameters(network, parameters, 1);
  const image = { height: SIDE, width: SIDE, channels: 1, divisor: 255 } as const;
  const loss = 'softmax-cross-entropy';
  saveModel(path, { spec: network.spec, parameters, loss, preprocessing: { version: 1, image } });
}

function ratioOf(pair: Record<'bare' | 'gradloom', Load>): number {
  return pair.gradloom.perSecond / pair.bare.perSecond;
}

function line(name: string, { perSecond, p50, p99 }: Load): string {
  return `${name} ${Math.round(perSecond)}/s, p50 ${p50} ms, p99 ${p99} ms`;
}

/** Starts a server; the first word that it prints is its address. */
async function start(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(child);
  const [text] = await once(createInterface({ input: child.stdout }), 'line');
  return String(text).split(' ')[0];
}

function install(): void {
  const { packageManager } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const flags = ['--ignore-workspace', '--ignore-scripts', '--frozen-lockfile', '--prefer-offline'];
  const args = ['--yes', packageManager, 'install', ...flags];
  const { status } = spawnSync('npx', args, { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('bench: bench/serve could not be installed, expected autocannon from npm');
}

/** Sends the body to /predict repeatedly on each connection. @throws Error for an unexpected answer. */
async function load(url: string, { type, body }: Workload, seconds: number): Promise<Load> {
  const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;
  const headers = { 'content-type': type };
  const sent = { url: `${url}/predict`, method: 'POST', headers, body, connections, duration: seconds } as const;
  const { requests, latency, non2xx, errors } = await autocannon(sent);
  if (non2xx + errors > 0) throw new Error(`bench: ${url} has refused ${non2xx + errors} requests, expected none`);
  return { perSecond: requests.average, p50: latency.p50, p99: latency.p99 };
}
