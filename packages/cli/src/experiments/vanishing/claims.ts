import type { Setup } from './compare.ts';
import type { DeepData } from './deep-data.ts';

/** Adam's epsilon where none is given; the claims that sigmoid stays at chance are of this one. */
export const EPSILON = 1e-8;

/**
 * Where this run leaves the settings in which it is known what 20 layers of sigmoid and of relu come to: a sentence for
 * each that is another. Empty: all is claimed.
 */
export function whyUnclaimed({ hidden, init, length }: Setup, { train }: DeepData): string[] {
  const { optimizer, batch, steps } = length;
  const { kind, lr, epsilon = EPSILON, ...others } = optimizer;
  const initName = typeof init === 'string' ? init : init.kind;
  const checks: readonly (readonly [ok: boolean, flag: string, has: unknown, claimed: string])[] = [
    [train.name === 'mnist', 'dataset', train.name, 'of mnist'],
    [hidden.length === 20, 'depth', hidden.length, 'of 20'],
    [hidden[0] >= 32, 'width', hidden[0], 'from 32 on'],
    [initName === 'he-normal', 'init', initName, 'of he-normal'],
    [kind === 'adam', 'optimizer', kind, 'of adam'],
    [kind !== 'adam' || epsilon === EPSILON, 'optimizer adam:epsilon', epsilon, `of ${EPSILON}`],
    [kind !== 'adam' || Object.keys(others).length === 0, 'optimizer', Object.keys(others)[0], 'of adam as it is'],
    [lr === 0.001, 'lr', lr, 'of 0.001'],
    [batch !== 'full' && batch >= 32, 'batch', batch, 'from 32 on'],
    [steps >= 200 && steps <= 1000, 'steps', steps, 'from 200 to 1000'],
  ];
  return checks.flatMap(([ok, flag, has, claimed]) => (ok ? [] : [`--${flag} has ${has}, claimed ${claimed}`]));
}
