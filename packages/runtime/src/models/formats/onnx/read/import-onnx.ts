import type { ElementType, LossSpec, Model, ModelMetadata } from '@gradloom/core';
import { show, sizeOf } from '@gradloom/core/internal';
import type { FileFault } from '../../../../system/files/file-fault.ts';
import type { StoredTensor, TensorFile } from '../../tensor-file.ts';
import type { AxisLayout } from '../axis-layout.ts';
import { MixedRowsError } from './align.ts';
import { compareAnswers, type ImportComparison } from './compare-answers.ts';
import { createReader, type GraphValue, type OnnxGraph, readGraph } from './read-graph.ts';
import { type Batch, nodesFor, readBy, type Source } from './source.ts';
import { tensorOf } from './tensor.ts';
import { type Translation, translate } from './translate.ts';

/** Options of reading an ONNX file. */
export interface OnnxOptions {
  /** Extents of axes that the graph leaves free, by name, but for that of the rows. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Numbers of inputs that are not to change, such as a shape, by name. */
  readonly constants?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Outputs of the graph that become outputs of the network. */
  readonly outputs?: readonly string[] | undefined;
  /** Type of the model's numbers. */
  readonly precision?: ElementType | undefined;
}

/** A model as a file has it. */
export interface OnnxImport {
  readonly model: Translation & { readonly loss?: LossSpec; readonly metadata: ModelMetadata };
  /** Compares answers on random rows. @throws Error for an operator whose plain code refuses them */
  compare(model: Model): ImportComparison;
}

/** Reads a network and its weights. @throws Error of `fault`, which names the node where there is one. */
export function importOnnx(where: string, path: string, fault: FileFault, options: OnnxOptions): OnnxImport {
  const graph = withConstants(readGraph(where, path, fault), options, fault);
  const source = sourceOf(path, graph, options, fault);
  const { batch, translation } = translateByRows(source, options.precision ?? precisionOf(source));
  const { loss, metadata = {} } = descriptionOf(graph);
  const onnx = { inputs: layoutsOf(translation.inputs), outputs: layoutsOf(translation.outputs) };
  const description = { ...(loss === undefined ? {} : { loss }), metadata: { ...metadata, onnx } };
  return {
    model: { ...translation, ...description },
    compare: (model) => compareAnswers(source, batch, translation, model),
  };
}

/** The graph with inputs replaced by constants. */
function withConstants(graph: OnnxGraph, { constants = {}, sizes = {} }: OnnxOptions, fault: FileFault): OnnxGraph {
  const known = new Map(graph.constants);
  for (const [name, numbers] of Object.entries(constants)) {
    const input = graph.inputs.find((value) => value.name === name);
    if (input === undefined) {
      const names = graph.inputs.map((value) => value.name);
      throw fault(`no input ${show(name)}`, `one of ${names.join(', ')}`);
    }
    const { type, dims } = sizedInput(input, { sizes }, fault);
    // A vector may be as long as its numbers.
    const extents = dims.map((extent) => (typeof extent === 'number' ? extent : numbers.length));
    if (sizeOf(extents) !== numbers.length) {
      throw fault(`the input ${show(name)} of ${sizeOf(extents)} numbers`, `as many as are given, ${numbers.length}`);
    }
    known.set(
      name,
      tensorOf(type, extents, (to) => to.set(numbers)),
    );
  }
  return { ...graph, constants: known, inputs: graph.inputs.filter(({ name }) => !Object.hasOwn(constants, name)) };
}

/** The initializers of a file as weights for a network whose spec is given. @throws Error of `fault` */
export function openOnnx(where: string, path: string, fault: FileFault): TensorFile {
  const { constants, name: description } = readGraph(where, path, fault);
  const tensors = new Map<string, StoredTensor>(
    [...constants].map(([name, { type, dims, numbers }]) => [name, { type, shape: dims, read: async () => numbers }]),
  );
  return { tensors, description, close: async () => undefined };
}

const layoutsOf = (values: readonly AxisLayout[]) =>
  values.map(({ name, axes, shape }) => ({ name, axes: [...axes], shape: [...shape] }));

/** Loss and metadata of a file that `exportModel` wrote. They are checked when the model is created. */
const descriptionOf = ({ name: description }: OnnxGraph): { loss?: LossSpec; metadata?: ModelMetadata } =>
  typeof description === 'object' && description !== null ? description : {};

