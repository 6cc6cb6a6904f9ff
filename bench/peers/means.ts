import { geometricMean, type WorkloadResults } from './results.ts';
import { kindOf, type WorkloadKind } from './workloads.ts';

/** How many times as fast one peer is as the fastest of others, over the workloads that both have. */
export interface Mean {
  readonly what: string;
  readonly mean: number; // geometric mean
  readonly least: number;
  readonly workloads: number;
}

const are = (kind: WorkloadKind) => (name: string) => kindOf(name) === kind;
const [isDigits, isNoise, isOfImages, isOfText] = [are('digits'), are('noise'), are('images'), are('text')];
const isLarge = (name: string): boolean => /batch (256|1024)\b/.test(name);

const torchIn = (precision: string): string[] => [`PyTorch ${precision}`, `PyTorch compile ${precision}`];

/** The comparisons: ours, others of which the fastest counts, and the workloads. */
const COMPARISONS: readonly (readonly [
  what: string,
  ours: string,
  others: string[],
  has: (name: string) => boolean,
])[] = [
  ['float32 against PyTorch float32 at its best, noise', 'Gradloom native float32', torchIn('float32'), isNoise],
  ['float32 against PyTorch float32 at its best, MNIST', 'Gradloom native float32', torchIn('float32'), isDigits],
  ['float32 against PyTorch float32 at its best, images', 'Gradloom native float32', torchIn('float32'), isOfImages],
  ['float32 against PyTorch float32 at its best, text', 'Gradloom native float32', torchIn('float32'), isOfText],
  ['float64 against PyTorch float64 at its best, noise', 'Gradloom native', torchIn('float64'), isNoise],
  ['float64 against PyTorch float64 at its best, MNIST', 'Gradloom native', torchIn('float64'), isDigits],
  ['float64 against PyTorch float64 at its best, images', 'Gradloom native', torchIn('float64'), isOfImages],
  ['float64 against PyTorch float64 at its best, text', 'Gradloom native', torchIn('float64'), isOfText],
  ['float32 against own float64, batch 256 and 1,024', 'Gradloom native float32', ['Gradloom native'], isLarge],
  ['wasm float32 against tfjs wasm, MNIST', 'Gradloom wasm float32', ['tfjs wasm'], isDigits],
  ['wasm float32 against jax-js float32, MNIST', 'Gradloom wasm float32', ['jax-js float32'], isDigits],
];

/** Means of those comparisons for which something was measured. */
export function meansOf(workloads: Readonly<Record<string, WorkloadResults>>): Mean[] {
  return COMPARISONS.flatMap(([what, ours, others, has]) => {
    const ratios = Object.entries(workloads).flatMap(([name, { scores }]) => {
      const score = scores.find(({ peer }) => peer === ours);
      const theirs = scores.filter(({ peer }) => others.includes(peer)).map(({ stepMs }) => stepMs);
      return !has(name) || score === undefined || theirs.length === 0 ? [] : [Math.min(...theirs) / score.stepMs];
    });
    if (ratios.length === 0) return [];
    return [{ what, mean: geometricMean(ratios), least: Math.min(...ratios), workloads: ratios.length }];
  });
}

/** Rows for console.table. */
export const meanRows = (means: readonly Mean[]): Record<string, string | number>[] =>
  means.map(({ what, mean, least, workloads }) => ({
    what,
    mean: mean.toFixed(2),
    least: least.toFixed(2),
    workloads,
  }));
