import { pageOf } from './page-of.ts';
import { writeReport } from './write-report.ts';

/**
 * Writes the page of a run into its folder, from its files alone. Returns its path.
 * @throws Error where it holds none.
 */
export const reportFolder = (folder: string): string => writeReport(folder, pageOf([folder]));
