import { join } from 'node:path';
import {
  type ActivationName,
  activations,
  buildNetwork,
  type Cell,
  createRandom,
  type ElementType,
  type LayerSpec,
  mathOf,
  type NetworkSpec,
  type TablePreprocessing,
} from '@gradloom/core';
import {
  branchOutputs,
  collectParts,
  createColumnEncoder,
  createElements,
  elementTypes,
  partsNetwork,
  readBoolean,
  readDate,
  rowPartsOf,
} from '@gradloom/core/internal';
import {
  conv2d,
  conv2dTranspose,
  createModel,
  defineLayer,
  dense,
  embedding,
  exportModel,
  flatten,
  globalAvgPool,
  input,
  type LoadedParts,
  type Model,
  type ModelContents,
  network as networkOf,
  readTable,
  relu,
  sequential,
  splitTable,
  type TableName,
  type TableOptions,
  tableFiles,
  tablePath,
  train,
} from '@gradloom/runtime';
import { defaultLoss, modelsOfHeads, sizesOfHeads } from '@gradloom/runtime/internal';
import { beforeAll, describe, expect, test } from 'vitest';
import { counted } from '../../../support/count.ts';
import { everyLayer, inputsFor, weightsFor } from '../../../support/every-layer.ts';
import { needs } from '../../../support/needs.ts';
import { python } from '../../../support/python.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

type Column = readonly (number | string | null | readonly number[])[];

interface Case {
  readonly model: Model;
  readonly inputs: Readonly<Record<string, Column>>; // null is NaN
  readonly rows: number[][] | Record<string, Cell>[]; // what the model takes for the same
}

