import { OptionError } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { Message } from '../schema.ts';
import { type Attributes, type Call, callOf, type Item, isConstant, type LayerAdder } from './call.ts';
import { operators } from './operators/index.ts';
import { findPatterns, type Step } from './patterns/find-patterns.ts';
import { type Batch, type IndexedNodes, nodesFor, type Source } from './source.ts';
import { isFloating, MAX_NUMBERS } from './tensor.ts';

/** How nodes are run: `adderOf` gives the adder of each, and the nodes of a pattern become its layer, if so chosen. */
export interface NodeRun<T extends Item> {
  readonly items: Map<string, T>;
  readonly adderOf: (index: number, node: Message<'NodeProto'>) => LayerAdder;
  readonly findsPatterns: boolean;
}

/** Adds to `items`, by name, what nodes make of those that are there. Of an `If`, one branch alone is run. */
export function runNodes<T extends Item>(
  source: Source,
  batch: Batch,
  nodes: IndexedNodes,
  outputs: readonly string[],
  run: NodeRun<T>,
): void {
  const { items, adderOf, findsPatterns } = run;
  const isOfConstant = ([, { opType }]: (typeof nodes)[number]): boolean => opType === 'Constant';
  for (const [index, node] of nodes.filter(isOfConstant)) runNode(source, batch, index, node, run);
  const others = nodes.filter((entry) => !isOfConstant(entry));
  const numbersOf = (name: string) => {
    const item = items.get(name);
    return item !== undefined && isConstant(item) ? item.numbers : undefined;
  };
  const steps: readonly Step[] = findsPatterns
    ? findPatterns(others, outputs, numbersOf)
    : others.map(([index, node]) => ({ index, node }));
  for (const { index, node, match } of steps) {
    if (match !== undefined) {
      const { pattern, values, numbers, inner } = match;
      const read = [...values].flatMap(([name, value]): [string, Item][] => {
        const item = items.get(value);
        return item === undefined ? [] : [[name, item]];
      });
      const call = callIn(source, batch, index, node, adderOf(index, node));
      const isKnown = read.length === values.size;
      const y = isKnown ? pattern.layer(call, Object.fromEntries(read), Object.fromEntries(numbers)) : undefined;
      if (y !== undefined) {
        addOutputs(source, call, node, [y as T], items);
        continue;
      }
      for (const [innerIndex, innerNode] of inner) {
        if (!items.has(innerNode.output?.[0] ?? '')) runNode(source, batch, innerIndex, innerNode, run);
      }
    }
    runNode(source, batch, index, node, run);
  }
}

function runNode<T extends Item>(
  source: Source,
  batch: Batch,
  index: number,
  node: Message<'NodeProto'>,
  run: NodeRun<T>,
): void {
  const { items, adderOf } = run;
  const call = callIn(source, batch, index, node, adderOf(index, node));
  const itemOf = (name: string): T => {
    const item = items.get(name);
    if (item !== undefined) return item;
    throw call.fault(`the input ${show(name)} that nothing before makes`, 'nodes in their order');
  };
  const xs = (node.input ?? []).map((name) => (name === '' ? undefined : itemOf(name)));
  let outputs: readonly (T | undefined)[];
  if (node.opType === 'If') {
    const branch = branchOf(call, xs[0]);
    const names = (branch.output ?? []).map(({ name = '' }) => name);
    for (const tensor of branch.initializer ?? []) {
      const { name = '' } = tensor;
      items.set(name, { ...source.read(tensor, `the initializer ${show(name)}`), weight: name } as Item as T);
    }
    const neededNodes = nodesFor(branch.node ?? [], names).map(([, inner]) => [index, inner] as const);
    runNodes(source, batch, neededNodes, names, run);
    outputs = names.map(itemOf);
  } else outputs = outputsOf(call, xs) as readonly T[];
  addOutputs(source, call, node, outputs, items);
}

/** Adds what a node makes to `items`. */
function addOutputs<T extends Item>(
  { uses }: Source,
  call: Call,
  node: Message<'NodeProto'>,
  outputs: readonly (T | undefined)[],
  items: Map<string, T>,
): void {
  for (const [k, item] of outputs.entries()) {
    const name = node.output?.[k] ?? '';
    if (item !== undefined && !isConstant(item) && (uses.get(name) ?? 0) > 1) call.share(item.value);
    if (name !== '' && item !== undefined) items.set(name, node.opType === 'Constant' ? asWeight(item, name) : item);
  }
}

/** The branch that an `If` takes. */
function branchOf(call: Call, condition: Item | undefined): Message<'GraphProto'> {
  if (condition === undefined || !isConstant(condition))
    throw call.fault('a condition that depends on its inputs', 'a constant');
  return call.graph(condition.numbers[0] === 0 ? 'else_branch' : 'then_branch');
}

/** Some programs write weights as nodes: a constant of several numbers, but for a mask, which has infinities. */
function asWeight<T extends Item>(item: T, name: string): T {
  const isWeight =
    isConstant(item) && isFloating(item.type) && item.numbers.length > 1 && item.numbers.every(Number.isFinite);
  return isWeight ? { ...item, weight: name } : item;
}

/** The call of a node, which may use other operators. */
function callIn(
  { graph, uses, read, fault }: Source,
  { fixedRows }: Batch,
  index: number,
  node: Message<'NodeProto'>,
  adder: LayerAdder,
): Call {
  const { opset, nodes } = graph;
  const context = { ...adder, opset, fixedRows, uses, read, fault };
  const callFor = (called: Message<'NodeProto'>): Call => ({
    ...callOf(called, index, nodes.length, context),
    apply(opType, xs, attributes = {}) {
      return outputsOf(callFor({ ...node, opType, attribute: attributesOf(attributes) }), xs);
    },
  });
  return callFor(node);
}

const attributesOf = (attributes: Attributes): Message<'AttributeProto'>[] =>
  Object.entries(attributes).map(([name, value]) => {
    if (typeof value === 'string') return { name, s: new TextEncoder().encode(value) };
    if (typeof value !== 'number') return { name, ints: value.map(BigInt) };
    return Number.isInteger(value) ? { name, i: BigInt(value), f: value } : { name, f: value };
  });

/** The outputs of an operator: of constants by plain code, else by layers. */
function outputsOf(call: Call, xs: readonly (Item | undefined)[]): readonly Item[] {
  const operator = Object.hasOwn(operators, call.operator) ? operators[call.operator] : undefined;
  if (operator === undefined) throw call.fault('an unknown operator', 'one of those in docs/export.md');
  try {
    if (xs.every((x) => x === undefined || isConstant(x))) return operator.evaluate(call, xs);
    if (operator.layers === undefined) throw call.fault('inputs that layers compute', 'constants');
    return operator.layers(call, xs);
  } catch (error) {
    if (error instanceof OptionError) throw call.fault(`a layer that does not fit (${error.message})`, 'one that fits');
    if (error instanceof RangeError) throw call.fault(`a tensor of ${error.message} numbers`, `at most ${MAX_NUMBERS}`);
    // An operator reads an input that its node leaves out.
    if (error instanceof TypeError) throw call.fault(`${xs.length} inputs that do not fit`, 'those of the operator');
    throw error;
  }
}
