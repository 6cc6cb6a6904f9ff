import { createRandom, type Model } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { LayerAdder } from './call.ts';
import { outputsOfRows, rowsOfInputs } from './graph-rows.ts';
import { runNodes } from './run-nodes.ts';
import type { Batch, Source } from './source.ts';
import { isFloating, type Tensor, tensorOf } from './tensor.ts';
import type { Translation } from './translate.ts';

/** Answers of a network compared with those of the graph's operators, in plain code one by one. */
export interface ImportComparison {
  /** Rows of random numbers that were compared. */
  readonly rows: number;
  /** Operators of the graph that made them. */
  readonly operators: number;
  /** The largest |difference| / max(1, |answer|) of an output. */
  readonly difference: number;
}

/** Rows of random numbers for a comparison, where the graph leaves their number free. */
const COMPARED_ROWS = 2;

/** Compares a model's answers on random rows with those of the operators of the graph that it is made of. */
export function compareAnswers(source: Source, batch: Batch, translation: Translation, model: Model): ImportComparison {
  const rows = batch.axes[0] === null ? 1 : batch.fixedRows || COMPARED_ROWS;
  const random = createRandom(0, 'import');
  const inputs = source.inputs.map(({ type, dims }, k): Tensor => {
    const extents = dims.map((extent, axis) => (axis === batch.axes[k] ? rows : Number(extent)));
    const draw = isFloating(type) ? () => random.normal() : () => random.integer(2);
    return tensorOf(type, extents, (numbers) => numbers.set(numbers.map(draw)));
  });
  const expected = evaluateGraph(source, batch, inputs);
  const read = translation.inputs.map(({ name }) => inputs[source.inputs.findIndex((value) => value.name === name)]);
  const answers = model.outputs(rowsOfInputs(translation.inputs, read));
  const dims = expected.map((tensor) => tensor.dims);
  let difference = 0;
  for (const [k, { numbers }] of outputsOfRows(translation.outputs, answers, dims, 'double').entries()) {
    for (const [n, answer] of numbers.entries()) {
      const reference = expected[k].numbers[n];
      if (Object.is(answer, reference)) continue;
      difference = Math.max(difference, Math.abs(answer - reference) / Math.max(1, Math.abs(reference)));
      if (Number.isNaN(answer) !== Number.isNaN(reference)) difference = Number.POSITIVE_INFINITY;
    }
  }
  return { rows, operators: source.nodes.length, difference };
}

/** The outputs of a graph for inputs in its order, by the plain code of its operators, one node after the other. */
function evaluateGraph(source: Source, batch: Batch, inputs: readonly Tensor[]): Tensor[] {
  const tensors = new Map<string, Tensor>(source.graph.constants);
  for (const [k, { name }] of source.inputs.entries()) tensors.set(name, inputs[k]);
  const refuse = (): never => {
    throw new Error('an operator adds a layer to constants, expected plain code');
  };
  const adder: LayerAdder = { add: refuse, share: refuse, anyRows: refuse, biased: refuse };
  runNodes(source, batch, source.nodes, source.outputs, { items: tensors, adderOf: () => adder, findsPatterns: false });
  return source.outputs.map((name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw source.fault(`the output ${show(name)} of no node`, 'one that a node makes');
    return tensor;
  });
}
