import { sizeOf } from '@gradloom/core/internal';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { composedOperator, fixedExtents, inShape } from './elements.ts';
import { reduced } from './reductions.ts';
import { takeOf, takeRows } from './take.ts';

/** An item whose axes have labels, each once. */
interface Labelled {
  readonly item: Item;
  readonly labels: readonly string[];
}

/** The labels of a term for an item; '...' stands for the axes that have none, counted from the last: '<0', '<1'. */
function labelsOf(call: Call, term: string, rank: number): string[] {
  const [before, after] = term.split('...').map((part) => [...part]);
  if (after === undefined) {
    if (before.length !== rank) throw call.fault(`${rank} axes for ${term}`, `${before.length}`);
    return before;
  }
  const count = rank - before.length - after.length;
  return [...before, ...Array.from({ length: count }, (_, k) => `<${count - 1 - k}`), ...after];
}

const transposeTo = (call: Call, { item, labels }: Labelled, order: readonly string[]): Item =>
  call.apply('Transpose', [item], { perm: order.map((label) => labels.indexOf(label)) })[0];

/** The diagonal of axes that have the same label. */
function withoutRepeats(call: Call, { item, labels }: Labelled): Labelled {
  const label = labels.find((one, k) => labels.indexOf(one) !== k);
  if (label === undefined) return { item, labels };
  const [first, second] = [labels.indexOf(label), labels.lastIndexOf(label)];
  const rest = labels.map((_, k) => k).filter((k) => k !== first && k !== second);
  const dims = extentsOf(item);
  const [n] = fixedExtents(call, [dims[first]]);
  const [movedItem] = call.apply('Transpose', [item], { perm: [...rest, first, second] });
  const flat = inShape(call, movedItem, [...rest.map((k) => dims[k]), n * n]);
  const indices = Array.from({ length: n }, (_, k) => k * (n + 1));
  const diagonal = isConstant(flat) ? takeOf(flat, rest.length, indices) : takeRows(call, flat, rest.length, indices);
  return withoutRepeats(call, { item: diagonal, labels: [...rest.map((k) => labels[k]), label] });
}

/** The sum over all axes whose labels are not kept. */
function sumLabels(call: Call, { item, labels }: Labelled, kept: (label: string) => boolean): Labelled {
  const axes = [...labels.keys()].filter((axis) => !kept(labels[axis]));
  if (axes.length === 0) return { item, labels };
  return { item: reduced(call, 'ReduceSum', item, axes, false), labels: labels.filter(kept) };
}

/** The product of two items, summed over the labels of both that are not kept: a product of matrices. */
function multiplyLabelled(call: Call, first: Labelled, second: Labelled, isKept: (label: string) => boolean): Labelled {
  const a = sumLabels(call, first, (label) => isKept(label) || second.labels.includes(label));
  const b = sumLabels(call, second, (label) => isKept(label) || first.labels.includes(label));
  const sharedLabels = a.labels.filter((label) => b.labels.includes(label));
  const [batch, inner] = [sharedLabels.filter(isKept), sharedLabels.filter((label) => !isKept(label))];
  const [rows, columns] = [a, b].map(({ labels }) => labels.filter((label) => !sharedLabels.includes(label)));
  const extent = new Map([a, b].flatMap(({ item, labels }) => labels.map((label, k) => [label, extentsOf(item)[k]])));
  const dimsOf = (labels: readonly string[]): number[] => labels.map((label) => extent.get(label) ?? 1);
  // Rows without a batch stay axes of their own, which may be the rows of the network.
  const lead = batch.length === 0 && rows.length > 0 ? dimsOf(rows) : [...dimsOf(batch), sizeOf(dimsOf(rows))];
  const left = inShape(call, transposeTo(call, a, [...batch, ...rows, ...inner]), [...lead, sizeOf(dimsOf(inner))]);
  const right = inShape(call, transposeTo(call, b, [...batch, ...inner, ...columns]), [
    ...dimsOf(batch),
    sizeOf(dimsOf(inner)),
    sizeOf(dimsOf(columns)),
  ]);
  const labels = [...batch, ...rows, ...columns];
  return { item: inShape(call, call.apply('MatMul', [left, right])[0], dimsOf(labels)), labels };
}

/** Sums of products, as 'bij,bjk->bik' says. */
const einsum = composedOperator((call, xs) => {
  const equation = call.text('equation', '').replaceAll(' ', '');
  const [terms, result] = equation.split('->');
  const factors = terms.split(',').map((term, k): Labelled => {
    const item = xs[k];
    if (item === undefined) throw call.fault(`${xs.length} values for ${equation}`, 'one for each term');
    return withoutRepeats(call, { item, labels: labelsOf(call, term, extentsOf(item).length) });
  });
  const allLabels = factors.flatMap(({ labels }) => labels);
  const once = [...terms].filter((label) => /[A-Za-z]/.test(label) && terms.split(label).length === 2).sort();
  const free = [...new Set(allLabels.filter((label) => label.startsWith('<')))].sort((a, b) => (a > b ? -1 : 1));
  const outputText = result ?? `...${once.join('')}`;
  const order = [...outputText.replace('...', '.')].flatMap((label) => (label === '.' ? free : [label]));
  const [first, ...others] = factors;
  const product = others.reduce((a, b, k) => {
    const later = others.slice(k + 1).flatMap(({ labels }) => labels);
    return multiplyLabelled(call, a, b, (label) => order.includes(label) || later.includes(label));
  }, first);
  return [
    transposeTo(
      call,
      sumLabels(call, product, (label) => order.includes(label)),
      order,
    ),
  ];
});

export const einsumOperators = { Einsum: einsum };