/** The outputs that become those of the network: of a file of `exportModel`, the network's own. */
function chosenOutputs(graph: OnnxGraph, { outputs }: OnnxOptions, fault: FileFault): readonly string[] {
  const names = graph.outputs.map(({ name }) => name);
  if (outputs !== undefined) {
    const unknown = outputs.find((name) => !names.includes(name));
    if (unknown === undefined && outputs.length > 0) return outputs;
    throw fault(`no output ${show(unknown ?? '')}`, `one of ${names.join(', ')}`);
  }
  if (graph.name === undefined) return names;
  const importedNames = importedOutputs(graph).filter((name) => names.includes(name));
  if (importedNames.length > 0) return importedNames;
  const networkOutputs = names.filter((name) => /(^|\.)outputs_*$/.test(name));
  return networkOutputs.length > 0 ? networkOutputs : names;
}

/** The outputs of a model that was imported before it was exported. */
function importedOutputs(graph: OnnxGraph): string[] {
  const { onnx } = (descriptionOf(graph).metadata ?? {}) as { onnx?: { outputs?: AxisLayout[] } };
  return Array.isArray(onnx?.outputs) ? onnx.outputs.map(({ name }) => name) : [];
}

/** The part of a graph that makes the chosen outputs. */
export function sourceOf(path: string, graph: OnnxGraph, options: OnnxOptions, fault: FileFault): Source {
  const outputs = chosenOutputs(graph, options, fault);
  const nodes = nodesFor(graph.nodes, outputs);
  const uses = new Map<string, number>();
  for (const name of [...outputs, ...nodes.flatMap(([, node]) => readBy(node))]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const inputs = graph.inputs.filter(({ name }) => uses.has(name)).map((value) => sizedInput(value, options, fault));
  if (inputs.length === 0) throw fault('outputs that depend on no input', 'at least one that does');
  return { graph, inputs, outputs, nodes, uses, read: createReader(path, fault), fault };
}

/** An input whose free extents, but for that of the rows, are known. */
function sizedInput({ name, type, dims }: GraphValue, { sizes = {} }: OnnxOptions, fault: FileFault) {
  if (type === null) throw fault(`the input ${show(name)}, which is no tensor of numbers`, 'numbers');
  if (dims === null) throw fault(`the input ${show(name)} without a shape`, 'one with extents');
  if (dims.length > 8) throw fault(`the input ${show(name)} of ${dims.length} axes`, 'at most 8');
  const known = dims.map((extent, axis) => {
    if (typeof extent === 'number') return extent;
    const key = extent === '?' ? `${name}.${axis}` : extent;
    return Object.hasOwn(sizes, key) ? sizes[key] : key;
  });
  return { name, type, dims: known };
}

/** The rows of a batch: the first axis, if all inputs have the same there, also where it is another axis of some. */
function batchOf(inputs: Source['inputs']): Batch | null {
  const [first] = inputs.map(({ dims }) => dims[0]);
  if (first === undefined) return null;
  const axes = inputs.map(({ dims }) => (typeof first === 'string' ? dims.indexOf(first) : dims[0] === first ? 0 : -1));
  const isFree = inputs.every(({ dims }) => typeof dims[0] === 'string');
  if (isFree) return { axes: inputs.map(() => 0), fixedRows: 0 };
  if (axes.includes(-1)) return null;
  return { axes, fixedRows: typeof first === 'string' ? 0 : first };
}

/** The network whose rows are those of the batch, or one row that is all of it if the graph mixes a fixed number. */
function translateByRows(source: Source, type: ElementType): { batch: Batch; translation: Translation } {
  const batch = batchOf(source.inputs);
  const wholeBatch: Batch = { axes: source.inputs.map(() => null), fixedRows: 0 };
  for (const [k, { name, dims }] of source.inputs.entries()) {
    const free = dims.find((extent, axis) => typeof extent === 'string' && batch?.axes[k] !== axis);
    if (free === undefined) continue;
    const expected = `a size for it, such as sizes: { ${JSON.stringify(free)}: 128 }`;
    throw source.fault(`the free extent ${show(free)} in input ${show(name)}`, expected);
  }
  if (batch === null) return { batch: wholeBatch, translation: translate(source, wholeBatch, type) };
  if (batch.fixedRows === 0) return { batch, translation: translate(source, batch, type) };
  try {
    return { batch, translation: translate(source, batch, type) };
  } catch (error) {
    try {
      return { batch: wholeBatch, translation: translate(source, wholeBatch, type) };
    } catch (errorOfWhole) {
      throw error instanceof MixedRowsError ? errorOfWhole : error;
    }
  }
}

/** float64 where a constant or an input has it, else float32. */
const precisionOf = ({ graph, inputs }: Source): ElementType =>
  [...graph.constants.values(), ...inputs].some(({ type }) => type === 'double') ? 'float64' : 'float32';
