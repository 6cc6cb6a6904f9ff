import type { Elements, Shape } from '@gradloom/core';
import { littleEndianBytes } from '../../../system/files/little-endian.ts';
import { attributeTypes, type ElementType, elementTypes, type Message } from './schema.ts';

/** The name of a value in a graph: an input, a constant or the output of a node. */
export type Value = string;

/** Floating-point types of a graph. */
export type RealType = 'double' | 'float';

type Attributes = Readonly<
  Record<string, number | string | readonly number[] | readonly string[] | Message<'GraphProto'>>
>;

/** Builder of a graph: each method adds an element and returns its name. */
export interface Graph {
  readonly type: RealType;
  /** An input [N, ...row]. */
  input(name: string, type: ElementType, row: Shape, note: string): Value;
  /** An input [N] of integers that may be left out; it is then `defaultValue` for all rows. */
  optional(name: string, defaultValue: number, note: string): Value;
  /** An input of one int64, of the body of a node. */
  integer(name: string): Value;
  /** Outputs a value [N, ...row] as `name`. */
  output(name: string, value: Value, type: ElementType, row: Shape, note: string): void;
  /** Adds an input of an imported graph, or an output, which is `value`; N may be any of its axes, or none. */
  imported(
    kind: 'input' | 'output',
    name: string,
    type: ElementType,
    extents: readonly (number | 'N')[],
    value?: Value,
  ): Value;
  /** A constant of floating-point numbers, in the type of its array. */
  reals(name: string, shape: readonly number[], numbers: Elements): Value;
  /** A view of the same graph that adds numbers of another type; new graphs use float64. */
  withType(type: RealType): Graph;
  /** A single number, rounded to the graph's type. */
  number(value: number): Value;
  /** Converts a value of type `from` to the graph's type. */
  cast(value: Value, from: 'bool' | RealType): Value;
  /** A constant of int64, by default a vector. */
  integers(numbers: readonly number[], shape?: readonly number[]): Value;
  texts(shape: readonly number[], texts: readonly string[]): Value;
  /** Adds a node that applies an operator to `inputs`; returns its output. */
  node(operator: string, inputs: readonly Value[], attributes?: Attributes, domain?: string): Value;
  /** Adds a Reshape to `shape`, where 0 keeps an extent and -1 takes the rest. */
  reshape(value: Value, shape: readonly number[]): Value;
  /** Adds a node of several outputs; returns the first `count`. */
  outputs(operator: string, inputs: readonly Value[], count: number, attributes?: Attributes, domain?: string): Value[];
  /** An empty graph of the same number type, for the body of a node. It may read the values of this one. */
  body(): Graph;
  finish(): Message<'GraphProto'>;
}

export function createGraph(): Graph {
  // The prefix keeps names inside the graph apart from column names of a table. Bodies share the numbers.
  let nextNumber = 0;
  return emptyGraph((label) => `gradloom/${label}/${nextNumber++}`, 'double');
}

