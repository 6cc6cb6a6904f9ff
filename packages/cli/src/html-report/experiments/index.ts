import type { Picture } from '../picture.ts';
import { costPictures } from './cost.ts';
import { descentPictures } from './descent.ts';
import { nextTokenPictures } from './next-token.ts';
import { optimizerPictures } from './optimizers.ts';
import { perceptronPictures } from './perceptron.ts';
import { remedyPictures } from './remedies.ts';
import { vanishingPictures } from './vanishing.ts';
import { xorPictures } from './xor.ts';

/** Pictures of an experiment's document, where it has any: one file and one word here. */
export const experimentPictures = {
  cost: costPictures,
  descent: descentPictures,
  'next-token': nextTokenPictures,
  optimizers: optimizerPictures,
  perceptron: perceptronPictures,
  remedies: remedyPictures,
  vanishing: vanishingPictures,
  xor: xorPictures,
} satisfies Readonly<Record<string, (document: never) => Picture[]>>;

/** The parts of a document that are drawn are those that the experiment of this name writes. */
export function picturesOf(name: string, document: object): Picture[] {
  const draw: ((document: never) => Picture[]) | undefined = Object.hasOwn(experimentPictures, name)
    ? experimentPictures[name as keyof typeof experimentPictures]
    : undefined;
  return draw?.(document as never) ?? [];
}
