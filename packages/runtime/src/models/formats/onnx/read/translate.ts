import {
  buildNetwork,
  type Elements,
  type ElementType,
  input,
  type LayerSpec,
  type NetworkSpec,
  network,
  shared,
  type Value,
} from '@gradloom/core';
import { createElements, nameOfLayer, show, viewOf } from '@gradloom/core/internal';
import type { AxisLayout } from '../axis-layout.ts';
import { constantValue } from './align.ts';
import { type Item, isConstant, type LayerAdder, type Weights } from './call.ts';
import { arrangeAxes, newAxes, ROWS, type Rows, valueInOrder, withoutRows } from './rows.ts';
import { runNodes } from './run-nodes.ts';
import type { Batch, Source } from './source.ts';
import type { Tensor } from './tensor.ts';

/** A network that computes what a graph does. */
export interface Translation {
  readonly spec: NetworkSpec;
  readonly parameters: Elements;
  readonly inputs: readonly AxisLayout[];
  readonly outputs: readonly AxisLayout[];
}

/** @throws Error for what layers cannot do; it names the node. */
export function translate(source: Source, batch: Batch, type: ElementType): Translation {
  const { graph, fault } = source;
  const names = new Set(['input']); // which `of` reads as the whole row
  const weightsByLayer = new Map<string, Weights>();
  const allInputs = source.inputs.map((_, k) => inputOf(source, k, batch.axes[k], names));
  const [{ rows: first }] = allInputs;
  const items = new Map<string, Item>(graph.constants);
  for (const { rows, placed } of allInputs) items.set(placed.name, rows);
  /** Layers with named weights, by their specs and these names. */
  const layersByWeights = new Map<string, { weights: Weights; through: (x: Value) => Value; value: Value }[]>();
  const withBias = new Map<Value, (b: Tensor) => Value>();
  /** Names layers by their weights, or else so. */
  const adderOf = (...otherNames: readonly string[]): LayerAdder => {
    const adder: LayerAdder = {
      anyRows: () => first.value,
      add(value, spec, weights, weightNames, isTrained) {
        const layerSpec: LayerSpec = isTrained ? spec : { ...spec, freeze: true };
        const key = JSON.stringify([layerSpec, weightNames]);
        const isNamed = weightNames.length === Object.keys(weights).length && !weightNames.includes(undefined);
        const like = layersByWeights.get(key)?.find((layer) => isNamed && haveSameNumbers(layer.weights, weights));
        if (like !== undefined && spec.kind === 'parameter') return like.value;
        const name = uniqueName(names, [...weightNames.map(layerOfWeight), ...otherNames]);
        weightsByLayer.set(name, weights);
        const through = like?.through ?? shared(layerSpec);
        const y = through(value).as(name);
        if (like === undefined) {
          layersByWeights.set(key, [...(layersByWeights.get(key) ?? []), { weights, through, value: y }]);
        }
        const { bias, ...unbiased } = spec as LayerSpec & { readonly bias?: boolean };
        if (bias === false) {
          withBias.set(y, (b) => {
            names.delete(name);
            const allNames = [...weightNames, b.weight];
            return adder.add(value, unbiased as LayerSpec, { ...weights, b: b.numbers }, allNames, isTrained);
          });
        }
        return y;
      },
      share: (value) => void withBias.delete(value),
      biased: (value, b) => withBias.get(value)?.(b),
    };
    return adder;
  };
  runNodes(source, batch, source.nodes, source.outputs, {
    items,
    adderOf: (index, node) => adderOf(node.name ?? '', `layer${index}`),
    findsPatterns: true,
  });
  const outputs = source.outputs.map((name) => {
    const item = items.get(name);
    if (item === undefined) throw fault(`the output ${show(name)} of no node`, 'one that a node makes');
    if (!isConstant(item)) return outputOf(name, item);
    if (item.numbers.some((number) => number !== 0 && number % ROWS.extent === 0)) {
      throw fault(`the output ${show(name)}, which is a shape with the rows of a batch`, 'no such output');
    }
    return outputOf(name, constantRows(adderOf(name), item));
  });
  const [{ value }] = outputs;
  const isInput = allInputs.some(({ rows }) => rows.value === value);
  const only = isInput ? value.through({ kind: 'activation', fn: 'identity' }) : value;
  const valueByName = Object.fromEntries(outputs.map((output) => [output.placed.name, output.value]));
  const spec = network(outputs.length === 1 ? only : valueByName);
  // Each of several inputs that layers read is a layer of its name.
  const layerNames = new Set(spec.layers.map((layer) => layer.name));
  const inputs = allInputs.filter(({ name }) => name === undefined || layerNames.has(name));
  return {
    spec,
    parameters: parametersOf(spec, weightsByLayer, type),
    inputs: inputs.map(({ placed }) => placed),
    outputs: outputs.map(({ placed }) => placed),
  };
}

/** Initializers of one name may be cut or turned in different ways. */
const haveSameNumbers = (a: Weights, b: Weights): boolean =>
  Object.keys(a).every((name) => a[name] === b[name] || b[name]?.every((x, k) => Object.is(x, a[name][k])));

/** Operators after which an image still has its channels where they were. */
const POINTWISE = /^(Relu|LeakyRelu|Elu|Sigmoid|Tanh|Identity|Dropout|Add|Sub|Mul|Div|Clip|Cast|Pad)$/;

