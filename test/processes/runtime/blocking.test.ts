import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildNetwork, createRandom, initializeParameters, type NetworkSpec, shuffle } from '@gradloom/core';
import {
  type Dataset,
  datasetFromRows,
  dense,
  fingerprint,
  sequential,
  type TrainEvent,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { lengthAtOnce, longestTurn } from '../../support/longest-turn.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const temporary = temporaryFolder();
const pool = await poolOfFile(2);

interface Case {
  spec: NetworkSpec;
  train: Dataset;
  options: TrainOptions;
  atOnce: () => unknown; // some of the work, done at once
}

const orthogonal: NetworkSpec = { input: 784, layers: [{ kind: 'dense', out: 500, init: 'orthogonal' }] };
const wide = sequential(1000, dense(3000), dense(3));
const P = buildNetwork(wide).parameterCount;
const ROWS = 3_000_000;

/** Starting weights of a spec, drawn at once. */
const draw = (spec: NetworkSpec) => () => {
  const network = buildNetwork(spec);
  initializeParameters(network, new Float64Array(network.parameterCount), 0);
};

const cases: Record<string, Case> = {
  'the starting weights of an orthogonal layer': {
    spec: orthogonal,
    train: randomDataset({ rows: 32, inputs: 784, classes: 500 }),
    options: { steps: 2 },
    atOnce: draw(orthogonal),
  },
  'those of millions of weights, checkpoints of them, looks into them and the result': {
    spec: wide,
    train: randomDataset({ rows: 32, inputs: 1000, classes: 3 }),
    options: { steps: 4, probe: 1, onNan: 'rollback', checkpoint: { folder: join(temporary.path, 'wide'), every: 1 } },
    atOnce: () => fingerprint(new Float64Array(3 * P).fill(0.5)),
  },
  'the order of three million rows, their classes and their hash': {
    spec: { input: 1, layers: [{ kind: 'dense', out: 3 }] },
    train: datasetFromRows({
      inputs: new Array<number[]>(ROWS).fill([0.5]),
      targets: Array.from({ length: ROWS }, (_, n) => n % 3),
      classes: 3,
    }),
    options: { steps: 1, checkpoint: { folder: join(temporary.path, 'rows') } },
    atOnce: () => shuffle(new Uint32Array(ROWS), createRandom(0)),
  },
};

describe('beside other work of the process, no turn of the event loop is as long as a third of', () => {
  test.each(Object.entries(cases))('%s', async (_title, { spec, train: rows, options, atOnce }) => {
    const turn = await longestTurn(() => train(spec, { train: rows }, { threads: 2, ...options, pool }));
    const whole = lengthAtOnce(atOnce);
    expect(turn / whole).toBeLessThan(1 / 3);
  });
});

test('a network of 40,000 layers is built in one turn of the event loop, and no turn is longer', async () => {
  const layers = Array.from({ length: 40_000 }, () => ({ kind: 'activation', fn: 'tanh' }) as const);
  const deep: NetworkSpec = { input: 2, layers: [...layers, { kind: 'dense', out: 3 }] };
  const rows = randomDataset({ rows: 32, inputs: 2, classes: 3 });
  const turn = await longestTurn(() => train(deep, { train: rows }, { steps: 2, threads: 1, pool }));
  expect(turn / lengthAtOnce(() => buildNetwork(deep))).toBeLessThan(2);
});

describe('a server beside a run', () => {
  /** Asks again as soon as it is answered, until it is told to stop; counts the answers. */
  async function openVisitor(): Promise<{ answers(): number; close(): Promise<void> }> {
    const server = createServer((_request, response) => response.end('here'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let answers = 0;
    let asks = true;
    const asking = (async () => {
      while (asks) {
        const response = await fetch(`http://127.0.0.1:${port}`);
        await response.text();
        answers++;
      }
    })();
    return {
      answers: () => answers,
      async close() {
        asks = false;
        await asking;
        server.close();
        await once(server, 'close');
      },
    };
  }

  test('answers while weights are drawn, steps taken, rows evaluated and checkpoints written', async () => {
    const spec = sequential(784, dense(400, { init: 'orthogonal' }), dense(1500), dense(3));
    const rows = randomDataset({ rows: 64, inputs: 784, classes: 3 });
    const held = randomDataset({ rows: 256, inputs: 784, classes: 3 });
    const visitor = await openVisitor();
    const between: Record<string, number> = {}; // answers from the mark before
    let last = visitor.answers();
    const mark = (name: string): void => {
      between[name] = Math.min(visitor.answers() - last, between[name] ?? Number.POSITIVE_INFINITY);
      last = visitor.answers();
    };
    try {
      const checkpoint = { folder: join(temporary.path, 'visited'), every: 2 };
      const onEvent = ({ type }: TrainEvent): void => {
        if (type === 'start' || type === 'epoch' || type === 'checkpoint') mark(type);
      };
      const sets = { train: rows, validation: held, test: held };
      await train(spec, sets, { epochs: 2, threads: 2, pool, checkpoint, onEvent });
    } finally {
      await visitor.close();
    }
    // One that was asked before a turn and one after it are answered however long the turn is.
    expect(Object.keys(between).sort()).toEqual(['checkpoint', 'epoch', 'start']);
    for (const [name, answers] of Object.entries(between)) expect(answers, name).toBeGreaterThan(2);
  });
});
