import { checkObject } from '../checks/check.ts';
import { OptionError } from '../checks/option-error.ts';
import { has, show } from '../checks/show.ts';
import { buildAlone } from './build-layers.ts';
import type { CustomParts, LayerSpec } from './layers/index.ts';
import { refuseOtherShapes } from './layers/like.ts';
import type { NetworkSpec } from './network.ts';
import type { OperationKind } from './operation-builders.ts';
import { checkInputShape, withInputParts } from './parts.ts';
import type { Shape } from './shape.ts';

/** What makes a value: a layer and the values that it reads, or an input of the network. */
interface Source {
  /** Sources are numbered as they are made: a network has its layers in this order. */
  readonly order: number;
  /** The layer; null for an input. */
  readonly spec: LayerSpec | null;
  readonly inputs: readonly Source[];
  /** The first layer of those that share its tensors; null if it is that layer itself. */
  readonly sharedWith: Source | null;
  readonly shape: Shape;
  name: string | null;
}

let sourceCount = 0;

/** Rows in a network that is being written: its input, or what a layer makes of others. `input` makes the first. */
export class Value {
  /** Shape of a row. */
  readonly shape: Shape;
  /** @internal */
  readonly source: Source;

  /** @internal */
  constructor(source: Source) {
    this.shape = source.shape;
    this.source = source;
  }

  /** The outputs of layers in sequence from this value. @throws OptionError for a layer that does not fit. */
  through(...layers: LayerSpec[]): Value {
    return layers.reduce((value: Value, layer) => apply(layer, [value]), this);
  }

  /** Names the layer that makes this value, in messages and tables, and for `of` and `like`. Returns the value. */
  as(name: string): Value {
    this.source.name = name;
    return this;
  }

  /** This value + another, or + a number. Values are spread over each other's axes as in NumPy, here and below. */
  plus(other: Value | number): Value {
    return operate('plus', this, other);
  }

  /** This value - another. */
  minus(other: Value | number): Value {
    return operate('minus', this, other);
  }

  /** This value · another. */
  times(other: Value | number): Value {
    return operate('times', this, other);
  }

  /** This value / another. */
  over(other: Value | number): Value {
    return operate('over', this, other);
  }

  /** The lesser of both. */
  minimum(other: Value | number): Value {
    return operate('minimum', this, other);
  }

  /** The greater of both. */
  maximum(other: Value | number): Value {
    return operate('maximum', this, other);
  }

  /** 1 where this value is above another, else 0. */
  above(other: Value | number): Value {
    return operate('above', this, other);
  }

  /** 1 where this value is below another, else 0. */
  below(other: Value | number): Value {
    return operate('below', this, other);
  }

  /** 1 where both are equal, else 0. */
  equal(other: Value | number): Value {
    return operate('equal', this, other);
  }

  /** -x. */
  negate(): Value {
    return apply({ kind: 'negate' }, [this]);
  }

  /** |x|. */
  abs(): Value {
    return apply({ kind: 'abs' }, [this]);
  }

  /** eˣ. */
  exp(): Value {
    return apply({ kind: 'exp' }, [this]);
  }

  /** ln x. */
  log(): Value {
    return apply({ kind: 'log' }, [this]);
  }

  /** √x. */
  sqrt(): Value {
    return apply({ kind: 'sqrt' }, [this]);
  }

  /** x². */
  square(): Value {
    return apply({ kind: 'square' }, [this]);
  }

  /** `a` where this value is not 0, else `b`. */
  where(a: Value, b: Value): Value {
    return apply({ kind: 'where' }, [this, a, b]);
  }

  /** The sum over axes of a row, by default all; `keepdims` keeps them with length 1. */
  sum(options: OptionsOf<'sum'> = {}): Value {
    return apply({ kind: 'sum', ...options }, [this]);
  }

  /** The mean over axes of a row, by default all. */
  mean(options: OptionsOf<'mean'> = {}): Value {
    return apply({ kind: 'mean', ...options }, [this]);
  }

  /** The maximum over axes of a row, by default all. */
  max(options: OptionsOf<'max'> = {}): Value {
    return apply({ kind: 'max', ...options }, [this]);
  }

  /** Softmax over an axis of a row, by default the last. */
  softmax(options: OptionsOf<'softmax'> = {}): Value {
    return apply({ kind: 'softmax', ...options }, [this]);
  }

  /** This value and others one after the other along an axis of a row, by default the last. */
  concat(others: Value | readonly Value[], options: OptionsOf<'concat'> = {}): Value {
    return apply({ kind: 'concat', ...options }, [this, ...[others].flat()]);
  }

  /** The products of matrices, which the last two axes of this value and of another are. */
  matmul(other: Value, options: OptionsOf<'matmul'> = {}): Value {
    return apply({ kind: 'matmul', ...options }, [this, other]);
  }

  /** The positions of this value read those of another one, by attention of so many heads. */
  crossAttention(memory: Value, heads: number, options: Omit<OptionsOf<'cross-attention'>, 'heads'> = {}): Value {
    return apply({ kind: 'cross-attention', heads, ...options }, [this, memory]);
  }
}

/** Options of a kind of layer, without those that all layers have. */
type OptionsOf<K extends LayerSpec['kind']> = Omit<Extract<LayerSpec, { kind: K }>, 'kind' | 'name' | 'of'>;

/** Adds an operation on two values, or on a value and a number. */
const operate = (kind: OperationKind, value: Value, other: Value | number): Value =>
  typeof other === 'number' ? apply({ kind, value: other }, [value]) : apply({ kind }, [value, other]);

/** @throws Error for what is no value. */
function checkValue(where: string, value: unknown): void {
  if (!(value instanceof Value))
    throw new Error(`${where}: value ${has(value)}, expected what input() or its methods return`);
}

