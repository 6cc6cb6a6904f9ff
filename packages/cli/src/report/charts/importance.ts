import { type Importances, meanText, nameOf, rankImportances, titleOf, wordOf } from '../../lab/figures/importances.ts';
import { plural, whole as wholeText } from '../../terminal/text/format.ts';
import type { Picture } from '../picture.ts';
import { barChart } from './bar-chart.ts';

/** Maximum number of bars of a chart and rows of a table. */
export const MAX_SHOWN = 30;

/** How much worse the figure gets when each column is shuffled, as bars. */
export function importancePicture(document: Importances): Picture {
  const shownImportances = rankImportances(document)
    .filter(({ mean }) => Number.isFinite(mean))
    .slice(0, MAX_SHOWN);
  const omittedCount = document.importances.length - shownImportances.length;
  const bars = shownImportances.map((column) => ({
    name: nameOf(document, column.name),
    value: column.mean,
    text: meanText(column),
  }));
  const verb = document.better === 'higher' ? 'Fall' : 'Rise';
  return {
    name: 'importance',
    title: `${verb} of ${titleOf(document.metric)} when it is shuffled`,
    caption: `Mean ± standard deviation of ${plural(document.repeats, 'shuffle')}.${omittedCount > 0 ? ` The ${plural(omittedCount, `least important ${wordOf(document)}`)} of ${wholeText(document.importances.length)} ${omittedCount === 1 ? 'is' : 'are'} left out.` : ''}`,
    altText: bars.map(({ name, text }) => `${name}: ${text}`).join('; '),
    draw: barChart({ bars, x: { label: `${verb.toLowerCase()} of ${titleOf(document.metric)}` } }),
  };
}
