import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRandom, type LayerSpec, type LossSpec } from '@gradloom/core';
import { elementTypes } from '@gradloom/core/internal';
import {
  type BackendChoice,
  createModel,
  createPool,
  type Dataset,
  datasetFromRows,
  dense,
  evaluateModel,
  loadCheckpoint,
  loadModel,
  loadParts,
  openModelFile,
  residual,
  saveModel,
  sequential,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { afterAll, describe, expect, test } from 'vitest';
import { needs } from '../../support/needs.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const PARTS = `
import { three } from './numbers.js';
export const cube = {
  part: 'activation', name: 'cube', apply: (z) => z * z * z, derivative: (z) => three * z * z,
};
export const logCosh = {
  part: 'loss', name: 'soft-classes', targets: 'classes', options: { scale: 1 },
  ofRow(dy, y, t, n, O, { scale }) {
    let loss = 0;
    for (let o = 0; o < O; o++) {
      const d = y[n * O + o] - (o === t[n] ? 1 : 0);
      loss += scale * d * d;
      dy[n * O + o] = 2 * scale * d;
    }
    return loss;
  },
};
export const gain = {
  part: 'layer', name: 'gain', options: { start: 1 },
  build: ({ start }, inputs) => ({
    tensors: [{ name: 'gamma', shape: [inputs], initialize: (out, random) => {
      for (let i = 0; i < out.length; i++) out[i] = start + 0.1 * random.normal();
    } }],
    keeps: inputs,
    forward(y, x, [gamma], B, kept) {
      for (let i = 0; i < B * inputs; i++) {
        kept[i] = x[i];
        y[i] = gamma[i % inputs] * x[i];
      }
    },
    backward(dx, dy, x, y, [gamma], [dGamma], B, kept) {
      dGamma.fill(0);
      for (let i = 0; i < B * inputs; i++) {
        dx[i] = gamma[i % inputs] * dy[i];
        dGamma[i % inputs] += dy[i] * kept[i];
      }
    },
  }),
};
export const signs = {
  part: 'initializer', name: 'signs', options: { size: 0.3 },
  fill(out, fanIn, fanOut, random, { size }) {
    for (let i = 0; i < out.length; i++) out[i] = random.integer(2) === 0 ? -size : size;
  },
};
export const linear = {
  part: 'schedule', name: 'linear', factor: (step, { totalSteps }) => 1 - step / totalSteps,
};
export const rows = {
  part: 'metric', name: 'largest',
  create() {
    let most = 0;
    return { add(y, t, B, O) { for (let i = 0; i < B * O; i++) most = Math.max(most, y[i]); }, value: () => most };
  },
};
`;
const FORMULAS = `
export const film = {
  part: 'layer', name: 'film', options: { start: 1 },
  tensors: ({ start }, shape) => ({ gamma: { shape: shape.slice(-1), start }, beta: { shape: shape.slice(-1) } }),
  formula: ({ x, gamma, beta }) => x.times(gamma).plus(beta).tanh(),
};
export const pinball = {
  part: 'loss', name: 'pinball', options: { tau: 0.5 }, over: 'sum',
  formula: ({ y, t, tau }) => t.minus(y).times(t.above(y).where(tau, tau - 1)),
};
export const plainPinball = {
  part: 'loss', name: 'plain-pinball', options: { tau: 0.5 }, over: 'sum',
  value: (y, t, { tau }) => (t - y) * (t > y ? tau : tau - 1), derivative: (y, t, { tau }) => -(t > y ? tau : tau - 1),
};
export const squares = { part: 'loss', name: 'squares', formula: ({ y, t }) => y.minus(t).square() };
export const waves = { part: 'loss', name: 'waves', formula: ({ y, t }) => y.minus(t).sin().square() };
${['tanh', 'sigmoid', 'relu', 'softplus', 'softsign', 'silu', 'gelu']
  .map(
    (name) =>
      `export const own_${name} = { part: 'activation', name: 'own-${name}', formula: ({ z }) => z.${name}() };`,
  )
  .join('\n')}
export const leaky = {
  part: 'activation', name: 'leaky', alpha: 0.3, formula: ({ z, alpha }) => z.above(0).where(z, z.times(alpha)),
};
export const gated = {
  part: 'layer', name: 'gated', values: ['a', 'b'],
  tensors: (_options, [places]) => ({ share: { shape: [1], start: 0.3 }, power: { shape: [places, 1], start: 'normal' } }),
  formula: ({ a, b, share, power }) => a.times(share.sigmoid()).plus(b.times(power.exp())).softsign(),
};
`;
folder.write('package.json', '{ "type": "module" }');
folder.write('numbers.js', 'export const three = 3;\n');
const modules = [folder.write('parts.js', PARTS)];

/** Names that only the module knows. */
const custom = (spec: object): LayerSpec => spec as LayerSpec;
const spec = sequential(
  20,
  dense(24, { init: { kind: 'signs', size: 0.2 } as never }),
  custom({ kind: 'cube' }),
  residual(custom({ kind: 'gain', start: 0.5 }), { kind: 'activation', fn: 'tanh' }),
  custom({ kind: 'gain' }),
  dense(3),
);
const data = {
  train: randomDataset({ rows: 150, inputs: 20, classes: 3 }),
  validation: randomDataset({ rows: 40, inputs: 20, classes: 3, seed: 2 }),
};
// Some runs are made before the first test.
const pool = await createPool({ threads: 7 });
afterAll(() => pool.destroy());

const options: TrainOptions = {
  pool,
  modules,
  loss: { kind: 'soft-classes', scale: 0.5 } as unknown as LossSpec,
  schedule: 'linear' as never,
  optimizer: { kind: 'sgd', lr: 0.05 },
  batch: 64,
};
const run = (more: TrainOptions = {}) => train(spec, data, { ...options, epochs: 3, ...more });

const backends = ['reference', 'wasm', 'native'] as const satisfies readonly BackendChoice[];
const runs = elementTypes.flatMap((precision) => backends.map((backend) => [backend, precision] as const));

describe.each(runs)('own parts of every family on %s in %s', (backend, precision) => {
  const run = (more: TrainOptions) => train(spec, data, { ...options, epochs: 3, precision, ...more });
  test('give the same bits on any threads', needs(backend), async () => {
    const one = await run({ backend, threads: 1 });
    expect(one.precision).toBe(precision);
    expect(one.epochLosses[2]).toBeLessThan(one.epochLosses[0]);
    expect(one.validation?.metrics?.largest).toBeGreaterThan(0);
    expect((await run({ backend, threads: 3 })).fingerprint).toBe(one.fingerprint);
    if (backend === 'wasm') {
      expect((await run({ backend: 'reference', threads: 2 })).fingerprint).toBe(one.fingerprint);
    }
  });
});

describe.each(elementTypes)('own formulas in %s', (precision) => {
  test('give the same bits on any threads and backend', needs('native'), async () => {
    const layers: LayerSpec[] = [
      dense(24),
      custom({ kind: 'film', name: 'wide' }),
      { kind: 'reshape', shape: [6, 4] },
      custom({ kind: 'film', start: 0.5, name: 'filmed' }),
      dense(4),
      { kind: 'mean', axis: 1, keepdims: true, name: 'mean' },
      custom({ kind: 'gated', of: ['filmed', 'mean'] }),
      ...[{ kind: 'square' as const }, { kind: 'plus' as const, value: 0.5 }, { kind: 'sqrt' as const }], // one call
      { kind: 'flatten' },
      dense(3),
    ];
    const formulas = {
      pool,
      modules: [folder.write('formulas.js', FORMULAS)],
      batch: 64,
      epochs: 3,
      optimizer: 'adam',
      precision,
    } as const;
    const run = (backend: BackendChoice, threads: number) =>
      train({ input: 20, layers }, data, { ...formulas, loss: 'softmax-cross-entropy', backend, threads });
    const one = await run('reference', 1);
    expect(one.epochLosses[2]).toBeLessThan(one.epochLosses[0]);
    for (const backend of backends) {
      for (const threads of [2, 3, 7]) expect((await run(backend, threads)).fingerprint).toBe(one.fingerprint);
    }
  });
});

test.each(elementTypes)(
  'activations that are formulas of the table have the bits of the built-in ones, in %s',
  needs('native'),
  async (precision) => {
    const kinds = ['tanh', 'sigmoid', 'relu', 'softplus', 'softsign', 'silu', 'gelu'];
    const run = (ofKind: (kind: string) => object, leaky: object, backend: BackendChoice) =>
      train(
        sequential(20, ...kinds.flatMap((kind) => [dense(9), custom(ofKind(kind))]), dense(4), custom(leaky), dense(3)),
        data,
        { pool, modules: [folder.write('formulas.js', FORMULAS)], batch: 64, steps: 9, precision, threads: 2, backend },
      );
    const { fingerprint } = await run((kind) => ({ kind }), { kind: 'leaky-relu', alpha: 0.2 }, 'reference');
    for (const backend of backends) {
      const own = await run((kind) => ({ kind: `own-${kind}` }), { kind: 'leaky', alpha: 0.2 }, backend);
      expect(own.fingerprint).toBe(fingerprint);
    }
    expect((await run((kind) => ({ kind }), { kind: 'leaky' }, 'wasm')).fingerprint).not.toBe(fingerprint);
  },
);

/** Rows with so many targets, all of which are floats. */
function valuesOf(outputs: number): Dataset {
  const random = createRandom(2, 'values');
  const draw = (length: number) =>
    Array.from({ length: 90 }, () => Array.from({ length }, () => Math.fround(random.normal())));
  return datasetFromRows({ inputs: draw(20), targets: draw(outputs) });
}

describe.each(elementTypes)('losses that are formulas, in %s', (precision) => {
  const run = (outputs: number, loss: LossSpec, backend: BackendChoice, threads = 2) =>
    train(
      sequential(20, dense(outputs)),
      { train: valuesOf(outputs) },
      {
        pool,
        modules: [folder.write('formulas.js', FORMULAS)],
        batch: 40,
        steps: 5,
        precision,
        loss,
        backend,
        threads,
      },
    );
  const own = (kind: string, options = {}): LossSpec => ({ kind, ...options }) as never;

  // Rows of one output, of some, and rows that are summed in pieces.
  test.each([1, 5, 1030])(
    'of %i outputs have the bits of plain code on any threads and backend',
    needs('native'),
    async (outputs) => {
      for (const [formula, plain] of [
        // JavaScript rounds to floats only at last.
        [own('pinball', { tau: 0.75 }), own(precision === 'float64' ? 'plain-pinball' : 'pinball', { tau: 0.75 })],
        [own('squares'), 'mse'],
        [own('waves'), own('waves')], // a sine, which kernels lack
      ] as const) {
        const { fingerprint, epochLosses } = await run(outputs, plain, 'reference', 1);
        for (const backend of backends) {
          const other = await run(outputs, formula, backend, backend === 'native' ? 7 : 3);
          expect(other.fingerprint).toBe(fingerprint);
          expect(other.epochLosses).toEqual(epochLosses);
        }
      }
    },
  );
});

test('gradients of an own layer are added by the tree, also where a thread has several passes', async () => {
  const many = { train: randomDataset({ rows: 1500, inputs: 20, classes: 3 }) };
  const large = (threads: number, backend: BackendChoice) =>
    train(spec, many, { ...options, batch: 700, steps: 3, threads, backend });
  const { fingerprint } = await large(1, 'reference');
  for (const threads of [1, 3]) expect((await large(threads, 'wasm')).fingerprint).toBe(fingerprint);
});

test('an own activation and an own loss that equal built-in ones have their bits', async () => {
  const copies = folder.write(
    'copies.js',
    `export const a = { part: 'activation', name: 'line', apply: (z) => (z < 0 ? 0 : z), derivative: (z) => (z > 0 ? 1 : 0) };
     export const b = { part: 'loss', name: 'squares', value: (y, t) => (y - t) * (y - t), derivative: (y, t) => 2 * (y - t) };`,
  );
  const values = { train: { ...data.train, classes: null } };
  const layers = (kind: string): LayerSpec[] => [
    { kind: 'dense', out: 16 },
    custom({ kind }),
    { kind: 'dense', out: 1 },
  ];
  const trained = async (kind: string, loss: string) => {
    const runOptions = {
      pool,
      backend: 'wasm',
      threads: 2,
      epochs: 2,
      modules: [copies],
      loss: loss as LossSpec,
    } as const;
    return (await train({ input: 20, layers: layers(kind) }, values, runOptions)).parameters;
  };
  expect(await trained('line', 'squares')).toEqual(await trained('relu', 'mse'));
});

describe('a model with own parts', async () => {
  const result = await run({ threads: 2, backend: 'wasm' });
  const path = join(folder.path, 'model.gradloom');
  saveModel(path, result);
  const parts = await loadParts(pathToFileURL(modules[0]));
  const rows = [Array.from({ length: 20 }, (_, i) => Math.sin(i))];

  test('predicts the same from memory and from its file, and keeps the fingerprint', () => {
    const loaded = loadModel(path, { parts });
    expect(loaded.outputs(rows)).toEqual(createModel(result).outputs(rows));
    expect(loaded.fingerprint).toBe(result.fingerprint);
    expect(openModelFile(path, { parts }).model.fingerprint).toBe(result.fingerprint);
  });

  test('is evaluated with its loss and metrics', async () => {
    const { spec, parameters, loss } = loadModel(path, { parts });
    const options = { parts, backend: 'wasm' as const, threads: 2, ...(loss === undefined ? {} : { loss }) };
    expect(await evaluateModel(spec, parameters, data.validation, options)).toEqual(result.validation);
  });

  test('is refused without its module, or with another one, by name', async () => {
    expect(() => loadModel(path)).toThrow(
      /model\.gradloom has parts of parts\.js, which was not given, expected the module of SHA-256 \w{12}… \(/,
    );
    folder.write('other/package.json', '{ "type": "module" }');
    folder.write('other/numbers.js', 'export const three = 3;\n');
    const other = await loadParts(folder.write('other/parts.js', `${PARTS}\n// changed`));
    expect(() => loadModel(path, { parts: other })).toThrow(
      /has parts of parts\.js, which has the SHA-256 \w{12}…, expected the module of SHA-256/,
    );
  });

  test('has a fingerprint that covers the module and what it imports, wherever they stand', async () => {
    const elsewhere = async (name: string, three: string) => {
      folder.write(`${name}/package.json`, '{ "type": "module" }');
      folder.write(`${name}/numbers.js`, three);
      return (await loadParts(folder.write(`${name}/parts.js`, PARTS))).modules[0].sha256;
    };
    const [{ sha256 }] = parts.modules;
    expect(await elsewhere('same', 'export const three = 3;\n')).toBe(sha256);
    expect(await elsewhere('changed', 'export const three = 3.0;\n')).not.toBe(sha256);
  });
});

