import type { Loss } from '../../families/losses/loss.ts';
import { badOutput, NO_ANSWER } from '../../families/metrics/unanswered.ts';
import { exp, log } from '../../math/index.ts';
import { viewOf } from '../../math/scratch.ts';
import { columnsOfRows, type Head } from '../../network/heads.ts';
import { positionsOf } from '../../network/shape.ts';
import { labelListOf, type TargetDecoding, type ValueDecoding } from '../preprocessing/preprocessing.ts';
import type { Tokenizer } from '../text/tokenizer-spec.ts';
import { classify, hasProbabilities, toProbabilities } from './scoring.ts';

/** A model's answer to a row. That of a network with several outputs is an `AnswerOfHeads`. */
export interface Answer {
  /**
   * The name of the class, or the value in the target's units; several values by target name, or as a list if the
   * targets have no names; if positions have classes, a list of the class of each real position; if a column has lists
   * of labels, those of the row. Null for a row or a position without an answer: one of its outputs is NaN or infinite.
   */
  readonly prediction:
    | string
    | number
    | Readonly<Record<string, number>>
    | readonly number[]
    | readonly (string | null)[]
    | null;
  /** Probability of each class or label by name. Absent for values, for positions, and if the loss gives none. */
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** A model's answer to a row where its network has several outputs: that of each by name. */
export interface AnswerOfHeads {
  /** The prediction of each. */
  readonly prediction: Readonly<Record<string, Answer['prediction']>>;
  /** Probabilities of each that has classes. Absent if no output has any. */
  readonly probabilities?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Options for reading outputs as answers. */
export interface AnswerOptions {
  /** The loss that the network was trained with; null if unknown, which makes outputs values. */
  readonly loss: Loss | null;
  /** The targets, if the model has preprocessing. */
  readonly target?: readonly TargetDecoding[] | undefined;
  /** Names of the classes, if the model has no preprocessing. @default the indices */
  readonly labels?: readonly string[] | undefined;
  /** With two classes, the second is the answer if its probability is above this. @default the likelier class */
  readonly threshold?: number | undefined;
}

/** Reads answers from outputs y [N, O] of a network. */
export function answersOf(y: Float64Array, O: number, { loss, target, labels, threshold }: AnswerOptions): Answer[] {
  const N = y.length / O;
  const output = target?.at(0);
  const names = output?.type === 'classes' ? output.labels : labels;
  const isClasses = output === undefined ? names !== undefined || hasClasses(loss) : output.type === 'classes';
  if (!isClasses) return Array.from({ length: N }, (_, n) => valueAnswer(y, n, O, target));
  const classes = classify(y, O, loss, threshold);
  const p = hasProbabilities(loss) ? y.slice() : null;
  if (p !== null) toProbabilities('predict', loss, p, O);
  const nameOf = (index: number): string => names?.[index] ?? String(index);
  return classes.map((index, n) => {
    const prediction = index === NO_ANSWER ? null : nameOf(index);
    if (p === null || prediction === null) return { prediction };
    // A single output is the probability of the second of two classes.
    const probabilities = O === 1 && loss?.targets === 'values' ? [1 - p[n], p[n]] : [...viewOf(p, n * O, O)];
    return { prediction, probabilities: Object.fromEntries(probabilities.map((value, c) => [nameOf(c), value])) };
  });
}

/** Options for reading several outputs as answers. */
export interface HeadAnswerOptions extends Pick<AnswerOptions, 'target'> {
  readonly heads: readonly Head[];
  /** Their losses by name; null if unknown. */
  readonly losses: ReadonlyMap<string, Loss> | null;
  /** Names of the classes of each by name. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Their thresholds by name, where there are any. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** Real positions of each row [N] of output k; undefined: all. */
  lengthsOf(k: number): ArrayLike<number> | undefined;
}

/**
 * Reads answers from rows y [N, O] of several outputs. An output that is itself a loss is no answer. Labels of a list
 * are one answer, which has no name if it is the only one.
 */
export function answersOfHeads(
  y: Float64Array,
  O: number,
  { heads, losses, target, labels, thresholds, lengthsOf }: HeadAnswerOptions,
): (AnswerOfHeads | Answer)[] {
  const N = y.length / O;
  const entryOf = <T>(values: Readonly<Record<string, T>>, name: string) =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  const ofHeads = heads.flatMap(({ name, shape, start, size }, k): NamedAnswers[] => {
    const loss = losses?.get(name) ?? null;
    if (loss?.targets === 'none') return [];
    const outputs = columnsOfRows(y, N, O, start, size);
    const R = loss?.targets === 'classes' ? positionsOf(shape) : 1;
    const decodings = target?.filter((decoding) => decoding.name === name);
    const decoders = decodings === undefined || decodings.length === 0 ? undefined : decodings;
    const threshold = R === 1 ? entryOf(thresholds, name) : undefined;
    const answers = answersOf(outputs, size / R, { loss, target: decoders, labels: entryOf(labels, name), threshold });
    const [decoding] = decoders ?? [];
    return [{ name, decoding, answers: R === 1 ? answers : byRow(answers, R, lengthsOf(k)) }];
  });
  const answersByTarget = joinLabels(ofHeads);
  const [{ decoding }, ...others] = ofHeads;
  if (answersByTarget.length === 1 && others.length > 0 && decoding && labelListOf(decoding))
    return [...answersByTarget[0].answers];
  return Array.from({ length: N }, (_, n) => {
    const prediction = Object.fromEntries(answersByTarget.map(({ name, answers }) => [name, answers[n].prediction]));
    const probabilities = Object.fromEntries(
      answersByTarget.flatMap(
        ({
          name,
          answers: {
            [n]: { probabilities },
          },
        }) => (probabilities === undefined ? [] : [[name, probabilities] as const]),
      ),
    );
    return { prediction, ...(Object.keys(probabilities).length === 0 ? {} : { probabilities }) };
  });
}

/** Answers to one target. */
interface NamedAnswers {
  readonly name: string;
  readonly decoding?: TargetDecoding | undefined;
  readonly answers: readonly Answer[]; // [N]
}

/** The answers with those of all labels of a list in place of the first: the labels of each row. */
function joinLabels(answersByTarget: readonly NamedAnswers[]): readonly NamedAnswers[] {
  const columnOf = ({ decoding }: NamedAnswers) => decoding && labelListOf(decoding)?.column;
  return answersByTarget.flatMap((first, k) => {
    const name = columnOf(first);
    if (name === undefined) return [first];
    if (answersByTarget.findIndex((other) => columnOf(other) === name) < k) return [];
    const labels = answersByTarget.filter((other) => columnOf(other) === name);
    const yes = first.decoding?.type === 'classes' ? first.decoding.labels[1] : '';
    const answers = first.answers.map((_, n): Answer => {
      if (labels.some(({ answers }) => answers[n].prediction === null)) return { prediction: null };
      const prediction = labels.filter(({ answers }) => answers[n].prediction === yes).map((label) => label.name);
      const probabilities = labels.flatMap(({ name, answers }) => {
        const { probabilities } = answers[n];
        return probabilities === undefined ? [] : [[name, probabilities[yes]] as const];
      });
      return {
        prediction,
        ...(probabilities.length === 0 ? {} : { probabilities: Object.fromEntries(probabilities) }),
      };
    });
    return [{ name, answers }];
  });
}

/** Joins the answers of the R positions of each row: the classes of those that are real. */
export const byRow = (
  answers: readonly Answer[], // [N, R]
  R: number,
  lengths: ArrayLike<number> | undefined, // [N]
): Answer[] =>
  Array.from({ length: answers.length / R }, (_, n) => {
    const rowAnswers = answers.slice(n * R, n * R + (lengths?.[n] ?? R));
    return { prediction: rowAnswers.map(({ prediction }) => (prediction === null ? null : String(prediction))) };
  });

/** Tokens whose probabilities are in an answer, at most. */
const MAX_TOKENS = 10;

/** The likeliest token after each row, and the ten likeliest with their probabilities. */
export function nextTokens(
  y: Float64Array, // [N, T, V] outputs of the network
  lengths: ArrayLike<number>, // [N] real positions
  T: number,
  { size: V, decode }: Tokenizer,
  loss: Loss | null,
): Answer[] {
  return Array.from({ length: lengths.length }, (_, n) => {
    const last = viewOf(y, (n * T + lengths[n] - 1) * V, V).slice();
    const [bestClass] = classify(last, V, loss, undefined);
    if (bestClass === NO_ANSWER) return { prediction: null };
    const prediction = nameOf(bestClass);
    if (!hasProbabilities(loss)) return { prediction };
    toProbabilities('predict', loss, last, V);
    const order = Uint32Array.from({ length: V }, (_, token) => token).sort((a, b) => last[b] - last[a] || a - b);
    const likeliest = Array.from(order.slice(0, MAX_TOKENS), (token) => [nameOf(token), last[token]]);
    return { prediction, probabilities: Object.fromEntries(likeliest) };
  });

  /** The text of a token; its number if it is not a text by itself, such as a byte of a longer character. */
  function nameOf(token: number): string {
    const text = decode([token]);
    return text.includes('\uFFFD') ? `<${token}>` : text;
  }
}

/** Whether a network with this loss predicts classes. */
const hasClasses = (loss: Loss | null): boolean => loss?.targets === 'classes' || hasProbabilities(loss);

function valueAnswer(y: Float64Array, n: number, O: number, target: readonly TargetDecoding[] | undefined): Answer {
  if (badOutput(y, n, O) !== undefined) return { prediction: null };
  const values = Array.from({ length: O }, (_, o) => decodeValue(y[n * O + o], target?.[o]));
  // An exponential may be beyond the doubles.
  if (!values.every(Number.isFinite)) return { prediction: null };
  if (O === 1) return { prediction: values[0] };
  if (target === undefined) return { prediction: values };
  return { prediction: Object.fromEntries(values.map((value, o) => [target[o].name, value])) };
}

/** The output in the target's units: y · scale + center, or the exponential of that. */
export function decodeValue(y: number, decoding: TargetDecoding | undefined): number {
  if (decoding?.type !== 'values') return y;
  const value = y * decoding.scale + decoding.center;
  return decoding.transform === 'log' ? exp(value) : value;
}

/** The target of the network for a value: the inverse of `decodeValue`. */
export const encodeValue = (value: number, { transform, center, scale }: ValueDecoding): number =>
  ((transform === 'log' ? log(value) : value) - center) / scale;
