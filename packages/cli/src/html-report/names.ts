import { text, word } from '../schema/scalars.ts';

/** A name of a layer, a class, a model or a machine's part: it stands on a page several times, hence short. */
export const name = text(4096);

/** Keys of an object that are learning rates. */
export const rate = word(/^[\d.]{1,30}(?:e[+-]?\d{1,3})?$/, 'learning rates as keys');

/** Keys of an object that are seeds. */
export const seed = word(/^\d{1,16}$/, 'seeds as keys');
