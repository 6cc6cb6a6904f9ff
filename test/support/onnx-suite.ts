import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importModel } from '@gradloom/runtime';
import type { AxisLayout } from '../../packages/runtime/src/models/formats/onnx/axis-layout.ts';
import { outputsOfRows, rowsOfInputs } from '../../packages/runtime/src/models/formats/onnx/read/graph-rows.ts';
import { createReader, readGraph } from '../../packages/runtime/src/models/formats/onnx/read/read-graph.ts';
import { type Tensor, tensorOf } from '../../packages/runtime/src/models/formats/onnx/read/tensor.ts';
import { decodeMessage } from '../../packages/runtime/src/models/formats/onnx/schema.ts';
import { faultOf } from '../../packages/runtime/src/system/files/file-fault.ts';

/** Where Debian's `libonnx-testdata` is. */
export const SUITE = '/usr/share/libonnx-testdata/data';

const FOLDERS = ['node', 'pytorch-converted', 'pytorch-operator', 'simple'];

/** A test of the suite: a graph, and files of its inputs and outputs. */
interface SuiteTest {
  readonly name: string;
  readonly model: string;
  /** Null where the inputs are k / size, as those of whole graphs are. */
  readonly inputs: readonly string[] | null;
  readonly outputs: readonly string[];
}

/** All tests, in the order of their names. */
export function suiteTests(): SuiteTest[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(SUITE, folder)).map((name) => {
      const data = join(SUITE, folder, name, 'test_data_set_0');
      const files = (what: string): string[] => {
        const names = Array.from({ length: 32 }, (_, k) => join(data, `${what}_${k}.pb`));
        return names.filter((file) => existsSync(file));
      };
      const model = join(SUITE, folder, name, 'model.onnx');
      return { name: `${folder}/${name}`, model, inputs: files('input'), outputs: files('output') };
    }),
  );
  const whole = readdirSync(join(SUITE, 'light')).filter((name) => name.endsWith('.onnx'));
  const light = whole.map((name) => {
    const model = join(SUITE, 'light', name);
    return { name: `light/${name}`, model, inputs: null, outputs: [model.replace('.onnx', '_output_0.pb')] };
  });
  return [...inFolders, ...light];
}

/** The tolerance of the suite's own runner. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-7;

/**
 * Imports the graph of a test and compares its answers: 'pass', or why it does not. Graphs of the suite have weights
 * and shapes as inputs; if they do not become a network so, all inputs but the first are constants.
 */
export async function resultOf(one: SuiteTest): Promise<string> {
  const result = await resultWith(one, false);
  if (result === 'pass' || (one.inputs ?? []).length < 2) return result;
  return (await resultWith(one, true)) === 'pass' ? 'pass' : result;
}

async function resultWith({ model: path, inputs, outputs }: SuiteTest, isFirstAlone: boolean): Promise<string> {
  try {
    const fault = faultOf('the suite', path);
    const graph = readGraph('the suite', path, fault);
    const read = createReader(path, fault);
    const tensors = (inputs ?? []).map((file) => read(decodeMessage('TensorProto', readFileSync(file)), 'a tensor'));
    const byName = new Map(
      graph.inputs.map((value, k): [string, Tensor] => [value.name, tensors[k] ?? rampFor(value.dims ?? [])]),
    );
    const sizes = Object.fromEntries(
      graph.inputs.flatMap(({ name, dims }) =>
        (dims ?? []).flatMap((extent, axis): [string, number][] => {
          if (typeof extent === 'number' || (axis === 0 && extent !== '?')) return [];
          return [[extent === '?' ? `${name}.${axis}` : extent, byName.get(name)?.dims[axis] ?? 1]];
        }),
      ),
    );
    const given = isFirstAlone ? [...byName].slice(1) : [];
    const constants = Object.fromEntries(given.map(([name, { numbers }]) => [name, Array.from(numbers)]));
    const model = await importModel(path, { sizes, constants });
    const places = model.metadata.onnx as unknown as { inputs: AxisLayout[]; outputs: AxisLayout[] };
    const xs = places.inputs.map(({ name }) => byName.get(name) as Tensor);
    const answers = model.outputs(rowsOfInputs(places.inputs, xs));
    const names = graph.outputs.map(({ name }) => name);
    const wanted = places.outputs.map(({ name }) =>
      read(decodeMessage('TensorProto', readFileSync(outputs[names.indexOf(name)])), 'a tensor'),
    );
    if (outputs.length !== names.length) return 'outputs without files';
    const dims = wanted.map((tensor) => tensor.dims);
    return differenceOf(outputsOfRows(places.outputs, answers, dims, 'double'), wanted);
  } catch (error) {
    const { message } = error as Error;
    return message
      .split('\n')[0]
      .replace(/^.*?\.onnx has /, 'has ')
      .slice(0, 240);
  }
}

const rampFor = (dims: readonly (number | string)[]): Tensor => {
  const extents = dims.map((extent) => (typeof extent === 'number' ? extent : 1));
  return tensorOf('float', extents, (numbers) => numbers.set(numbers.map((_, k) => k / numbers.length)));
};

function differenceOf(answers: readonly Tensor[], wanted: readonly Tensor[]): string {
  for (const [k, { numbers }] of wanted.entries()) {
    for (const [n, number] of numbers.entries()) {
      const answer = answers[k].numbers[n];
      const isClose = Object.is(answer, number) || Math.abs(answer - number) <= ABSOLUTE + RELATIVE * Math.abs(number);
      if (!isClose) return `other numbers: ${answer} in place of ${number}`;
    }
  }
  return 'pass';
}
