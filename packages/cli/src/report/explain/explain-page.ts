import {
  howText,
  importanceFacts,
  nameOf,
  rankImportances,
  showMean,
  titleOf,
  wordOf,
} from '../../lab/figures/importances.ts';
import { record, variant } from '../../options/schema/containers.ts';
import { commandLine, literal } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { decimal, plural, whole as wholeText } from '../../terminal/text/format.ts';
import { importancePicture, MAX_SHOWN } from '../charts/importance.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import type { Page } from '../page.ts';
import { imageExplanation, imagesPage } from './images-page.ts';
import { textExplanation, textsPage } from './texts-page.ts';

/** The parts of explain.json that are shown, for a model of columns. */
const columnsDocument = record({
  event: literal('explanation'),
  ...machineFacts,
  ...importanceFacts,
  command: commandLine,
});

type Explain = Read<typeof columnsDocument>;

/** The parts of explain.json that are shown. */
export const explainDocument = variant('event', {
  explanation: columnsDocument,
  'image-explanation': imageExplanation,
  'text-explanation': textExplanation,
});

/** The page of explain, with the same figures and sentences as in the terminal. */
export function explainPage(document: Read<typeof explainDocument>): Page {
  if (document.event === 'explanation') return columnsPage(document);
  return document.event === 'image-explanation' ? imagesPage(document) : textsPage(document);
}

function columnsPage(document: Explain): Page {
  const { dataset, split, baseline, metric, rows, allRows, importances } = document;
  const [first] = rankImportances(document);
  const rowsText = rows === allRows ? '' : `, ${wholeText(rows)} of ${wholeText(allRows)} rows`;
  return {
    title:
      first.mean > 0
        ? `The most important ${wordOf(document)}: ${nameOf(document, first.name)}`
        : `No ${wordOf(document)} is important`,
    lead: `${dataset}, ${split === 'all' ? 'all' : split} rows${rowsText}. ${howText(document)}`,
    figures: [
      { name: titleOf(metric), value: decimal(baseline) },
      { name: plural(importances.length, wordOf(document)).replace(/^\S+ /, ''), value: wholeText(importances.length) },
    ],
    chapters: [
      {
        title: `Importance of each ${wordOf(document)}`,
        pictures: [importancePicture(document)],
        tables: [
          {
            title: 'Importance',
            head: [wordOf(document), 'mean', 'standard deviation'],
            rows: rankImportances(document)
              .slice(0, MAX_SHOWN)
              .map(({ name, mean, deviation }) => [nameOf(document, name), showMean(mean), showMean(deviation)]),
            numeric: [1, 2],
          },
        ],
      },
      { title: 'Reproduce this', code: document.command, folded: [machineTable(document)] },
    ],
  };
}
