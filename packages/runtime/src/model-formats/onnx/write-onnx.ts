import { describeModel, type ExportedModel } from '../exported.ts';
import { emitAnswers } from './answers.ts';
import { emitColumns } from './columns.ts';
import { createGraph, type Graph, type Value } from './graph.ts';
import { emitNetwork } from './layers.ts';
import { encodeModel } from './schema.ts';

/**
 * Opset 17 of 2022, so that older runtimes read it, too: newer ones bring no operator that is used here. In it axes are
 * attributes. IR 8 goes with it. Version 2 of ai.onnx.ml has the LabelEncoder from text to integers.
 */
const OPSET = 17;
const ML_OPSET = 2;
const IR_VERSION = 8;

/** Protocol buffers end at 2 GiB; some is left for all but the weights. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;

/**
 * The network in evaluation, in float64: from rows of a table, one input a column, or from numbers `x` [N, I], to
 * answers. [ONNX](https://onnx.ai/onnx/repo-docs/IR.html)
 */
export function writeOnnx(model: ExportedModel): Iterable<Uint8Array> {
  const { contents, network } = model;
  const bytes = contents.parameters.byteLength;
  if (bytes > MOST_BYTES) {
    throw new Error(`the weights have ${bytes} bytes, expected at most ${MOST_BYTES} in one ONNX file`);
  }
  const graph = createGraph();
  const x = emitInputs(graph, model);
  const y = emitNetwork(graph, network, contents.parameters, x);
  const taken = new Set(contents.preprocessing?.columns.map(({ name }) => name) ?? ['x']);
  emitAnswers(graph, model, y, (name) => {
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

function emitInputs(graph: Graph, { contents: { preprocessing, metadata }, network }: ExportedModel): Value {
  if (preprocessing !== undefined) return emitColumns(graph, preprocessing);
  const divisor = metadata?.divisor ?? 1;
  const scaled = divisor === 1 ? '' : `, divided by ${divisor} as in training`;
  return graph.input('x', 'double', network.input, `the inputs of the network${scaled}`);
}
