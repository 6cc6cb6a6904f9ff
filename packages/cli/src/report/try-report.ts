import { withoutCaller } from '../terminal/failure.ts';
import { type Io, printLine } from '../terminal/io.ts';

/** Writes the page of a folder of results. If that fails, returns null with a warning: the results are still valid. */
export async function tryReport(folder: string, command: string, io: Io): Promise<string | null> {
  try {
    const { reportFolder } = await import('./write-report.ts');
    return reportFolder(folder);
  } catch (error) {
    printLine(io.stderr, `gradloom ${command}: warning: no report: ${withoutCaller(error)}`);
    return null;
  }
}
