/**
 * A thousand ranks on paper: computes the tables of docs/cluster.md from the work that such a run would plan and the
 * model that `scale --ranks` is checked against. `npm run docs:cluster` writes them again; `-- --check` fails if they
 * differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildNetwork } from '@gradloom/core';
import { defaultLeafRows } from '@gradloom/core/internal';
import { predictRanks } from '../packages/cli/src/lab/scale/ranks/measure-ranks.ts';
import { rankWork } from '../packages/runtime/src/measurement/rank-work.ts';

const page = fileURLToPath(new URL('cluster.md', import.meta.url));

const RANKS = 1000;
const THREADS = 64;
const LEAF = 64; // rows per leaf of a large batch

/** What one rank has. The speed of a core was measured here; memory and networks are those of data sheets. */
const GFLOPS = { float64: 80, float32: 160 }; // per core, in a whole step
const MEMORY = 300e6; // bytes per ms, for 64 cores
const UPDATE_NUMBERS = 7; // numbers read and written by adam for each parameter
const networks = {
  'Ethernet, 10 Gbit/s': { latencyMs: 0.025, messageMs: 0.002, networkBytesPerMs: 1.25e6 },
  'InfiniBand, 200 Gbit/s': { latencyMs: 0.002, messageMs: 0.0003, networkBytesPerMs: 25e6 },
};

const dense = (input, widths) => ({ input, layers: widths.map((out) => ({ kind: 'dense', out })) });
const models = {
  "MNIST's, 784-128-10": { spec: dense(784, [128, 10]), elementType: 'float64' },
  '100 million, 6 layers of 4,096': { spec: dense(4096, Array(6).fill(4096)), elementType: 'float64' },
  '1 billion, 15 layers of 8,192, float32': { spec: dense(8192, Array(15).fill(8192)), elementType: 'float32' },
};

/** The work of a step on a batch that gives each thread one leaf. */
function workOf({ spec, elementType }) {
  const batch = LEAF * RANKS * THREADS;
  const shape = { network: buildNetwork(spec), elementType, clips: false, backend: 'native', couples: false };
  return rankWork(
    { ...shape, rowsAtOnce: 256, batch, lastBatch: batch, leafRows: defaultLeafRows(batch) },
    { threadsOf: Array(RANKS).fill(THREADS), overlap: true },
  );
}

/** A step that gives each thread this many leaves, which only changes the gradients and the notes of losses. */
function stepOnPaper(work, { elementType }, network, leaves) {
  const bytes = work.notes.bytes + 8 * (leaves - 1) * RANKS * THREADS;
  const parts = {
    ...networks[network],
    bytesPerMs: MEMORY,
    gradientMs: (6 * work.parameters * LEAF * leaves) / (GFLOPS[elementType] * 1e6),
    updateMs: (UPDATE_NUMBERS * work.bytesOfNumber * work.parameters) / MEMORY,
  };
  return predictRanks(parts, { ...work, notes: { ...work.notes, bytes } }, true);
}

/**
 * Smallest number of leaves per thread, a power of two, at which the exchange takes at most half of a step; null if
 * there is none.
 */
function leavesFor(work, model, network) {
  for (let leaves = 1; leaves <= 2 ** 20; leaves *= 2) {
    const step = stepOnPaper(work, model, network, leaves);
    if (exchangeMs(step) <= step.stepMs / 2) return leaves;
  }
  return null;
}

const exchangeMs = ({ gatherMs, hiddenMs, returnMs }) => gatherMs - hiddenMs + returnMs;

const number = (value) => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(2));
const bytes = (value) => `${number(value / 1e9)} GB`;
const table = (head, rows) =>
  [head, head.map((_, k) => (k === 0 ? '---' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`);

function stepTable() {
  const rows = [];
  for (const [name, model] of Object.entries(models)) {
    const work = workOf(model);
    for (const network of Object.keys(networks)) {
      for (const leaves of new Set([1, leavesFor(work, model, network) ?? 1])) {
        const step = stepOnPaper(work, model, network, leaves);
        const { gradientMs, joinMs, updateMs, stepMs } = step;
        rows.push([
          `${name}; ${network.split(',')[0]}`,
          `${number((leaves * LEAF * RANKS * THREADS) / 1e6)} million`,
          ...[gradientMs, joinMs, exchangeMs(step), updateMs, stepMs].map(number),
          `${Math.round((100 * gradientMs) / stepMs)} %`,
        ]);
      }
    }
  }
  return table(
    ['network', 'batch', 'gradients', 'joined', 'exchange', 'update', 'step (ms)', 'share of gradients'],
    rows,
  );
}

function memoryTable() {
  const rows = Object.entries(models).map(([name, model]) => {
    const work = workOf(model);
    const of = (numbers) => bytes(numbers * work.bytesOfNumber);
    const { parameters: P, maxParameters, nodeRows } = work;
    return [name, of(P), of(THREADS * P), of(nodeRows * maxParameters), of(2 * maxParameters), of(2 * P)];
  });
  return table(
    ['network', 'weights', 'gradients, a row a thread', 'nodes of all ranks', "Adam's state", 'state of one process'],
    rows,
  );
}

/** The page with its tables recomputed. */
export function withTables(text) {
  let written = text;
  for (const [name, lines] of Object.entries({ steps: stepTable(), memory: memoryTable() })) {
    const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- end of ${name} -->`];
    const [from, to] = [written.indexOf(begin), written.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/cluster.md has no place for ${name}, expected ${begin.trim()}`);
    written = written.slice(0, from + begin.length) + lines.join('\n') + written.slice(to);
  }
  return written;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = readFileSync(page, 'utf8');
  const written = withTables(text);
  if (!process.argv.includes('--check')) writeFileSync(page, written);
  else if (written !== text) {
    console.error('docs/cluster.md has other tables than its model, expected those of npm run docs:cluster');
    process.exitCode = 1;
  }
}