function emptyGraph(
  newValue: (label: string) => Value, // makes a name that no other value has
  type: RealType,
): Graph {
  const nodes: Message<'NodeProto'>[] = [];
  const initializers: Message<'TensorProto'>[] = [];
  const inputs: Message<'ValueInfoProto'>[] = [];
  const outputs: Message<'ValueInfoProto'>[] = [];
  const numbers = new Map<string, Value>(); // constants of one number, by type and value
  const reals = { double: Float64Array, float: Float32Array };

  function constant(name: Value, type: ElementType, shape: readonly number[], values: Message<'TensorProto'>): Value {
    initializers.push({ name, dataType: elementTypes[type], dims: shape.map(BigInt), ...values });
    return name;
  }

  function integers(name: Value, shape: readonly number[], values: readonly number[]): Value {
    const bytes = new DataView(new ArrayBuffer(8 * values.length));
    for (const [i, value] of values.entries()) bytes.setBigInt64(8 * i, BigInt(value), true);
    return constant(name, 'int64', shape, { rawData: new Uint8Array(bytes.buffer) });
  }

  const commonMethods: Omit<Graph, 'type' | 'withType' | 'body' | 'number' | 'cast'> = {
    input(name, type, row, note) {
      if (name === '') throw new Error('a column without a name has no input in ONNX, expected a name');
      inputs.push(valueInfo(name, type, row, note));
      return name;
    },
    optional(name, defaultValue, note) {
      // An initializer with the name of an input is its default: one number for any number of rows.
      inputs.push(infoOf(name, 'int64', [{ dimParam: name }], note));
      return integers(name, [1], [defaultValue]);
    },
    integer(name) {
      inputs.push(infoOf(name, 'int64', [], ''));
      return name;
    },
    output(name, value, type, row, note) {
      nodes.push({ opType: 'Identity', name: newValue('Identity'), input: [value], output: [name] });
      outputs.push(valueInfo(name, type, row, note));
    },
    imported(kind, name, type, extents, value = name) {
      const dims = extents.map((extent) => (extent === 'N' ? { dimParam: 'N' } : { dimValue: BigInt(extent) }));
      const info = infoOf(name, type, dims, 'as the imported graph has it');
      (kind === 'input' ? inputs : outputs).push(info);
      if (kind === 'output')
        nodes.push({ opType: 'Identity', name: newValue('Identity'), input: [value], output: [name] });
      return name;
    },
    reals: (name, shape, values) =>
      constant(`gradloom/${name}`, values instanceof Float32Array ? 'float' : 'double', shape, {
        rawData: littleEndianBytes(values),
      }),
    integers: (values, shape = [values.length]) => integers(newValue('integers'), shape, values),
    texts: (shape, texts) => constant(newValue('texts'), 'string', shape, { stringData: texts.map(utf8) }),
    node: (opType, input, attributes = {}, domain = '') =>
      commonMethods.outputs(opType, input, 1, attributes, domain)[0],
    reshape: (value, shape) => commonMethods.node('Reshape', [value, commonMethods.integers(shape)]),
    outputs(opType, input, count, attributes = {}, domain = '') {
      const output = Array.from({ length: count }, () => newValue(opType));
      const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
      nodes.push({ opType, domain, name: output[0], input, output, attribute });
      return output;
    },
    finish: () => ({ name: 'gradloom', node: nodes, initializer: initializers, input: inputs, output: outputs }),
  };

  const graphOf = (type: RealType): Graph => ({
    ...commonMethods,
    type,
    withType: graphOf,
    body: () => emptyGraph(newValue, type),
    number(value) {
      // The key distinguishes -0 from 0, and has a text for NaN.
      const key = `${type} ${Object.is(value, -0) ? '-0' : value}`;
      let name = numbers.get(key);
      if (name === undefined) {
        name = constant(newValue('number'), type, [], { rawData: littleEndianBytes(reals[type].of(value)) });
        numbers.set(key, name);
      }
      return name;
    },
    cast: (value, from) => (from === type ? value : commonMethods.node('Cast', [value], { to: elementTypes[type] })),
  });
  return graphOf(type);
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const isList = (value: Attributes[string]): value is readonly number[] | readonly string[] => Array.isArray(value);

function attributeOf(name: string, value: Attributes[string]): Message<'AttributeProto'> {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: BigInt(value) };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: utf8(value) };
  if (!isList(value)) return { name, type: attributeTypes.graph, g: value };
  if (value.every((entry) => typeof entry === 'string')) {
    return { name, type: attributeTypes.strings, strings: value.map(utf8) };
  }
  return { name, type: attributeTypes.ints, ints: (value as readonly number[]).map(BigInt) };
}

/** N stands for any number of rows. */
const valueInfo = (name: string, type: ElementType, row: Shape, note: string): Message<'ValueInfoProto'> =>
  infoOf(name, type, [{ dimParam: 'N' }, ...row.map((extent) => ({ dimValue: BigInt(extent) }))], note);

type Dimension = Message<'DimensionProto'>;

function infoOf(name: string, type: ElementType, dim: Dimension[], note: string): Message<'ValueInfoProto'> {
  return { name, docString: note, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}
