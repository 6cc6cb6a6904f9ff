import { searchText, trialTable } from '../../report/search/search-page.ts';
import { typed } from '../../terminal/invocation.ts';
import type { Io } from '../../terminal/io.ts';
import { plural } from '../../terminal/text/format.ts';
import { table } from '../../terminal/text/table.ts';
import type { SearchDocument } from './document.ts';

/** Trials in the terminal's table; the document has all. */
const SHOWN = 15;

/** Lines of at most 80 columns, but for the command. */
export function describeSearch(document: SearchDocument, env: Io['env']): string[] {
  const { trials, best } = document;
  const { head, rows, numeric } = trialTable(document, SHOWN);
  const more = trials.length - rows.length;
  return [
    searchText(document),
    '',
    ...table(head, rows, { right: numeric }),
    ...(more > 0 ? [`and ${plural(more, 'trial')} more`] : []),
    ...(document.left > 0 ? [`${plural(document.left, 'trial')} not measured yet`] : []),
    '',
    ...(best === null
      ? ['No trial has a result: every run diverged or was stopped.']
      : ['Best:', typed(best.command, env)]),
  ];
}
