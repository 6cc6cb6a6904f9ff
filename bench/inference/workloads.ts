import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildNetwork,
  convnet,
  createRandom,
  type ElementType,
  gptNetwork,
  gruNetwork,
  initializeParameters,
  type NetworkSpec,
  resnet20,
} from '@gradloom/core';
import { elementView } from '@gradloom/core/internal';
import { createModel, exportModel, saveModel } from '@gradloom/runtime';
import { depthwise, specOf } from '../peers/workloads.ts';

/** A network whose answers are timed, and rows for it. Every program reads the same weights and rows. */
export interface InferenceWorkload {
  readonly name: string;
  readonly type: ElementType;
  readonly network: NetworkSpec; // in long form
  readonly model: string; // file of the model
  readonly onnx: string; // file of the exported model
  readonly theta: string; // file [P] of float64
  readonly x: string; // file [ROWS, I] of bytes, or of tokens
  readonly divisor: number;
  readonly rows: number;
  readonly isText: boolean;
  readonly writes?: number; // tokens of a text that is written; absent: rows are answered
  /** Axes of a row in the order of the graph, of a network that was imported; `onnx` is that graph. */
  readonly order?: readonly number[];
}

/** Rows of a file: those of the largest batch. */
export const ROWS = 256;

const TOKENS = 65; // characters of tiny Shakespeare
const CHARACTERS = Array.from({ length: TOKENS }, (_, token) => String.fromCharCode(32 + token));

const ONLY_WRITES = 'GPT 6/6/384'; // its answers to 256 rows take half a minute

const networks: readonly (readonly [name: string, spec: NetworkSpec])[] = [
  ['784-512-256-10', specOf({ widths: [784, 512, 256, 10], activation: 'relu' })],
  ['Keras convnet', convnet([28, 28, 1], 10)],
  ['ResNet-20', resnet20([32, 32, 3], 10)],
  ['depthwise', depthwise],
  ['nanoGPT 4/4/128', gptNetwork(4, 4, 128)([64], TOKENS)],
  [ONLY_WRITES, gptNetwork(6, 6, 384)([128], TOKENS)],
  ['gru:1x256', gruNetwork(1, 256)([64], TOKENS)],
  ['iris 4-16-3', specOf({ widths: [4, 16, 3], activation: 'relu' })],
];

/** Writes the files of all networks, which are deleted when this process ends. */
export async function createInferenceWorkloads(types: readonly ElementType[]): Promise<InferenceWorkload[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-inference-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const workloads: InferenceWorkload[] = [];
  for (const [k, [name, spec]] of networks.entries()) {
    const network = buildNetwork(spec);
    const start = new Float64Array(network.parameterCount);
    initializeParameters(network, start, 1);
    const random = createRandom(k, 'inference');
    const isText = network.spec.layers[0].kind === 'embedding';
    const numbers = Uint8Array.from({ length: ROWS * network.inputs }, () => random.integer(isText ? TOKENS : 256));
    const path = (what: string): string => join(folder, `${k}.${what}`);
    writeFileSync(path('x'), numbers);
    writeFileSync(path('theta'), new Uint8Array(start.buffer));
    for (const type of types) {
      const parameters = elementView(type, new ArrayBuffer(8 * start.length), 0, start.length);
      parameters.set(start);
      // Without a loss: the file answers with the outputs.
      const model = createModel({ spec: network.spec, parameters });
      const files = { model: path(`${type}.gradloom`), onnx: path(`${type}.onnx`) };
      saveModel(files.model, model);
      await exportModel(files.onnx, model);
      const answers: InferenceWorkload = {
        name,
        type,
        network: network.spec,
        ...files,
        theta: path('theta'),
        x: path('x'),
        divisor: isText ? 1 : 255,
        rows: ROWS,
        isText,
      };
      if (name !== ONLY_WRITES) workloads.push(answers);
      if (!name.includes('GPT')) continue;
      const text = { tokenizer: { kind: 'characters', vocabulary: CHARACTERS }, context: network.inputs } as const;
      const preprocessing = { version: 1, text: { ...text, lines: false } } as const;
      const writer = { ...files, model: path(`${type}.writer.gradloom`) };
      saveModel(writer.model, { spec: network.spec, parameters, loss: 'softmax-cross-entropy', preprocessing });
      workloads.push({ ...answers, ...writer, name: `${name} writes`, writes: network.inputs - 1 });
    }
  }
  return workloads;
}
