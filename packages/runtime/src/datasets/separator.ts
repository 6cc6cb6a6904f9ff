import { show } from '@gradloom/core/internal';

/** What separates the fields of a file with this name: tabs where it ends in .tsv, else commas. */
export const separatorOf = (path: string): ',' | '\t' => (/\.tsv(\.gz)?$/i.test(path) ? '\t' : ',');

/**
 * 'looks separated by ";", expected commas (…)' of a text that the separator left whole; undefined where it does not
 * look so. Spaces may stand in any title: they separate only numbers.
 */
export function otherSeparator(text: string, separator: ',' | '\t'): string | undefined {
  const counts = [';', '\t', ',', '|']
    .filter((candidate) => candidate !== separator && text.includes(candidate))
    .map((candidate) => ({ candidate, count: text.split(candidate).length }))
    .sort((a, b) => b.count - a.count);
  const isSpaced = /^[\d.+-]\S*(\s+[\d.+-]\S*)+$/.test(text);
  const found = counts.at(0)?.candidate ?? (isSpaced ? ' ' : undefined);
  if (found === undefined) return undefined;
  const name = found === '\t' ? 'tabs' : found === ' ' ? 'spaces' : show(found);
  const advice = found === '\t' ? 'name it .tsv' : 'save it with commas, or with tabs as .tsv';
  return `looks separated by ${name}, expected ${separator === ',' ? `commas (${advice})` : 'tabs, as in any .tsv file'}`;
}
