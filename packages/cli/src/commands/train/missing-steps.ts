import { describeLines } from '../../files/run-files/run-lines.ts';

/**
 * The steps of the first `step` that no stretch of steps.jsonl has, counted from 1, as 'step 4' or 'steps 1 to 10'; ''
 * where none is missing.
 */
export function missingSteps(stretches: readonly Readonly<Record<string, unknown>>[], step: number): string {
  const missing: number[] = [];
  let next = 0;
  for (const { first, step: end } of [...stretches, { first: step, step }]) {
    for (let lacking = next; lacking < Number(first); lacking++) missing.push(lacking + 1);
    next = Math.max(next, Number(end));
  }
  return missing.length === 0 ? '' : `${missing.length === 1 ? 'step' : 'steps'} ${describeLines(missing)}`;
}