/** Operators that read images. */
const WINDOWED = /^(Conv|ConvTranspose|MaxPool|AveragePool|GlobalAveragePool|GlobalMaxPool|BatchNormalization|Resize)$/;

/** The axis of the channels of an input that is an image, as what reads it says; null if it is none. */
function channelsAxis({ nodes }: Source, name: string, rank: number): number | null {
  if (rank < 3) return null;
  const orders = new Map([[name, Array.from({ length: rank }, (_, axis) => axis)]]); // of the input's axes
  for (const [, { opType = '', input: read = [], output: outputs = [], attribute = [] }] of nodes) {
    const order = orders.get(read.find((value) => orders.has(value)) ?? '');
    if (order === undefined) continue;
    if (WINDOWED.test(opType)) return order[1];
    const perm = attribute.find((entry) => entry.name === 'perm')?.ints?.map(Number);
    if (opType === 'Transpose' && perm?.length === rank)
      orders.set(
        outputs[0],
        perm.map((axis) => order[axis]),
      );
    if (POINTWISE.test(opType)) for (const value of outputs) orders.set(value, order);
  }
  return null;
}

/** An input, of images with the channels last. */
function inputOf(source: Source, index: number, rowsAxis: number | null, names: Set<string>) {
  const { name, type, dims } = source.inputs[index];
  const extents = dims.map((extent, axis) => (axis === rowsAxis ? 1 : Number(extent)));
  const axes = newAxes(extents).map((parts, axis) => (axis === rowsAxis ? [ROWS] : parts));
  const channels = extents[0] === 1 && (rowsAxis ?? 0) === 0 ? channelsAxis(source, name, dims.length) : null;
  const otherAxes = [...axes.keys()].filter((axis) => axis !== (channels === null ? rowsAxis : 0));
  const order = channels === null ? otherAxes : [...otherAxes.filter((axis) => axis !== channels), channels];
  const shape = order.length === 0 ? [1] : order.map((axis) => extents[axis]);
  const partName = source.inputs.length > 1 ? uniqueName(names, [name]) : undefined;
  const axisOrder = [...axes.keys()].map((axis) => (axis === rowsAxis ? ('N' as const) : order.indexOf(axis)));
  const rows: Rows = { type, axes, stored: order.flatMap((axis) => axes[axis]), value: input(shape, partName) };
  return { rows, name: partName, placed: { name, axes: axisOrder, shape } };
}

/** A constant that is the same for all rows. */
function constantRows(adder: LayerAdder, tensor: Tensor): Rows {
  const axes = newAxes(tensor.dims);
  const storedParts = axes.flat();
  const groups = storedParts.map((part) => [part]);
  return { type: tensor.type, axes, stored: storedParts, value: constantValue(adder, tensor, axes, groups) };
}

/** An output in the order of the graph's axes, or with the channels last if it is an image that is stored so. */
function outputOf(name: string, rows: Rows): { value: Value; placed: AxisLayout } {
  const { axes, stored } = rows;
  const rowAxes = withoutRows(axes);
  const last = rowAxes.length > 1 ? [...rowAxes.slice(1), rowAxes[0]] : rowAxes;
  const isImage =
    rowAxes.length > 1 &&
    rowAxes.every((parts) => parts.length <= 1) &&
    String(stored.map((part) => last.flat().indexOf(part))) === String([...stored.keys()]);
  const groups = isImage ? last : rowAxes;
  const value = isImage ? arrangeAxes(rows, last) : valueInOrder(rows);
  let next = 0;
  const axisOrder = axes.map((parts) =>
    parts.length === 1 && parts[0] === ROWS ? ('N' as const) : groups.indexOf(rowAxes[next++]),
  );
  return { value, placed: { name, axes: axisOrder, shape: value.shape } };
}

/** 'fc1' of 'fc1.weight'. */
const layerOfWeight = (name: string | undefined): string =>
  name === undefined || name.startsWith('onnx::') ? '' : name.replace(/[._/](weight|bias|kernel|W|b|gamma|beta)$/, '');

const MAX_NAME_LENGTH = 40;

/** The first of the names that is not empty, with a number after it if there is one like it already. */
function uniqueName(names: Set<string>, candidates: readonly string[]): string {
  const clean = candidates.map((name) => name.replace(/\p{Cc}/gu, '').trim()).find((name) => name !== '') ?? 'x';
  // The end says more than the beginning, which many names share.
  const short = clean.slice(-(MAX_NAME_LENGTH - 6));
  const base = /^\d/.test(short) ? `_${short}` : short;
  let name = base;
  for (let k = 2; names.has(name); k++) name = `${base}_${k}`;
  names.add(name);
  return name;
}

/** The parameter vector of a network, of the weights of its layers. */
function parametersOf(spec: NetworkSpec, weightsByLayer: ReadonlyMap<string, Weights>, type: ElementType): Elements {
  const { allLayers, parameterCount } = buildNetwork(spec);
  const parameters = createElements(type, parameterCount);
  for (const networkLayer of allLayers) {
    const weights = weightsByLayer.get(networkLayer.spec.name ?? '');
    for (const { name, offset, length } of networkLayer.tensors) {
      const numbers = weights?.[name];
      if (numbers?.length !== length) {
        throw new Error(
          `${nameOfLayer(networkLayer)} has ${numbers?.length ?? 'no'} numbers of ${name}, expected ${length}`,
        );
      }
      viewOf(parameters, offset, length).set(numbers);
    }
  }
  return parameters;
}