/** The own parts that specs were made of: values go through own layers before a run loads their module. */
const partsOfSpecs = new WeakMap<LayerSpec, CustomParts>();

/** The spec, of which values know what part it was made of. */
export function withParts(spec: LayerSpec, parts: CustomParts): LayerSpec {
  partsOfSpecs.set(spec, parts);
  return spec;
}

/** Adds a layer that reads values. */
export function apply(layer: LayerSpec, values: readonly Value[], sharedWith: Source | null = null): Value {
  for (const value of values) checkValue('network', value);
  checkObject('network', 'layer', layer, 'a layer such as dense(10)');
  if (layer.of !== undefined) {
    throw new OptionError('network', 'of', `has ${show(layer.of)}, expected none: the layer reads the value itself`);
  }
  const { name = null, ...spec } = layer;
  const { tiedTo: _, ...alone } = layer as LayerSpec & { tiedTo?: string }; // checked with the whole network
  const build = (inputs: readonly Source[]) => {
    const shapes = inputs.map(({ shape }) => shape);
    return buildAlone(alone as LayerSpec, shapes, partsOfSpecs.get(layer)).layer;
  };
  const inputs = values.map(({ source }) => source);
  const built = build(inputs);
  if (sharedWith !== null) refuseOtherShapes('shared', name ?? layer.kind, built, build(sharedWith.inputs));
  const nameOfUse = sharedWith === null ? name : null; // a name is that of the first use
  const value = { order: sourceCount++, spec: spec as LayerSpec, inputs, sharedWith, shape: built.out };
  return new Value({ ...value, name: nameOfUse });
}

/**
 * An input of a network: `input([28, 28, 1])`. Of several each has a name: `input([28, 28, 1], 'image')`. They are
 * parts of a row, in the order in which they were written.
 * @throws OptionError for what is no shape.
 */
export function input(shape: number | Shape, name?: string): Value {
  const checked = checkInputShape('input', shape);
  const label = name ?? null;
  return new Value({ order: sourceCount++, spec: null, inputs: [], sharedWith: null, shape: checked, name: label });
}

/**
 * Layers that several values go through with the same tensors, as in a siamese network: `const tower =
 * shared(conv2d(16, 3), relu())`, and then `tower(a)` and `tower(b)`. A name is that of the first use. Blocks cannot be
 * shared.
 * @throws OptionError, when it is called, for values whose shapes need other tensors than those of the first use.
 */
export function shared(...layers: LayerSpec[]): (value: Value) => Value {
  const first: Source[] = [];
  return (value) =>
    layers.reduce((x, layer, k) => {
      const y = apply(layer, [x], first[k] ?? null);
      first[k] ??= y.source;
      return y;
    }, value);
}

/**
 * The network that computes a value, as JSON: `network(input(784).through(dense(128), relu(), dense(10)))`. Layers
 * stand in the order in which they were written. Several outputs have a name each: `network({ digit, angle })`.
 */
export function network(outputs: Value | Readonly<Record<string, Value>>): NetworkSpec {
  const output = outputs instanceof Value ? outputs : headsOf(outputs);
  const sources = [...reachableFrom(output.source)].sort((a, b) => a.order - b.order);
  const inputs = sources.filter(({ spec }) => spec === null);
  const layers = sources.filter(({ spec }) => spec !== null);
  const isNamed = inputs.some(({ name }) => name !== null);
  if (inputs.length > 1 && inputs.some(({ name }) => name === null)) {
    throw new OptionError(
      'network',
      'input',
      `has ${inputs.length} inputs, expected a name for each: input(12, 'cells')`,
    );
  }
  // Parts of a row are slices that stand before the layers, in one layer or two each.
  const shift = isNamed ? inputs.reduce((sum, { shape }) => sum + (shape.length === 1 ? 1 : 2), 0) : 0;
  const indices = new Map(layers.map((source, k) => [source, k]));
  const nameOf = (source: Source): string =>
    source.name ?? (source.spec === null ? 'input' : String(shift + (indices.get(source) ?? 0)));
  // Of layers that share their tensors, the first that the network has owns them.
  const owners = new Map<Source, Source>();
  for (const source of layers) {
    const original = source.sharedWith ?? source;
    if (!owners.has(original)) owners.set(original, source);
  }
  const specs = layers.map((source, k) => {
    const { spec, inputs: read, name } = source;
    const before = k === 0 ? (isNamed ? undefined : inputs[0]) : layers[k - 1];
    const isNext = read.length === 1 && read[0] === before;
    const of = read.length === 1 ? nameOf(read[0]) : read.map(nameOf);
    const owner = owners.get(source.sharedWith ?? source) ?? source;
    const layer = owner === source ? spec : { kind: 'like', layer: nameOf(owner) };
    return { ...layer, ...(isNext ? {} : { of }), ...(name === null ? {} : { name }) } as LayerSpec;
  });
  const [{ shape }] = inputs;
  if (!isNamed) return { input: shape.length === 1 ? shape[0] : shape, layers: specs };
  return withInputParts('network', Object.fromEntries(inputs.map(({ name, shape }) => [name, shape])), specs);
}

/** The value of several outputs. */
function headsOf(outputs: Readonly<Record<string, Value>>): Value {
  checkObject('network', 'output', outputs, 'a value, or values by name');
  const names = Object.keys(outputs);
  if (names.length === 0) throw new OptionError('network', 'output', 'has no value, expected at least 1');
  return apply({ kind: 'heads', names }, Object.values(outputs));
}

/** A source and all that it reads, without recursion: networks may have 100,000 layers. */
function reachableFrom(source: Source): Set<Source> {
  const reachedValues = new Set([source]);
  for (const { inputs } of reachedValues) for (const other of inputs) reachedValues.add(other);
  return reachedValues;
}
