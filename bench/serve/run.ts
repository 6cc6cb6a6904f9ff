import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { count, orRefuse, positive } from '../options.ts';
import { type Load, load } from './load.ts';

// How many requests a second does `gradloom serve` answer, compared with a server that answers a constant? Run alone on
// the machine: the client needs its own core.
// Usage: npm run bench:serve -- [--connections 10] [--rounds 9] [--seconds 1] [--rows 1]

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      connections: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '1' },
      rows: { type: 'string', default: '1' }, // rows of a request
    },
  }),
);
const connections = count('connections', values.connections);
const rounds = count('rounds', values.rounds);
const seconds = positive('seconds', values.seconds);
const rows = count('rows', values.rows);

const WARM_SECONDS = 3;
const gradloom = join(import.meta.dirname, '../../packages/cli/bin/gradloom.js');
const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
const body = JSON.stringify(rows === 1 ? flower : Array.from({ length: rows }, () => flower));

install();
const folder = mkdtempSync(join(tmpdir(), 'gradloom-serve-'));
const begun: ChildProcess[] = [];
try {
  const run = join(folder, 'iris');
  const train = [gradloom, 'train', '--dataset', 'iris', '--out', run, '--quiet'];
  const { status, stderr } = spawnSync(process.execPath, train, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench: training iris has failed, expected a model (${stderr.trim()})`);
  const urls = {
    bare: await start(join(import.meta.dirname, 'bare-server.mjs')),
    gradloom: await start(gradloom, 'serve', run, '--port', '0'),
  };
  for (const url of Object.values(urls)) await load(url, body, connections, WARM_SECONDS);
  const found: Record<keyof typeof urls, Load>[] = [];
  for (let round = 0; round < rounds; round++) {
    const pair = {
      bare: await load(urls.bare, body, connections, seconds),
      gradloom: await load(urls.gradloom, body, connections, seconds),
    };
    found.push(pair);
    console.log(`${line('bare', pair.bare)}   ${line('gradloom', pair.gradloom)}   ${ratioOf(pair).toFixed(2)}`);
  }
  const all = found.map(ratioOf).sort((a, b) => a - b);
  const p99 = median(found.map((pair) => pair.gradloom.p99));
  const spread = `${all[0].toFixed(2)} to ${all[all.length - 1].toFixed(2)}`;
  console.log(`${connections} connections, ${rows} rows a request, Node ${process.version}`);
  console.log(`ratio ${median(all).toFixed(2)} (median of ${rounds}; ${spread}), p99 ${p99} ms (median)`);
} finally {
  for (const child of begun) child.kill();
  rmSync(folder, { recursive: true, force: true });
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
  begun.push(child);
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
