import { writeFileSync } from 'node:fs';
import { elementTypes, encodeModel, type Message } from '../../packages/runtime/src/models/formats/onnx/schema.ts';

type Attribute = number | string | readonly number[] | Omit<GraphOfTest, 'inputs'>;

/** A node: its operator, inputs and outputs by name, and attributes. */
export type Node = readonly [
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes?: Readonly<Record<string, Attribute>>,
];

/** A graph as PyTorch writes it. */
export interface GraphOfTest {
  /** Extents of each input; a text names a free one. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  /** Initializers: extents and numbers of floats, or a list of whole numbers. */
  readonly weights?: Readonly<
    Record<string, readonly [dims: readonly number[], numbers: readonly number[]] | number[]>
  >;
  /** Further fields of tensors by their names. */
  readonly tensors?: readonly Message<'TensorProto'>[];
}

const isPair = (entry: unknown): entry is readonly [readonly number[], readonly number[]] =>
  Array.isArray(entry) && Array.isArray(entry[0]);

const attributeOf = (name: string, value: Attribute): Message<'AttributeProto'> => {
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if (typeof value === 'object') {
    if ('nodes' in value) return { name, type: 5, g: graphMessage({ inputs: {}, ...value }) };
    const isWhole = value.every(Number.isInteger) && name !== 'value_floats';
    return isWhole ? { name, type: 7, ints: value.map(BigInt) } : { name, type: 6, floats: [...value] };
  }
  return Number.isInteger(value) ? { name, type: 2, i: BigInt(value) } : { name, type: 1, f: value };
};

const valueInfo = (name: string, dims: readonly (number | string)[]): Message<'ValueInfoProto'> => {
  const dim = dims.map((extent) => (typeof extent === 'string' ? { dimParam: extent } : { dimValue: BigInt(extent) }));
  return { name, type: { tensorType: { elemType: elementTypes.float, shape: { dim } } } };
};

function graphMessage({ inputs, outputs, nodes, weights = {}, tensors = [] }: GraphOfTest): Message<'GraphProto'> {
  const initializer = Object.entries(weights).map(([name, entry]): Message<'TensorProto'> => {
    if (!isPair(entry)) {
      return { name, dataType: elementTypes.int64, dims: [BigInt(entry.length)], int64Data: entry.map(BigInt) };
    }
    const [dims, numbers] = entry;
    return { name, dataType: elementTypes.float, dims: dims.map(BigInt), floatData: numbers };
  });
  return {
    name: 'test',
    node: nodes.map(([opType, input, output, attributes = {}]) => ({
      opType,
      name: `/${output[0]}`,
      input,
      output,
      attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
    })),
    initializer: [...initializer, ...tensors],
    input: Object.entries(inputs).map(([name, dims]) => valueInfo(name, dims)),
    output: outputs.map((name) => valueInfo(name, [])),
  };
}

/** The file of a graph, in bytes. */
export const onnxBytes = (graph: GraphOfTest): Uint8Array =>
  encodeModel({ irVersion: 8n, opsetImport: [{ domain: '', version: 17n }], graph: graphMessage(graph) });

export const writeOnnxFile = (path: string, graph: GraphOfTest): void => writeFileSync(path, onnxBytes(graph));
