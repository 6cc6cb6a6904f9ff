import { typeOf } from '@gradloom/core/internal';
import { describeModel, type ExportedModel } from '../exported.ts';
import { emitAnswers } from './answers.ts';
import { emitColumns } from './columns.ts';
import { createGraph, type Graph, type RealType, type Value } from './graph.ts';
import { emitNetwork } from './layers.ts';
import { encodeModel } from './schema.ts';

/**
 * Opset 17 of 2022, so that older runtimes read it, too: newer ones bring no operator that is used here. In it axes are
 * attributes. IR 8 goes with it. Version 2 of ai.onnx.ml has the LabelEncoder from text to integers.
 */
const OPSET = 17;
const ML_OPSET = 2;
const IR_VERSION = 8;

/** ONNX's names of the types of models. */
const onnxTypes = { float64: 'double', float32: 'float' } as const;

/** Protocol buffers end at 2 GiB; some is left for all but the weights. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;

/**
 * The network in evaluation, in the type of the model: from rows of a table, one input a column, or from numbers
 * `x` [N, I], to answers. Columns and answers are computed in float64, as `predict` does.
 * [ONNX](https://onnx.ai/onnx/repo-docs/IR.html)
 */
export function writeOnnx(model: ExportedModel): Iterable<Uint8Array> {
  const { contents, network } = model;
  const bytes = contents.parameters.byteLength;
  if (bytes > MOST_BYTES) {
    throw new Error(`the weights have ${bytes} bytes, expected at most ${MOST_BYTES} in one ONNX file`);
  }
  const graph = createGraph();
  const type = onnxTypes[typeOf(contents.parameters)];
  const x = emitInputs(graph, type, model);
  const y = emitNetwork(graph.in(type), network, contents.parameters, x);
  const taken = new Set(contents.preprocessing?.columns.map(({ name }) => name) ?? ['x']);
  emitAnswers(graph, type, model, y, (name) => {
    let free = name;
    while (taken.has(free)) free += '_';
    return free;
  });
  const file = encodeModel({
    irVersion: BigInt(IR_VERSION),
    producerName: 'gradloom',
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      { domain: 'ai.onnx.ml', version: BigInt(ML_OPSET) },
    ],
    graph: graph.finish(),
    metadataProps: [{ key: 'gradloom', value: JSON.stringify(describeModel(model)) }],
  });
  return [file];
}

function emitInputs(
  graph: Graph,
  type: RealType,
  { contents: { preprocessing, metadata }, network }: ExportedModel,
): Value {
  if (preprocessing !== undefined) return graph.in(type).cast(emitColumns(graph, preprocessing), 'double');
  const divisor = metadata?.divisor ?? 1;
  const scaled = divisor === 1 ? '' : `, divided by ${divisor} as in training`;
  return graph.input('x', type, network.input, `the inputs of the network${scaled}`);
}
