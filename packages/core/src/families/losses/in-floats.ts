import { specInFloats } from '../../checks/options/index.ts';
import type { ElementType } from '../../math/element-type.ts';
import { lossOptions } from './index.ts';
import type { Loss } from './loss.ts';

/** @throws OptionError for a number of the loss that is not itself any more as a float. */
export function refuseLossBeyondFloats(where: string, loss: Loss, type: ElementType): void {
  if (type === 'float32') specInFloats(where, 'loss', loss.spec, lossOptions);
}
