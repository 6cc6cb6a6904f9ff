import type { Elements, LayerSpec, Value } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { Message } from '../schema.ts';
import type { TensorReader } from './read-graph.ts';
import { dimsOf, type Rows } from './rows.ts';
import type { Tensor } from './tensor.ts';

/** A value while a graph becomes layers: a constant, or rows that layers compute. */
export type Item = Tensor | Rows;

export const isConstant = (item: Item): item is Tensor => 'numbers' in item;

/** Extents of the axes in the graph. */
export const extentsOf = (item: Item): readonly number[] => (isConstant(item) ? item.dims : dimsOf(item));

/** The weights of a layer by the name of each tensor, in its layout. */
export type Weights = Readonly<Record<string, Elements>>;

/** Adds layers to the network. */
export interface LayerAdder {
  /**
   * The output of a layer that reads a value, with weights, and the names of the initializers that they are, one for
   * each. Layers of the same initializers share their weights. `isTrained` is false for constants, which are frozen.
   */
  add(
    value: Value,
    spec: LayerSpec,
    weights: Weights,
    names: readonly (string | undefined)[],
    isTrained: boolean,
  ): Value;
  /** The output of the layer that made a value, with a bias [O] added; undefined if it has one, or can have none. */
  biased(value: Value, b: Tensor): Value | undefined;
  /** Tells that several nodes read a value, so that `biased` leaves the layer that made it. */
  share(value: Value): void;
  /** A value of the network's rows, for layers that read none. */
  anyRows(): Value;
}

/** Attributes of an operator. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** One use of an operator: its attributes, and what it needs to become layers. */
export interface Call extends LayerAdder {
  readonly operator: string;
  /** Version of the standard operators of the file. */
  readonly opset: number;
  /** The number of rows that the graph has fixed, such as 1; 0 if it is free. */
  readonly fixedRows: number;
  readonly outputs: number;
  /** Whether a node or an output of the graph reads its output k. */
  isRead(k: number): boolean;
  int(name: string, defaultValue: number): number;
  /** @throws Error if it is absent and there is no default */
  ints(name: string, defaultValue?: readonly number[]): readonly number[];
  has(name: string): boolean;
  float(name: string, defaultValue: number): number;
  floats(name: string): readonly number[];
  text(name: string, defaultValue: string): string;
  texts(name: string): readonly string[];
  tensor(name: string): Tensor;
  graph(name: string): Message<'GraphProto'>;
  /** The outputs of another operator for these inputs, with its default attributes, or these. */
  apply(operator: string, items: readonly (Item | undefined)[], attributes?: Attributes): readonly Item[];
  /** The error: the node, its operator and its place in the graph; what it has, and what is expected. */
  fault(has: string, expected: string): Error;
}

/** The call of a node of a graph of `count`. */
export function callOf(
  { opType = '', domain = '', name = '', output = [], attribute = [] }: Message<'NodeProto'>,
  index: number,
  count: number,
  {
    read,
    fault: fileFault,
    uses,
    ...rest
  }: Pick<Call, 'opset' | 'fixedRows' | keyof LayerAdder> & {
    readonly read: TensorReader;
    readonly uses: ReadonlyMap<string, number>;
    /** An error about the file: what it has, and what is expected. */
    readonly fault: (has: string, expected: string) => Error;
  },
): Omit<Call, 'apply'> {
  const attributes = new Map(attribute.map((entry) => [entry.name, entry]));
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  const operator = domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
  const shownOperator = /^[\w.]+$/.test(operator) ? operator : show(operator); // a damaged file has any bytes here
  const fault = (has: string, expected: string): Error => {
    const node = `node ${show(name === '' ? (output[0] ?? '') : name)} (${shownOperator}, ${index + 1} of ${count})`;
    return fileFault(`${has} at ${node}`, expected);
  };
  const required = (name: string): Message<'AttributeProto'> => {
    const entry = attributes.get(name);
    if (entry === undefined) throw fault(`no attribute ${show(name)}`, 'it');
    return entry;
  };
  return {
    ...rest,
    operator,
    outputs: output.length,
    isRead: (k) => (output[k] ?? '') !== '' && uses.has(output[k]),
    int: (name, defaultValue) => Number(attributes.get(name)?.i ?? defaultValue),
    ints: (name, defaultValue) =>
      defaultValue !== undefined && !attributes.has(name) ? defaultValue : (required(name).ints ?? []).map(Number),
    has: (name) => attributes.has(name),
    float: (name, defaultValue) => attributes.get(name)?.f ?? defaultValue,
    floats: (name) => required(name).floats ?? [],
    text: (name, defaultValue) => (attributes.has(name) ? text(attributes.get(name)?.s) : defaultValue),
    texts: (name) => (required(name).strings ?? []).map(text),
    tensor(name) {
      const { t } = required(name);
      if (t === undefined) throw fault(`no tensor in attribute ${show(name)}`, 'one');
      return read(t, `attribute ${show(name)}`);
    },
    graph(name) {
      const { g } = required(name);
      if (g === undefined) throw fault(`no graph in attribute ${show(name)}`, 'one');
      return g;
    },
    fault,
  };
}