interface Run {
  readonly type: string; // of the first output that is a number
  readonly error?: string;
  readonly outputs: Readonly<Record<string, (string | number)[]>>; // float64 as text
  readonly shapes: Readonly<Record<string, number[]>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const numbersOf = ({ outputs }: Run, name: string): number[] => {
  expect(Object.keys(outputs)).toContain(name);
  return outputs[name].map((text) =>
    text === 'nan' ? Number.NaN : Number(text.toString().replace('inf', 'Infinity')),
  );
};

/** The predictions of N rows, those of several outputs one after the other in each row. */
function predictionsOf(run: Run, N: number): number[] {
  if (Object.hasOwn(run.outputs, 'prediction')) return numbersOf(run, 'prediction');
  const heads = Object.keys(run.outputs).filter((name) => name.endsWith('.prediction'));
  const numbers = heads.map((name) => numbersOf(run, name));
  return Array.from({ length: N }, (_, n) =>
    numbers.flatMap((all) => all.slice((n * all.length) / N, ((n + 1) * all.length) / N)),
  ).flat();
}

/** The largest difference, in units of 1 + |expected|; NaN has to meet NaN. */
function distance(actual: readonly number[], expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((worst, value, i) => {
    const same = Object.is(value, expected[i]) || value === expected[i];
    const error = same ? 0 : Math.abs(value - expected[i]) / (1 + Math.abs(expected[i]));
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

const plain = (contents: ModelContents, rows: number[][]): Case => ({
  model: createModel(contents),
  inputs: { x: rows },
  rows,
});

const layered = Object.entries(everyLayer).map(([name, spec]): [string, Case] => [
  name,
  plain({ spec, parameters: weightsFor(spec) }, inputsFor(spec, 12)),
]);

/** The same in floats. */
const floats = layered.map(([name, { model, rows }]): [string, Case] => [
  `${name} in float32`,
  plain({ spec: model.spec, parameters: Float32Array.from(model.parameters) }, rows as number[][]),
]);

/** A convolution, a pool and a transposed convolution of any windows that fit. */
function drawWindows(seed: number): NetworkSpec {
  const random = createRandom(seed, 'windows');
  const pair = (min: number, max: number) => [0, 1].map(() => min + random.integer(max - min + 1));
  for (;;) {
    const groups = 1 + random.integer(2);
    const [size, stride] = [pair(1, 3), pair(1, 3)];
    const spec = sequential(
      [...pair(1, 9), 2 * groups],
      conv2d(2 * groups, pair(1, 4), {
        groups,
        bias: random.integer(2) === 0,
        stride: pair(1, 3),
        padding: pair(0, 2),
        dilation: pair(1, 2),
      }),
      {
        kind: random.integer(2) === 0 ? 'max-pool' : 'avg-pool',
        size,
        stride: pair(1, 3),
        padding: size.map((extent) => random.integer(Math.floor(extent / 2) + 1)),
      },
      conv2dTranspose(2, pair(1, 4), {
        stride,
        padding: pair(0, 1),
        outputPadding: stride.map((step) => random.integer(step)),
        bias: random.integer(2) === 0,
      }),
    );
    try {
      buildNetwork(spec);
      return spec;
    } catch {
      // Too large a window: draw again.
    }
  }
}

const windows = Array.from({ length: counted(15, 300) }, (_, seed) => {
  const spec = drawWindows(seed);
  const x = inputsFor(spec, 2);
  const parameters = weightsFor(spec);
  return [parameters, Float32Array.from(parameters)].map((typedParameters): [string, Case] => [
    `${seed}: ${JSON.stringify(spec)} with ${typedParameters.constructor.name}`,
    plain({ spec, parameters: typedParameters }, x),
  ]);
}).flat();

const film = defineLayer({
  name: 'film',
  tensors: (_options, shape) => ({ gamma: { shape: shape.slice(-1) }, beta: { shape: [1] } }),
  formula: ({ x, gamma, beta }) => x.times(gamma).plus(beta).tanh().power(2).clip(0.01, 0.9),
});
const gated = defineLayer({
  name: 'gated',
  values: ['a', 'b'],
  formula: ({ a, b }) => b.above(0).where(a.times(b.sigmoid()), a.minus(0.5).erf()),
});
const ownParts: LoadedParts = {
  modules: [{ name: 'parts.js', sha256: '0'.repeat(64) }],
  sources: [],
  customParts: collectParts([{ source: 'parts.js', exports: { film, gated } }]),
};
/** Formulas of a user at images, whose channels come first in the file, before and after a flatten. */
const formulas = elementTypes.map((type): [string, Case] => {
  const x = input([5, 4, 2]).through(conv2d(3, 2), film.spec());
  const gates = x.through(globalAvgPool(), dense(3), film.spec());
  const spec = networkOf(gated.of([gated.of([x, gates]), x]).through(film.spec(), flatten(), film.spec(), dense(2)));
  const random = createRandom(4, 'formulas');
  const { parameterCount } = buildNetwork(spec, ownParts.customParts);
  const parameters = createElements(type, parameterCount).map(() => random.normal());
  return [`formulas of ${type}`, plain({ spec, parameters, parts: ownParts }, inputsFor(spec, 9))];
});

const lengths = [1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1];
/** Layers that read lengths: in both directions, of all states or the last. */
const readers: Readonly<Record<string, LayerSpec[]>> = {
  'last-position': [{ kind: 'last-position' }],
  'global-avg-pool': [{ kind: 'global-avg-pool' }],
  gru: [
    { kind: 'gru', out: 6 },
    { kind: 'gru', out: 3, returns: 'last', reverse: true },
  ],
  lstm: [
    { kind: 'lstm', out: 6, reverse: true },
    { kind: 'lstm', out: 3, returns: 'last' },
  ],
  'self-attention': [
    { kind: 'self-attention', heads: 5, causal: false },
    { kind: 'self-attention', heads: 1, causal: true },
  ],
};
/** Sequences with lengths; the last of them has a class for each position. */
const padded = [...Object.keys(readers), null].flatMap((kind): [string, Case][] => {
  const spec = sequential(6, embedding(7, 5), ...(kind === null ? [] : readers[kind]), dense(4));
  const parameters = weightsFor(spec);
  return [parameters, Float32Array.from(parameters)].map((typedParameters): [string, Case] => {
    const loss = kind === null ? { loss: 'softmax-cross-entropy' as const } : {};
    const modelCase = plain({ spec, parameters: typedParameters, ...loss }, inputsFor(spec, lengths.length));
    const inputs = kind === null ? modelCase.inputs : { ...modelCase.inputs, lengths };
    return [`${kind ?? 'positions'} with lengths of ${typedParameters.constructor.name}`, { ...modelCase, inputs }];
  });
});

/** Two texts of a row, each with lengths of its own. */
const lengthsOfTexts = { source: [5, 1, 3, 2, 4], target: [1, 4, 2, 4, 3] };
const texts: [string, Case] = ['two texts with lengths', ofTwoTexts()];

function ofTwoTexts(): Case {
  const spec = everyLayer['an encoder and a decoder'];
  const { inputs, ...others } = plain({ spec, parameters: weightsFor(spec) }, inputsFor(spec, 5));
  const { source, target } = lengthsOfTexts;
  return { ...others, inputs: { ...inputs, 'lengths.source': source, 'lengths.target': target } };
}

/** A column of texts: the file takes their tokens and lengths, since ONNX has no such tokenizers. */
function ofTexts(): Case {
  const spec: NetworkSpec = { input: 3, layers: [{ kind: 'embedding', vocabulary: 4, width: 5 }, ...readers.gru] };
  const tokenizer = { kind: 'words', vocabulary: ['<unk>', ' good', 'film', 'not'] } as const;
  const model = createModel({
    spec,
    parameters: weightsFor(spec),
    loss: 'softmax-cross-entropy',
    preprocessing: {
      version: 1,
      columns: [{ name: 'review', type: 'text', tokenizer, context: 3 }],
      target: [{ name: 'verdict', type: 'classes', labels: ['up', 'down', 'no'] }],
    },
  });
  const x = [
    [2, 1, 0],
    [3, 1, 0],
    [0, 0, 0],
  ];
  const rows = ['film good', 'not good bad', 'new'].map((review) => ({ review }));
  return { model, inputs: { x, lengths: [2, 3, 1] }, rows };
}

/** An image beside a number and a text: the file takes pixels that are divided as in training. */
function ofImageBeside(): Case {
  const tokenizer = { kind: 'words', vocabulary: ['<unk>', ' good', 'film', 'not'] } as const;
  const preprocessing: TablePreprocessing = {
    version: 1,
    columns: [
      { name: 'photo', type: 'image', height: 4, width: 3, channels: 3, divisor: 255 },
      { name: 'review', type: 'text', tokenizer, context: 3 },
      { name: 'age', type: 'numeric', center: 5, scale: 2, fill: 4, indicator: true },
    ],
    target: [{ name: 'verdict', type: 'classes', labels: ['up', 'down'] }],
  };
  const spec = partsNetwork(rowPartsOf(preprocessing) ?? [], [dense(2)]);
  const model = createModel({ spec, parameters: weightsFor(spec), loss: 'softmax-cross-entropy', preprocessing });
  const rows = ['film good', 'not good bad', 'new'].map((review, n) => ({
    review,
    age: n === 2 ? null : 3 * n,
    photo: Uint8Array.from({ length: 36 }, (_, i) => (i * 37 + n * 11) % 256),
  }));
  return { model, inputs: columnsOf(preprocessing, rows), rows };
}

/** Around 0, far from it, and where polynomials of erf meet. */
const hardInputs = [
  ...[0, -0, 1e-300, 1e-20, 1e-8, 0.1, 0.5, 0.874, 0.876, 1, 2.5, 5.9, 6.1, 8, 20, 40, 100, 700, 800, 1e5, 1e300],
].flatMap((z) => [z, -z]);

const curves = (Object.keys(activations) as ActivationName[]).map((fn): [ActivationName, Case] => {
  const spec: NetworkSpec = { input: hardInputs.length, layers: [{ kind: 'activation', fn }] };
  return [fn, plain({ spec, parameters: new Float64Array(0) }, [hardInputs])];
});

const softInputs = hardInputs.filter((z) => Math.abs(z) <= 100 && Math.abs(z) !== 1e-300);
const softCurves = curves.map(([fn]): [ActivationName, Case] => {
  const spec: NetworkSpec = { input: softInputs.length, layers: [{ kind: 'activation', fn }] };
  return [fn, plain({ spec, parameters: new Float32Array(0) }, [softInputs])];
});

const three: NetworkSpec = { input: 4, layers: [{ kind: 'dense', out: 3 }] };
const one: NetworkSpec = { input: 4, layers: [{ kind: 'dense', out: 1 }] };
const rows = inputsFor(three, 40);
const two: NetworkSpec = { input: 4, layers: [{ kind: 'dense', out: 2 }] };
const decided = ([spec, loss, labels, threshold]: [NetworkSpec, ModelContents['loss'], string[]?, number?]): Case =>
  plain(
    {
      spec,
      parameters: weightsFor(spec).map((value) => 2 * value), // so that the last row overflows
      ...(loss === undefined ? {} : { loss }),
      metadata: { ...(labels === undefined ? {} : { labels }), ...(threshold === undefined ? {} : { threshold }) },
    },
    // Two rows without an answer.
    [...rows, [Number.NaN, 0, 0, 0], [1e308, 1e308, -1e308, 1e308]],
  );

const decisions: [string, Case][] = [
  ['softmax with names', decided([three, 'softmax-cross-entropy', ['a', 'b', 'ü']])],
  ['softmax without names', decided([three, 'softmax-cross-entropy'])],
  ['one logit of two classes', decided([one, 'binary-cross-entropy', ['no', 'yes']])],
  ['one logit without names', decided([one, 'binary-cross-entropy'])],
  ['several logits', decided([three, 'binary-cross-entropy', ['a', 'b', 'c']])],
  ['values as classes', decided([three, 'quadratic', ['a', 'b', 'c']])],
  ['a value as two classes', decided([one, 'mse', ['no', 'yes']])],
  ['one class alone', decided([one, 'softmax-cross-entropy', ['all']])],
  ['a threshold of softmax', decided([two, 'softmax-cross-entropy', ['no', 'yes'], 0.9])],
  ['a threshold of one logit', decided([one, 'binary-cross-entropy', ['no', 'yes'], 0.05])],
  ['a threshold of a value', decided([one, 'mse', ['no', 'yes'], 1.5])],
  ['no loss, but names', decided([one, undefined, ['no', 'yes']])],
  ['images with names, standardized by channel', images()],
];

function images(): Case {
  const spec: NetworkSpec = { input: [2, 1, 3], layers: [{ kind: 'flatten' }, { kind: 'dense', out: 2 }] };
  const scale = { mean: [0.3, 0.4, 0.5], deviation: [0.1, 0.7, 0.3] };
  const image = { height: 2, width: 1, channels: 3, divisor: 255, scale } as const;
  const target = [{ name: 'class', type: 'classes', labels: ['cat', 'dog'] }] as const;
  const contents = { spec, parameters: weightsFor(spec), preprocessing: { version: 1, image, target } } as const;
  return plain({ ...contents, loss: 'softmax-cross-entropy' }, inputsFor(spec, 20));
}

const decisionsOfFloats = decisions.map(([name, { model, rows }]): [string, Case] => [
  `${name} in float32`,
  plain({ ...model, parameters: Float32Array.from(model.parameters) }, rows as number[][]),
]);

/** Trains for some steps on a table, and asks about all of its rows. */
async function trained(
  path: string,
  cells: Record<string, Cell>[],
  options: TableOptions = {},
  precision: ElementType = 'float64',
): Promise<Case> {
  const table = await readTable(path, options);
  const { sets, preprocessing } = splitTable(table, { test: 0.3 });
  const { classes, inputs } = sets.train;
  const out = classes ?? table.targets.length;
  const layers = [dense(16), relu(), dense(out)];
  const parts = rowPartsOf(preprocessing);
  const spec = parts === undefined ? { input: inputs.columns, layers } : partsNetwork(parts, layers);
  const loss = defaultLoss(sets.train);
  const sizes = sizesOfHeads(sets.train, loss);
  const run = train(sizes === null ? spec : branchOutputs(spec, sizes), sets, {
    precision,
    steps: 60,
    batch: 32,
    optimizer: 'adam',
    threads: 1,
    loss,
  });
  const model = createModel(await run);
  return { model, rows: cells, inputs: columnsOf(preprocessing, cells) };
}

/** What a caller of the graph passes: numbers, days, 0 and 1, words, tokens with their lengths, and pixels. */
function columnsOf({ columns }: TablePreprocessing, cells: readonly Record<string, Cell>[]): Case['inputs'] {
  return Object.fromEntries(
    columns.flatMap((column): [string, Column][] => {
      const { name, type } = column;
      if (type === 'text' || type === 'image') {
        const { inputs, encode } = createColumnEncoder(column);
        const encoded = cells.map(() => new Float64Array(inputs.length));
        const lengths = cells.map(({ [name]: cell }, n) => encode(cell, encoded[n], 0));
        const values: [string, Column] = [name, encoded.map((x) => [...x])];
        return type === 'text' ? [values, [`lengths.${name}`, lengths]] : [values];
      }
      const read = cells.map(({ [name]: cell }): string | number | null => {
        if (type === 'categorical') return String(cell ?? '');
        if (cell === '' || cell === null || cell === undefined) return null;
        return { date: readDate, boolean: readBoolean, numeric: Number }[type](cell) ?? null;
      });
      return [[name, read]];
    }),
  );
}

/** The rows of a table that comes with Gradloom, without the target. */
async function ownTable(name: TableName): Promise<Case> {
  const path = tablePath(name);
  const { inputs } = await readTable(path);
  const rows = inputs[0].data;
  const count = rows.kind === 'words' ? rows.indices.length : rows.values.length;
  const cells = Array.from({ length: count }, (_, n) =>
    Object.fromEntries(
      inputs.map(({ name: column, data }): [string, Cell] => {
        if (data.kind === 'words') return [column, data.indices[n] === -1 ? '' : data.words[data.indices[n]]];
        return [column, Number.isNaN(data.values[n]) ? null : data.values[n]];
      }),
    ),
  );
  return trained(path, cells);
}

/** Gaps, categories, booleans, dates and numbers of different sizes; one column has the name of an output. */
function mixedTable(): { text: string; cells: Record<string, Cell>[] } {
  const random = createRandom(9, 'mixed');
  const names = ['age', 'income', 'city', 'member', 'since', 'label'];
  const made = Array.from({ length: 300 }, (_, n) => [
    random.uniform() < 0.1 ? '' : String(20 + random.integer(60)),
    String(1e6 * random.normal()),
    random.uniform() < 0.1 ? '' : ['Bonn', 'Köln', 'Trier, Eifel', 'a "b"'][random.integer(4)],
    random.uniform() < 0.1 ? '' : ['yes', 'no'][random.integer(2)],
    random.uniform() < 0.1 ? '' : `20${10 + (n % 10)}-0${1 + (n % 9)}-11T0${n % 10}:30:00Z`,
    String(1e-3 * random.normal()),
  ]);
  const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
  const lines = made.map((row, n) => [
    ...row.map(quoted),
    n % 3 === 0 ? 'left' : 'stays',
    String(random.normal() * 1e4),
  ]);
  return {
    text: [[...names, 'kind', 'price'], ...lines].map((line) => line.join(',')).join('\n'),
    cells: made.map((row) => Object.fromEntries(row.map((cell, c) => [names[c], cell]))),
  };
}

/** The table with a positive column that spans decades. */
const withRents = (text: string): string =>
  text
    .split('\n')
    .map((line, n) => `${line},${n === 0 ? 'rent' : Math.exp((n * 37) % 11)}`)
    .join('\n');

const mixed = mixedTable();
const gapWords = ['NA', 'N/A', 'n/a', 'NaN', 'nan', 'null', 'NULL', '?', '#N/A', 'k.A.', ''];
const tables: [string, () => Promise<Case>][] = [
  ['a column of texts', async () => ofTexts()],
  ['an image beside a number and a text', async () => ofImageBeside()],
  ...(Object.keys(tableFiles) as TableName[]).map((name): [string, () => Promise<Case>] => [
    name,
    () => ownTable(name),
  ]),
  [
    'every type of column, classes',
    () => trained(folder.write('mixed.csv', mixed.text), mixed.cells, { target: 'kind', drop: ['price'] }),
  ],
  [
    'a text beside numbers and categories',
    () =>
      trained(folder.write('mixed.csv', mixed.text), mixed.cells, {
        target: 'kind',
        drop: ['price', 'label'],
        columns: { income: 'text' },
        tokenizer: 'characters',
      }),
  ],
  [
    'every type of column, classes, in float32',
    () => trained(folder.write('mixed.csv', mixed.text), mixed.cells, { target: 'kind', drop: ['price'] }, 'float32'),
  ],
  [
    'every type of column, values',
    () => trained(folder.write('mixed.csv', mixed.text), mixed.cells, { target: 'price', drop: ['kind'] }),
  ],
  [
    'the logarithm of a target',
    () => {
      const options: TableOptions = { target: 'rent', drop: ['kind', 'price'], targetTransform: 'log' };
      return trained(folder.write('rents.csv', withRents(mixed.text)), mixed.cells, options);
    },
  ],
  [
    'several targets, and the logarithm of one',
    async () => {
      const options: TableOptions = { target: ['price', 'rent'], drop: ['kind'] };
      const one = await trained(folder.write('rents.csv', withRents(mixed.text)), mixed.cells, options);
      const { preprocessing } = one.model;
      if (preprocessing === undefined || !('columns' in preprocessing)) throw new Error('no table');
      const [price, rent] = preprocessing.target;
      const target = [price, { ...rent, transform: 'log', center: 5, scale: 0.5 }] as typeof preprocessing.target;
      return { ...one, model: createModel({ ...one.model, preprocessing: { ...preprocessing, target } }) };
    },
  ],
  [
    'several targets',
    () =>
      trained(folder.write('mixed.csv', mixed.text), mixed.cells, { target: ['price', 'income'], drop: ['kind'] }).then(
        ({ model, inputs }) => ({ model, inputs, rows: mixed.cells.map(({ income: _, ...others }) => others) }),
      ),
  ],
  [
    'targets of two kinds',
    () =>
      trained(folder.write('mixed.csv', mixed.text), mixed.cells, { target: ['price', 'member'], drop: ['kind'] }).then(
        ({ model, inputs }) => ({ model, inputs, rows: mixed.cells.map(({ member: _, ...others }) => others) }),
      ),
  ],
  [
    'categories and words for gaps that training did not have',
    async () => {
      const strange = ['Ulm', 'bonn', ...gapWords].map((city) => ({ ...mixed.cells[0], city }));
      return trained(folder.write('mixed.csv', mixed.text), strange, { target: 'kind', drop: ['price'] });
    },
  ],
];

describe('with onnxruntime', needs('onnxruntime'), () => {
  const cases = new Map<string, Case>([
    ...[
      ...layered,
      ...floats,
      ...formulas,
      ...padded,
      texts,
      ...windows,
      ...curves,
      ...decisions,
      ...decisionsOfFloats,
    ],
    ...softCurves.map(([fn, one]): [string, Case] => [`${fn} of floats`, one]),
  ]);
  const runs = new Map<string, Run>();

  beforeAll(async () => {
    for (const [name, make] of tables) cases.set(name, await make());
    const list: { path: string; inputs: Case['inputs'] }[] = [];
    for (const [at, { model, inputs }] of [...cases.values()].entries()) {
      const path = join(folder.path, `${at}.onnx`);
      await exportModel(path, model);
      list.push({ path, inputs });
    }
    // One process for all: to import onnxruntime takes its time.
    const results = python('run_onnx.py', folder.write('cases.json', JSON.stringify(list))) as Run[];
    for (const [at, name] of [...cases.keys()].entries()) runs.set(name, results[at]);
  }, 240_000);

  function of(name: string): { model: Model; rows: Case['rows']; run: Run } {
    const match = cases.get(name);
    const run = runs.get(name);
    if (match === undefined || run === undefined) throw new Error(`${name} was not run`);
    expect(run.error).toBeUndefined();
    return { ...match, run };
  }

  test.each(layered.map(([name]) => name))('%s: the same outputs', (name) => {
    const { model, rows: x, run } = of(name);
    if (Object.hasOwn(run.outputs, 'prediction')) {
      expect(run.shapes.prediction).toEqual([x.length, ...buildNetwork(model.spec).output]);
    }
    expect(distance(predictionsOf(run, x.length), model.outputs(x as number[][]).flat())).toBeLessThan(1e-12);
  });

  test.each(floats.map(([name]) => name))('%s: the same outputs, as far as float32 goes', (name) => {
    const { model, rows: x, run } = of(name);
    expect(run.type).toBe('float32');
    expect(distance(predictionsOf(run, x.length), model.outputs(x as number[][]).flat())).toBeLessThan(1e-5);
  });

  test.each(formulas.map(([name]) => name))('%s: the same outputs', (name) => {
    const { model, rows: x, run } = of(name);
    const maxError = run.type === 'float32' ? 1e-5 : 1e-12;
    expect(distance(numbersOf(run, 'prediction'), model.outputs(x as number[][]).flat())).toBeLessThan(maxError);
  });

  test.each(padded.map(([name]) => name))('%s: the same outputs', (name) => {
    const { model, rows: x, run } = of(name);
    const maxError = run.type === 'float32' ? 1e-5 : 1e-12;
    const output = model.loss === undefined ? 'prediction' : 'outputs';
    expect(distance(numbersOf(run, output), model.outputs(x as number[][], { lengths }).flat())).toBeLessThan(maxError);
    if (model.loss === undefined) return;
    expect(run.outputs.label).toEqual(
      Array.from({ length: lengths.length }, (_, n) => model.classify(x as number[][]).slice(6 * n, 6 * n + 6)),
    );
    expect(distance(numbersOf(run, 'probabilities'), model.probabilities(x as number[][]).flat())).toBeLessThan(1e-6);
  });

  test('each part of a row has lengths of its own', () => {
    const { model, rows: x, run } = of(texts[0]);
    const lengths = lengthsOfTexts.source.flatMap((length, n) => [length, lengthsOfTexts.target[n]]);
    const expected = model.outputs(x as number[][], { lengths }).flat();
    expect(distance(numbersOf(run, 'prediction'), expected)).toBeLessThan(1e-12);
    expect(distance(expected, model.outputs(x as number[][]).flat())).toBeGreaterThan(0.1);
  });

  test('any windows have the same outputs', () => {
    for (const [name] of windows) {
      const { model, rows: x, run } = of(name);
      const maxError = run.type === 'float32' ? 1e-5 : 1e-12;
      expect(distance(numbersOf(run, 'prediction'), model.outputs(x as number[][]).flat()), name).toBeLessThan(
        maxError,
      );
    }
  });

  test.each(softCurves.map(([name]) => name))('%s: the same curve, as far as float32 goes', (name) => {
    const { run } = of(`${name} of floats`);
    const { apply, alpha } = activations[name];
    const expected = softInputs.map((z) => Math.fround(apply(mathOf('float32'), Math.fround(z), alpha)));
    expect(distance(numbersOf(run, 'prediction'), expected)).toBeLessThan(1e-6);
  });

  test.each(curves.map(([name]) => name))('%s: the same curve, as far as float64 goes', (name) => {
    const { run } = of(name);
    const { apply, alpha } = activations[name];
    const expected = hardInputs.map((z) => apply(mathOf('float64'), z, alpha));
    expect(distance(numbersOf(run, 'prediction'), expected)).toBeLessThan(1e-15);
  });

  test.each([...decisions, ...decisionsOfFloats, ...tables].map(([name]) => name))('%s: the same answers', (name) => {
    const { model, rows, run } = of(name);
    const heads = modelsOfHeads(model);
    for (const { name: head, model: ofHead } of heads ?? []) {
      const outputs = Object.entries(run.outputs).filter(([output]) => output.startsWith(`${head}.`));
      const ofAnswers = outputs.map(([output, values]) => [output.slice(head.length + 1), values]);
      expectSameAnswers(ofHead, rows, { ...run, outputs: Object.fromEntries(ofAnswers) });
    }
    if (heads === null) expectSameAnswers(model, rows, run);
  });

  function expectSameAnswers(model: Model, rows: Case['rows'], run: Run): void {
    const answers = model.predict(rows);
    const [target] = model.preprocessing?.target ?? [];
    const labels = target?.type === 'classes' ? target.labels : model.metadata.labels;
    const free = (output: string) => (Object.hasOwn(run.outputs, output) ? output : `${output}_`);
    if (Object.hasOwn(run.outputs, 'prediction')) {
      const expected = answers.flatMap(({ prediction }) =>
        typeof prediction === 'object' && prediction !== null ? Object.values(prediction) : [Number(prediction)],
      );
      expect(distance(numbersOf(run, 'prediction'), expected)).toBeLessThan(1e-6);
      return;
    }
    const none = labels === undefined ? '-1' : '';
    expect(run.outputs[free('label')].map(String)).toEqual(answers.map(({ prediction }) => String(prediction ?? none)));
    const { outputs: O } = buildNetwork(model.spec);
    expect(numbersOf(run, 'outputs').length).toBe(answers.length * O);
    const classes = answers.find(({ probabilities }) => probabilities !== undefined);
    if (classes === undefined) {
      expect(Object.keys(run.outputs)).not.toContain('probabilities');
      return;
    }
    const width = Object.keys(classes.probabilities ?? {}).length;
    const p = numbersOf(run, 'probabilities');
    expect(p.length).toBe(width * answers.length);
    for (const [n, { prediction, probabilities }] of answers.entries()) {
      // What is said of a row without an answer has no meaning.
      if (prediction === null) continue;
      const rowProbabilities = p.slice(n * width, (n + 1) * width);
      expect(
        distance(
          rowProbabilities,
          labels === undefined
            ? Object.values(probabilities ?? {})
            : labels.map((label) => probabilities?.[label] ?? -1),
        ),
      ).toBeLessThan(1e-6);
    }
  }

  test('answers are of both kinds, and some rows have none', () => {
    const { run } = of('softmax with names');
    expect(run.outputs.label.slice(-2)).toEqual(['', '']);
    expect(new Set(run.outputs.label).size).toBe(4);
    expect(new Set(of('a threshold of softmax').run.outputs.label)).toEqual(new Set(['no', 'yes', '']));
    expect(new Set(of('one logit without names').run.outputs.label)).toEqual(new Set([0, 1, -1]));
  });

  test('the model is described in the metadata', () => {
    const { model, run } = of('every type of column, classes');
    const { spec, preprocessing } = model;
    expect(JSON.parse(run.metadata.gradloom)).toMatchObject({ version: 2, spec, preprocessing });
  });
});
