import type { Setup } from './compare.ts';
import type { DeepData } from './deep-data.ts';

/** Adam's default epsilon; the claims that sigmoid stays at chance hold for it. */
export const EPSILON = 1e-8;

/**
 * The results of 20 layers of sigmoid and of relu are known for certain settings. Returns a sentence for each setting
 * of this run that is outside of them; empty if all is claimed.
 */
export function whyUnclaimed({ hidden, init, length }: Setup, { train }: DeepData): string[] {
  const { optimizer, batch, steps } = length;
  const { kind, lr, epsilon = EPSILON, ...others } = optimizer;
  const initName = typeof init === 'string' ? init : init.kind;
  const checks: readonly (readonly [ok: boolean, flag: string, has: unknown, claimed: string])[] = [
    [train.name === 'mnist', 'dataset', train.name, 'only for mnist'],
    [hidden.length === 20, 'depth', hidden.length, 'only for 20'],
    [hidden[0] >= 32, 'width', hidden[0], 'only from 32 up'],
    [initName === 'he-normal', 'init', initName, 'only for he-normal'],
    [kind === 'adam', 'optimizer', kind, 'only for adam'],
    [kind !== 'adam' || epsilon === EPSILON, 'optimizer adam:epsilon', epsilon, `only for ${EPSILON}`],
    [
      kind !== 'adam' || Object.keys(others).length === 0,
      'optimizer',
      Object.keys(others)[0],
      'only for adam with its defaults',
    ],
    [lr === 0.001, 'lr', lr, 'only for 0.001'],
    [batch !== 'full' && batch >= 32, 'batch', batch, 'only from 32 up'],
    [steps >= 200 && steps <= 1000, 'steps', steps, 'only from 200 to 1000'],
  ];
  return checks.flatMap(([ok, flag, has, claimed]) => (ok ? [] : [`--${flag} has ${has}, claimed ${claimed}`]));
}
