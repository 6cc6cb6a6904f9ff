import { show } from '@gradloom/core/internal';
import type { LayerAdder } from './call.ts';
import { runNodes } from './run-nodes.ts';
import type { Batch, Source } from './source.ts';
import type { Tensor } from './tensor.ts';

/** The outputs of a graph for inputs in its order, by the plain code of its operators, one node after the other. */
export function evaluateGraph(source: Source, batch: Batch, inputs: readonly Tensor[]): Tensor[] {
  const tensors = new Map<string, Tensor>(source.graph.constants);
  for (const [k, { name }] of source.inputs.entries()) tensors.set(name, inputs[k]);
  const refuse = (): never => {
    throw new Error('an operator adds a layer to constants, expected plain code');
  };
  const adder: LayerAdder = { add: refuse, anyRows: refuse, biased: refuse };
  runNodes(source, batch, source.nodes, tensors, () => adder);
  return source.outputs.map((name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw source.fault(`the output ${show(name)} of no node`, 'one that a node makes');
    return tensor;
  });
}
