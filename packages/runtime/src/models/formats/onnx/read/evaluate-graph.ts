import { show } from '@gradloom/core/internal';
import type { LayerAdder } from './call.ts';
import type { Tensor } from './tensor.ts';
import { type Batch, callIn, outputsOf, type Source } from './translate.ts';

/** The outputs of a graph for inputs in its order, by the plain code of its operators, one node after the other. */
export function evaluateGraph(source: Source, batch: Batch, inputs: readonly Tensor[]): Tensor[] {
  const tensors = new Map<string, Tensor>(source.graph.constants);
  for (const [k, { name }] of source.inputs.entries()) tensors.set(name, inputs[k]);
  const refuse = (): never => {
    throw new Error('an operator adds a layer to constants, expected plain code');
  };
  const adder: LayerAdder = { add: refuse, anyRows: refuse, biased: refuse };
  for (const [index, node] of source.nodes) {
    const call = callIn(source, batch, index, node, adder);
    const xs = (node.input ?? []).map((name) => (name === '' ? undefined : tensors.get(name)));
    for (const [k, tensor] of outputsOf(call, xs).entries()) tensors.set(node.output?.[k] ?? '', tensor as Tensor);
  }
  return source.outputs.map((name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw source.fault(`the output ${show(name)} of no node`, 'one that a node makes');
    return tensor;
  });
}
