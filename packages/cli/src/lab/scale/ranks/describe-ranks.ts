import type { Paint } from '../../../terminal/paint.ts';
import { table, wrapSentence } from '../../../terminal/text/table.ts';
import {
  INTERCONNECT_TITLE,
  interconnectTable,
  RANK_PARTS_TITLE,
  RANKS_TITLE,
  rankNotes,
  rankPartsTable,
  rankTable,
} from '../../figures/rank-figures.ts';
import type { FigureTable } from '../../figures/scale-figures.ts';
import type { RankPoint } from './measure-ranks.ts';

/** Text output, at most 80 columns wide; empty if no ranks were measured. */
export function describeRanks(points: readonly RankPoint[], cores: number, paint: Paint): string[] {
  if (points.length === 0) return [];
  const lines = ({ head, rows, numeric }: FigureTable): string[] =>
    rows.length === 0 ? [] : table(head, rows, { right: numeric });
  const chapter = (title: string, content: readonly string[]): string[] =>
    content.length === 0 ? [] : ['', paint('bold', title), ...content];
  return [
    ...chapter(`${RANKS_TITLE} (${points[0].library})`, [
      ...lines(rankTable(points)),
      ...rankNotes(points, cores).flatMap(wrapSentence),
    ]),
    ...chapter(INTERCONNECT_TITLE, lines(interconnectTable(points))),
    ...chapter(RANK_PARTS_TITLE, lines(rankPartsTable(points))),
  ];
}
