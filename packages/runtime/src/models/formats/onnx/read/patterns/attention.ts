import { sizeOf } from '@gradloom/core/internal';
import { type Call, type Item, isConstant } from '../call.ts';
import { arrangeAxes, extentOf, newAxes, type Part, ROWS, type Rows, reshapeValue } from '../rows.ts';
import { spreadStrides } from '../tensor.ts';
import { any, either, operatorTerm, softmax, sum, type Term } from './terms.ts';

/** x, or a product or quotient of it, whose other value has the name of x and `Factor` or `Divisor`. */
const scaled = (name: string, x: Term = any(name)): Term =>
  either(
    operatorTerm('Mul', x, any(`${name}Factor`)),
    operatorTerm('Mul', any(`${name}Factor`), x),
    operatorTerm('Div', x, any(`${name}Divisor`)),
    x,
  );

const scores = scaled('scores', operatorTerm('MatMul', scaled('q'), scaled('k')));
const maskedScores = either(
  sum(scores, any('mask')),
  operatorTerm('Where', any('isRead'), scores, any('low')),
  operatorTerm('Where', any('isLeftOut'), any('low'), scores),
  scores,
);

/** Scores from here on are of keys that are not read: their weights are 0. */
const LOW = -1e4;

const numberOf = (item: Item | undefined): number | undefined =>
  item !== undefined && isConstant(item) && item.numbers.length === 1 ? item.numbers[0] : undefined;

/** A value of `scaled` without its factor, where that is one number. */
function unscaled(call: Call, values: Readonly<Record<string, Item>>, name: string): [x: Item, factor: number] {
  const [x, factor, divisor] = [name, `${name}Factor`, `${name}Divisor`].map((key) => values[key]);
  const [number, quotient] = [numberOf(factor), 1 / (numberOf(divisor) ?? 1)];
  if (number !== undefined) return [x, number];
  if (factor !== undefined)
    return numberOf(x) === undefined ? [call.apply('Mul', [x, factor])[0], 1] : [factor, numberOf(x) as number];
  return divisor === undefined || numberOf(divisor) !== undefined
    ? [x, quotient]
    : [call.apply('Div', [x, divisor])[0], 1];
}

/** Whether each of T queries reads only the keys up to its own of S; null for other masks than that and none. */
function isCausal({ mask, isRead, isLeftOut, low }: Readonly<Record<string, Item>>, T: number, S: number) {
  const item = mask ?? isRead ?? isLeftOut;
  if (item === undefined) return false;
  if (!isConstant(item) || (low !== undefined && !((numberOf(low) ?? 0) <= LOW))) return null;
  const dims = item.dims.slice(-2);
  if (sizeOf(dims) !== item.numbers.length || dims.some((n, a) => n !== 1 && n !== [T, S].at(a - dims.length)))
    return null;
  const [strideT, strideS] = spreadStrides({ dims }, [T, S]);
  /** Whether each query reads each key; null where the mask has a number that is neither 0 nor as low as `LOW`. */
  const reads = Array.from({ length: T * S }, (_, k) => {
    const number = item.numbers[Math.floor(k / S) * strideT + (k % S) * strideS];
    if (mask === undefined) return (number !== 0) === (item === isRead);
    return number === 0 || (number <= LOW ? false : null);
  });
  if (reads.every((read) => read)) return item.weight === undefined ? false : null; // weights of 0 may learn
  return reads.every((read, k) => read === k % S <= Math.floor(k / S)) ? true : null;
}

/** softmax(q [..., T, d] · k [..., d, S] · factor + mask) · v [..., S, d]; axes before, but for the rows, are heads. */
export const attention = {
  term: operatorTerm('MatMul', softmax(maskedScores), any('v')),
  layer(
    call: Call,
    values: Readonly<Record<string, Item>>,
    { axis }: Readonly<Record<string, number>>,
  ): Rows | undefined {
    const { v } = values;
    const [[q, qFactor], [k, kFactor], [scores, factor]] = ['q', 'k', 'scores'].map((x) => unscaled(call, values, x));
    if (isConstant(q) || isConstant(k) || isConstant(v) || scores !== undefined) return undefined;
    const rank = q.axes.length;
    const softmaxAxis = Number.isNaN(axis) ? (call.opset < 13 ? 1 : -1) : axis;
    if (rank < 2 || ![-1, rank - 1].includes(softmaxAxis)) return undefined;
    const [queries, queryNumbers] = q.axes.slice(-2);
    const [keyNumbers, keys] = k.axes.slice(-2);
    const [valueKeys, valueNumbers] = v.axes.slice(-2);
    const groups = [queries, queryNumbers, keyNumbers, keys, valueKeys, valueNumbers];
    const [T, d, keyD, S, valueS, valueD] = groups.map(extentOf);
    const leads = [q, k, v].map(({ axes }) => axes.slice(0, -2).flat());
    const [lead] = leads;
    const isSameLead = leads.every(
      (parts) => String(parts.map((part) => part.extent)) === String(lead.map((part) => part.extent)),
    );
    if (!isSameLead || keyD !== d || valueD !== d || valueS !== S || groups.flat().includes(ROWS)) return undefined;
    const causal = isCausal(values, T, S);
    if (causal === null) return undefined;
    const headsOf = (parts: readonly Part[]): Part[] => parts.filter((part) => part !== ROWS);
    const [Q, K, V] = [
      [queries, queryNumbers],
      [keys, keyNumbers],
      [valueKeys, valueNumbers],
    ].map(([positions, numbers], i) => arrangeAxes([q, k, v][i], [positions, [...headsOf(leads[i]), ...numbers]]));
    const scale = qFactor * kFactor * factor * Math.sqrt(d); // beyond the 1 / √d of the layer
    const scaledQ = Math.abs(scale - 1) < 1e-6 ? Q : Q.times(scale);
    const heads = headsOf(lead);
    const y = scaledQ.crossAttention(K.concat(V), extentOf(heads), { projections: false, causal });
    const [columns] = newAxes([d]);
    const stored = [...queries, ...heads, ...columns];
    const value = reshapeValue(y, stored.length === 0 ? [1] : stored.map(({ extent }) => extent));
    return { type: q.type, axes: [...q.axes.slice(0, -1), columns], stored, value };
  },
};
