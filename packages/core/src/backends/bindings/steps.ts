import { addressOf } from '../../program/address.ts';
import type { FixedCall } from '../../program/kernels.ts';
import type { clip, loadHyper, recordStep } from '../../program/reference/step.ts';
import type { CodeLayout } from '../code.ts';
import { type BindCall, bindByName } from './call-tape.ts';

const DOUBLE = 8; // bytes

/** Makes calls of what a step does outside of its passes; null for other operations. */
export function createSteps({ stepKernels: kernels }: CodeLayout): BindCall {
  return bindByName({
    loadHyper(...[hyper, hypers, next, H]: Parameters<typeof loadHyper>) {
      if (H === 0) return null;
      return [[kernels.loadHyper, addressOf(hyper), addressOf(hypers), addressOf(next), DOUBLE * H, H]];
    },
    clip: (...[factor, squares, blocks, clipNorm]: Parameters<typeof clip>) => [
      [kernels.clip, addressOf(factor), addressOf(squares), blocks, clipNorm],
    ],
    recordStep(...[stepResult, losses, norms, lossSums, squares, leaves, blocks, rows]: Parameters<typeof recordStep>) {
      const sums = addressOf(lossSums);
      const calls: FixedCall[] = [];
      // One call for each level of the pairwise tree over the leaves, which leaves the total in `sums`[0].
      for (let apart = 1; apart < leaves; apart *= 2) {
        calls.push([kernels.addPairs, sums, DOUBLE * apart, Math.floor((leaves + apart - 1) / (2 * apart))]);
      }
      const to = [stepResult, losses, norms].map(addressOf);
      return [...calls, [kernels.recordStep, ...to, sums, addressOf(rows), addressOf(squares), blocks]];
    },
  });
}