describe('a checkpoint with own parts', async () => {
  const runFolder = join(folder.path, 'run');
  const whole = await run({ threads: 2, backend: 'wasm' });
  const stop = new AbortController();
  const onEvent = ({ type }: { type: string }) => void (type === 'epoch' && stop.abort());
  const half = {
    threads: 1,
    backend: 'wasm',
    checkpoint: { folder: runFolder },
    signal: stop.signal,
    onEvent,
  } as const;
  const { checkpoint } = await run(half);
  const path = checkpoint?.path ?? '';
  const parts = await loadParts(modules);

  test('goes on to the same bits', async () => {
    const resume = loadCheckpoint(path, { parts });
    expect(resume.progress.step).toBeLessThan(whole.steps);
    const { fingerprint } = await run({ threads: 3, backend: 'wasm', resume });
    expect(fingerprint).toBe(whole.fingerprint);
  });

  test('does not go on with another module', async () => {
    folder.write('second/package.json', '{ "type": "module" }');
    folder.write('second/numbers.js', 'export const three = 3;\n');
    const second = folder.write('second/parts.js', `${PARTS}\n// another`);
    const resume = loadCheckpoint(path, { parts });
    await expect(run({ backend: 'wasm', resume, modules: [second] })).rejects.toThrow(
      /^train: module parts\.js has the SHA-256 \w{12}…, expected the SHA-256 \w{12}…: a resume continues the same run$/,
    );
  });
});

