/** Quotes a name for a shell if necessary. */
const flagWord = (name: string): string => (/^[\w@%+=:./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);

/** The flag that reads a column as another type. */
export const columnFlag = (name: string, type: 'categorical' | 'numeric' | 'text'): string =>
  `--column ${flagWord(`${name}:${type}`)}`;

/** Advice for a column that may hold categories. */
export const readAsCategories = (name: string): string => `${columnFlag(name, 'categorical')} reads it as categories`;

/** Advice for a column that is of no use. */
export const leaveOut = (name: string): string => `--drop ${flagWord(name)} leaves the column out`;

/** Advice on cells that no column of numbers or dates can have. */
export const EMPTY_CELLS = 'empty these cells to make them gaps';

/** Advice on cells that no target can have: a row without a target is left out. */
export const EMPTY_TARGETS = 'empty these cells to leave their rows out';

/** Advice on gaps of a series. */
export const SERIES_GAPS = '--series-gaps interpolate fills gaps in, --series-gaps skip keeps windows off them';
