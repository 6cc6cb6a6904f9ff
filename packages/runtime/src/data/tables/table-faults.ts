const MAX_KINDS = 20; // in a message

/** The faults of a file: the first of each kind, and the number of the others. */
export interface TableFaults {
  /** Adds a fault of a column by its index in the file, or of the file itself. `subject` is counted, such as 'cell'. */
  add(column: number | null, kind: string, problem: string, subject?: string, cause?: unknown): void;
  hasColumn(index: number): boolean;
  /** Retracts the faults of a column if it has `count` of this kind, and no others. Returns whether it did. */
  retract(column: number, kind: string, count: number): boolean;
  /** @throws Error of `fault` if there are any. */
  throwIfAny(fault: TableFault): void;
}

/** Makes an error about a table. `problem` begins with ' has' or ': line 3', for example. */
export type TableFault = (problem: string, cause?: unknown) => Error;

/** A file with several kinds of faults; its message lists them, too. */
export class TableFaultsError extends Error {
  /** The first fault of each kind. */
  readonly faults: readonly string[];

  constructor(message: string, faults: readonly string[], cause: unknown) {
    super(message, { cause });
    this.faults = faults;
  }
}

/** The kind of faults of cells with several values, such as lists. */
export const SEVERAL_VALUES = 'one value';

interface FaultKind {
  readonly column: number | null;
  readonly problem: string; // of the first fault
  readonly subject: string;
  readonly cause: unknown;
  count: number;
}

export function createFaults(): TableFaults {
  const kinds = new Map<string, FaultKind>(); // by column and kind
  const columns = new Set<number>(); // with a fault
  return {
    add(column, kind, problem, subject = 'cell', cause) {
      if (column !== null) columns.add(column);
      const key = `${column} ${kind}`;
      const firstFault = kinds.get(key);
      if (firstFault === undefined) kinds.set(key, { column, problem, subject, cause, count: 1 });
      else firstFault.count++;
    },
    hasColumn: (column) => columns.has(column),
    retract(column, kind, count) {
      const isOnly = [...kinds.values()].filter((other) => other.column === column).length === 1;
      if (!isOnly || kinds.get(`${column} ${kind}`)?.count !== count) return false;
      columns.delete(column);
      return kinds.delete(`${column} ${kind}`);
    },
    throwIfAny(fault) {
      const list = [...kinds.values()];
      if (list.length === 0) return;
      const sentences = list.map(({ problem, subject, count }) =>
        count === 1 ? problem : `${problem} (${count - 1} more ${subject}${count === 2 ? '' : 's'} like it)`,
      );
      if (list.length === 1) throw fault(`: ${sentences[0]}`, list[0].cause);
      const omittedCount = list.length - MAX_KINDS;
      const lines = omittedCount > 0 ? [...sentences.slice(0, MAX_KINDS), `${omittedCount} more kinds`] : sentences;
      const { message } = fault(` has ${list.length} kinds of faults: ${lines.join('; ')}`);
      throw new TableFaultsError(message, lines, list[0].cause);
    },
  };
}