describe('faults', () => {
  const tanh = (derivative: string) => `
    export const own = { part: 'activation', name: 'own-tanh', apply: Math.tanh, derivative: (z) => ${derivative} };`;
  const network = { input: 20, layers: [{ kind: 'dense', out: 3 } as const, custom({ kind: 'own-tanh' })] };
  const trained = (module: string, more: TrainOptions = {}) =>
    train(network, data, { pool, epochs: 1, modules: [module], backend: 'wasm', ...more });

  test('a wrong derivative ends the run before it begins, unless nobody asks', async () => {
    const wrong = folder.write('wrong.js', tanh('1 - Math.tanh(z)'));
    await expect(trained(wrong)).rejects.toThrow(/^train: the gradient check: activation own-tanh: derivative at z = /);
    expect((await trained(wrong, { checkGradients: false })).stopped).toBe('completed');
  });

  test.each<[title: string, name: string, text: string, message: RegExp]>([
    [
      'is not there',
      'none.js',
      '',
      /^train: module \S+none\.js cannot be read: no such file or directory \(ENOENT\), expected a Java/,
    ],
    ['is no JavaScript', 'broken.js', 'export const = 1;', /^train: module broken\.js cannot be imported: /],
    [
      'throws',
      'throws.js',
      "throw new Error('no');",
      /^train: module throws\.js cannot be imported: no, expected a JavaScript module/,
    ],
    ['has no part', 'empty.js', 'export const a = 1;', /^train: module empty\.js: has no export that is a part/],
  ])('a module that %s is named', async (_title, name, text, message) => {
    const path = name === 'none.js' ? join(folder.path, name) : folder.write(name, text);
    await expect(trained(path)).rejects.toThrow(message);
  });

  test('a module that has changed since it was imported is refused', async () => {
    const path = folder.write('changing.js', tanh('1 - Math.tanh(z) ** 2'));
    await trained(path);
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n// changed`);
    await expect(trained(path)).rejects.toThrow(
      /^train: module \S+changing\.js has changed since this program imported it, expected it as it was \(start it/,
    );
  });

  test('an own function that throws ends the run with its message', async () => {
    const path = folder.write('fails.js', tanh('{ throw new Error("not today"); }').replace('=> {', '=> {'));
    await expect(trained(path, { checkGradients: false, retries: 0 })).rejects.toThrow('not today');
  });
});
